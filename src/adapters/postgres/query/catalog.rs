use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt as _;

use super::{category, list, product};
use crate::adapters::postgres::PostgresStore;
use crate::adapters::postgres::convert::storable;
use crate::domain::catalog::{Category, ProductStatus};
use crate::domain::shared::{CategoryId, ProductId, Sku, Slug, VariantId};
use crate::ports::PortError;
use crate::ports::catalog::{
    CatalogQueries, CategoryNode, ListMark, ListQuery, Page, ProductView, SlugTarget,
};

type View = Arc<ProductView>;

#[async_trait]
impl CatalogQueries for PostgresStore {
    async fn product(&self, id: ProductId) -> Result<Option<View>, PortError> {
        Ok(self.products(&[id]).await?.pop().flatten())
    }

    async fn products(&self, ids: &[ProductId]) -> Result<Vec<Option<View>>, PortError> {
        let ids = ids.to_vec();
        self.ask(|connection| product::by_ids(connection, ids).boxed()).await
    }

    async fn by_slug(&self, slug: &Slug) -> Result<Option<SlugTarget>, PortError> {
        let slug = slug.clone();
        self.ask(|connection| product::by_slug(connection, slug).boxed()).await
    }

    async fn by_variants(&self, ids: &[VariantId]) -> Result<Vec<Option<View>>, PortError> {
        let ids = ids.to_vec();
        self.ask(|connection| product::by_variants(connection, ids).boxed()).await
    }

    async fn by_skus(&self, skus: &[Sku]) -> Result<Vec<Option<View>>, PortError> {
        let skus = skus.to_vec();
        self.ask(|connection| product::by_skus(connection, skus).boxed()).await
    }

    async fn by_import_key(&self, key: &str) -> Result<Option<View>, PortError> {
        let Some(key) = storable(key) else { return Ok(None) };
        self.ask(|connection| product::by_import_key(connection, key).boxed()).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Page<View, ListMark>, PortError> {
        let query = query.clone();
        self.ask(|connection| list::list(connection, query).boxed()).await
    }

    async fn scan(
        &self,
        status: Option<ProductStatus>,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Page<View, ProductId>, PortError> {
        self.ask_for_list(move |connection| product::scan(connection, status, after, limit).boxed())
            .await
    }

    async fn category_tree(&self) -> Result<Arc<Vec<CategoryNode>>, PortError> {
        self.ask(|connection| category::tree(connection).boxed()).await
    }

    async fn category(&self, id: CategoryId) -> Result<Option<Arc<Category>>, PortError> {
        self.ask(move |connection| category::by_id(connection, id).boxed()).await
    }

    async fn category_by_slug(&self, slug: &Slug) -> Result<Option<Arc<Category>>, PortError> {
        let slug = slug.clone();
        self.ask(|connection| category::by_slug(connection, slug).boxed()).await
    }

    async fn category_by_name(
        &self,
        parent: Option<CategoryId>,
        name: &str,
    ) -> Result<Option<Arc<Category>>, PortError> {
        let Some(name) = storable(&name.trim().to_lowercase()) else { return Ok(None) };
        self.ask(move |connection| category::by_name(connection, parent, name).boxed()).await
    }
}
