use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::{EventConsumer, HandleError};
use crate::app::Ports;
use crate::domain::order::{Order, OrderEvent};
use crate::domain::shared::{OrderId, ProductId, Span};
use crate::ports::events::{Event, EventBody};
use crate::ports::store::Write;

/// Counts units sold into the popularity of products: a confirmed order adds, a cancelled one takes
/// back. The counts are committed with the consumer's position, so each order counts exactly once.
pub struct PopularityConsumer {
    ports: Arc<Ports>,
}

impl PopularityConsumer {
    /// A consumer over these ports.
    pub fn new(ports: Arc<Ports>) -> Self {
        Self { ports }
    }

    /// The orders behind these events, each with whether its units are sold or given back.
    async fn counted(&self, events: &[Event]) -> Result<Vec<(Arc<Order>, i64)>, HandleError> {
        let counts = |event: &Event| match &event.body {
            EventBody::Order(order, OrderEvent::Confirmed(_)) => Some((*order, 1)),
            EventBody::Order(order, OrderEvent::Cancelled(..)) => Some((*order, -1)),
            _ => None,
        };
        let (ids, signs): (Vec<OrderId>, Vec<i64>) = events.iter().filter_map(counts).unzip();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let orders = self.ports.orders.by_ids(&ids).await?;
        let found = ids.iter().zip(orders).zip(signs).map(|((id, order), sign)| {
            let missing = || HandleError::Failed(format!("order {id} is missing"));
            Ok((order.ok_or_else(missing)?, sign))
        });
        found.collect()
    }
}

#[async_trait]
impl EventConsumer for PopularityConsumer {
    fn name(&self) -> &'static str {
        "popularity"
    }

    fn batch(&self) -> usize {
        1_000
    }

    fn pace(&self) -> Span {
        Span::millis(200)
    }

    async fn handle(&self, events: &[Event]) -> Result<Vec<Write>, HandleError> {
        let mut moved: BTreeMap<ProductId, i64> = BTreeMap::new();
        for (order, sign) in self.counted(events).await? {
            for line in &order.placed().lines {
                let units = moved.entry(line.product).or_default();
                let sold = sign.saturating_mul(i64::from(line.quantity.units()));
                *units = units.saturating_add(sold);
            }
        }
        let moved = moved.into_iter().filter(|(_, units)| *units != 0);
        Ok(moved.map(|(product, units)| Write::AddPopularity { product, units }).collect())
    }
}
