use std::sync::Arc;

use super::{Note, Placed, Refund, Return, Shipment};
use crate::domain::shared::{PaymentId, RefundId, ReturnId, ShipmentId, Timestamp};

/// Something that happened to an order. The events of an order, in their sequence, are the order.
#[derive(Clone, Debug, PartialEq)]
pub enum OrderEvent {
    /// It was placed; its stock is held.
    Placed(Arc<Placed>),
    /// The provider did not answer about a payment.
    PaymentUnknown(PaymentId, Timestamp),
    /// The buyer must act before a payment can go on.
    PaymentRequiresAction(PaymentId, String, Timestamp),
    /// Money is held.
    PaymentAuthorized(PaymentId, Timestamp),
    /// Money was taken.
    PaymentCaptured(PaymentId, Timestamp),
    /// The provider refused.
    PaymentDeclined(PaymentId, String, Timestamp),
    /// A payment will never happen.
    PaymentVoided(PaymentId, Timestamp),
    /// The order stands; its units left the stock.
    Confirmed(Timestamp),
    /// It came to nothing: nothing charged, nothing held.
    Failed(String, Timestamp),
    /// It was called off before it was sent; its units are back.
    Cancelled(String, Timestamp),
    /// Units were handed to a carrier.
    Shipped(Shipment),
    /// A shipment arrived.
    Delivered(ShipmentId, Timestamp),
    /// The buyer sends units back.
    ReturnRequested(Return),
    /// A return arrived; `true` where its units went back on sale.
    ReturnReceived(ReturnId, bool, Timestamp),
    /// Money is to go back.
    RefundRequested(Refund),
    /// Money went back.
    RefundPaid(RefundId, Timestamp),
    /// The provider refused to pay back.
    RefundFailed(RefundId, String, Timestamp),
    /// Another refund was agreed in the place of one that failed.
    RefundReplaced(RefundId, Refund),
    /// Money that the provider refused to pay back went back by another way.
    RefundSettled(RefundId, Timestamp),
    /// Staff decided that nothing goes back of a refund that failed.
    RefundDropped(RefundId, Timestamp),
    /// Staff wrote something down.
    Noted(Note),
}

impl OrderEvent {
    /// When it happened.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Placed(placed) => placed.at,
            Self::Shipped(shipment) => shipment.shipped_at,
            Self::ReturnRequested(asked) => asked.requested_at,
            Self::RefundRequested(refund) | Self::RefundReplaced(_, refund) => refund.requested_at,
            Self::Noted(note) => note.at,
            Self::PaymentUnknown(_, at)
            | Self::PaymentRequiresAction(_, _, at)
            | Self::PaymentAuthorized(_, at)
            | Self::PaymentCaptured(_, at)
            | Self::PaymentDeclined(_, _, at)
            | Self::PaymentVoided(_, at)
            | Self::Confirmed(at)
            | Self::Failed(_, at)
            | Self::Cancelled(_, at)
            | Self::Delivered(_, at)
            | Self::ReturnReceived(_, _, at)
            | Self::RefundPaid(_, at)
            | Self::RefundFailed(_, _, at)
            | Self::RefundSettled(_, at)
            | Self::RefundDropped(_, at) => *at,
        }
    }

    /// The stable name that histories and webhooks show.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Placed(_) => "placed",
            Self::PaymentUnknown(..) => "payment_unknown",
            Self::PaymentRequiresAction(..) => "payment_requires_action",
            Self::PaymentAuthorized(..) => "payment_authorized",
            Self::PaymentCaptured(..) => "payment_captured",
            Self::PaymentDeclined(..) => "payment_declined",
            Self::PaymentVoided(..) => "payment_voided",
            Self::Confirmed(_) => "confirmed",
            Self::Failed(..) => "failed",
            Self::Cancelled(..) => "cancelled",
            Self::Shipped(_) => "shipped",
            Self::Delivered(..) => "delivered",
            Self::ReturnRequested(_) => "return_requested",
            Self::ReturnReceived(..) => "return_received",
            Self::RefundRequested(_) => "refund_requested",
            Self::RefundPaid(..) => "refund_paid",
            Self::RefundFailed(..) => "refund_failed",
            Self::RefundReplaced(..) => "refund_replaced",
            Self::RefundSettled(..) => "refund_settled",
            Self::RefundDropped(..) => "refund_dropped",
            Self::Noted(_) => "noted",
        }
    }
}
