use super::{Any, Draw};
use crate::domain::order::Order;
use crate::ports::events::{Aggregate, Event, EventBody, ParkedEvent};
use crate::ports::idempotency::{KeyClaim, KeyId, KeyRow, KeyState, Outcome, Refusal};
use crate::ports::store::Unique;

impl Any for EventBody {
    fn any(draw: &mut Draw) -> Self {
        match draw.below(6) {
            0 => Self::ProductSaved(draw.any(), draw.any()),
            1 => Self::PopularityMoved(draw.any()),
            2 => Self::CategoryChanged(draw.any()),
            3 => Self::PromotionChanged(draw.any()),
            4 => Self::Stock(draw.any()),
            _ => Self::Order(draw.any(), draw.any()),
        }
    }
}

impl Any for Aggregate {
    fn any(draw: &mut Draw) -> Self {
        match draw.below(5) {
            0 => Self::Product(draw.any()),
            1 => Self::Category(draw.any()),
            2 => Self::Promotion(draw.any()),
            3 => Self::Stock(draw.any(), draw.any()),
            _ => Self::Order(draw.any()),
        }
    }
}

impl Any for Event {
    fn any(draw: &mut Draw) -> Self {
        Self {
            position: draw.any(),
            aggregate: draw.any(),
            sequence: draw.any(),
            at: draw.any(),
            body: draw.any(),
        }
    }
}

impl Any for ParkedEvent {
    fn any(draw: &mut Draw) -> Self {
        Self {
            event: draw.any(),
            attempts: draw.any(),
            due: draw.any(),
            reason: draw.any(),
            dead: draw.any(),
        }
    }
}

impl Any for Order {
    fn any(draw: &mut Draw) -> Self {
        let order = Self::new(draw.any());
        match draw.below(2) {
            0 => order,
            _ => order.payment_unknown(draw.any()).unwrap().order,
        }
    }
}

impl Any for Refusal {
    fn any(draw: &mut Draw) -> Self {
        use Unique as U;
        let unique = [
            U::Sku,
            U::ProductSlug,
            U::ImportKey,
            U::CategorySlug,
            U::CategoryName,
            U::CouponCode,
            U::ShippingCode,
            U::TaxRate,
            U::OrderNumber,
            U::Email,
            U::Secret,
        ];
        match draw.below(13) {
            0 => Self::InsufficientStock { sku: draw.any(), available: draw.any() },
            1 => Self::StockBelowZero { sku: draw.any() },
            2 => Self::ProductUnavailable { sku: draw.any() },
            3 => Self::CartChanged { detail: draw.any(), cart: draw.any() },
            4 => Self::CartOrdered,
            5 => Self::CouponNotApplicable { code: draw.any(), reason: draw.any() },
            6 => Self::NoShippingOption,
            7 => Self::ShippingOptionGone { code: draw.any() },
            8 => Self::PaymentDeclined { reason: draw.any(), order: draw.any() },
            9 => Self::OrderFailed { reason: draw.any() },
            10 => Self::InvalidTransition { detail: draw.any() },
            11 => Self::Duplicate { what: draw.pick(&unique), value: draw.any() },
            _ => Self::InUse { detail: draw.any() },
        }
    }
}

impl Any for KeyRow {
    fn any(draw: &mut Draw) -> Self {
        let id = KeyId { principal: draw.any(), key: draw.any() };
        let fingerprint = std::array::from_fn(|_| u8::try_from(draw.below(256)).unwrap());
        let state = match draw.below(6) {
            0 => KeyState::InFlight(draw.any()),
            1 => KeyState::Done(Outcome::Order(draw.any())),
            2 => KeyState::Done(Outcome::Stock(draw.few())),
            _ => KeyState::Done(Outcome::Refused(draw.any())),
        };
        Self { claim: KeyClaim { id, fingerprint }, state, at: draw.any() }
    }
}
