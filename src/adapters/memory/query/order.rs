use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use crate::adapters::memory::MemoryStore;
use crate::adapters::memory::map::{list_page, page};
use crate::adapters::memory::state::OrderState;
use crate::domain::order::{Order, OrderEvent};
use crate::domain::shared::{CartId, OrderId, Timestamp};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::order::{OrderFilter, OrderMark, OrderQueries};

#[async_trait]
impl OrderQueries for MemoryStore {
    async fn order(&self, id: OrderId) -> Result<Option<Arc<Order>>, PortError> {
        Ok(self.snapshot().orders.order(id))
    }

    async fn by_ids(&self, ids: &[OrderId]) -> Result<Vec<Option<Arc<Order>>>, PortError> {
        let orders = &self.snapshot().orders;
        Ok(ids.iter().map(|id| orders.order(*id)).collect())
    }

    async fn order_of_cart(&self, cart: CartId) -> Result<Option<OrderId>, PortError> {
        Ok(self.snapshot().orders.carts.get(&cart).copied())
    }

    async fn orders(
        &self,
        filter: &OrderFilter,
        mark: Option<OrderMark>,
        limit: usize,
    ) -> Result<Page<Arc<Order>, OrderMark>, PortError> {
        let orders = &self.snapshot().orders;
        let from = filter.placed_from;
        let found = orders
            .marks(filter, end_of(filter, mark))
            .take_while(|mark| from.is_none_or(|from| from <= mark.placed_at))
            .filter_map(|mark| orders.order(mark.order))
            .filter(|order| fits(order, filter));
        Ok(page(found, limit, |order| mark_of(order)))
    }

    async fn order_events(
        &self,
        id: OrderId,
        mark: Option<u64>,
        limit: usize,
    ) -> Result<Page<OrderEvent, u64>, PortError> {
        let state = self.snapshot();
        let none = Page { items: Vec::new(), next: None };
        let row = state.orders.rows.get(&id);
        Ok(row.map_or(none, |row| list_page(&row.events, mark, limit)))
    }
}

impl OrderState {
    fn order(&self, id: OrderId) -> Option<Arc<Order>> {
        self.rows.get(&id).map(|row| row.order.clone())
    }

    /// Orders before `end`, newest first, by the narrowest index that the filter allows.
    fn marks(
        &self,
        filter: &OrderFilter,
        end: OrderMark,
    ) -> Box<dyn Iterator<Item = OrderMark> + '_> {
        if let Some(number) = &filter.number {
            let order = self.numbers.get(number).and_then(|id| self.order(*id));
            let mark = order.map(|order| mark_of(&order));
            return Box::new(mark.into_iter().filter(move |mark| *mark < end));
        }
        if let Some(email) = &filter.email {
            let owner: Arc<str> = email.as_str().into();
            let before = self.by_email.range(..(owner.clone(), end)).rev();
            let own = before.take_while(move |(email, _)| *email == owner);
            return Box::new(own.map(|(_, mark)| *mark));
        }
        if let Some(owner) = filter.customer {
            let before = self.by_customer.range(..(owner, end)).rev();
            let own = before.take_while(move |(customer, _)| *customer == owner);
            return Box::new(own.map(|(_, mark)| *mark));
        }
        Box::new(self.by_age.range(..end).rev().copied())
    }
}

/// What every order of the page comes before: in the list newest first, behind.
fn end_of(filter: &OrderFilter, mark: Option<OrderMark>) -> OrderMark {
    let to = filter.placed_to.map(|to| OrderMark { placed_at: to, order: FIRST });
    let last =
        OrderMark { placed_at: Timestamp::from_micros(i64::MAX), order: OrderId::new(Uuid::max()) };
    mark.into_iter().chain(to).fold(last, OrderMark::min)
}

/// The id that no other comes before.
const FIRST: OrderId = OrderId::new(Uuid::nil());

fn mark_of(order: &Order) -> OrderMark {
    OrderMark { placed_at: order.placed().at, order: order.id() }
}

fn fits(order: &Order, filter: &OrderFilter) -> bool {
    let placed = order.placed();
    filter.status.is_none_or(|status| order.status() == status)
        && filter.number.is_none_or(|number| placed.number == number)
        && filter.customer.is_none_or(|customer| placed.customer == Some(customer))
        && filter.email.as_ref().is_none_or(|email| placed.email.normalised() == *email)
}
