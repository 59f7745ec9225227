use std::sync::Arc;

use super::CatalogService;
use crate::app::AppError;
use crate::domain::catalog::ProductStatus;
use crate::domain::shared::{ProductId, Slug};
use crate::ports::catalog::{
    CategoryNode, ListMark, ListQuery, ListSort, Page, ProductView, SlugTarget,
};

/// What an id or a slug leads to in the shop.
#[derive(Clone, Debug, PartialEq)]
pub enum ShopProduct {
    /// The product.
    Here(Arc<ProductView>),
    /// The product that had the slug before; its address is its slug of today.
    Moved(Arc<ProductView>),
}

/// Reading the catalog.
impl CatalogService {
    /// A product of any status, for staff.
    pub async fn product(&self, id: ProductId) -> Result<Arc<ProductView>, AppError> {
        self.ports.catalog.product(id).await?.ok_or(AppError::NotFound("product"))
    }

    /// A published product by its id, its slug or a slug it had. Drafts and archived products are
    /// not found.
    pub async fn shop_product(&self, id_or_slug: &str) -> Result<ShopProduct, AppError> {
        let found = if let Ok(id) = ProductId::parse(id_or_slug) {
            self.ports.storefront.product(id).await?.map(ShopProduct::Here)
        } else if let Ok(slug) = Slug::try_new(id_or_slug) {
            match self.ports.storefront.by_slug(&slug).await? {
                Some(SlugTarget::Current(view)) => Some(ShopProduct::Here(view)),
                Some(SlugTarget::Former(view)) => Some(ShopProduct::Moved(view)),
                None => None,
            }
        } else {
            None
        };
        found
            .filter(|found| match found {
                ShopProduct::Here(view) | ShopProduct::Moved(view) => view.product.is_published(),
            })
            .ok_or(AppError::NotFound("product"))
    }

    /// A page of published products, of the category with that slug and those below it where one is
    /// named. A category that is unknown holds none.
    pub async fn list(
        &self,
        category: Option<&str>,
        sort: ListSort,
        after: Option<ListMark>,
        limit: usize,
    ) -> Result<Page<Arc<ProductView>, ListMark>, AppError> {
        let category = match category {
            None => None,
            Some(slug) => match self.category_by_slug(slug).await? {
                Some(category) => Some(category.id),
                None => return Ok(Page { items: Vec::new(), next: None }),
            },
        };
        let query = ListQuery { category, sort, after, limit };
        Ok(self.ports.storefront.list(&query).await?)
    }

    /// A page of all products by id, of one status or of any, for staff.
    pub async fn scan(
        &self,
        status: Option<ProductStatus>,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Page<Arc<ProductView>, ProductId>, AppError> {
        Ok(self.ports.listed_products().scan(status, after, limit).await?)
    }

    /// Whether there is no product of any status, to fill the shop where there is none.
    pub async fn is_empty(&self) -> Result<bool, AppError> {
        Ok(self.ports.catalog.scan(None, None, 1).await?.items.is_empty())
    }

    /// The tree of categories as shoppers see it.
    pub async fn shop_tree(&self) -> Result<Arc<Vec<CategoryNode>>, AppError> {
        Ok(self.ports.storefront.category_tree().await?)
    }

    /// The tree of categories, each with the number of products in it and below it.
    pub async fn category_tree(&self) -> Result<Arc<Vec<CategoryNode>>, AppError> {
        Ok(self.ports.catalog.category_tree().await?)
    }
}
