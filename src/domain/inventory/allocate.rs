use super::{StockError, StockItem};
use crate::domain::shared::{Allocation, Quantity, Sku};

/// Chooses where `quantity` units come from: the first location that can give all of them, else as
/// many as there are from each in order. `items` are the SKU's stock at every location, in the
/// order of preference.
pub fn allocate(
    sku: &Sku,
    quantity: Quantity,
    items: &[StockItem],
) -> Result<Vec<Allocation>, StockError> {
    let wanted = i64::from(quantity.units());
    let take = |item: &StockItem, units: i64| {
        let quantity = Quantity::try_new(units).ok()?;
        Some(Allocation { sku: sku.clone(), location: item.location().clone(), quantity })
    };
    if let Some(whole) = items.iter().find(|item| item.available() >= wanted) {
        return Ok(take(whole, wanted).into_iter().collect());
    }
    let available = items.iter().fold(0_i64, |sum, item| sum.saturating_add(item.available()));
    if available < wanted {
        return Err(StockError::OutOfStock { sku: sku.clone(), available });
    }
    let mut left = wanted;
    let mut taken = Vec::new();
    for item in items {
        let units = item.available().min(left);
        taken.extend(take(item, units));
        left -= units;
    }
    Ok(taken)
}
