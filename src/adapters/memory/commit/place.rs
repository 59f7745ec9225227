use super::{Draft, free, senseless, unchanged};
use crate::domain::order::{OrderChange, Phase};
use crate::ports::events::{Aggregate, EventBody};
use crate::ports::idempotency::{KeyRow, KeyState};
use crate::ports::store::{CommitError, Conflict, PlaceOrder, Unique};

impl Draft<'_> {
    pub(super) fn place_order(&mut self, placing: PlaceOrder) -> Result<(), CommitError> {
        let order = placing.change.order.id();
        if placing.change.expected.is_some() {
            return Err(senseless("an order that is placed is a new one"));
        }
        if let Some(claim) = placing.key {
            self.claim_key(KeyRow { claim, state: KeyState::InFlight(order), at: self.at() })?;
        }
        self.check_new_order(&placing.change)?;
        for wanted in &placing.uses {
            self.take_use(wanted)?;
        }
        self.change_order(placing.change)?;
        self.reserve(order, placing.reservations)?;
        self.begin_saga(placing.saga)?;
        Ok(())
    }

    fn check_new_order(&self, change: &OrderChange) -> Result<(), Conflict> {
        let (orders, placed) = (&self.state.orders, change.order.placed());
        if let Some(cart) = &placed.cart
            && orders.carts.contains_key(cart)
        {
            return Err(Conflict::CartOrdered);
        }
        let owner = orders.numbers.get(&placed.number);
        free(owner, &placed.id, Unique::OrderNumber, placed.number.as_str())
    }

    /// Saves an order with what happened to it.
    pub(super) fn change_order(&mut self, change: OrderChange) -> Result<(), CommitError> {
        let OrderChange { order, expected, events } = change;
        let id = order.id();
        let row = self.state.orders.rows.get(&id);
        unchanged("order", row.map(|row| row.order.version()), expected)?;
        let folded = row.map_or(0, |row| row.events.len()).saturating_add(events.len());
        if u64::try_from(folded).ok() != Some(order.version().number()) {
            return Err(senseless("an order's version counts its events"));
        }
        if expected.is_none() && order.phase() == Phase::Failed {
            return Err(senseless("an order cannot begin failed"));
        }
        self.state.orders.put(order, &events);
        for event in events {
            self.emit(Aggregate::Order(id), EventBody::Order(id, event));
        }
        Ok(())
    }
}
