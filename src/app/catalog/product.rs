use std::sync::Arc;

use super::CatalogService;
use super::content::{ContentPlan, product_fault};
use super::draft::ProductDraft;
use crate::app::AppError;
use crate::app::faults::sentence;
use crate::domain::catalog::{Product, ProductError};
use crate::domain::shared::{ProductId, Timestamp, Version};
use crate::ports::catalog::ProductView;
use crate::ports::idempotency::Refusal;
use crate::ports::store::{CommitError, UnitOfWork, Write};

/// Writing products.
impl CatalogService {
    /// Makes a product. Categories on its path that are missing are made with it.
    pub async fn create(&self, draft: ProductDraft) -> Result<Arc<ProductView>, AppError> {
        let id = ProductId::new(self.ports.ids.next());
        for _ in 0..=self.config.max_retries {
            let plan = ContentPlan::make(&draft, None, &self.ports).await?;
            let at = self.ports.clock.now();
            let product = Product::try_new(id, plan.content.clone(), at);
            let product = product.map_err(|error| product_fault(&error))?;
            if self.save(plan, product, None, at).await? {
                return self.product(id).await;
            }
        }
        Err(AppError::Contended("the product"))
    }

    /// Replaces all that staff write of a product, decided on version `expected` of it. A variant
    /// that goes on under its SKU or id stays the same variant.
    pub async fn revise(
        &self,
        id: ProductId,
        expected: Version,
        draft: ProductDraft,
    ) -> Result<Arc<ProductView>, AppError> {
        for _ in 0..=self.config.max_retries {
            let known = self.at_version(id, expected).await?;
            let plan = ContentPlan::make(&draft, Some(&known), &self.ports).await?;
            let at = self.ports.clock.now();
            let product = known.revise(plan.content.clone(), at);
            let product = product.map_err(|error| product_fault(&error))?;
            if self.save(plan, product, Some(expected), at).await? {
                return self.product(id).await;
            }
        }
        Err(AppError::Contended("the product"))
    }

    /// Puts a product on sale.
    pub async fn publish(
        &self,
        id: ProductId,
        expected: Version,
    ) -> Result<Arc<ProductView>, AppError> {
        self.transition(id, expected, Product::publish).await
    }

    /// Takes a product out of the shop. It stays for the orders that have it.
    pub async fn archive(
        &self,
        id: ProductId,
        expected: Version,
    ) -> Result<Arc<ProductView>, AppError> {
        self.transition(id, expected, Product::archive).await
    }

    async fn transition(
        &self,
        id: ProductId,
        expected: Version,
        step: fn(Product, Timestamp) -> Result<Product, ProductError>,
    ) -> Result<Arc<ProductView>, AppError> {
        let at = self.ports.clock.now();
        let product = step(self.at_version(id, expected).await?, at).map_err(|error| {
            AppError::refused(Refusal::InvalidTransition { detail: sentence(&error) })
        })?;
        let product = Arc::new(product);
        let write = Write::SaveProduct { product, expected: Some(expected) };
        let unit = UnitOfWork::of(at, write);
        self.ports.store.commit(unit).await.map_err(AppError::of_commit)?;
        self.product(id).await
    }

    /// The product, which must have version `expected`.
    async fn at_version(&self, id: ProductId, expected: Version) -> Result<Product, AppError> {
        let view = self.product(id).await?;
        if view.product.version() != expected {
            return Err(AppError::PreconditionFailed);
        }
        Ok(Product::clone(&view.product))
    }

    /// Whether it is saved; `false` where something made up was taken by another and may be made up
    /// anew.
    async fn save(
        &self,
        plan: ContentPlan,
        product: Product,
        expected: Option<Version>,
        at: Timestamp,
    ) -> Result<bool, AppError> {
        let product = Arc::new(product);
        let mut writes = plan.categories.clone();
        writes.push(Write::SaveProduct { product, expected });
        match self.ports.store.commit(UnitOfWork { at, writes }).await {
            Ok(()) => Ok(true),
            Err(CommitError::Refused(conflict)) if plan.may_be_mended(&conflict) => Ok(false),
            Err(error) => Err(AppError::of_commit(error)),
        }
    }
}
