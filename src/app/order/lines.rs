use std::collections::BTreeMap;

use crate::app::AppError;
use crate::app::cart::Quote;
use crate::domain::catalog::Variant;
use crate::domain::inventory::allocate;
use crate::domain::order::OrderLine;
use crate::domain::pricing::PricedLine;
use crate::domain::shared::{Allocation, Quantity, Sku};
use crate::ports::cart::CartLineView;
use crate::ports::idempotency::Refusal;

/// The lines with the stock that each takes. What a SKU needs is allocated for all lines together,
/// and then dealt out to them in order.
pub(super) fn order_lines(quote: &Quote) -> Result<Vec<OrderLine>, AppError> {
    let mut pool: BTreeMap<&Sku, Vec<Allocation>> = BTreeMap::new();
    for (sku, need) in &quote.needs {
        let quantity = Quantity::try_new(need.units)
            .map_err(|error| AppError::invalid("/lines", error.to_string()))?;
        let taken = allocate(sku, quantity, &need.stock).map_err(|_| {
            let available =
                need.stock.iter().fold(0_i64, |sum, item| sum.saturating_add(item.available()));
            AppError::refused(Refusal::InsufficientStock {
                sku: sku.as_str().to_owned(),
                available,
            })
        })?;
        pool.insert(sku, taken);
    }
    let mut lines = Vec::with_capacity(quote.lines.len());
    for (line, variant) in quote.lines.iter().zip(&quote.variants) {
        if let (Some(priced), Some(variant)) = (&line.priced, variant) {
            lines.push(order_line(line, priced, variant, &mut pool));
        }
    }
    Ok(lines)
}

fn order_line(
    line: &CartLineView,
    priced: &PricedLine,
    variant: &Variant,
    pool: &mut BTreeMap<&Sku, Vec<Allocation>>,
) -> OrderLine {
    let mut stock = Vec::new();
    for component in variant.stocked() {
        let units = i64::from(component.quantity.units())
            .saturating_mul(i64::from(line.line.quantity.units()));
        // What is not counted is in no pool.
        if let Some(rest) = pool.get_mut(&component.sku) {
            stock.extend(deal(rest, units));
        }
    }
    OrderLine {
        id: line.line.id,
        product: line.line.product,
        variant: line.line.variant,
        sku: line.line.sku.clone(),
        title: line.line.title.clone(),
        quantity: line.line.quantity,
        unit_price: priced.unit_price,
        discount: priced.discount,
        total: priced.total,
        tax: priced.tax,
        requires_shipping: variant.requires_shipping,
        stock,
    }
}

/// Takes `units` off the front of what is left of an allocation.
fn deal(rest: &mut Vec<Allocation>, units: i64) -> Vec<Allocation> {
    let mut dealt = Vec::new();
    let mut kept = Vec::new();
    let mut wanted = units;
    for part in rest.drain(..) {
        let there = i64::from(part.quantity.units());
        let taken = there.min(wanted);
        wanted = wanted.saturating_sub(taken);
        if let Ok(quantity) = Quantity::try_new(taken) {
            dealt.push(Allocation { quantity, ..part.clone() });
        }
        if let Ok(quantity) = Quantity::try_new(there.saturating_sub(taken)) {
            kept.push(Allocation { quantity, ..part });
        }
    }
    *rest = kept;
    dealt
}
