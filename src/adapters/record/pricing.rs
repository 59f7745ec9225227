//! Records of the rules that decide what a basket costs.

use std::collections::BTreeSet;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::form::{Form, List, Maybe, Set, is_default, is_on, mirrors, on};
use super::kept::records;
use super::shared::{Amount, Id, Saves, Time, Units, Word, faults};
use crate::domain::pricing::{
    Coverage, Percent, Promotion, PromotionKind, PromotionParts, Rate, Scope, ShippingMethod,
    ShippingMethodParts, ShippingStrategy, Stacking, SubtotalStep, TaxRate, TaxRateParts,
    WeightStep,
};
use crate::domain::shared::{
    CategoryId, Country, CouponCode, Money, ProductId, PromotionId, Quantity, ShippingCode,
    ShippingMethodId, TaxCategory, TaxRateId, Timestamp, Version,
};

/// A percentage as basis points.
enum BasisPoints {}

impl Form<Percent> for BasisPoints {
    fn serialize<S: Serializer>(value: &Percent, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(value.basis_points())
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Percent, D::Error> {
        Percent::try_new(u32::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// A rate of tax as millionths.
pub enum Millionths {}

impl Form<Rate> for Millionths {
    fn serialize<S: Serializer>(value: &Rate, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(value.millionths())
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rate, D::Error> {
        Rate::try_new(u32::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PromotionKind", rename_all = "snake_case")]
enum PromotionKindForm {
    Percentage(#[serde(with = "BasisPoints")] Percent),
    FixedAmount(#[serde(with = "Amount")] Money),
    #[serde(rename = "buy_x_get_y")]
    BuyXGetY {
        #[serde(with = "Units")]
        buy: Quantity,
        #[serde(with = "Units")]
        get: Quantity,
        #[serde(with = "BasisPoints")]
        percent: Percent,
    },
    FreeShipping,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Scope", rename_all = "snake_case")]
enum ScopeForm {
    WholeOrder,
    Categories(#[serde(with = "Set::<Id>")] BTreeSet<CategoryId>),
    Products(#[serde(with = "Set::<Id>")] BTreeSet<ProductId>),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Stacking", rename_all = "snake_case")]
enum StackingForm {
    Combinable,
    Exclusive { priority: i32 },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PromotionParts")]
struct PromotionPartsForm {
    #[serde(with = "Id")]
    id: PromotionId,
    name: String,
    #[serde(with = "Maybe::<Word>", default, skip_serializing_if = "Option::is_none")]
    code: Option<CouponCode>,
    #[serde(with = "PromotionKindForm")]
    kind: PromotionKind,
    #[serde(with = "ScopeForm")]
    scope: Scope,
    #[serde(with = "Maybe::<Amount>", default, skip_serializing_if = "Option::is_none")]
    minimum_subtotal: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usage_limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    usage_limit_per_customer: Option<u32>,
    #[serde(with = "Maybe::<Time>", default, skip_serializing_if = "Option::is_none")]
    starts_at: Option<Timestamp>,
    #[serde(with = "Maybe::<Time>", default, skip_serializing_if = "Option::is_none")]
    ends_at: Option<Timestamp>,
    #[serde(with = "StackingForm")]
    stacking: Stacking,
    #[serde(default = "on", skip_serializing_if = "is_on")]
    active: bool,
    #[serde(with = "Saves")]
    version: Version,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TaxRateParts")]
struct TaxRatePartsForm {
    #[serde(with = "Id")]
    id: TaxRateId,
    name: String,
    #[serde(with = "Word")]
    country: Country,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(with = "Word", default, skip_serializing_if = "is_default")]
    category: TaxCategory,
    #[serde(with = "Millionths")]
    rate: Rate,
    #[serde(with = "Saves")]
    version: Version,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Coverage", rename_all = "snake_case")]
enum CoverageForm {
    Worldwide,
    Countries(#[serde(with = "Set::<Word>")] BTreeSet<Country>),
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "WeightStep")]
struct WeightStepForm {
    up_to_grams: u64,
    #[serde(with = "Amount")]
    price: Money,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SubtotalStep")]
struct SubtotalStepForm {
    #[serde(with = "Amount")]
    from: Money,
    #[serde(with = "Amount")]
    price: Money,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ShippingStrategy", rename_all = "snake_case")]
enum ShippingStrategyForm {
    Flat {
        #[serde(with = "Amount")]
        price: Money,
    },
    ByWeight {
        #[serde(with = "List::<WeightStepForm>")]
        steps: Vec<WeightStep>,
    },
    BySubtotal {
        #[serde(with = "List::<SubtotalStepForm>")]
        steps: Vec<SubtotalStep>,
    },
    FreeFrom {
        #[serde(with = "Amount")]
        price: Money,
        #[serde(with = "Amount")]
        threshold: Money,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ShippingMethodParts")]
struct ShippingMethodPartsForm {
    #[serde(with = "Id")]
    id: ShippingMethodId,
    #[serde(with = "Word")]
    code: ShippingCode,
    name: String,
    #[serde(with = "CoverageForm")]
    coverage: Coverage,
    #[serde(with = "ShippingStrategyForm")]
    strategy: ShippingStrategy,
    #[serde(with = "Word", default, skip_serializing_if = "is_default")]
    tax_category: TaxCategory,
    #[serde(default = "on", skip_serializing_if = "is_on")]
    active: bool,
    #[serde(with = "Saves")]
    version: Version,
}

/// Rules that are kept as their parts, and checked together when they are read.
enum Checked {}

macro_rules! checked {
    ($($rule:ident by $parts:ident),* $(,)?) => {$(
        impl Form<$rule> for Checked {
            fn serialize<S: Serializer>(value: &$rule, serializer: S) -> Result<S::Ok, S::Error> {
                $parts::serialize(value.parts(), serializer)
            }

            fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<$rule, D::Error> {
                $rule::try_new($parts::deserialize(deserializer)?).map_err(faults)
            }
        }
    )*};
}

checked! {
    Promotion by PromotionPartsForm,
    TaxRate by TaxRatePartsForm,
    ShippingMethod by ShippingMethodPartsForm,
}

mirrors!(WeightStepForm of WeightStep, SubtotalStepForm of SubtotalStep);

records! {
    Promotion = "promotion" by Checked,
    TaxRate = "tax rate" by Checked,
    ShippingMethod = "shipping method" by Checked,
}
