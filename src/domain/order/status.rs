use std::fmt;

use super::{Order, PaymentState, Phase};

/// What an order is, derived from its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderStatus {
    /// Placed; its payment is under way.
    Pending,
    /// Stands; nothing was sent yet.
    Confirmed,
    /// Some units were sent.
    PartiallyShipped,
    /// All units were sent.
    Shipped,
    /// All units arrived.
    Delivered,
    /// Called off before it was sent.
    Cancelled,
    /// Some units came back.
    PartiallyReturned,
    /// All units came back.
    Returned,
    /// Came to nothing: nothing charged, nothing held.
    Failed,
    /// A person must act.
    Attention,
}

impl OrderStatus {
    /// Every status.
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Confirmed,
        Self::PartiallyShipped,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
        Self::PartiallyReturned,
        Self::Returned,
        Self::Failed,
        Self::Attention,
    ];

    /// The name that clients see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::PartiallyShipped => "partially_shipped",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::PartiallyReturned => "partially_returned",
            Self::Returned => "returned",
            Self::Failed => "failed",
            Self::Attention => "attention",
        }
    }

    /// The status of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    pub(super) fn of(order: &Order) -> Self {
        if order.refused_refund().is_some() {
            return Self::Attention;
        }
        match order.phase() {
            Phase::Pending => Self::Pending,
            Phase::Failed => Self::Failed,
            Phase::Cancelled => Self::Cancelled,
            Phase::Confirmed => Self::of_confirmed(order),
        }
    }

    fn of_confirmed(order: &Order) -> Self {
        let (mut ordered, mut shipped, mut delivered, mut returned) = (0_u64, 0_u64, 0_u64, 0_u64);
        for (line, progress) in order.lines() {
            ordered += u64::from(line.quantity.units().saturating_sub(progress.cancelled));
            shipped += u64::from(progress.shipped);
            delivered += u64::from(progress.delivered);
            returned += u64::from(progress.returned);
        }
        match () {
            () if returned > 0 && returned == ordered => Self::Returned,
            () if returned > 0 => Self::PartiallyReturned,
            () if shipped == 0 => Self::Confirmed,
            () if shipped < ordered => Self::PartiallyShipped,
            () if delivered == ordered => Self::Delivered,
            () => Self::Shipped,
        }
    }
}

impl fmt::Display for OrderStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where the money of an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentStatus {
    /// Nothing is known yet, or an invoice waits to be paid.
    Pending,
    /// The buyer must act.
    RequiresAction,
    /// Held, not taken.
    Authorized,
    /// Taken.
    Captured,
    /// Some of it went back.
    PartiallyRefunded,
    /// All of it went back.
    Refunded,
    /// Will never happen.
    Voided,
    /// Refused.
    Declined,
    /// The provider did not answer.
    Unknown,
}

impl PaymentStatus {
    /// The name that clients see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::RequiresAction => "requires_action",
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Refunded => "refunded",
            Self::Voided => "voided",
            Self::Declined => "declined",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn of(order: &Order) -> Self {
        let (captured, refunded) = (order.captured().amount(), order.refunded().amount());
        let last = order.payments().last().map(|payment| &payment.state);
        match last {
            _ if captured > 0 && refunded >= captured => Self::Refunded,
            _ if refunded > 0 => Self::PartiallyRefunded,
            None | Some(PaymentState::Pending) => Self::Pending,
            Some(PaymentState::RequiresAction { .. }) => Self::RequiresAction,
            Some(PaymentState::Unknown) => Self::Unknown,
            Some(PaymentState::Authorized) => Self::Authorized,
            Some(PaymentState::Captured) => Self::Captured,
            Some(PaymentState::Voided) => Self::Voided,
            Some(PaymentState::Declined { .. }) => Self::Declined,
        }
    }
}
