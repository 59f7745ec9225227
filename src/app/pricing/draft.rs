use crate::domain::shared::{Money, ProductId, Timestamp};

/// What kind of promotion someone wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromotionType {
    /// `percentage`, with `percent`.
    Percentage,
    /// `fixed_amount`, with `amount`.
    FixedAmount,
    /// `free_shipping`.
    FreeShipping,
    /// `buy_x_get_y`, with `buy_quantity`, `get_quantity` and `get_percent` (100 where absent).
    BuyXGetY,
}

/// A promotion as someone wrote it. Errors name its parts by the pointers of the API's body, such
/// as `/percent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromotionDraft {
    /// What shoppers see.
    pub name: String,
    /// What shoppers type; without one it applies by itself.
    pub code: Option<String>,
    /// What it gives.
    pub kind: PromotionType,
    /// A decimal number of percent, such as `12.5`.
    pub percent: Option<String>,
    /// An amount off.
    pub amount: Option<Money>,
    /// Units at full price in a set.
    pub buy_quantity: Option<i64>,
    /// Units of the set that have something off.
    pub get_quantity: Option<i64>,
    /// What those have off, a decimal number of percent.
    pub get_percent: Option<String>,
    /// How many orders may use it.
    pub usage_limit: Option<i64>,
    /// How many orders of one customer may use it.
    pub usage_limit_per_customer: Option<i64>,
    /// The least that the basket must come to.
    pub minimum_subtotal: Option<Money>,
    /// The first moment it applies.
    pub starts_at: Option<Timestamp>,
    /// The first moment it no longer applies.
    pub ends_at: Option<Timestamp>,
    /// Slugs of the categories it is about; empty for no such limit.
    pub categories: Vec<String>,
    /// The products it is about; empty for no such limit. Not beside `categories`.
    pub products: Vec<ProductId>,
    /// Whether it applies beside others; true where absent.
    pub combinable: Option<bool>,
    /// Which of several that apply alone wins: the higher. 0 where absent; counts only where it is
    /// not combinable.
    pub priority: Option<i32>,
    /// Whether it is switched on; true where absent.
    pub active: Option<bool>,
}

impl PromotionDraft {
    /// A promotion of which only its name and kind are known.
    pub fn new(name: impl Into<String>, kind: PromotionType) -> Self {
        Self {
            name: name.into(),
            code: None,
            kind,
            percent: None,
            amount: None,
            buy_quantity: None,
            get_quantity: None,
            get_percent: None,
            usage_limit: None,
            usage_limit_per_customer: None,
            minimum_subtotal: None,
            starts_at: None,
            ends_at: None,
            categories: Vec::new(),
            products: Vec::new(),
            combinable: None,
            priority: None,
            active: None,
        }
    }
}

/// A tax rate as someone wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxRateDraft {
    /// What shoppers see.
    pub name: String,
    /// Where it is due: an ISO 3166 code.
    pub country: String,
    /// The one region where it is due; none for the whole country.
    pub region: Option<String>,
    /// The goods it is due on; `standard` where absent.
    pub tax_category: Option<String>,
    /// A decimal number of percent, such as `8.875`.
    pub rate: String,
}

/// How a shipping method finds its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShippingType {
    /// `flat`, with `price`.
    Flat,
    /// `by_weight`, with `weight_steps`.
    ByWeight,
    /// `by_subtotal`, with `subtotal_steps`.
    BySubtotal,
    /// `free_above`, with `price` and `threshold`.
    FreeAbove,
}

/// A row of a table by weight, as someone wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightStepDraft {
    /// The heaviest parcel of this row.
    pub up_to_grams: u64,
    /// What it costs.
    pub price: Money,
}

/// A row of a table by subtotal, as someone wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubtotalStepDraft {
    /// The least that the goods of this row cost.
    pub from: Money,
    /// What shipping them costs.
    pub price: Money,
}

/// A shipping method as someone wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingMethodDraft {
    /// What clients choose it by.
    pub code: String,
    /// What shoppers see.
    pub name: String,
    /// Where it delivers, ISO 3166 codes; empty for everywhere.
    pub countries: Vec<String>,
    /// How it finds its price.
    pub kind: ShippingType,
    /// The price of `flat` and, below the threshold, of `free_above`.
    pub price: Option<Money>,
    /// What goods must cost to ship free.
    pub threshold: Option<Money>,
    /// Rows by weight, lightest first.
    pub weight_steps: Vec<WeightStepDraft>,
    /// Rows by subtotal, cheapest goods first.
    pub subtotal_steps: Vec<SubtotalStepDraft>,
    /// What it is for the tax office; `standard` where absent.
    pub tax_category: Option<String>,
    /// Whether it is on offer; true where absent.
    pub active: Option<bool>,
}
