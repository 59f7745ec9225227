use super::{Location, Quantity, Sku};

/// Units of a SKU taken from one location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// What is taken.
    pub sku: Sku,
    /// From where.
    pub location: Location,
    /// How many units.
    pub quantity: Quantity,
}
