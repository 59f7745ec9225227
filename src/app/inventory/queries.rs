use std::collections::BTreeSet;

use super::InventoryService;
use crate::app::AppError;
use crate::domain::catalog::Variant;
use crate::domain::inventory::{StockEvent, StockItem};
use crate::domain::shared::{Availability, Sku, StockPolicy};
use crate::ports::catalog::Page;

/// What a shopper is told of a SKU's stock, to the unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvailabilityView {
    /// The SKU.
    pub sku: Sku,
    /// The band.
    pub availability: Availability,
    /// How many units can be bought now; none where stock does not matter.
    pub available: Option<i64>,
}

impl InventoryService {
    /// A SKU's stock at every location.
    pub async fn levels(&self, sku: &Sku) -> Result<Vec<StockItem>, AppError> {
        let found = self.ports.stock.stock(std::slice::from_ref(sku)).await?;
        let items = found.into_iter().next().unwrap_or_default();
        if items.is_empty() {
            return Err(AppError::NotFound("SKU"));
        }
        Ok(items)
    }

    /// A page of all SKUs with their stock.
    pub async fn list(
        &self,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, AppError> {
        Ok(self.ports.stock.list(after, limit).await?)
    }

    /// A page of the SKUs that run low.
    pub async fn low(
        &self,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, AppError> {
        Ok(self.ports.stock.low(Availability::LOW_STOCK_BELOW, after, limit).await?)
    }

    /// A page of a SKU's ledger, oldest first.
    pub async fn events(
        &self,
        sku: &Sku,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<StockEvent, u64>, AppError> {
        self.levels(sku).await?;
        Ok(self.ports.stock.events(sku, after, limit).await?)
    }

    /// What can be bought of these SKUs now. Those that the shop does not show are left out; one
    /// asked for twice is told once.
    pub async fn availability(&self, skus: &[Sku]) -> Result<Vec<AvailabilityView>, AppError> {
        let mut seen = BTreeSet::new();
        let asked: Vec<Sku> = skus.iter().filter(|sku| seen.insert(*sku)).cloned().collect();
        let views = self.ports.catalog.by_skus(&asked).await?;
        let mut told = Vec::with_capacity(asked.len());
        for (sku, view) in asked.iter().zip(views) {
            let Some(view) = view.filter(|view| view.product.is_published()) else {
                continue;
            };
            if let Some(variant) = view.product.variant_by_sku(sku) {
                told.push(self.availability_of(variant).await?);
            }
        }
        Ok(told)
    }

    async fn availability_of(&self, variant: &Variant) -> Result<AvailabilityView, AppError> {
        let sku = variant.sku.clone();
        if variant.stock_policy == StockPolicy::Untracked {
            return Ok(AvailabilityView {
                sku,
                availability: Availability::InStock,
                available: None,
            });
        }
        let components = variant.stocked();
        let skus: Vec<Sku> = components.iter().map(|component| component.sku.clone()).collect();
        let stock = self.ports.stock.stock(&skus).await?;
        let (mut free, mut available) = (i64::MAX, i64::MAX);
        for (component, items) in components.iter().zip(&stock) {
            let units = i64::from(component.quantity.units());
            let sum = |part: fn(&StockItem) -> i64| {
                items.iter().map(part).fold(0_i64, i64::saturating_add) / units
            };
            free = free.min(sum(StockItem::free));
            available = available.min(sum(StockItem::available));
        }
        let availability =
            Availability::of(free, variant.stock_policy, Availability::LOW_STOCK_BELOW);
        Ok(AvailabilityView { sku, availability, available: Some(available) })
    }
}
