use std::sync::Arc;

use super::{Draft, free, unchanged};
use crate::domain::pricing::{Promotion, ShippingMethod, TaxRate};
use crate::domain::shared::{PromotionId, ShippingMethodId, TaxRateId, Version};
use crate::ports::events::{Aggregate, EventBody};
use crate::ports::store::{Conflict, Unique, UseToTake};

impl Draft<'_> {
    pub(super) fn save_promotion(
        &mut self,
        promotion: Arc<Promotion>,
        expected: Option<Version>,
    ) -> Result<(), Conflict> {
        let (id, pricing) = (promotion.id(), &self.state.pricing);
        unchanged("promotion", pricing.promotions.get(&id).map(|kept| kept.version()), expected)?;
        if let Some(code) = promotion.code() {
            free(pricing.codes.get(code), &id, Unique::CouponCode, code.as_str())?;
        }
        self.state.pricing.put_promotion(promotion);
        self.emit(Aggregate::Promotion(id), EventBody::PromotionChanged(id));
        Ok(())
    }

    pub(super) fn delete_promotion(
        &mut self,
        id: PromotionId,
        expected: Version,
    ) -> Result<(), Conflict> {
        let kept = self.state.pricing.promotions.get(&id).map(|kept| kept.version());
        unchanged("promotion", kept, Some(expected))?;
        self.state.pricing.remove_promotion(id);
        self.emit(Aggregate::Promotion(id), EventBody::PromotionChanged(id));
        Ok(())
    }

    pub(super) fn save_tax_rate(
        &mut self,
        tax_rate: Arc<TaxRate>,
        expected: Option<Version>,
    ) -> Result<(), Conflict> {
        let (id, pricing) = (tax_rate.id(), &self.state.pricing);
        unchanged("tax rate", pricing.tax_rates.get(&id).map(|kept| kept.version()), expected)?;
        let owner = pricing.tax_identities.get(&tax_rate.identity());
        free(owner, &id, Unique::TaxRate, &tax_rate.parts().name)?;
        self.state.pricing.put_tax_rate(tax_rate);
        Ok(())
    }

    pub(super) fn delete_tax_rate(
        &mut self,
        id: TaxRateId,
        expected: Version,
    ) -> Result<(), Conflict> {
        let kept = self.state.pricing.tax_rates.get(&id).map(|kept| kept.version());
        unchanged("tax rate", kept, Some(expected))?;
        self.state.pricing.remove_tax_rate(id);
        Ok(())
    }

    pub(super) fn save_method(
        &mut self,
        method: Arc<ShippingMethod>,
        expected: Option<Version>,
    ) -> Result<(), Conflict> {
        let (id, pricing) = (method.id(), &self.state.pricing);
        unchanged(
            "shipping method",
            pricing.methods.get(&id).map(|kept| kept.version()),
            expected,
        )?;
        let code = method.code();
        free(pricing.method_codes.get(code), &id, Unique::ShippingCode, code.as_str())?;
        self.state.pricing.put_method(method);
        Ok(())
    }

    pub(super) fn delete_method(
        &mut self,
        id: ShippingMethodId,
        expected: Version,
    ) -> Result<(), Conflict> {
        let kept = self.state.pricing.methods.get(&id).map(|kept| kept.version());
        unchanged("shipping method", kept, Some(expected))?;
        self.state.pricing.remove_method(id);
        Ok(())
    }

    pub(super) fn take_use(&mut self, wanted: &UseToTake) -> Result<(), Conflict> {
        let promotion = wanted.used.promotion;
        let uses = self.state.pricing.uses(promotion, Some(&wanted.used.customer_key));
        let spent = wanted.limits.total.is_some_and(|most| uses.total >= most)
            || wanted.limits.per_customer.is_some_and(|most| uses.by_customer >= most);
        if spent {
            return Err(Conflict::PromotionSpent { promotion });
        }
        self.state.pricing.take(&wanted.used);
        Ok(())
    }
}
