use super::{StockEvent, StockEventKind};
use crate::domain::shared::{Availability, Location, Sku, StockPolicy, Version};

/// Why stock cannot move as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StockError {
    /// More was asked than can be sold.
    #[error("only {available} of {sku} can be had")]
    OutOfStock {
        /// What is short.
        sku: Sku,
        /// How many units can be sold at this location.
        available: i64,
    },
    /// The movement would leave figures that cannot be: fewer units than are sold or held.
    #[error("{sku} has {on_hand} on hand and {reserved} reserved, too few for that")]
    BelowZero {
        /// What would fall short.
        sku: Sku,
        /// Units on hand before the movement.
        on_hand: i64,
        /// Units held for orders before the movement.
        reserved: i64,
    },
}

/// The stock of one SKU at one location: the fold of its ledger, with the rule that limits its
/// sale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockItem {
    sku: Sku,
    location: Location,
    policy: StockPolicy,
    on_hand: i64,
    reserved: i64,
    version: Version,
}

impl StockItem {
    /// A SKU at a location before anything happened to it.
    pub fn new(sku: Sku, location: Location, policy: StockPolicy) -> Self {
        Self { sku, location, policy, on_hand: 0, reserved: 0, version: Version::FIRST }
    }

    /// An item as a store kept it.
    pub fn restore(
        (sku, location): (Sku, Location),
        policy: StockPolicy,
        on_hand: i64,
        reserved: i64,
        version: Version,
    ) -> Self {
        Self { sku, location, policy, on_hand, reserved, version }
    }

    /// What is stocked.
    pub fn sku(&self) -> &Sku {
        &self.sku
    }

    /// Where.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The rule that limits its sale.
    pub fn policy(&self) -> StockPolicy {
        self.policy
    }

    /// Units in the house that no confirmed order owns.
    pub fn on_hand(&self) -> i64 {
        self.on_hand
    }

    /// Units held for orders under way.
    pub fn reserved(&self) -> i64 {
        self.reserved
    }

    /// How many events the figures are made of, plus one.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Units on hand that no order holds; negative while backorders wait.
    pub fn free(&self) -> i64 {
        self.on_hand.saturating_sub(self.reserved)
    }

    /// Units that can be sold: on hand less reserved plus the backorder limit.
    pub fn available(&self) -> i64 {
        self.free().saturating_add(self.policy.limit()).max(0)
    }

    /// What a shopper is told.
    pub fn availability(&self) -> Availability {
        Availability::of(self.free(), self.policy, Availability::LOW_STOCK_BELOW)
    }

    /// The same stock under another rule. Units already sold stay sold.
    pub fn with_policy(self, policy: StockPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Books `event`, unless it would sell or hold what is not there. The only way figures change.
    pub fn book(self, event: &StockEvent) -> Result<Self, StockError> {
        use StockEventKind::{Adjusted, Reserved};
        if event.kind == Reserved && event.quantity > self.available() {
            return Err(StockError::OutOfStock { available: self.available(), sku: self.sku });
        }
        let next = self.clone().fold(event);
        let short = event.kind == Adjusted && event.quantity < 0 && next.free() < 0;
        if short
            || next.reserved < 0
            || next.free().saturating_add(next.policy.limit()) < 0 && next.free() < self.free()
        {
            return Err(StockError::BelowZero {
                sku: self.sku,
                on_hand: self.on_hand,
                reserved: self.reserved,
            });
        }
        Ok(next)
    }

    /// Adds `event` without asking whether it may be: how figures are recomputed from the ledger.
    pub fn fold(self, event: &StockEvent) -> Self {
        Self {
            on_hand: self.on_hand.saturating_add(event.on_hand_delta()),
            reserved: self.reserved.saturating_add(event.reserved_delta()),
            version: self.version.next(),
            ..self
        }
    }
}
