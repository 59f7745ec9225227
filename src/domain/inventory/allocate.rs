use super::{StockError, StockItem};
use crate::domain::shared::{Allocation, Quantity, Sku};

/// Chooses where `quantity` units come from. Units in hand go first, and only what no location has
/// in hand is backordered. Both come from the first location that can give all of them, else from
/// each in order as many as it can give. `items` are the SKU's stock at every location, in the
/// order of preference.
pub fn allocate(
    sku: &Sku,
    quantity: Quantity,
    items: &[StockItem],
) -> Result<Vec<Allocation>, StockError> {
    let wanted = i64::from(quantity.units());
    let available = items.iter().fold(0_i64, |sum, item| sum.saturating_add(item.available()));
    if available < wanted {
        return Err(StockError::OutOfStock { sku: sku.clone(), available });
    }
    let in_hand: Vec<i64> = items.iter().map(|item| item.free().max(0)).collect();
    let at_once = draw(wanted, &in_hand);
    let behind = |(item, taken): (&StockItem, &i64)| item.available().saturating_sub(*taken);
    let room: Vec<i64> = items.iter().zip(&at_once).map(behind).collect();
    let owed = at_once.iter().fold(wanted, |left, taken| left.saturating_sub(*taken));
    let later = draw(owed, &room);
    let given = items.iter().zip(at_once.iter().zip(&later));
    let taken = given.filter_map(|(item, (at_once, later))| {
        let quantity = Quantity::try_new(at_once.saturating_add(*later)).ok()?;
        Some(Allocation { sku: sku.clone(), location: item.location().clone(), quantity })
    });
    Ok(taken.collect())
}

/// How many of `wanted` units come from each place that has so many: all from the first that has
/// them, else from each in order as many as it has.
fn draw(wanted: i64, there: &[i64]) -> Vec<i64> {
    let whole = there.iter().position(|units| *units >= wanted);
    let mut left = wanted;
    let mut drawn = Vec::with_capacity(there.len());
    for (index, units) in there.iter().enumerate() {
        let may_give = whole.is_none_or(|whole| whole == index);
        let given = if may_give { left.min(*units) } else { 0 };
        left = left.saturating_sub(given);
        drawn.push(given);
    }
    drawn
}
