use std::sync::Arc;

use async_trait::async_trait;

use crate::adapters::memory::MemoryStore;
use crate::adapters::memory::map::{after, page};
use crate::adapters::memory::state::PricingState;
use crate::domain::pricing::{PricingRules, Promotion, ShippingMethod, TaxRate, Uses};
use crate::domain::shared::{CouponCode, PromotionId, ShippingMethodId, TaxRateId};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::pricing::PricingQueries;

#[async_trait]
impl PricingQueries for MemoryStore {
    async fn rules(&self, coupons: &[CouponCode]) -> Result<Arc<PricingRules>, PortError> {
        let pricing = &self.snapshot().pricing;
        let include_tax = self.config().prices_include_tax;
        let automatic = pricing.automatic.get_or_init(|| Arc::new(gather(pricing, include_tax)));
        let mut ids: Vec<PromotionId> =
            coupons.iter().filter_map(|code| pricing.codes.get(code).copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(automatic.clone());
        }
        let mut rules = PricingRules::clone(automatic);
        rules.promotions.extend(ids.iter().filter_map(|id| pricing.promotions.get(id).cloned()));
        Ok(Arc::new(rules))
    }

    async fn uses(
        &self,
        promotion: PromotionId,
        customer_key: Option<&str>,
    ) -> Result<Uses, PortError> {
        Ok(self.snapshot().pricing.uses(promotion, customer_key))
    }

    async fn promotion(&self, id: PromotionId) -> Result<Option<Arc<Promotion>>, PortError> {
        Ok(self.snapshot().pricing.promotions.get(&id).cloned())
    }

    async fn promotions(
        &self,
        mark: Option<PromotionId>,
        limit: usize,
    ) -> Result<Page<Arc<Promotion>, PromotionId>, PortError> {
        let pricing = &self.snapshot().pricing;
        let found = after(&pricing.promotions, mark).map(|(_, kept)| kept.clone());
        Ok(page(found, limit, |promotion| promotion.id()))
    }

    async fn tax_rate(&self, id: TaxRateId) -> Result<Option<Arc<TaxRate>>, PortError> {
        Ok(self.snapshot().pricing.tax_rates.get(&id).cloned())
    }

    async fn tax_rates(
        &self,
        mark: Option<TaxRateId>,
        limit: usize,
    ) -> Result<Page<Arc<TaxRate>, TaxRateId>, PortError> {
        let pricing = &self.snapshot().pricing;
        let found = after(&pricing.tax_rates, mark).map(|(_, kept)| kept.clone());
        Ok(page(found, limit, |tax_rate| tax_rate.id()))
    }

    async fn shipping_method(
        &self,
        id: ShippingMethodId,
    ) -> Result<Option<Arc<ShippingMethod>>, PortError> {
        Ok(self.snapshot().pricing.methods.get(&id).cloned())
    }

    async fn shipping_methods(
        &self,
        mark: Option<ShippingMethodId>,
        limit: usize,
    ) -> Result<Page<Arc<ShippingMethod>, ShippingMethodId>, PortError> {
        let pricing = &self.snapshot().pricing;
        let found = after(&pricing.methods, mark).map(|(_, kept)| kept.clone());
        Ok(page(found, limit, |method| method.id()))
    }
}

/// The rules that apply without a code.
fn gather(pricing: &PricingState, prices_include_tax: bool) -> PricingRules {
    let automatic = pricing.promotions.values().filter(|promotion| promotion.code().is_none());
    PricingRules {
        promotions: automatic.cloned().collect(),
        tax_rates: pricing.tax_rates.values().map(|rate| TaxRate::clone(rate)).collect(),
        shipping_methods: pricing.methods.values().map(|m| ShippingMethod::clone(m)).collect(),
        prices_include_tax,
    }
}
