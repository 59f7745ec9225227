use std::sync::Arc;

use super::log::ConsumerRow;
use super::{State, StockState};
use crate::adapters::memory::config::MemoryConfig;
use crate::adapters::record::{Fact, Listener};
use crate::domain::inventory::StockEvent;
use crate::domain::order::{Order, OrderEvent};
use crate::domain::shared::{Country, Currency, OrderId, ProductId, Timestamp};
use crate::ports::PortError;
use crate::ports::catalog::ReadContext;
use crate::ports::events::Event;

/// How far the versions of views are apart that two processes give. No process shows as many
/// changes, and beyond two million starts the sum still is exact in a client that counts in floats.
const VIEWS_OF_A_PROCESS: u64 = 1 << 32;

/// A state as it is put together again from facts.
pub struct Recall<'a> {
    config: &'a MemoryConfig,
    state: State,
    /// The currency that the shop keeps.
    currency: Option<Currency>,
    /// Units sold of products, which may come before the product.
    sold: Vec<(ProductId, i64)>,
    /// The order whose events come, and those that came.
    order: Option<(OrderId, Vec<OrderEvent>)>,
}

impl<'a> Recall<'a> {
    /// Nothing yet.
    pub fn new(config: &'a MemoryConfig) -> Self {
        Self { config, state: State::default(), currency: None, sold: Vec::new(), order: None }
    }

    fn add(&mut self, fact: Fact) -> Result<(), PortError> {
        let state = &mut self.state;
        match fact {
            Fact::Product(product) => state.catalog.put_product(product),
            Fact::Sold(product, units) => self.sold.push((product, units)),
            Fact::Category(category) => state.catalog.put_category(category),
            Fact::Promotion(promotion) => state.pricing.put_promotion(promotion),
            Fact::Uses(promotion, count) => state.pricing.put_uses(promotion, count),
            Fact::CustomerUses(promotion, key, count) => {
                state.pricing.put_customer_uses(promotion, key, count);
            }
            Fact::TaxRate(rate) => state.pricing.put_tax_rate(rate),
            Fact::ShippingMethod(method) => state.pricing.put_method(method),
            Fact::Stock(item) => state.stock.add_item(item, &self.config.location),
            Fact::StockEvent(number, event) => restore_entry(&mut state.stock, number, event)?,
            Fact::Reservations(order, held) => state.stock.put_reservations(order, held),
            Fact::OrderEvent(order, number, event) => self.add_order_event(order, number, event)?,
            Fact::Saga(saga) => state.sagas.put(crate::domain::order::Saga { lease: None, ..saga }),
            Fact::Key(row) => state.keys.put(Arc::unwrap_or_clone(row)),
            Fact::Event(event) => self.event(event),
            Fact::Sequence(aggregate, last) => state.log.sequences.insert_mut(aggregate, last),
            Fact::Consumer(name, position) => {
                // Events that went are behind every consumer, so the last position is known still.
                state.log.head = state.log.head.max(position);
                state.log.put_consumer(name, ConsumerRow { position, lease: None });
            }
            Fact::Parked(consumer, parked) => state.log.put_parked(&consumer, parked),
            Fact::Staff(member) => state.put_staff(member),
            Fact::Import(report) => state.put_import(report),
            Fact::Secret(name, value) => state.put_secret(name, value),
            Fact::Cart(cart) => state.carts.put(cart),
            Fact::Currency(currency) => self.currency = Some(currency),
            Fact::ViewsFrom(version) => {
                state.catalog.view_version = state.catalog.view_version.max(version);
            }
            gone @ (Fact::CategoryGone(_)
            | Fact::PromotionGone(_)
            | Fact::TaxRateGone(_)
            | Fact::ShippingMethodGone(_)
            | Fact::KeyGone(_)
            | Fact::EventGone(_)
            | Fact::ParkedGone(..)
            | Fact::CartGone(_)) => {
                return Err(PortError::corrupt(format!("a store told what is gone: {gone:?}")));
            }
        }
        Ok(())
    }

    /// The currency that the shop is in, and the fact to write where that is to be kept from now on.
    pub fn settle(&self) -> (Currency, Option<Fact>) {
        if let Some(kept) = self.currency {
            return (kept, None);
        }
        let currency = self.config.currency.unwrap_or(Currency::USD);
        // A shop that was begun before currencies were kept may be in any, which a start has to name.
        let is_new = self.state.catalog.view_version == 0;
        let is_sure = is_new || self.config.currency.is_some();
        (currency, is_sure.then_some(Fact::Currency(currency)))
    }

    /// The state with everything that follows from the facts, and the fact to write so that views
    /// of the next process get other versions. Lists are made for `reader`, at its time.
    pub fn finish(mut self, reader: &ReadContext) -> Result<(State, Fact), PortError> {
        self.end_order()?;
        let mut state = self.state;
        for (product, units) in self.sold {
            if !state.catalog.sell(product, units) {
                let problem = format!("units are sold of the product {product}, which is missing");
                return Err(PortError::corrupt(problem));
            }
        }
        let products: Vec<ProductId> = state.catalog.products.keys().copied().collect();
        for product in products {
            state.refresh(product, reader, self.config.low_stock_below);
        }
        let next = state.catalog.view_version.saturating_add(VIEWS_OF_A_PROCESS);
        let _ = state.take_facts();
        Ok((state, Fact::ViewsFrom(next - next % VIEWS_OF_A_PROCESS)))
    }

    fn event(&mut self, event: Event) {
        let log = &mut self.state.log;
        log.head = log.head.max(event.position);
        log.events.insert_mut(event.position, event);
    }

    fn add_order_event(
        &mut self,
        order: OrderId,
        number: u64,
        event: OrderEvent,
    ) -> Result<(), PortError> {
        if self.order.as_ref().is_none_or(|(known, _)| *known != order) {
            self.end_order()?;
        }
        let (_, events) = self.order.get_or_insert_with(|| (order, Vec::new()));
        events.push(event);
        if u64::try_from(events.len()).ok() != Some(number) {
            let problem = format!("order {order} has an event {number} out of its sequence");
            return Err(PortError::corrupt(problem));
        }
        Ok(())
    }

    fn end_order(&mut self) -> Result<(), PortError> {
        let Some((id, events)) = self.order.take() else { return Ok(()) };
        let order = Order::fold(&events).filter(|order| order.id() == id);
        let Some(order) = order else {
            return Err(PortError::corrupt(format!("the events of order {id} make no order")));
        };
        if self.state.orders.rows.contains_key(&id) {
            return Err(PortError::corrupt(format!("the events of order {id} are torn apart")));
        }
        self.state.orders.put(order, &events);
        Ok(())
    }
}

impl Listener for Recall<'_> {
    fn take(&mut self, fact: Fact) -> Result<(), PortError> {
        if !matches!(fact, Fact::OrderEvent(..)) {
            self.end_order()?;
        }
        self.add(fact)
    }

    fn order_event(&self, order: OrderId, number: u64) -> Option<OrderEvent> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        self.state.orders.rows.get(&order)?.events.get(index).cloned()
    }

    fn order(&self, order: OrderId, events: u64) -> Option<Arc<Order>> {
        let row = self.state.orders.rows.get(&order)?;
        if row.order.version().number() == events {
            return Some(row.order.clone());
        }
        Order::fold(row.events.iter().take(usize::try_from(events).ok()?)).map(Arc::new)
    }
}

fn restore_entry(stock: &mut StockState, number: u64, event: StockEvent) -> Result<(), PortError> {
    let sku = event.sku.clone();
    if stock.restore_entry(event) == Some(number) {
        return Ok(());
    }
    Err(PortError::corrupt(format!("the ledger of {sku} has no place for its entry {number}")))
}

/// Who lists are made for, in a shop of that currency.
pub fn reader(currency: Currency) -> ReadContext {
    ReadContext {
        channel: "default".into(),
        currency,
        country: Country::US,
        locale: "en".into(),
        groups: [].into(),
        at: Timestamp::from_micros(0),
    }
}
