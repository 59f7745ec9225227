use super::{Any, Draw};
use crate::domain::pricing::*;
use crate::domain::shared::*;

impl Any for Percent {
    fn any(draw: &mut Draw) -> Self {
        Self::try_new(draw.pick(&[1, 1_250, 10_000])).unwrap()
    }
}

impl Any for Rate {
    fn any(draw: &mut Draw) -> Self {
        Self::try_new(draw.pick(&[0, 88_750, 1_000_000])).unwrap()
    }
}

/// An amount of at least one.
fn some(draw: &mut Draw, currency: Currency) -> Money {
    Money::new(draw.amount() + 1, currency)
}

impl Any for Promotion {
    fn any(draw: &mut Draw) -> Self {
        let currency = draw.any();
        let kind = match draw.below(4) {
            0 => PromotionKind::Percentage(draw.any()),
            1 => PromotionKind::FixedAmount(some(draw, currency)),
            2 => PromotionKind::BuyXGetY { buy: draw.any(), get: draw.any(), percent: draw.any() },
            _ => PromotionKind::FreeShipping,
        };
        let scope = match draw.below(3) {
            0 => Scope::WholeOrder,
            1 => Scope::Categories([draw.any(), draw.any()].into()),
            _ => Scope::Products([draw.any(), draw.any()].into()),
        };
        let stacking = match draw.below(2) {
            0 => Stacking::Combinable,
            _ => Stacking::Exclusive { priority: draw.any() },
        };
        let (start, end) = (Timestamp::from_micros(5), Timestamp::from_micros(6));
        let parts = PromotionParts {
            id: draw.any(),
            name: draw.text::<200>().to_string(),
            code: draw.any(),
            kind,
            scope,
            minimum_subtotal: draw.any::<bool>().then(|| draw.money(currency)),
            usage_limit: draw.pick(&[None, Some(1), Some(u32::MAX)]),
            usage_limit_per_customer: draw.pick(&[None, Some(1)]),
            starts_at: draw.pick(&[None, Some(start)]),
            ends_at: draw.pick(&[None, Some(end)]),
            stacking,
            active: draw.any(),
            version: draw.any(),
        };
        Self::try_new(parts).unwrap()
    }
}

impl Any for TaxRate {
    fn any(draw: &mut Draw) -> Self {
        let parts = TaxRateParts {
            id: draw.any(),
            name: draw.text::<120>().to_string(),
            country: draw.any(),
            region: draw.any::<Option<Text<120>>>().map(|region| region.to_string()),
            category: draw.any(),
            rate: draw.any(),
            version: draw.any(),
        };
        Self::try_new(parts).unwrap()
    }
}

impl Any for ShippingMethod {
    fn any(draw: &mut Draw) -> Self {
        let currency = draw.any();
        let numbers: Vec<u64> = (1..=3).take(draw.below(3) + 1).collect();
        let strategy = match draw.below(4) {
            0 => ShippingStrategy::Flat { price: draw.money(currency) },
            1 => {
                let row = |number: u64| WeightStep {
                    up_to_grams: number * 1_000,
                    price: draw.money(currency),
                };
                ShippingStrategy::ByWeight { steps: numbers.into_iter().map(row).collect() }
            }
            2 => {
                let row = |number: u64| SubtotalStep {
                    from: Money::new(i64::try_from(number).unwrap(), currency),
                    price: draw.money(currency),
                };
                ShippingStrategy::BySubtotal { steps: numbers.into_iter().map(row).collect() }
            }
            _ => ShippingStrategy::FreeFrom {
                price: draw.money(currency),
                threshold: some(draw, currency),
            },
        };
        let coverage = match draw.below(2) {
            0 => Coverage::Worldwide,
            _ => Coverage::Countries([draw.any(), draw.any()].into()),
        };
        let parts = ShippingMethodParts {
            id: draw.any(),
            code: draw.any(),
            name: draw.text::<200>().to_string(),
            coverage,
            strategy,
            tax_category: draw.any(),
            active: draw.any(),
            version: draw.any(),
        };
        Self::try_new(parts).unwrap()
    }
}
