use super::{Order, OrderEvent, OrderStatus};
use crate::domain::shared::{Money, Version};

/// Why an order cannot change as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// The state forbids it.
    #[error("an order that is {from} cannot be {action}")]
    InvalidTransition {
        /// What the order is.
        from: OrderStatus,
        /// What was asked, as a participle: `cancelled`, `shipped`, ...
        action: &'static str,
    },
    /// More units than there are.
    #[error("only {left} units of {sku} can be {action}")]
    TooManyUnits {
        /// Of what.
        sku: String,
        /// How many there are.
        left: u32,
        /// What was asked, as a participle.
        action: &'static str,
    },
    /// More money than is left of what was captured.
    #[error("at most {left} can be refunded")]
    TooMuchMoney {
        /// What is left.
        left: Money,
    },
    /// The order has no such line, shipment, return, refund or payment.
    #[error("the order has no such {0}")]
    NoSuch(&'static str),
    /// Nothing was asked.
    #[error("nothing is left to be {0}")]
    Nothing(&'static str),
    /// The amount is not positive or of another currency.
    #[error("a refund must be a positive amount in the order's currency")]
    BadAmount,
}

/// A transition that an order allows: the events, and the order after them.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderChange {
    /// The order as it will be.
    pub order: Order,
    /// The version it was decided on; the save succeeds only while it still has it.
    pub expected: Option<Version>,
    /// What happened, in order.
    pub events: Vec<OrderEvent>,
}
