//! The rules that decide what a basket costs, and how often promotions were used.

use std::sync::Arc;

use async_trait::async_trait;

use super::PortError;
use super::catalog::Page;
use crate::domain::pricing::{PricingRules, Promotion, ShippingMethod, TaxRate, Uses};
use crate::domain::shared::{CouponCode, PromotionId, ShippingMethodId, TaxRateId};

/// Rules of prices for shoppers.
#[async_trait]
pub trait ShownRules: Send + Sync {
    /// As [`PricingQueries::rules`], which another process may have changed a moment ago.
    async fn shown_rules(&self, coupons: &[CouponCode]) -> Result<Arc<PricingRules>, PortError>;
}

#[async_trait]
impl<P: PricingQueries> ShownRules for P {
    async fn shown_rules(&self, coupons: &[CouponCode]) -> Result<Arc<PricingRules>, PortError> {
        self.rules(coupons).await
    }
}

#[async_trait]
impl ShownRules for Arc<dyn PricingQueries> {
    async fn shown_rules(&self, coupons: &[CouponCode]) -> Result<Arc<PricingRules>, PortError> {
        self.rules(coupons).await
    }
}

/// Promotions, tax rates and shipping methods, to be read.
#[async_trait]
pub trait PricingQueries: Send + Sync {
    /// All rules that apply without a code, and the promotions of these codes.
    async fn rules(&self, coupons: &[CouponCode]) -> Result<Arc<PricingRules>, PortError>;

    /// How often a promotion was used, in all and by one customer.
    async fn uses(
        &self,
        promotion: PromotionId,
        customer_key: Option<&str>,
    ) -> Result<Uses, PortError>;

    /// A promotion.
    async fn promotion(&self, id: PromotionId) -> Result<Option<Arc<Promotion>>, PortError>;

    /// A page of promotions by id.
    async fn promotions(
        &self,
        after: Option<PromotionId>,
        limit: usize,
    ) -> Result<Page<Arc<Promotion>, PromotionId>, PortError>;

    /// A tax rate.
    async fn tax_rate(&self, id: TaxRateId) -> Result<Option<Arc<TaxRate>>, PortError>;

    /// A page of tax rates by id.
    async fn tax_rates(
        &self,
        after: Option<TaxRateId>,
        limit: usize,
    ) -> Result<Page<Arc<TaxRate>, TaxRateId>, PortError>;

    /// A shipping method.
    async fn shipping_method(
        &self,
        id: ShippingMethodId,
    ) -> Result<Option<Arc<ShippingMethod>>, PortError>;

    /// A page of shipping methods by id.
    async fn shipping_methods(
        &self,
        after: Option<ShippingMethodId>,
        limit: usize,
    ) -> Result<Page<Arc<ShippingMethod>, ShippingMethodId>, PortError>;
}
