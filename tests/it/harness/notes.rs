//! A journal that is kept nowhere but in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ecicomm::adapters::record::{Fact, Journal, Listener, Written};
use ecicomm::ports::PortError;

/// Facts, each thing as it was last, in the order in which they are told.
#[derive(Clone, Default)]
pub struct Notes(Arc<Mutex<BTreeMap<(u8, String), Fact>>>);

impl Journal for Notes {
    fn recall(&self, to: &mut dyn Listener) -> Result<(), PortError> {
        let facts: Vec<Fact> = self.0.lock().unwrap().values().cloned().collect();
        facts.into_iter().try_for_each(|fact| to.take(fact))
    }

    fn write(&self, facts: &mut dyn Iterator<Item = &Fact>) -> Written {
        let mut kept = self.0.lock().unwrap();
        kept.extend(facts.map(|fact| (place(fact), fact.clone())));
        Written::Kept
    }

    fn settle(&self) -> Result<bool, PortError> {
        Ok(true)
    }
}

/// What is told before what, and which thing a fact is about.
fn place(fact: &Fact) -> (u8, String) {
    match fact {
        Fact::Category(category) => (0, category.id.to_string()),
        Fact::Product(product) => (1, product.id().to_string()),
        Fact::Sold(product, _) => (2, product.to_string()),
        Fact::Uses(promotion, _) => (3, promotion.to_string()),
        Fact::CustomerUses(promotion, key, _) => (4, format!("{promotion} {key}")),
        Fact::Stock(item) => (5, format!("{} {:?}", item.sku(), item.location())),
        Fact::StockEvent(number, event) => (6, format!("{} {number:020}", event.sku)),
        Fact::Reservations(order, _) => (7, order.to_string()),
        Fact::OrderEvent(order, number, _) => (8, format!("{order} {number:020}")),
        Fact::Saga(saga) => (9, format!("{:?}", saga.id)),
        Fact::Key(row) => (10, format!("{:?}", row.claim.id)),
        Fact::Event(event) => (11, format!("{:020}", event.position)),
        Fact::Sequence(aggregate, _) => (12, format!("{aggregate:?}")),
        Fact::ViewsFrom(_) => (13, String::new()),
        Fact::Currency(_) => (14, String::new()),
        other => panic!("no test notes {other:?}"),
    }
}
