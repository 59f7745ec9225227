use std::collections::{BTreeSet, HashMap};

use super::InventoryService;
use crate::app::{AppError, Ports};
use crate::domain::catalog::Variant;
use crate::domain::inventory::{Sellable, StockEvent, StockItem};
use crate::domain::shared::{Availability, Sku, StockPolicy};
use crate::ports::PortError;
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
        Ok(self.ports.listed_stock().list(after, limit).await?)
    }

    /// A page of the SKUs that run low.
    pub async fn low(
        &self,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, AppError> {
        Ok(self.ports.listed_stock().low(Availability::LOW_STOCK_BELOW, after, limit).await?)
    }

    /// A page of a SKU's ledger, oldest first.
    pub async fn events(
        &self,
        sku: &Sku,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<StockEvent, u64>, AppError> {
        self.levels(sku).await?;
        Ok(self.ports.listed_stock().events(sku, after, limit).await?)
    }

    /// What can be bought of these SKUs now. Those that the shop does not show are left out; one
    /// asked for twice is told once.
    pub async fn availability(&self, skus: &[Sku]) -> Result<Vec<AvailabilityView>, AppError> {
        let mut seen = BTreeSet::new();
        let asked: Vec<Sku> = skus.iter().filter(|sku| seen.insert(*sku)).cloned().collect();
        let views = self.ports.storefront.by_skus(&asked).await?;
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
        let stocked = variant.stocked();
        let skus: Vec<Sku> = stocked.iter().map(|part| part.sku.clone()).collect();
        let policies = policies(&self.ports, [variant]).await?;
        let stock = self.ports.stock.stock(&skus).await?;
        let parts = stocked.iter().zip(&stock).map(|(part, items)| {
            let policy = policies.get(&part.sku);
            let sellable = policy.map_or(Sellable::NONE, |policy| Sellable::of(*policy, items));
            sellable.sets_of(part.quantity)
        });
        let sellable = parts.fold(Sellable::Unlimited, Sellable::and);
        Ok(AvailabilityView {
            sku: variant.sku.clone(),
            availability: sellable.band(Availability::LOW_STOCK_BELOW),
            available: sellable.available(),
        })
    }
}

/// The rule of every SKU that sales of these variants take from stock. A variant that is no bundle
/// tells its own; a component goes by that of the product that sells it, and is left out where none
/// does, for then it cannot be sold.
pub(in crate::app) async fn policies<'a>(
    ports: &Ports,
    variants: impl IntoIterator<Item = &'a Variant>,
) -> Result<HashMap<Sku, StockPolicy>, PortError> {
    let mut policies = HashMap::new();
    let mut parts: Vec<Sku> = Vec::new();
    for variant in variants {
        if variant.components.is_empty() {
            policies.insert(variant.sku.clone(), variant.stock_policy);
        }
        parts.extend(variant.components.iter().map(|part| part.sku.clone()));
    }
    if parts.is_empty() {
        return Ok(policies);
    }
    let owners = ports.catalog.by_skus(&parts).await?;
    for (sku, owner) in parts.into_iter().zip(owners) {
        if let Some(part) = owner.as_ref().and_then(|view| view.product.variant_by_sku(&sku)) {
            policies.insert(sku, part.stock_policy);
        }
    }
    Ok(policies)
}
