use std::sync::Arc;

use super::{PricingService, ShippingMethodDraft, ShippingType, note_parts};
use crate::app::AppError;
use crate::app::faults::Faults;
use crate::domain::pricing::{
    Coverage, ShippingMethod, ShippingMethodParts, ShippingStrategy, SubtotalStep, WeightStep,
};
use crate::domain::shared::{Country, Money, ShippingCode, ShippingMethodId, TaxCategory, Version};
use crate::ports::catalog::Page;
use crate::ports::store::Write;

/// Shipping methods.
impl PricingService {
    /// A shipping method.
    pub async fn shipping_method(
        &self,
        id: ShippingMethodId,
    ) -> Result<Arc<ShippingMethod>, AppError> {
        let found = self.ports.pricing.shipping_method(id).await?;
        found.ok_or(AppError::NotFound("shipping method"))
    }

    /// A page of shipping methods by id.
    pub async fn shipping_methods(
        &self,
        after: Option<ShippingMethodId>,
        limit: usize,
    ) -> Result<Page<Arc<ShippingMethod>, ShippingMethodId>, AppError> {
        Ok(self.ports.listed_pricing().shipping_methods(after, limit).await?)
    }

    /// Makes a shipping method. A code that another has is a duplicate.
    pub async fn create_shipping_method(
        &self,
        draft: ShippingMethodDraft,
    ) -> Result<Arc<ShippingMethod>, AppError> {
        let id = ShippingMethodId::new(self.ports.ids.next());
        let method = Arc::new(checked(id, Version::FIRST, &draft)?);
        self.commit(Write::SaveShippingMethod { method, expected: None }).await?;
        self.shipping_method(id).await
    }

    /// Replaces a shipping method, decided on version `expected` of it. Placed orders keep theirs.
    pub async fn revise_shipping_method(
        &self,
        id: ShippingMethodId,
        expected: Version,
        draft: ShippingMethodDraft,
    ) -> Result<Arc<ShippingMethod>, AppError> {
        self.shipping_method(id).await?;
        let method = Arc::new(checked(id, expected.next(), &draft)?);
        self.commit(Write::SaveShippingMethod { method, expected: Some(expected) }).await?;
        self.shipping_method(id).await
    }

    /// Deletes a shipping method. Carts that chose it must choose another.
    pub async fn delete_shipping_method(
        &self,
        id: ShippingMethodId,
        expected: Version,
    ) -> Result<(), AppError> {
        self.shipping_method(id).await?;
        self.commit(Write::DeleteShippingMethod { id, expected }).await
    }
}

fn checked(
    id: ShippingMethodId,
    version: Version,
    draft: &ShippingMethodDraft,
) -> Result<ShippingMethod, AppError> {
    let mut faults = Faults::default();
    let code = faults.note(|| "/code".into(), ShippingCode::try_new(&draft.code));
    let coverage = coverage(&draft.countries, &mut faults);
    let strategy = strategy(draft, &mut faults);
    let tax_category = draft.tax_category.as_deref().map(TaxCategory::try_new);
    let tax_category = faults.note(|| "/tax_category".into(), tax_category.transpose());
    let parts = code.zip(strategy).zip(tax_category).map(|((code, strategy), tax_category)| {
        ShippingMethodParts {
            id,
            code,
            name: draft.name.clone(),
            coverage,
            strategy,
            tax_category: tax_category.unwrap_or_default(),
            active: draft.active.unwrap_or(true),
            version,
        }
    });
    let place = |field: &'static str| match field {
        "strategy" => place_of_prices(draft.kind),
        field => format!("/{field}"),
    };
    let checked = parts.map(ShippingMethod::try_new);
    let method = checked.and_then(|checked| note_parts(checked, place, &mut faults));
    faults.finish(method)
}

fn place_of_prices(kind: ShippingType) -> String {
    match kind {
        ShippingType::Flat | ShippingType::FreeAbove => "/price".to_owned(),
        ShippingType::ByWeight => "/weight_steps".to_owned(),
        ShippingType::BySubtotal => "/subtotal_steps".to_owned(),
    }
}

fn coverage(countries: &[String], faults: &mut Faults) -> Coverage {
    if countries.is_empty() {
        return Coverage::Worldwide;
    }
    let checked = countries.iter().enumerate().filter_map(|(index, raw)| {
        faults.note(|| format!("/countries/{index}"), Country::try_new(raw))
    });
    Coverage::Countries(checked.collect())
}

fn strategy(draft: &ShippingMethodDraft, faults: &mut Faults) -> Option<ShippingStrategy> {
    foreign_parts(draft, faults);
    match draft.kind {
        ShippingType::Flat => {
            Some(ShippingStrategy::Flat { price: needed("price", draft.price, faults)? })
        }
        ShippingType::ByWeight => {
            let row = |row: &super::WeightStepDraft| WeightStep {
                up_to_grams: row.up_to_grams,
                price: row.price,
            };
            Some(ShippingStrategy::ByWeight { steps: draft.weight_steps.iter().map(row).collect() })
        }
        ShippingType::BySubtotal => {
            let row =
                |row: &super::SubtotalStepDraft| SubtotalStep { from: row.from, price: row.price };
            let steps = draft.subtotal_steps.iter().map(row).collect();
            Some(ShippingStrategy::BySubtotal { steps })
        }
        ShippingType::FreeAbove => {
            let price = needed("price", draft.price, faults);
            let threshold = needed("threshold", draft.threshold, faults);
            Some(ShippingStrategy::FreeFrom { price: price?, threshold: threshold? })
        }
    }
}

/// Notes parts that belong to another type, so that nobody thinks they count.
fn foreign_parts(draft: &ShippingMethodDraft, faults: &mut Faults) {
    use ShippingType::{BySubtotal, ByWeight, Flat, FreeAbove};
    for (field, given, owners) in [
        ("price", draft.price.is_some(), &[Flat, FreeAbove][..]),
        ("threshold", draft.threshold.is_some(), &[FreeAbove]),
        ("weight_steps", !draft.weight_steps.is_empty(), &[ByWeight]),
        ("subtotal_steps", !draft.subtotal_steps.is_empty(), &[BySubtotal]),
    ] {
        if given && !owners.contains(&draft.kind) {
            faults.add(format!("/{field}"), "does not belong to this type");
        }
    }
}

fn needed(field: &str, amount: Option<Money>, faults: &mut Faults) -> Option<Money> {
    if amount.is_none() {
        faults.add(format!("/{field}"), "is needed for this type");
    }
    amount
}
