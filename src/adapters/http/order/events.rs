use serde::Serialize;
use utoipa::ToSchema;

use crate::adapters::record::rfc3339;
use crate::domain::order::OrderEvent;

/// Something that happened to an order.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderEvent)]
pub struct OrderEventBody<'a> {
    /// What, such as `placed`, `payment_captured`, `confirmed` or `shipped`.
    #[schema(example = "confirmed")]
    kind: &'static str,
    /// Why, where a reason was told.
    reason: Option<&'a str>,
    #[schema(format = DateTime)]
    at: String,
}

impl<'a> OrderEventBody<'a> {
    /// The event as its buyer reads it; none of what staff keep to themselves.
    pub fn for_buyer(event: &'a OrderEvent) -> Option<Self> {
        let internal = matches!(event, OrderEvent::Noted(_));
        (!internal).then(|| Self::for_staff(event))
    }

    /// The event as staff read it.
    pub fn for_staff(event: &'a OrderEvent) -> Self {
        Self { kind: event.name(), reason: reason(event), at: rfc3339(event.at()) }
    }
}

fn reason(event: &OrderEvent) -> Option<&str> {
    match event {
        OrderEvent::PaymentDeclined(_, reason, _)
        | OrderEvent::Failed(reason, _)
        | OrderEvent::Cancelled(reason, _)
        | OrderEvent::RefundFailed(_, reason, _) => Some(reason),
        OrderEvent::ReturnRequested(asked) => Some(&asked.reason),
        OrderEvent::RefundRequested(refund) | OrderEvent::RefundReplaced(_, refund) => {
            refund.reason.as_deref()
        }
        _ => None,
    }
}
