use std::sync::Arc;

use async_trait::async_trait;

use super::shown::{Asked, Failed, Shown};
use super::store::PostgresStore;
use crate::domain::catalog::{Category, ProductStatus};
use crate::domain::pricing::PricingRules;
use crate::domain::shared::{CategoryId, CouponCode, ProductId, Sku, Slug, VariantId};
use crate::ports::catalog::{
    CatalogQueries, CategoryNode, ListMark, ListQuery, Page, ProductView, SlugTarget,
};
use crate::ports::pricing::{PricingQueries as _, ShownRules};
use crate::ports::{PortError, PortErrorKind};

type View = Arc<ProductView>;

/// The catalog as shoppers see it: products from this process's memory, where they were since they
/// last changed. A page of a list is one look at an index, whatever it shows.
///
/// What this process committed is seen at once. What others committed is seen as soon as the
/// database tells of it, which is within milliseconds; while it tells nothing, every look goes to it.
/// While the database is away, a product is shown as it was read last.
pub struct PostgresStorefront {
    store: Arc<PostgresStore>,
}

impl PostgresStorefront {
    /// The catalog of this store.
    pub fn new(store: Arc<PostgresStore>) -> Self {
        Self { store }
    }

    /// Whether products are taken from memory: whether the database tells of changes.
    pub fn is_current(&self) -> bool {
        self.shown().is_current()
    }

    fn shown(&self) -> &Shown {
        &self.store.shown
    }

    /// A product that is not known, read by `read`; where the database is away, as it was read last.
    async fn read(
        &self,
        asked: Asked,
        read: impl Future<Output = Result<Option<SlugTarget>, PortError>>,
    ) -> Result<Option<SlugTarget>, PortError> {
        let error = match self.shown().read(asked.clone(), read).await {
            Err(error) if error.kind() == PortErrorKind::Unavailable => error,
            told => return told,
        };
        self.shown().last(&asked).map(|view| Some(SlugTarget::Current(view))).ok_or(error)
    }

    /// Products by something that they have: from memory, and all others by one `read`.
    async fn by<K: Clone, R>(
        &self,
        keys: &[K],
        known: impl Fn(&K) -> Option<View>,
        read: impl FnOnce(Vec<K>) -> R,
        leads: impl Fn(&K, &View),
    ) -> Result<Vec<Option<View>>, PortError>
    where
        R: Future<Output = Result<Vec<Option<View>>, PortError>>,
    {
        let mut found = Vec::with_capacity(keys.len());
        let mut unknown = Vec::new();
        for key in keys {
            let view = known(key);
            if view.is_none() {
                unknown.push(key.clone());
            }
            found.push(view);
        }
        if unknown.is_empty() {
            return Ok(found);
        }
        let before = self.shown().reading();
        let views = read(unknown.clone()).await?;
        for (key, view) in unknown.iter().zip(&views) {
            if let Some(view) = view {
                self.shown().keep(before, view);
                leads(key, view);
            }
        }
        let mut views = views.into_iter();
        for view in &mut found {
            if view.is_none() {
                *view = views.next().flatten();
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl CatalogQueries for PostgresStorefront {
    async fn product(&self, id: ProductId) -> Result<Option<View>, PortError> {
        if let Some(view) = self.shown().known(id) {
            return Ok(Some(view));
        }
        let read = async { Ok(self.store.product(id).await?.map(SlugTarget::Current)) };
        let found = self.read(Asked::Id(id), read).await?;
        Ok(found.map(|(SlugTarget::Current(view) | SlugTarget::Former(view))| view))
    }

    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Option<View>>, PortError> {
        let known = |id: &ProductId| self.shown().known(*id);
        let read = |ids: Vec<ProductId>| async move { self.store.products(&ids).await };
        self.by(ids, known, read, |_, _| ()).await
    }

    async fn by_slug(&self, slug: &Slug) -> Result<Option<SlugTarget>, PortError> {
        if let Some(view) = self.shown().of_slug(slug) {
            return Ok(Some(SlugTarget::Current(view)));
        }
        self.read(Asked::Slug(slug.clone()), self.store.by_slug(slug)).await
    }

    async fn by_variants(&self, ids: &[VariantId]) -> Result<Vec<Option<View>>, PortError> {
        let known = |id: &VariantId| self.shown().of_variant(*id);
        let read = |ids: Vec<VariantId>| async move { self.store.by_variants(&ids).await };
        let leads = |id: &VariantId, view: &View| self.shown().variant_leads_to(*id, view);
        self.by(ids, known, read, leads).await
    }

    async fn by_skus(&self, skus: &[Sku]) -> Result<Vec<Option<View>>, PortError> {
        let known = |sku: &Sku| self.shown().of_sku(sku);
        let read = |skus: Vec<Sku>| async move { self.store.by_skus(&skus).await };
        let leads = |sku: &Sku, view: &View| self.shown().sku_leads_to(sku, view);
        self.by(skus, known, read, leads).await
    }

    async fn by_import_key(&self, key: &str) -> Result<Option<View>, PortError> {
        self.store.by_import_key(key).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Page<View, ListMark>, PortError> {
        let page = self.store.list_ids(query).await?;
        let views = self.products(&page.items).await?.into_iter().flatten();
        // One that left the shop since the look at the index is not shown any more.
        let items = views.filter(|view| view.product.is_published()).collect();
        Ok(Page { items, next: page.next })
    }

    async fn scan(
        &self,
        status: Option<ProductStatus>,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Page<View, ProductId>, PortError> {
        self.store.scan(status, after, limit).await
    }

    async fn category_tree(&self) -> Result<Arc<Vec<CategoryNode>>, PortError> {
        if !self.shown().is_current() {
            return self.store.category_tree().await;
        }
        self.shown().tree(self.store.category_tree()).await.map_err(Failed::told)
    }

    async fn category(&self, id: CategoryId) -> Result<Option<Arc<Category>>, PortError> {
        self.store.category(id).await
    }

    async fn category_by_slug(&self, slug: &Slug) -> Result<Option<Arc<Category>>, PortError> {
        if !self.shown().is_current() {
            return self.store.category_by_slug(slug).await;
        }
        let read = self.store.category_by_slug(slug);
        self.shown().category(slug, read).await.map_err(Failed::told)
    }

    async fn category_by_name(
        &self,
        parent: Option<CategoryId>,
        name: &str,
    ) -> Result<Option<Arc<Category>>, PortError> {
        self.store.category_by_name(parent, name).await
    }
}

#[async_trait]
impl ShownRules for PostgresStorefront {
    async fn shown_rules(&self, coupons: &[CouponCode]) -> Result<Arc<PricingRules>, PortError> {
        self.shown().rules(coupons, self.store.rules(coupons)).await
    }
}
