use std::sync::{Arc, OnceLock};

use crate::adapters::memory::map::Map;
use crate::adapters::record::Fact;
use crate::domain::order::PromotionUse;
use crate::domain::pricing::{PricingRules, Promotion, ShippingMethod, TaxIdentity, TaxRate, Uses};
use crate::domain::shared::{CouponCode, PromotionId, ShippingCode, ShippingMethodId, TaxRateId};

/// What baskets are priced by.
#[derive(Clone, Default)]
pub struct PricingState {
    /// Promotions.
    pub promotions: Map<PromotionId, Arc<Promotion>>,
    /// Promotions by code.
    pub codes: Map<CouponCode, PromotionId>,
    /// Tax rates.
    pub tax_rates: Map<TaxRateId, Arc<TaxRate>>,
    /// Tax rates by what they must differ in.
    pub tax_identities: Map<TaxIdentity, TaxRateId>,
    /// Shipping methods.
    pub methods: Map<ShippingMethodId, Arc<ShippingMethod>>,
    /// Shipping methods by code.
    pub method_codes: Map<ShippingCode, ShippingMethodId>,
    /// How often a promotion was used, in all.
    pub uses: Map<PromotionId, u32>,
    /// How often a promotion was used, by each customer.
    pub customer_uses: Map<(PromotionId, String), u32>,
    /// The rules that apply without a code, gathered by the first who asks after a change.
    pub automatic: Arc<OnceLock<Arc<PricingRules>>>,
    /// What changed since facts were last taken.
    pub facts: Vec<Fact>,
}

impl PricingState {
    /// Keeps a promotion.
    pub fn put_promotion(&mut self, promotion: Arc<Promotion>) {
        self.unlink_promotion(promotion.id());
        self.facts.push(Fact::Promotion(promotion.clone()));
        if let Some(code) = promotion.code() {
            self.codes.insert_mut(code.clone(), promotion.id());
        }
        self.promotions.insert_mut(promotion.id(), promotion);
    }

    /// Forgets a promotion. How often it was used stays known, for orders that give a use back.
    pub fn remove_promotion(&mut self, id: PromotionId) {
        self.unlink_promotion(id);
        self.facts.push(Fact::PromotionGone(id));
    }

    fn unlink_promotion(&mut self, id: PromotionId) {
        if let Some(code) = self.promotions.get(&id).and_then(|old| old.code().cloned()) {
            self.codes.remove_mut(&code);
        }
        self.promotions.remove_mut(&id);
        self.automatic = Arc::default();
    }

    /// Keeps a tax rate.
    pub fn put_tax_rate(&mut self, tax_rate: Arc<TaxRate>) {
        self.unlink_tax_rate(tax_rate.id());
        self.facts.push(Fact::TaxRate(tax_rate.clone()));
        self.tax_identities.insert_mut(tax_rate.identity(), tax_rate.id());
        self.tax_rates.insert_mut(tax_rate.id(), tax_rate);
    }

    /// Forgets a tax rate.
    pub fn remove_tax_rate(&mut self, id: TaxRateId) {
        self.unlink_tax_rate(id);
        self.facts.push(Fact::TaxRateGone(id));
    }

    fn unlink_tax_rate(&mut self, id: TaxRateId) {
        if let Some(identity) = self.tax_rates.get(&id).map(|old| old.identity()) {
            self.tax_identities.remove_mut(&identity);
        }
        self.tax_rates.remove_mut(&id);
        self.automatic = Arc::default();
    }

    /// Keeps a shipping method.
    pub fn put_method(&mut self, method: Arc<ShippingMethod>) {
        self.unlink_method(method.id());
        self.facts.push(Fact::ShippingMethod(method.clone()));
        self.method_codes.insert_mut(method.code().clone(), method.id());
        self.methods.insert_mut(method.id(), method);
    }

    /// Forgets a shipping method.
    pub fn remove_method(&mut self, id: ShippingMethodId) {
        self.unlink_method(id);
        self.facts.push(Fact::ShippingMethodGone(id));
    }

    fn unlink_method(&mut self, id: ShippingMethodId) {
        if let Some(code) = self.methods.get(&id).map(|old| old.code().clone()) {
            self.method_codes.remove_mut(&code);
        }
        self.methods.remove_mut(&id);
        self.automatic = Arc::default();
    }

    /// How often a promotion was used.
    pub fn uses(&self, promotion: PromotionId, customer_key: Option<&str>) -> Uses {
        let by_customer =
            customer_key.and_then(|key| self.customer_uses.get(&(promotion, key.to_owned())));
        Uses {
            total: self.uses.get(&promotion).copied().unwrap_or(0),
            by_customer: by_customer.copied().unwrap_or(0),
        }
    }

    /// Counts a use.
    pub fn take(&mut self, used: &PromotionUse) {
        self.count(used, |count| count.saturating_add(1));
    }

    /// Counts a use that is given back.
    pub fn give_back(&mut self, used: &PromotionUse) {
        self.count(used, |count| count.saturating_sub(1));
    }

    fn count(&mut self, used: &PromotionUse, change: impl Fn(u32) -> u32) {
        let now = self.uses(used.promotion, Some(&used.customer_key));
        self.put_uses(used.promotion, change(now.total));
        let key = used.customer_key.clone();
        self.put_customer_uses(used.promotion, key, change(now.by_customer));
    }

    /// Sets how often a promotion was used.
    pub fn put_uses(&mut self, promotion: PromotionId, count: u32) {
        self.facts.push(Fact::Uses(promotion, count));
        self.uses.insert_mut(promotion, count);
    }

    /// Sets how often a promotion was used by one customer.
    pub fn put_customer_uses(&mut self, promotion: PromotionId, key: String, count: u32) {
        self.facts.push(Fact::CustomerUses(promotion, key.clone(), count));
        self.customer_uses.insert_mut((promotion, key), count);
    }
}
