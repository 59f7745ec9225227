use super::{Any, Draw};
use crate::domain::cart::*;
use crate::domain::pricing::*;
use crate::domain::shared::*;
use crate::ports::cart::{CartLineView, CartView, LineProblem};

impl Any for CartLine {
    fn any(draw: &mut Draw) -> Self {
        Self {
            id: draw.any(),
            variant: draw.any(),
            product: draw.any(),
            sku: draw.any(),
            title: draw.any(),
            quantity: draw.any(),
        }
    }
}

impl Any for Cart {
    fn any(draw: &mut Draw) -> Self {
        let currency = draw.any();
        let parts = CartParts {
            id: draw.any(),
            version: draw.any(),
            currency,
            customer: draw.any(),
            lines: draw.few(),
            coupons: draw.few(),
            shipping_address: draw.any(),
            shipping_option: draw.any(),
            shown_total: draw.any::<bool>().then(|| draw.money(currency)),
            merged: draw.few(),
            created_at: draw.any(),
            changed_at: draw.any(),
        };
        Self::restore(parts).unwrap()
    }
}

fn priced_line(draw: &mut Draw, currency: Currency) -> PricedLine {
    let unit_price = draw.money(currency);
    let quantity: Quantity = draw.any();
    let subtotal = unit_price.times(quantity.units()).unwrap();
    let discount = draw.money(currency).at_most(subtotal).unwrap();
    PricedLine {
        line: draw.any(),
        product: draw.any(),
        sku: draw.any(),
        quantity,
        unit_price,
        subtotal,
        discount,
        total: subtotal.minus(discount).unwrap(),
        tax: draw.money(currency),
        included_tax: draw.money(currency),
    }
}

fn shipping(draw: &mut Draw, currency: Currency) -> Shipping {
    let price = draw.money(currency);
    let discount = draw.money(currency).at_most(price).unwrap();
    let charge = ShippingCharge {
        method: draw.any(),
        code: draw.any(),
        name: draw.any(),
        price,
        discount,
        total: price.minus(discount).unwrap(),
        tax: draw.money(currency),
        included_tax: draw.money(currency),
        chosen: draw.any(),
    };
    let gone = Shipping::ChoiceGone { code: draw.any() };
    draw.pick(&[Shipping::NotNeeded, Shipping::Charged(charge), Shipping::NoneApplies, gone])
}

impl Any for CouponOutcome {
    fn any(draw: &mut Draw) -> Self {
        use CouponRefusal as R;
        let refusals = [
            R::Unknown,
            R::NotStarted { starts_at: draw.any() },
            R::Ended { ended_at: draw.any() },
            R::UsedUp,
            R::UsedUpForCustomer,
            R::OtherCurrency { currency: draw.any() },
            R::BelowMinimum { minimum: draw.any(), subtotal: draw.any() },
            R::OtherProducts,
            R::NotCombinable { with: draw.any() },
            R::NothingToDiscount,
        ];
        let outcome = if draw.any() { Ok(draw.any()) } else { Err(draw.pick(&refusals)) };
        Self { code: draw.any(), outcome }
    }
}

impl Any for AppliedPromotion {
    fn any(draw: &mut Draw) -> Self {
        Self {
            promotion: draw.any(),
            name: draw.any(),
            code: draw.any(),
            amount: draw.any(),
            limits: UsageLimits { total: draw.any(), per_customer: draw.any() },
        }
    }
}

impl Any for TaxLine {
    fn any(draw: &mut Draw) -> Self {
        Self {
            tax_rate: draw.any(),
            name: draw.any(),
            rate: draw.any(),
            amount: draw.any(),
            included: draw.any(),
        }
    }
}

impl Any for CartView {
    fn any(draw: &mut Draw) -> Self {
        let currency = draw.any();
        let lines: Vec<PricedLine> =
            (0..draw.below(3)).map(|_| priced_line(draw, currency)).collect();
        let problems = [
            LineProblem::Unavailable,
            LineProblem::NoPrice,
            LineProblem::InsufficientStock { available: draw.any() },
        ];
        let views = lines.iter().map(|line| CartLineView {
            line: draw.any(),
            priced: draw.pick(&[None, Some(line.clone())]),
            problem: draw.any::<bool>().then(|| draw.pick(&problems)),
        });
        let views = views.collect();
        let parts = PricedParts {
            currency,
            lines,
            shipping: shipping(draw, currency),
            coupons: draw.few(),
            promotions: draw.few(),
            tax_lines: draw.few(),
            estimated: draw.any(),
        };
        let priced = PricedBasket::restore(parts).unwrap();
        Self { cart: draw.any(), lines: views, priced }
    }
}
