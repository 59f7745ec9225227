//! What a journal tells.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecicomm::adapters::record::{Fact, Journal, Listener};
use ecicomm::domain::order::{Order, OrderEvent};
use ecicomm::domain::shared::OrderId;
use ecicomm::ports::PortError;

/// Keeps every fact it is told.
#[derive(Default)]
struct Told {
    facts: Vec<Fact>,
    orders: BTreeMap<OrderId, Vec<OrderEvent>>,
}

/// Every fact that a journal keeps.
pub fn facts(journal: &dyn Journal) -> Result<Vec<Fact>, PortError> {
    let mut told = Told::default();
    journal.recall(&mut told)?;
    Ok(told.facts)
}

impl Listener for Told {
    fn take(&mut self, fact: Fact) -> Result<(), PortError> {
        if let Fact::OrderEvent(order, _, event) = &fact {
            self.orders.entry(*order).or_default().push(event.clone());
        }
        self.facts.push(fact);
        Ok(())
    }

    fn order_event(&self, order: OrderId, number: u64) -> Option<OrderEvent> {
        self.orders.get(&order)?.get(usize::try_from(number).ok()? - 1).cloned()
    }

    fn order(&self, order: OrderId, events: u64) -> Option<Arc<Order>> {
        let events = self.orders.get(&order)?.iter().take(usize::try_from(events).ok()?);
        Order::fold(events).map(Arc::new)
    }
}
