//! Forms of what a basket cost at some moment, coupons that were refused among it.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::form::{Form, List, Maybe, is_default, is_off, mirrors};
use super::pricing::Millionths;
use super::shared::{Amount, Id, Time, Units, Word};
use crate::domain::pricing::{
    AppliedPromotion, CouponOutcome, CouponRefusal, PricedBasket, PricedLine, PricedParts, Rate,
    Shipping, ShippingCharge, TaxLine, UsageLimits,
};
use crate::domain::shared::{
    CouponCode, Currency, LineId, Money, ProductId, PromotionId, Quantity, ShippingCode,
    ShippingMethodId, Sku, TaxRateId, Timestamp,
};

#[derive(Serialize, Deserialize)]
#[serde(remote = "PricedLine")]
pub struct PricedLineForm {
    #[serde(with = "Id")]
    line: LineId,
    #[serde(with = "Id")]
    product: ProductId,
    #[serde(with = "Word")]
    sku: Sku,
    #[serde(with = "Units")]
    quantity: Quantity,
    #[serde(with = "Amount")]
    unit_price: Money,
    #[serde(with = "Amount")]
    subtotal: Money,
    #[serde(with = "Amount")]
    discount: Money,
    #[serde(with = "Amount")]
    total: Money,
    #[serde(with = "Amount")]
    tax: Money,
    #[serde(with = "Amount")]
    included_tax: Money,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "ShippingCharge")]
struct ShippingChargeForm {
    #[serde(with = "Id")]
    method: ShippingMethodId,
    #[serde(with = "Word")]
    code: ShippingCode,
    name: String,
    #[serde(with = "Amount")]
    price: Money,
    #[serde(with = "Amount")]
    discount: Money,
    #[serde(with = "Amount")]
    total: Money,
    #[serde(with = "Amount")]
    tax: Money,
    #[serde(with = "Amount")]
    included_tax: Money,
    #[serde(default, skip_serializing_if = "is_off")]
    chosen: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Shipping", rename_all = "snake_case")]
enum ShippingForm {
    NotNeeded,
    Charged(#[serde(with = "ShippingChargeForm")] ShippingCharge),
    NoneApplies,
    ChoiceGone {
        #[serde(with = "Word")]
        code: ShippingCode,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "CouponRefusal", rename_all = "snake_case")]
enum CouponRefusalForm {
    Unknown,
    NotStarted {
        #[serde(with = "Time")]
        starts_at: Timestamp,
    },
    Ended {
        #[serde(with = "Time")]
        ended_at: Timestamp,
    },
    UsedUp,
    UsedUpForCustomer,
    OtherCurrency {
        #[serde(with = "Word")]
        currency: Currency,
    },
    BelowMinimum {
        #[serde(with = "Amount")]
        minimum: Money,
        #[serde(with = "Amount")]
        subtotal: Money,
    },
    OtherProducts,
    NotCombinable {
        with: String,
    },
    NothingToDiscount,
}

/// What a coupon comes to: what it takes off, or why it does not apply.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TakesRecord {
    Takes(#[serde(with = "Amount")] Money),
    Refused(#[serde(with = "CouponRefusalForm")] CouponRefusal),
}

/// How the outcome of a coupon is written and read.
enum TakesForm {}

impl Form<Result<Money, CouponRefusal>> for TakesForm {
    fn serialize<S: Serializer>(
        value: &Result<Money, CouponRefusal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let record = match value {
            Ok(amount) => TakesRecord::Takes(*amount),
            Err(refusal) => TakesRecord::Refused(refusal.clone()),
        };
        record.serialize(serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Result<Money, CouponRefusal>, D::Error> {
        Ok(match TakesRecord::deserialize(deserializer)? {
            TakesRecord::Takes(amount) => Ok(amount),
            TakesRecord::Refused(refusal) => Err(refusal),
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "CouponOutcome")]
struct CouponOutcomeForm {
    #[serde(with = "Word")]
    code: CouponCode,
    #[serde(with = "TakesForm")]
    outcome: Result<Money, CouponRefusal>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "UsageLimits")]
struct UsageLimitsForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    total: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    per_customer: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "AppliedPromotion")]
struct AppliedPromotionForm {
    #[serde(with = "Id")]
    promotion: PromotionId,
    name: String,
    #[serde(with = "Maybe::<Word>", default, skip_serializing_if = "Option::is_none")]
    code: Option<CouponCode>,
    #[serde(with = "Amount")]
    amount: Money,
    #[serde(with = "UsageLimitsForm", default, skip_serializing_if = "is_default")]
    limits: UsageLimits,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "TaxLine")]
struct TaxLineForm {
    #[serde(with = "Id")]
    tax_rate: TaxRateId,
    name: String,
    #[serde(with = "Millionths")]
    rate: Rate,
    #[serde(with = "Amount")]
    amount: Money,
    #[serde(default, skip_serializing_if = "is_off")]
    included: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "PricedParts")]
struct PricedPartsForm {
    #[serde(with = "Word")]
    currency: Currency,
    #[serde(with = "List::<PricedLineForm>", default, skip_serializing_if = "Vec::is_empty")]
    lines: Vec<PricedLine>,
    #[serde(with = "ShippingForm")]
    shipping: Shipping,
    #[serde(with = "List::<CouponOutcomeForm>", default, skip_serializing_if = "Vec::is_empty")]
    coupons: Vec<CouponOutcome>,
    #[serde(with = "List::<AppliedPromotionForm>", default, skip_serializing_if = "Vec::is_empty")]
    promotions: Vec<AppliedPromotion>,
    #[serde(with = "List::<TaxLineForm>", default, skip_serializing_if = "Vec::is_empty")]
    tax_lines: Vec<TaxLine>,
    #[serde(default, skip_serializing_if = "is_off")]
    estimated: bool,
}

/// A priced basket by its parts; its sums are made again, and its lines checked.
pub enum PricedBasketForm {}

impl Form<PricedBasket> for PricedBasketForm {
    fn serialize<S: Serializer>(value: &PricedBasket, serializer: S) -> Result<S::Ok, S::Error> {
        PricedPartsForm::serialize(value.parts(), serializer)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PricedBasket, D::Error> {
        PricedBasket::restore(PricedPartsForm::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

mirrors! {
    PricedLineForm of PricedLine,
    CouponOutcomeForm of CouponOutcome,
    AppliedPromotionForm of AppliedPromotion,
    TaxLineForm of TaxLine,
}
