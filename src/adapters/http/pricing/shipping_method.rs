use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::by_type::{Case, by_type};
use crate::adapters::http::input::{
    CountryIn, In, Int, Line, List, Name, ShippingCodeIn, TaxCategoryIn,
};
use crate::adapters::http::merge::Patchable;
use crate::adapters::http::values::{MoneyBody, MoneyInput};
use crate::app::pricing::{ShippingMethodDraft, ShippingType, SubtotalStepDraft, WeightStepDraft};
use crate::domain::pricing::{Coverage, ShippingMethod, ShippingStrategy};
use crate::domain::shared::Money;

type Countries = List<CountryIn, 0, 250>;
type Grams = Int<0, 1_000_000_000_000>;
type WeightSteps = List<WeightStepInput, 1, { ShippingStrategy::MAX_STEPS }>;
type SubtotalSteps = List<SubtotalStepInput, 1, { ShippingStrategy::MAX_STEPS }>;

/// A shipping method as staff write it. What it costs depends on its type: `flat` and `free_above`
/// have a price, `free_above` a threshold, the tables their rows.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ShippingMethodChange)]
pub struct ShippingMethodInput {
    /// What clients choose it by.
    #[schema(example = "express")]
    code: ShippingCodeIn,
    /// What shoppers see.
    #[schema(example = "Express")]
    name: Name,
    /// Where it delivers; everywhere where empty or absent.
    countries: Option<Countries>,
    #[serde(rename = "type")]
    kind: ShippingTypeBody,
    /// What it costs; below the threshold, where there is one.
    price: Option<MoneyInput>,
    /// What goods must cost to ship free.
    threshold: Option<MoneyInput>,
    /// Lightest first.
    weight_steps: Option<WeightSteps>,
    /// Cheapest goods first.
    subtotal_steps: Option<SubtotalSteps>,
    /// What it is for the tax office; `standard` where absent.
    tax_category: Option<TaxCategoryIn>,
    /// Whether it is on offer; true where absent.
    active: Option<bool>,
}

/// How a shipping method finds its price.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ShippingType)]
pub enum ShippingTypeBody {
    /// Always the same.
    Flat,
    /// By the first row that carries the weight.
    ByWeight,
    /// By the last row that the goods reach.
    BySubtotal,
    /// A price, or nothing from a threshold on.
    FreeAbove,
}

/// A row of a table by weight.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WeightStep)]
pub struct WeightStepInput {
    /// The heaviest parcel of this row.
    up_to_grams: Grams,
    price: MoneyInput,
}

/// A row of a table by subtotal.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SubtotalStep)]
pub struct SubtotalStepInput {
    /// The least that the goods of this row cost.
    from: MoneyInput,
    price: MoneyInput,
}

/// How the document describes a new shipping method.
pub struct ShippingMethodSchema;

impl PartialSchema for ShippingMethodSchema {
    fn schema() -> RefOr<Schema> {
        let cases = [
            Case { name: "flat", required: &["price"], optional: &[] },
            Case { name: "free_above", required: &["price", "threshold"], optional: &[] },
            Case { name: "by_weight", required: &["weight_steps"], optional: &[] },
            Case { name: "by_subtotal", required: &["subtotal_steps"], optional: &[] },
        ];
        let price = serde_json::json!({"amount": 1500, "currency": "USD"});
        let example = serde_json::json!({
            "code": "express", "name": "Express", "type": "flat", "price": price,
        });
        by_type(ShippingMethodInput::schema(), &cases, example)
    }
}

impl ToSchema for ShippingMethodSchema {
    fn name() -> std::borrow::Cow<'static, str> {
        "ShippingMethodInput".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ShippingMethodInput::schemas(schemas);
    }
}

impl Patchable for ShippingMethodInput {}

impl From<ShippingTypeBody> for ShippingType {
    fn from(kind: ShippingTypeBody) -> Self {
        match kind {
            ShippingTypeBody::Flat => Self::Flat,
            ShippingTypeBody::ByWeight => Self::ByWeight,
            ShippingTypeBody::BySubtotal => Self::BySubtotal,
            ShippingTypeBody::FreeAbove => Self::FreeAbove,
        }
    }
}

impl From<ShippingMethodInput> for ShippingMethodDraft {
    fn from(input: ShippingMethodInput) -> Self {
        let weight = |step: WeightStepInput| WeightStepDraft {
            up_to_grams: u64::try_from(step.up_to_grams.0).unwrap_or(0),
            price: step.price.money(),
        };
        let subtotal = |step: SubtotalStepInput| SubtotalStepDraft {
            from: step.from.money(),
            price: step.price.money(),
        };
        let countries = input.countries.unwrap_or_default().0.into_iter();
        Self {
            code: input.code.0.as_str().to_owned(),
            name: input.name.0,
            countries: countries.map(|country| country.0.as_str().to_owned()).collect(),
            kind: input.kind.into(),
            price: input.price.as_ref().map(MoneyInput::money),
            threshold: input.threshold.as_ref().map(MoneyInput::money),
            weight_steps: input
                .weight_steps
                .unwrap_or_default()
                .0
                .into_iter()
                .map(weight)
                .collect(),
            subtotal_steps: input
                .subtotal_steps
                .unwrap_or_default()
                .0
                .into_iter()
                .map(subtotal)
                .collect(),
            tax_category: input.tax_category.map(|category| category.0.as_str().to_owned()),
            active: input.active,
        }
    }
}

/// What a shipping method costs, apart by its parts.
#[derive(Default)]
struct Prices {
    price: Option<Money>,
    threshold: Option<Money>,
    weight_steps: Option<WeightSteps>,
    subtotal_steps: Option<SubtotalSteps>,
}

impl From<&ShippingStrategy> for Prices {
    fn from(strategy: &ShippingStrategy) -> Self {
        match strategy {
            ShippingStrategy::Flat { price } => Self { price: Some(*price), ..Self::default() },
            ShippingStrategy::FreeFrom { price, threshold } => {
                Self { price: Some(*price), threshold: Some(*threshold), ..Self::default() }
            }
            ShippingStrategy::ByWeight { steps } => {
                let row = |step: &crate::domain::pricing::WeightStep| WeightStepInput {
                    up_to_grams: Int(i64::try_from(step.up_to_grams).unwrap_or(i64::MAX)),
                    price: MoneyInput::of(step.price),
                };
                let rows = List(steps.iter().map(row).collect());
                Self { weight_steps: Some(rows), ..Self::default() }
            }
            ShippingStrategy::BySubtotal { steps } => {
                let row = |step: &crate::domain::pricing::SubtotalStep| SubtotalStepInput {
                    from: MoneyInput::of(step.from),
                    price: MoneyInput::of(step.price),
                };
                let rows = List(steps.iter().map(row).collect());
                Self { subtotal_steps: Some(rows), ..Self::default() }
            }
        }
    }
}

fn kind(strategy: &ShippingStrategy) -> ShippingTypeBody {
    match strategy {
        ShippingStrategy::Flat { .. } => ShippingTypeBody::Flat,
        ShippingStrategy::FreeFrom { .. } => ShippingTypeBody::FreeAbove,
        ShippingStrategy::ByWeight { .. } => ShippingTypeBody::ByWeight,
        ShippingStrategy::BySubtotal { .. } => ShippingTypeBody::BySubtotal,
    }
}

fn countries(coverage: &Coverage) -> Countries {
    match coverage {
        Coverage::Worldwide => List(Vec::new()),
        Coverage::Countries(countries) => List(countries.iter().map(|c| In(*c)).collect()),
    }
}

impl From<&ShippingMethod> for ShippingMethodInput {
    fn from(method: &ShippingMethod) -> Self {
        let parts = method.parts();
        let prices = Prices::from(&parts.strategy);
        Self {
            code: In(parts.code.clone()),
            name: Line(parts.name.clone()),
            countries: Some(countries(&parts.coverage)),
            kind: kind(&parts.strategy),
            price: prices.price.map(MoneyInput::of),
            threshold: prices.threshold.map(MoneyInput::of),
            weight_steps: prices.weight_steps,
            subtotal_steps: prices.subtotal_steps,
            tax_category: Some(In(parts.tax_category.clone())),
            active: Some(parts.active),
        }
    }
}

/// A shipping method.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminShippingMethod)]
pub struct AdminShippingMethodBody<'a> {
    id: Uuid,
    /// How often it was saved.
    version: u64,
    code: &'a str,
    name: &'a str,
    /// Where it delivers; everywhere where empty.
    countries: Countries,
    #[serde(rename = "type")]
    kind: ShippingTypeBody,
    price: Option<MoneyBody>,
    threshold: Option<MoneyBody>,
    weight_steps: Option<WeightSteps>,
    subtotal_steps: Option<SubtotalSteps>,
    tax_category: &'a str,
    active: bool,
}

impl<'a> From<&'a ShippingMethod> for AdminShippingMethodBody<'a> {
    fn from(method: &'a ShippingMethod) -> Self {
        let parts = method.parts();
        let prices = Prices::from(&parts.strategy);
        Self {
            id: method.id().uuid(),
            version: method.version().number(),
            code: parts.code.as_str(),
            name: &parts.name,
            countries: countries(&parts.coverage),
            kind: kind(&parts.strategy),
            price: prices.price.map(MoneyBody),
            threshold: prices.threshold.map(MoneyBody),
            weight_steps: prices.weight_steps,
            subtotal_steps: prices.subtotal_steps,
            tax_category: parts.tax_category.as_str(),
            active: parts.active,
        }
    }
}
