use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::{EventConsumer, HandleError};
use crate::app::Ports;
use crate::domain::order::OrderEvent;
use crate::domain::shared::{OrderId, ProductId};
use crate::ports::events::{Event, EventBody};
use crate::ports::store::Write;

/// Moves the popularity of products by what is sold: up by the units of an order that is confirmed,
/// down by those of one that is cancelled. Its writes go in with its position, so each event counts
/// exactly once.
pub struct PopularityConsumer {
    ports: Arc<Ports>,
}

impl PopularityConsumer {
    /// The consumer over these ports.
    pub fn new(ports: Arc<Ports>) -> Self {
        Self { ports }
    }

    async fn add_order(
        &self,
        id: OrderId,
        sign: i64,
        units: &mut BTreeMap<ProductId, i64>,
    ) -> Result<(), HandleError> {
        let order = self.ports.orders.order(id).await?;
        let order = order.ok_or_else(|| HandleError::Failed(format!("order {id} is missing")))?;
        for line in &order.placed().lines {
            let sum = units.entry(line.product).or_default();
            *sum = sum.saturating_add(sign * i64::from(line.quantity.units()));
        }
        Ok(())
    }
}

#[async_trait]
impl EventConsumer for PopularityConsumer {
    fn name(&self) -> &'static str {
        "popularity"
    }

    async fn handle(&self, events: &[Event]) -> Result<Vec<Write>, HandleError> {
        let mut units = BTreeMap::new();
        for event in events {
            match &event.body {
                EventBody::Order(id, OrderEvent::Confirmed(_)) => {
                    self.add_order(*id, 1, &mut units).await?;
                }
                EventBody::Order(id, OrderEvent::Cancelled(..)) => {
                    self.add_order(*id, -1, &mut units).await?;
                }
                _ => {}
            }
        }
        let moved = units.into_iter().filter(|(_, units)| *units != 0);
        Ok(moved.map(|(product, units)| Write::AddPopularity { product, units }).collect())
    }
}
