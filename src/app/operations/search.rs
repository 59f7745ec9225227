use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use async_trait::async_trait;

use super::{EventConsumer, HandleError};
use crate::app::search::document_of;
use crate::app::{Ports, ShopConfig};
use crate::domain::shared::{CategoryId, ProductId, Sku};
use crate::ports::PortError;
use crate::ports::catalog::{ListQuery, ListSort};
use crate::ports::events::{Event, EventBody};
use crate::ports::search::IndexChange;
use crate::ports::store::Write;

/// How many products are read at once.
const PAGE: usize = 200;

/// Keeps the search index in step with the catalog.
pub struct SearchConsumer {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
}

impl SearchConsumer {
    /// The consumer over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, config }
    }

    /// The products that `events` may have changed for a searcher.
    async fn touched(&self, events: &[Event]) -> Result<BTreeSet<ProductId>, PortError> {
        let mut products = BTreeSet::new();
        let (mut skus, mut categories) = (BTreeSet::new(), HashSet::new());
        for event in events {
            match &event.body {
                EventBody::ProductSaved(id, _) | EventBody::PopularityMoved(id) => {
                    products.insert(*id);
                }
                EventBody::Stock(moved) => {
                    skus.insert(moved.sku.clone());
                }
                // A new category holds nothing that was indexed before its own event.
                EventBody::CategoryChanged(id) if event.sequence > 1 => {
                    categories.insert(*id);
                }
                EventBody::CategoryChanged(_)
                | EventBody::PromotionChanged(_)
                | EventBody::Order(..) => {}
            }
        }
        let skus: Vec<Sku> = skus.into_iter().collect();
        let owners = self.ports.catalog.by_skus(&skus).await?;
        products.extend(owners.iter().flatten().map(|view| view.product.id()));
        for category in categories {
            self.add_below(category, &mut products).await?;
        }
        Ok(products)
    }

    async fn add_below(
        &self,
        category: CategoryId,
        products: &mut BTreeSet<ProductId>,
    ) -> Result<(), PortError> {
        let mut query =
            ListQuery { category: Some(category), sort: ListSort::Name, after: None, limit: PAGE };
        loop {
            let page = self.ports.catalog.list(&query).await?;
            products.extend(page.items.iter().map(|view| view.product.id()));
            query.after = page.next;
            if query.after.is_none() {
                return Ok(());
            }
        }
    }

    async fn bring_up_to_date(&self, products: &[ProductId]) -> Result<(), PortError> {
        let context = self.config.read_context(self.ports.clock.now());
        let views = self.ports.catalog.products(products).await?;
        let change =
            |view: Arc<crate::ports::catalog::ProductView>| match document_of(&view, &context) {
                Some(document) => IndexChange::Put(Box::new(document)),
                None => IndexChange::Delete { product: view.product.id(), version: view.version },
            };
        self.ports.search.apply(views.into_iter().flatten().map(change).collect()).await
    }
}

#[async_trait]
impl EventConsumer for SearchConsumer {
    fn name(&self) -> &'static str {
        "search"
    }

    async fn handle(&self, events: &[Event]) -> Result<Vec<Write>, HandleError> {
        let products: Vec<ProductId> = self.touched(events).await?.into_iter().collect();
        for page in products.chunks(PAGE) {
            self.bring_up_to_date(page).await?;
        }
        Ok(Vec::new())
    }
}
