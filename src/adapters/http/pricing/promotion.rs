use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::by_type::{Case, by_type};
use crate::adapters::http::State;
use crate::adapters::http::cart::percent;
use crate::adapters::http::input::{
    CouponCodeIn, Decimal, In, Int, Line, List, Name, ProductIdIn, QuantityIn, SlugIn, TimestampIn,
};
use crate::adapters::http::merge::Patchable;
use crate::adapters::http::problem::Problem;
use crate::adapters::http::values::{MoneyBody, MoneyInput, PositiveMoneyInput};
use crate::adapters::record::rfc3339;
use crate::app::pricing::{PromotionDraft, PromotionType};
use crate::domain::pricing::{Promotion, PromotionKind, Scope, Stacking};
use crate::domain::shared::{CouponCode, Slug};

type PercentIn = Decimal<2, true>;
type UsageLimit = Int<1, { u32::MAX as i64 }>;
type Priority = Int<{ i32::MIN as i64 }, { i32::MAX as i64 }>;
type Categories = List<SlugIn, 0, 100>;
type Products = List<ProductIdIn, 0, 100>;

/// A promotion as staff write it. What it gives depends on its type: `percentage` has a percent,
/// `fixed_amount` an amount, `buy_x_get_y` its quantities.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PromotionChange)]
pub struct PromotionInput {
    /// What shoppers see.
    #[schema(example = "A tenth off")]
    name: Name,
    /// What shoppers type; without one it applies by itself.
    #[schema(example = "WELCOME10")]
    code: Option<CouponCodeIn>,
    #[serde(rename = "type")]
    kind: PromotionTypeBody,
    /// With at most two decimal digits.
    #[schema(example = 10)]
    percent: Option<PercentIn>,
    /// An amount off.
    amount: Option<PositiveMoneyInput>,
    /// Units at full price in a set.
    buy_quantity: Option<QuantityIn>,
    /// Units of the set that have something off.
    get_quantity: Option<QuantityIn>,
    /// What those have off; 100 where absent.
    get_percent: Option<PercentIn>,
    /// How many orders may use it.
    usage_limit: Option<UsageLimit>,
    /// How many orders of one customer may use it.
    usage_limit_per_customer: Option<UsageLimit>,
    /// The least that the basket must come to.
    minimum_subtotal: Option<MoneyInput>,
    /// The first moment it applies.
    starts_at: Option<TimestampIn>,
    /// The first moment it no longer applies.
    ends_at: Option<TimestampIn>,
    /// Slugs of the categories that it is about; all products where empty or absent.
    categories: Option<Categories>,
    /// The products that it is about. Not beside `categories`.
    products: Option<Products>,
    /// Whether it applies beside others; true where absent.
    combinable: Option<bool>,
    /// Which of several that apply alone wins: the higher.
    priority: Option<Priority>,
    /// Whether it is switched on; true where absent.
    active: Option<bool>,
}

/// What a promotion gives.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PromotionType)]
pub enum PromotionTypeBody {
    /// A percentage off.
    Percentage,
    /// An amount off.
    FixedAmount,
    /// Shipping costs nothing.
    FreeShipping,
    /// Some units of a set have something off.
    BuyXGetY,
}

/// How the document describes a new promotion.
pub struct PromotionSchema;

impl PartialSchema for PromotionSchema {
    fn schema() -> RefOr<Schema> {
        let cases = [
            Case { name: "percentage", required: &["percent"], optional: &[] },
            Case { name: "fixed_amount", required: &["amount"], optional: &[] },
            Case { name: "free_shipping", required: &[], optional: &[] },
            Case {
                name: "buy_x_get_y",
                required: &["buy_quantity", "get_quantity"],
                optional: &["get_percent"],
            },
        ];
        let example = serde_json::json!({
            "name": "A tenth off", "type": "percentage", "percent": 10,
        });
        by_type(PromotionInput::schema(), &cases, example)
    }
}

impl ToSchema for PromotionSchema {
    fn name() -> std::borrow::Cow<'static, str> {
        "PromotionInput".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        PromotionInput::schemas(schemas);
    }
}

impl Patchable for PromotionInput {}

impl From<PromotionTypeBody> for PromotionType {
    fn from(kind: PromotionTypeBody) -> Self {
        match kind {
            PromotionTypeBody::Percentage => Self::Percentage,
            PromotionTypeBody::FixedAmount => Self::FixedAmount,
            PromotionTypeBody::FreeShipping => Self::FreeShipping,
            PromotionTypeBody::BuyXGetY => Self::BuyXGetY,
        }
    }
}

impl From<&PromotionKind> for PromotionTypeBody {
    fn from(kind: &PromotionKind) -> Self {
        match kind {
            PromotionKind::Percentage(_) => Self::Percentage,
            PromotionKind::FixedAmount(_) => Self::FixedAmount,
            PromotionKind::FreeShipping => Self::FreeShipping,
            PromotionKind::BuyXGetY { .. } => Self::BuyXGetY,
        }
    }
}

impl From<PromotionInput> for PromotionDraft {
    fn from(input: PromotionInput) -> Self {
        let slugs = input.categories.unwrap_or_default().0.into_iter();
        let products = input.products.unwrap_or_default().0.into_iter();
        Self {
            name: input.name.0,
            code: input.code.map(|code| code.0.as_str().to_owned()),
            kind: input.kind.into(),
            percent: input.percent.map(|percent| percent.0),
            amount: input.amount.as_ref().map(PositiveMoneyInput::money),
            buy_quantity: input.buy_quantity.map(|quantity| quantity.0),
            get_quantity: input.get_quantity.map(|quantity| quantity.0),
            get_percent: input.get_percent.map(|percent| percent.0),
            usage_limit: input.usage_limit.map(|limit| limit.0),
            usage_limit_per_customer: input.usage_limit_per_customer.map(|limit| limit.0),
            minimum_subtotal: input.minimum_subtotal.as_ref().map(MoneyInput::money),
            starts_at: input.starts_at.map(|moment| moment.0),
            ends_at: input.ends_at.map(|moment| moment.0),
            categories: slugs.map(|slug| slug.0.as_str().to_owned()).collect(),
            products: products.map(|id| id.0).collect(),
            combinable: input.combinable,
            priority: input.priority.and_then(|priority| i32::try_from(priority.0).ok()),
            active: input.active,
        }
    }
}

/// The slugs of the categories that a promotion is about. One that is gone is left out.
pub async fn scope_slugs(state: &State, promotion: &Promotion) -> Result<Vec<Slug>, Problem> {
    let Scope::Categories(ids) = &promotion.parts().scope else { return Ok(Vec::new()) };
    let mut slugs = Vec::with_capacity(ids.len());
    for id in ids {
        match state.shop.catalog.category(*id).await {
            Ok(category) => slugs.push(category.slug.clone()),
            Err(crate::app::AppError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(slugs)
}

impl PromotionInput {
    /// What staff would write to get the promotion as it is, about the categories of these slugs.
    pub fn of(promotion: &Promotion, categories: Vec<Slug>) -> Self {
        let (parts, gives) = (promotion.parts(), Gives::from(&promotion.parts().kind));
        Self {
            name: Line(parts.name.clone()),
            code: parts.code.clone().map(In),
            kind: (&parts.kind).into(),
            percent: gives.percent.map(Decimal),
            amount: gives.amount.map(PositiveMoneyInput::of),
            buy_quantity: gives.buy.map(Int),
            get_quantity: gives.get.map(Int),
            get_percent: gives.get_percent.map(Decimal),
            usage_limit: parts.usage_limit.map(|limit| Int(limit.into())),
            usage_limit_per_customer: parts.usage_limit_per_customer.map(|l| Int(l.into())),
            minimum_subtotal: parts.minimum_subtotal.map(MoneyInput::of),
            starts_at: parts.starts_at.map(In),
            ends_at: parts.ends_at.map(In),
            categories: Some(List(categories.into_iter().map(In).collect())),
            products: Some(List(match &parts.scope {
                Scope::Products(ids) => ids.iter().map(|id| In(*id)).collect(),
                Scope::WholeOrder | Scope::Categories(_) => Vec::new(),
            })),
            combinable: Some(parts.stacking == Stacking::Combinable),
            priority: priority(parts.stacking).map(|priority| Int(priority.into())),
            active: Some(parts.active),
        }
    }
}

fn priority(stacking: Stacking) -> Option<i32> {
    match stacking {
        Stacking::Combinable => None,
        Stacking::Exclusive { priority } => Some(priority),
    }
}

/// What a promotion gives, apart by its parts.
#[derive(Default)]
struct Gives {
    percent: Option<String>,
    amount: Option<crate::domain::shared::Money>,
    buy: Option<i64>,
    get: Option<i64>,
    get_percent: Option<String>,
}

impl From<&PromotionKind> for Gives {
    fn from(kind: &PromotionKind) -> Self {
        match kind {
            PromotionKind::Percentage(percent) => {
                Self { percent: Some(percent.to_string()), ..Self::default() }
            }
            PromotionKind::FixedAmount(amount) => Self { amount: Some(*amount), ..Self::default() },
            PromotionKind::FreeShipping => Self::default(),
            PromotionKind::BuyXGetY { buy, get, percent } => Self {
                buy: Some(buy.units().into()),
                get: Some(get.units().into()),
                get_percent: Some(percent.to_string()),
                ..Self::default()
            },
        }
    }
}

/// A promotion.
#[derive(Serialize, ToSchema)]
#[schema(as = AdminPromotion)]
pub struct AdminPromotionBody<'a> {
    id: Uuid,
    /// How often it was saved.
    version: u64,
    name: &'a str,
    code: Option<&'a str>,
    #[serde(rename = "type")]
    kind: PromotionTypeBody,
    percent: Option<f64>,
    amount: Option<MoneyBody>,
    buy_quantity: Option<i64>,
    get_quantity: Option<i64>,
    get_percent: Option<f64>,
    usage_limit: Option<u32>,
    usage_limit_per_customer: Option<u32>,
    minimum_subtotal: Option<MoneyBody>,
    #[schema(format = DateTime)]
    starts_at: Option<String>,
    #[schema(format = DateTime)]
    ends_at: Option<String>,
    /// The categories that it is about.
    category_ids: Vec<Uuid>,
    /// The products that it is about.
    product_ids: Vec<Uuid>,
    combinable: bool,
    priority: Option<i32>,
    active: bool,
}

impl<'a> From<&'a Promotion> for AdminPromotionBody<'a> {
    fn from(promotion: &'a Promotion) -> Self {
        let (parts, gives) = (promotion.parts(), Gives::from(&promotion.parts().kind));
        let (categories, products) = match &parts.scope {
            Scope::WholeOrder => (Vec::new(), Vec::new()),
            Scope::Categories(ids) => (ids.iter().map(|id| id.uuid()).collect(), Vec::new()),
            Scope::Products(ids) => (Vec::new(), ids.iter().map(|id| id.uuid()).collect()),
        };
        let (percent, get_percent) = percentages(&parts.kind);
        Self {
            id: promotion.id().uuid(),
            version: promotion.version().number(),
            name: &parts.name,
            code: parts.code.as_ref().map(CouponCode::as_str),
            kind: (&parts.kind).into(),
            percent,
            amount: gives.amount.map(MoneyBody),
            buy_quantity: gives.buy,
            get_quantity: gives.get,
            get_percent,
            usage_limit: parts.usage_limit,
            usage_limit_per_customer: parts.usage_limit_per_customer,
            minimum_subtotal: parts.minimum_subtotal.map(MoneyBody),
            starts_at: parts.starts_at.map(rfc3339),
            ends_at: parts.ends_at.map(rfc3339),
            category_ids: categories,
            product_ids: products,
            combinable: parts.stacking == Stacking::Combinable,
            priority: priority(parts.stacking),
            active: parts.active,
        }
    }
}

/// What the whole has off, and what the units of a set have.
fn percentages(kind: &PromotionKind) -> (Option<f64>, Option<f64>) {
    let shown = |points: u32| Some(percent(points.saturating_mul(100)));
    match kind {
        PromotionKind::Percentage(percent) => (shown(percent.basis_points()), None),
        PromotionKind::BuyXGetY { percent, .. } => (None, shown(percent.basis_points())),
        PromotionKind::FixedAmount(_) | PromotionKind::FreeShipping => (None, None),
    }
}
