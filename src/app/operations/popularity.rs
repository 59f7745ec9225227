use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::{EventConsumer, HandleError};
use crate::app::Ports;
use crate::domain::order::OrderEvent;
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

    async fn count(
        &self,
        order: OrderId,
        sign: i64,
        moved: &mut BTreeMap<ProductId, i64>,
    ) -> Result<(), HandleError> {
        let found = self.ports.orders.order(order).await?;
        let missing = || HandleError::Failed(format!("order {order} is missing"));
        let order = found.ok_or_else(missing)?;
        for line in &order.placed().lines {
            let units = moved.entry(line.product).or_default();
            let sold = sign.saturating_mul(i64::from(line.quantity.units()));
            *units = units.saturating_add(sold);
        }
        Ok(())
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
        let mut moved = BTreeMap::new();
        for event in events {
            match &event.body {
                EventBody::Order(order, OrderEvent::Confirmed(_)) => {
                    self.count(*order, 1, &mut moved).await?;
                }
                EventBody::Order(order, OrderEvent::Cancelled(..)) => {
                    self.count(*order, -1, &mut moved).await?;
                }
                _ => {}
            }
        }
        let moved = moved.into_iter().filter(|(_, units)| *units != 0);
        Ok(moved.map(|(product, units)| Write::AddPopularity { product, units }).collect())
    }
}
