use crate::domain::shared::{Allocation, LineId, Money, ProductId, Quantity, Sku, VariantId};

/// A line of an order, frozen when it was placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    /// Its id, unique within the order.
    pub id: LineId,
    /// The product it was; the line does not change with it.
    pub product: ProductId,
    /// The variant it was.
    pub variant: VariantId,
    /// What was bought.
    pub sku: Sku,
    /// What it was called.
    pub title: String,
    /// How many units.
    pub quantity: Quantity,
    /// What a unit cost.
    pub unit_price: Money,
    /// What was taken off the line, its share of order discounts included.
    pub discount: Money,
    /// `unit_price` × `quantity` − `discount`.
    pub total: Money,
    /// Tax added on top of `total`.
    pub tax: Money,
    /// Whether it is sent.
    pub requires_shipping: bool,
    /// The stock it takes; empty where none is tracked.
    pub stock: Vec<Allocation>,
}

/// How far the units of a line have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineProgress {
    /// Units that will not be sent.
    pub cancelled: u32,
    /// Units handed to a carrier.
    pub shipped: u32,
    /// Units that arrived.
    pub delivered: u32,
    /// Units whose return was asked for, arrived or not.
    pub returning: u32,
    /// Units that came back.
    pub returned: u32,
}

impl OrderLine {
    /// Units still to be sent.
    pub fn unshipped(&self, progress: &LineProgress) -> u32 {
        self.quantity.units().saturating_sub(progress.cancelled).saturating_sub(progress.shipped)
    }

    /// What the next `units` that come back are worth after `before` came back already: their share
    /// of the line's total and of the tax on it. Shares are differences of a running sum rounded
    /// down, so that all units together are worth exactly what was paid.
    pub fn value_of(&self, before: u32, units: u32) -> Option<Money> {
        let paid = self.total.plus(self.tax).ok()?;
        let all = i128::from(self.quantity.units());
        let up_to = |count: u32| {
            let count = i128::from(count.min(self.quantity.units()));
            i64::try_from(i128::from(paid.amount()) * count / all).ok()
        };
        let amount = up_to(before.checked_add(units)?)?.checked_sub(up_to(before)?)?;
        Some(Money::new(amount, paid.currency()))
    }
}
