use std::sync::Arc;

use crate::adapters::memory::map::{List, Map, Set};
use crate::adapters::record::Fact;
use crate::domain::order::{Order, OrderEvent, OrderNumber, Phase};
use crate::domain::shared::{CartId, CustomerId, OrderId};
use crate::ports::order::OrderMark;
use crate::ports::upkeep::OrderRow as FoundBy;

/// An order with everything that happened to it.
#[derive(Clone)]
pub struct OrderRow {
    /// The order.
    pub order: Arc<Order>,
    /// Its events, oldest first.
    pub events: List<OrderEvent>,
}

/// Orders and what leads to them.
#[derive(Clone, Default)]
pub struct OrderState {
    /// Orders.
    pub rows: Map<OrderId, OrderRow>,
    /// Orders by number.
    pub numbers: Map<OrderNumber, OrderId>,
    /// Orders that did not fail, by the cart they were.
    pub carts: Map<CartId, OrderId>,
    /// All orders, oldest first.
    pub by_age: Set<OrderMark>,
    /// Orders of a normalised e-mail, oldest first.
    pub by_email: Set<(Arc<str>, OrderMark)>,
    /// Orders of a customer, oldest first.
    pub by_customer: Set<(CustomerId, OrderMark)>,
    /// What changed since facts were last taken.
    pub facts: Vec<Fact>,
}

impl OrderState {
    /// Keeps an order after `events`.
    pub fn put(&mut self, order: Order, events: &[OrderEvent]) {
        let id = order.id();
        if let Some(cart) = order.placed().cart
            && order.phase() == Phase::Failed
            && self.carts.get(&cart) == Some(&id)
        {
            self.carts.remove_mut(&cart);
        }
        let known = self.rows.get(&id).map(|row| row.events.clone());
        if known.is_none() {
            self.index(&order);
        }
        let mut all = known.unwrap_or_default();
        for event in events {
            all.push_back_mut(event.clone());
            let number = u64::try_from(all.len()).unwrap_or(u64::MAX);
            self.facts.push(Fact::OrderEvent(id, number, event.clone()));
        }
        self.rows.insert_mut(id, OrderRow { order: Arc::new(order), events: all });
    }

    /// How an order is found.
    pub fn found_by(&self, id: OrderId) -> Option<FoundBy> {
        let order = &self.rows.get(&id)?.order;
        let leads = |cart: &CartId| {
            order.phase() == Phase::Failed || self.carts.get(cart) == Some(&order.id())
        };
        Some(FoundBy { cart: order.placed().cart.filter(leads), ..FoundBy::of(order) })
    }

    /// Keeps an order in place of what was kept of it, with the events that it has. An order is no
    /// fact but follows from its events.
    pub fn mend(&mut self, order: Arc<Order>) {
        let Some(row) = self.rows.get(&order.id()).cloned() else { return };
        if let Some(cart) = order.placed().cart {
            if order.phase() != Phase::Failed {
                self.carts.insert_mut(cart, order.id());
            } else if self.carts.get(&cart) == Some(&order.id()) {
                self.carts.remove_mut(&cart);
            }
        }
        self.rows.insert_mut(order.id(), OrderRow { order, ..row });
    }

    fn index(&mut self, order: &Order) {
        let placed = order.placed();
        let mark = OrderMark { placed_at: placed.at, order: placed.id };
        self.numbers.insert_mut(placed.number, placed.id);
        if let Some(cart) = placed.cart {
            self.carts.insert_mut(cart, placed.id);
        }
        self.by_age.insert_mut(mark);
        self.by_email.insert_mut((placed.email.normalised().into(), mark));
        if let Some(customer) = placed.customer {
            self.by_customer.insert_mut((customer, mark));
        }
    }
}
