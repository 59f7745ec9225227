use super::{Any, Draw};
use crate::domain::order::*;

impl Any for OrderLine {
    fn any(draw: &mut Draw) -> Self {
        Self {
            id: draw.any(),
            product: draw.any(),
            variant: draw.any(),
            sku: draw.any(),
            title: draw.any(),
            quantity: draw.any(),
            unit_price: draw.any(),
            discount: draw.any(),
            total: draw.any(),
            tax: draw.any(),
            requires_shipping: draw.any(),
            stock: draw.few(),
        }
    }
}

impl Any for Totals {
    fn any(draw: &mut Draw) -> Self {
        Self {
            subtotal: draw.any(),
            discount: draw.any(),
            shipping: draw.any(),
            tax: draw.any(),
            included_tax: draw.any(),
            total: draw.any(),
        }
    }
}

impl Any for PromotionUse {
    fn any(draw: &mut Draw) -> Self {
        Self { promotion: draw.any(), customer_key: draw.any() }
    }
}

impl Any for AppliedPromotion {
    fn any(draw: &mut Draw) -> Self {
        Self { promotion: draw.any(), name: draw.any(), code: draw.any(), amount: draw.any() }
    }
}

impl Any for TaxLine {
    fn any(draw: &mut Draw) -> Self {
        Self { name: draw.any(), rate_ppm: draw.any(), amount: draw.any(), included: draw.any() }
    }
}

impl Any for ShippingChoice {
    fn any(draw: &mut Draw) -> Self {
        Self { code: draw.any(), name: draw.any() }
    }
}

impl Any for PaymentMethod {
    fn any(draw: &mut Draw) -> Self {
        let token = draw.any();
        draw.pick(&[Self::Card { token }, Self::Invoice])
    }
}

impl Any for Placed {
    fn any(draw: &mut Draw) -> Self {
        Self {
            id: draw.any(),
            number: OrderNumber::from_bits(draw.bits()),
            origin: draw.pick(&[Origin::Cart, Origin::BuyNow]),
            cart: draw.any(),
            customer: draw.any(),
            email: draw.any(),
            currency: draw.any(),
            lines: draw.few(),
            totals: draw.any(),
            coupons: draw.few(),
            uses: draw.few(),
            promotions: draw.few(),
            tax_lines: draw.few(),
            shipping_address: draw.any(),
            billing_address: draw.any(),
            shipping: draw.any(),
            payment: draw.any(),
            method: draw.any(),
            at: draw.any(),
        }
    }
}

impl Any for UnitsOf {
    fn any(draw: &mut Draw) -> Self {
        Self { line: draw.any(), quantity: draw.any() }
    }
}

impl Any for Shipment {
    fn any(draw: &mut Draw) -> Self {
        Self {
            id: draw.any(),
            units: draw.few(),
            carrier: draw.any(),
            tracking: draw.any(),
            shipped_at: draw.any(),
            delivered_at: draw.any(),
        }
    }
}

impl Any for Return {
    fn any(draw: &mut Draw) -> Self {
        Self {
            id: draw.any(),
            units: draw.few(),
            reason: draw.any(),
            requested_at: draw.any(),
            received_at: draw.any(),
            restocked: draw.any(),
        }
    }
}

impl Any for RefundState {
    fn any(draw: &mut Draw) -> Self {
        let failed = Self::Failed { reason: draw.any() };
        draw.pick(&[Self::Pending, Self::Paid, failed, Self::Replaced, Self::Dropped])
    }
}

impl Any for Refund {
    fn any(draw: &mut Draw) -> Self {
        Self {
            id: draw.any(),
            payment: draw.any(),
            amount: draw.any(),
            reason: draw.any(),
            state: draw.any(),
            requested_at: draw.any(),
        }
    }
}

impl Any for Note {
    fn any(draw: &mut Draw) -> Self {
        Self { text: draw.any(), author: draw.any(), at: draw.any() }
    }
}

impl Any for OrderEvent {
    fn any(draw: &mut Draw) -> Self {
        match draw.below(21) {
            0 => Self::Placed(draw.any()),
            1 => Self::PaymentUnknown(draw.any(), draw.any()),
            2 => Self::PaymentRequiresAction(draw.any(), draw.any(), draw.any()),
            3 => Self::PaymentAuthorized(draw.any(), draw.any()),
            4 => Self::PaymentCaptured(draw.any(), draw.any()),
            5 => Self::PaymentDeclined(draw.any(), draw.any(), draw.any()),
            6 => Self::PaymentVoided(draw.any(), draw.any()),
            7 => Self::Confirmed(draw.any()),
            8 => Self::Failed(draw.any(), draw.any()),
            9 => Self::Cancelled(draw.any(), draw.any()),
            10 => Self::Shipped(draw.any()),
            11 => Self::Delivered(draw.any(), draw.any()),
            12 => Self::ReturnRequested(draw.any()),
            13 => Self::ReturnReceived(draw.any(), draw.any(), draw.any()),
            14 => Self::RefundRequested(draw.any()),
            15 => Self::RefundPaid(draw.any(), draw.any()),
            16 => Self::RefundFailed(draw.any(), draw.any(), draw.any()),
            17 => Self::RefundReplaced(draw.any(), draw.any()),
            18 => Self::RefundSettled(draw.any(), draw.any()),
            19 => Self::RefundDropped(draw.any(), draw.any()),
            _ => Self::Noted(draw.any()),
        }
    }
}

impl Any for Lease {
    fn any(draw: &mut Draw) -> Self {
        Self { owner: draw.any(), until: draw.any() }
    }
}

impl Any for JournalEntry {
    fn any(draw: &mut Draw) -> Self {
        use Effect as E;
        let effects = [
            E::Reserved,
            E::PaymentUnknown,
            E::ActionRequired,
            E::BuyerActed,
            E::Confirmed,
            E::StockLost,
            E::PaymentFailed,
            E::Compensated,
            E::RefundAgreed,
            E::RefundPaid,
            E::RefundRefused,
        ];
        Self { effect: draw.pick(&effects), at: draw.any() }
    }
}

impl Any for Saga {
    fn any(draw: &mut Draw) -> Self {
        use CheckoutState as C;
        use RefundJobState as R;
        let checkouts = [
            C::Paying,
            C::Resolving { since: draw.any() },
            C::AwaitingBuyer { until: draw.any() },
            C::PayingBack { refund: draw.any() },
            C::Confirmed,
            C::Compensated,
            C::NeedsAttention,
        ];
        let order = draw.any();
        let (id, plan) = if draw.any() {
            (SagaId::Checkout(order), SagaPlan::Checkout(draw.pick(&checkouts)))
        } else {
            let state = draw.pick(&[R::Paying, R::Paid, R::NeedsAttention]);
            (SagaId::Refund(order, draw.any()), SagaPlan::Refund(state))
        };
        Self {
            id,
            plan,
            version: draw.any(),
            attempts: draw.any(),
            due: draw.any(),
            lease: draw.any(),
            journal: draw.few(),
        }
    }
}
