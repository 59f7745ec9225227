use std::sync::Arc;

use super::{PricingService, TaxRateDraft, note_parts};
use crate::app::AppError;
use crate::app::faults::Faults;
use crate::domain::pricing::{Rate, TaxRate, TaxRateParts};
use crate::domain::shared::{Country, TaxCategory, TaxRateId, Version};
use crate::ports::catalog::Page;
use crate::ports::store::Write;

/// Tax rates.
impl PricingService {
    /// A tax rate.
    pub async fn tax_rate(&self, id: TaxRateId) -> Result<Arc<TaxRate>, AppError> {
        self.ports.pricing.tax_rate(id).await?.ok_or(AppError::NotFound("tax rate"))
    }

    /// A page of tax rates by id.
    pub async fn tax_rates(
        &self,
        after: Option<TaxRateId>,
        limit: usize,
    ) -> Result<Page<Arc<TaxRate>, TaxRateId>, AppError> {
        Ok(self.ports.listed_pricing().tax_rates(after, limit).await?)
    }

    /// Makes a tax rate.
    pub async fn create_tax_rate(&self, draft: TaxRateDraft) -> Result<Arc<TaxRate>, AppError> {
        let id = TaxRateId::new(self.ports.ids.next());
        let tax_rate = Arc::new(checked(id, Version::FIRST, &draft)?);
        self.commit(Write::SaveTaxRate { tax_rate, expected: None }).await?;
        self.tax_rate(id).await
    }

    /// Replaces a tax rate, decided on version `expected` of it. Placed orders keep theirs.
    pub async fn revise_tax_rate(
        &self,
        id: TaxRateId,
        expected: Version,
        draft: TaxRateDraft,
    ) -> Result<Arc<TaxRate>, AppError> {
        self.tax_rate(id).await?;
        let tax_rate = Arc::new(checked(id, expected.next(), &draft)?);
        self.commit(Write::SaveTaxRate { tax_rate, expected: Some(expected) }).await?;
        self.tax_rate(id).await
    }

    /// Deletes a tax rate.
    pub async fn delete_tax_rate(&self, id: TaxRateId, expected: Version) -> Result<(), AppError> {
        self.tax_rate(id).await?;
        self.commit(Write::DeleteTaxRate { id, expected }).await
    }
}

fn checked(id: TaxRateId, version: Version, draft: &TaxRateDraft) -> Result<TaxRate, AppError> {
    let mut faults = Faults::default();
    let country = faults.note(|| "/country".into(), Country::try_new(&draft.country));
    let category = draft.tax_category.as_deref().map(TaxCategory::try_new);
    let category = faults.note(|| "/tax_category".into(), category.transpose());
    let rate = faults.note(|| "/rate".into(), Rate::parse(&draft.rate));
    let parts = country.zip(category).zip(rate).map(|((country, category), rate)| TaxRateParts {
        id,
        name: draft.name.clone(),
        country,
        region: draft.region.clone(),
        category: category.unwrap_or_default(),
        rate,
        version,
    });
    let checked = parts.map(TaxRate::try_new);
    let tax_rate =
        checked.and_then(|checked| note_parts(checked, |field| format!("/{field}"), &mut faults));
    faults.finish(tax_rate)
}
