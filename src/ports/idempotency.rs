//! Idempotency keys: what a request under a key came to, so that repeating it repeats only the
//! answer.

use std::sync::Arc;

use async_trait::async_trait;

use super::PortError;
use super::cart::CartView;
use super::store::Unique;
use crate::domain::inventory::StockItem;
use crate::domain::order::Order;
use crate::domain::shared::{OrderId, Span, Timestamp};

/// How long an outcome is kept under its key.
pub const RETENTION: Span = Span::days(7);

/// A key within its scope: the same key of another caller, or on another operation, is another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyId {
    /// Who asks for what: a digest of the principal and of the operation, never the principal's
    /// secret.
    pub principal: String,
    /// What the client sent: 16 to 255 visible ASCII characters.
    pub key: String,
}

/// A key and what it is used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyClaim {
    /// The key.
    pub id: KeyId,
    /// SHA-256 of method, path, query and body: what tells a repetition from another request.
    pub fingerprint: [u8; 32],
}

/// What the shop refuses although the request is right. It is the same again under the same key.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// Too few units.
    InsufficientStock {
        /// Of what.
        sku: String,
        /// How many could be had.
        available: i64,
    },
    /// A movement would take units that are held or were never there.
    StockBelowZero {
        /// Of what.
        sku: String,
    },
    /// Unpublished, unknown, or without a price in the cart's currency.
    ProductUnavailable {
        /// What.
        sku: String,
    },
    /// The cart is not what the buyer saw.
    CartChanged {
        /// What is different, for people.
        detail: String,
        /// The cart as it is now.
        cart: Option<Arc<CartView>>,
    },
    /// The cart became an order already.
    CartOrdered,
    /// A coupon does not apply.
    CouponNotApplicable {
        /// Which.
        code: String,
        /// Why, for people.
        reason: String,
    },
    /// Nothing ships there.
    NoShippingOption,
    /// Something ships there, but not the option that was chosen.
    ShippingOptionGone {
        /// What was chosen.
        code: String,
    },
    /// The provider refused.
    PaymentDeclined {
        /// The provider's reason, as a code.
        reason: String,
        /// The order that failed.
        order: OrderId,
    },
    /// The order came to nothing for another reason than a decline.
    OrderFailed {
        /// Why.
        reason: String,
    },
    /// The state forbids it.
    InvalidTransition {
        /// For people.
        detail: String,
    },
    /// Something that must be unique is taken.
    Duplicate {
        /// What.
        what: Unique,
        /// The value.
        value: String,
    },
    /// It is in use and cannot go.
    InUse {
        /// For people.
        detail: String,
    },
}

/// What a use case came to, with its view frozen at that moment. Every answer to the key is
/// rendered from it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// An order as it then was.
    Order(Arc<Order>),
    /// Stock as it then was, at every location.
    Stock(Vec<StockItem>),
    /// A refusal.
    Refused(Refusal),
}

/// Where a key stands.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyState {
    /// A checkout is under way for it.
    InFlight(OrderId),
    /// It has its outcome.
    Done(Outcome),
}

/// A key that was used.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyRow {
    /// The key and its fingerprint.
    pub claim: KeyClaim,
    /// Where it stands.
    pub state: KeyState,
    /// When it was first used; after [`RETENTION`] it is as good as new.
    pub at: Timestamp,
}

/// Keys, to be read. They are written by commits alone.
#[async_trait]
pub trait IdempotencyKeys: Send + Sync {
    /// What is known of a key, unless it is past its retention by `now`.
    async fn key(&self, id: &KeyId, now: Timestamp) -> Result<Option<Arc<KeyRow>>, PortError>;

    /// How many keys past their retention by `now` are still kept, counted up to `most`.
    async fn expired(&self, now: Timestamp, most: usize) -> Result<usize, PortError>;
}
