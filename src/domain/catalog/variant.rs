use std::collections::BTreeMap;

use super::PriceRow;
use super::attributes::checked_pairs;

use crate::domain::shared::{Invalid, Quantity, Sku, StockPolicy, TaxCategory, VariantId};

/// What tells a variant from its siblings, such as `size` = `M`. At most 10 pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OptionValues(BTreeMap<Box<str>, Box<str>>);

impl OptionValues {
    /// Checks names and values.
    pub fn try_new<'a>(
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Invalid> {
        checked_pairs::<40, 100>("option", 10, pairs).map(Self)
    }

    /// Name and value, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// Stock that selling one unit of a variant takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// What leaves the stock.
    pub sku: Sku,
    /// How many units for one of the variant.
    pub quantity: Quantity,
}

/// What a shopper buys of a product: it has a SKU, prices and stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its id.
    pub id: VariantId,
    /// Unique in the shop, without regard to case.
    pub sku: Sku,
    /// What tells it from its siblings.
    pub options: OptionValues,
    /// Its prices; without one it cannot be bought.
    pub prices: Vec<PriceRow>,
    /// How its stock limits its sale; of a bundle, the rules of its components count instead.
    pub stock_policy: StockPolicy,
    /// Whether it is sent; downloads are not.
    pub requires_shipping: bool,
    /// Weight of a unit in grams.
    pub weight_grams: u32,
    /// What tax rates go by.
    pub tax_category: TaxCategory,
    /// What a sale takes from stock; empty for the variant itself, else a bundle.
    pub components: Vec<Component>,
}

impl Variant {
    /// The first of its prices that always hold: the one that staff see and write.
    pub fn plain_price(&self) -> Option<&PriceRow> {
        self.prices.iter().find(|row| row.holds_always())
    }

    /// What selling one unit takes from stock: its components, or itself.
    pub fn stocked(&self) -> Vec<Component> {
        if self.components.is_empty() {
            return vec![Component { sku: self.sku.clone(), quantity: Quantity::ONE }];
        }
        self.components.clone()
    }
}
