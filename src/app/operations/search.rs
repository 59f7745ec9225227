use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{EventConsumer, HandleError};
use crate::app::search::{SearchService, document_of};
use crate::app::{AppError, Ports, ShopConfig};
use crate::domain::shared::{CategoryId, ProductId, Sku, Span};
use crate::ports::PortError;
use crate::ports::catalog::{ListMark, ListQuery, ListSort, ProductView};
use crate::ports::events::{Event, EventBody};
use crate::ports::search::IndexChange;
use crate::ports::store::Write;

/// What the index was last told of a product: the view's version and the popularity.
type Told = (u64, u64);

/// Keeps the search index in step with the catalog.
pub struct SearchConsumer {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
    /// Most events change nothing that is searched, as a sale within a band of availability. What
    /// was told last saves telling it again; forgetting it costs only that.
    told: Mutex<BTreeMap<ProductId, Told>>,
}

impl SearchConsumer {
    /// How many products are looked up at once.
    const PAGE: usize = 500;

    /// A consumer over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, config, told: Mutex::default() }
    }

    /// The products that events are about.
    async fn touched(&self, events: &[Event]) -> Result<BTreeSet<ProductId>, PortError> {
        let mut products = BTreeSet::new();
        let mut skus: BTreeSet<&Sku> = BTreeSet::new();
        let mut categories = BTreeSet::new();
        for event in events {
            match &event.body {
                EventBody::ProductSaved(id, _) | EventBody::PopularityMoved(id) => {
                    products.insert(*id);
                }
                EventBody::Stock(stock) => {
                    skus.insert(&stock.sku);
                }
                // A new category holds nothing that was indexed before its own event.
                EventBody::CategoryChanged(id) if event.sequence > 1 => {
                    categories.insert(*id);
                }
                EventBody::CategoryChanged(_)
                | EventBody::PromotionChanged(_)
                | EventBody::Order(..)
                | EventBody::Unreadable(_) => {}
            }
        }
        let skus: Vec<Sku> = skus.into_iter().cloned().collect();
        let owners = self.ports.catalog.by_skus(&skus).await?;
        products.extend(owners.into_iter().flatten().map(|view| view.product.id()));
        for category in categories {
            self.add_products_of(category, &mut products).await?;
        }
        Ok(products)
    }

    async fn add_products_of(
        &self,
        category: CategoryId,
        products: &mut BTreeSet<ProductId>,
    ) -> Result<(), PortError> {
        let mut after: Option<ListMark> = None;
        loop {
            let query = ListQuery {
                category: Some(category),
                sort: ListSort::Newest,
                after: after.take(),
                limit: Self::PAGE,
            };
            let page = self.ports.catalog.list(&query).await?;
            products.extend(page.items.iter().map(|view| view.product.id()));
            match page.next {
                Some(mark) => after = Some(mark),
                None => return Ok(()),
            }
        }
    }

    async fn bring_up_to_date(&self, ids: &[ProductId]) -> Result<(), PortError> {
        let views = self.ports.catalog.products(ids).await?;
        let news: Vec<Arc<ProductView>> =
            views.into_iter().flatten().filter(|view| self.is_news(view)).collect();
        if news.is_empty() {
            return Ok(());
        }
        let context = self.config.read_context(self.ports.clock.now());
        let changes = news.iter().map(|view| match document_of(view, &context) {
            Some(document) => IndexChange::Put(Box::new(document)),
            None => IndexChange::Delete { product: view.product.id(), version: view.version },
        });
        self.ports.search.apply(changes.collect()).await?;
        self.remember(&news);
        Ok(())
    }

    fn is_news(&self, view: &ProductView) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(&view.product.id()) != Some(&(view.version, view.popularity))
    }

    fn remember(&self, views: &[Arc<ProductView>]) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for view in views {
            told.insert(view.product.id(), (view.version, view.popularity));
        }
    }
}

#[async_trait]
impl EventConsumer for SearchConsumer {
    fn name(&self) -> &'static str {
        "search"
    }

    fn batch(&self) -> usize {
        2_000
    }

    fn pace(&self) -> Span {
        Span::millis(250)
    }

    /// The catalog tells what the lost events would have told.
    async fn missed(&self, _positions: RangeInclusive<u64>) -> Result<(), HandleError> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let search = SearchService::new(self.ports.clone(), self.config.clone());
        match search.reindex(&mut |_| {}).await {
            Ok(_) => Ok(()),
            // Another rebuild may be under way, from before what is known here.
            Err(AppError::Port(error)) => Err(HandleError::Away(error)),
            Err(error) => Err(HandleError::Failed(error.to_string())),
        }
    }

    async fn handle(&self, events: &[Event]) -> Result<Vec<Write>, HandleError> {
        let ids: Vec<ProductId> = self.touched(events).await?.into_iter().collect();
        for page in ids.chunks(Self::PAGE) {
            self.bring_up_to_date(page).await?;
        }
        Ok(Vec::new())
    }
}
