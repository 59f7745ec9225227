use std::collections::BTreeSet;
use std::sync::Arc;

use super::{PricingService, PromotionDraft, PromotionType, note_parts};
use crate::app::AppError;
use crate::app::faults::Faults;
use crate::domain::pricing::{Percent, Promotion, PromotionKind, PromotionParts, Scope, Stacking};
use crate::domain::shared::{CouponCode, PromotionId, Quantity, Slug, Version};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::store::Write;

/// Promotions.
impl PricingService {
    /// A promotion.
    pub async fn promotion(&self, id: PromotionId) -> Result<Arc<Promotion>, AppError> {
        self.ports.pricing.promotion(id).await?.ok_or(AppError::NotFound("promotion"))
    }

    /// A page of promotions by id.
    pub async fn promotions(
        &self,
        after: Option<PromotionId>,
        limit: usize,
    ) -> Result<Page<Arc<Promotion>, PromotionId>, AppError> {
        Ok(self.ports.listed_pricing().promotions(after, limit).await?)
    }

    /// Makes a promotion. A code that another has is a duplicate.
    pub async fn create_promotion(
        &self,
        draft: PromotionDraft,
    ) -> Result<Arc<Promotion>, AppError> {
        let id = PromotionId::new(self.ports.ids.next());
        let promotion = Arc::new(self.checked(id, Version::FIRST, &draft).await?);
        self.commit(Write::SavePromotion { promotion, expected: None }).await?;
        self.promotion(id).await
    }

    /// Replaces a promotion, decided on version `expected` of it. Its uses so far count on.
    pub async fn revise_promotion(
        &self,
        id: PromotionId,
        expected: Version,
        draft: PromotionDraft,
    ) -> Result<Arc<Promotion>, AppError> {
        self.promotion(id).await?;
        let promotion = Arc::new(self.checked(id, expected.next(), &draft).await?);
        self.commit(Write::SavePromotion { promotion, expected: Some(expected) }).await?;
        self.promotion(id).await
    }

    /// Deletes a promotion. Orders keep what they froze of it.
    pub async fn delete_promotion(
        &self,
        id: PromotionId,
        expected: Version,
    ) -> Result<(), AppError> {
        self.promotion(id).await?;
        self.commit(Write::DeletePromotion { id, expected }).await
    }

    async fn checked(
        &self,
        id: PromotionId,
        version: Version,
        draft: &PromotionDraft,
    ) -> Result<Promotion, AppError> {
        let mut faults = Faults::default();
        let scope = self.scope(draft, &mut faults).await?;
        let promotion = assemble(id, version, draft, scope, &mut faults);
        faults.finish(promotion)
    }

    async fn scope(&self, draft: &PromotionDraft, faults: &mut Faults) -> Result<Scope, PortError> {
        if !draft.categories.is_empty() && !draft.products.is_empty() {
            faults.add("/products", "must be empty where categories are named");
        }
        if !draft.products.is_empty() {
            let views = self.ports.catalog.products(&draft.products).await?;
            for (index, view) in views.iter().enumerate() {
                if view.is_none() {
                    faults.unknown(format!("/products/{index}"), "no product has this id");
                }
            }
            return Ok(Scope::Products(draft.products.iter().copied().collect()));
        }
        let mut categories = BTreeSet::new();
        for (index, raw) in draft.categories.iter().enumerate() {
            let found = match Slug::try_new(raw) {
                Ok(slug) => self.ports.catalog.category_by_slug(&slug).await?,
                Err(_) => None,
            };
            match found {
                Some(category) => {
                    categories.insert(category.id);
                }
                None => faults.unknown(format!("/categories/{index}"), "no category has this slug"),
            }
        }
        if draft.categories.is_empty() {
            return Ok(Scope::WholeOrder);
        }
        Ok(Scope::Categories(categories))
    }
}

fn assemble(
    id: PromotionId,
    version: Version,
    draft: &PromotionDraft,
    scope: Scope,
    faults: &mut Faults,
) -> Option<Promotion> {
    let code = draft.code.as_deref();
    let code = code.map(|raw| faults.note(|| "/code".into(), CouponCode::try_new(raw)));
    let kind = kind(draft, faults);
    let usage_limit = limit("usage_limit", draft.usage_limit, faults);
    let usage_limit_per_customer =
        limit("usage_limit_per_customer", draft.usage_limit_per_customer, faults);
    let stacking = match draft.combinable {
        Some(false) => Stacking::Exclusive { priority: draft.priority.unwrap_or(0) },
        _ => Stacking::Combinable,
    };
    // A scope of which every name was wrong is empty, which was told already.
    let told = !faults.is_empty();
    let parts = PromotionParts {
        code: code.flatten(),
        scope: if told { Scope::WholeOrder } else { scope },
        minimum_subtotal: draft.minimum_subtotal,
        usage_limit,
        usage_limit_per_customer,
        starts_at: draft.starts_at,
        ends_at: draft.ends_at,
        stacking,
        active: draft.active.unwrap_or(true),
        version,
        ..PromotionParts::new(id, &*draft.name, kind.clone().unwrap_or(PromotionKind::FreeShipping))
    };
    let promotion = note_parts(Promotion::try_new(parts), |field| format!("/{field}"), faults);
    promotion.filter(|_| kind.is_some())
}

fn kind(draft: &PromotionDraft, faults: &mut Faults) -> Option<PromotionKind> {
    foreign_parts(draft, faults);
    match draft.kind {
        PromotionType::Percentage => {
            percent("percent", draft.percent.as_deref(), faults).map(PromotionKind::Percentage)
        }
        PromotionType::FixedAmount => {
            if draft.amount.is_none() {
                faults.add("/amount", "is needed for this type");
            }
            draft.amount.map(PromotionKind::FixedAmount)
        }
        PromotionType::FreeShipping => Some(PromotionKind::FreeShipping),
        PromotionType::BuyXGetY => {
            let buy = quantity("buy_quantity", draft.buy_quantity, faults);
            let get = quantity("get_quantity", draft.get_quantity, faults);
            let raw = draft.get_percent.as_deref().unwrap_or("100");
            let percent = percent("get_percent", Some(raw), faults);
            Some(PromotionKind::BuyXGetY { buy: buy?, get: get?, percent: percent? })
        }
    }
}

/// Notes parts that belong to another type, so that nobody thinks they count.
fn foreign_parts(draft: &PromotionDraft, faults: &mut Faults) {
    use PromotionType::{BuyXGetY, FixedAmount, Percentage};
    for (field, given, owner) in [
        ("percent", draft.percent.is_some(), Percentage),
        ("amount", draft.amount.is_some(), FixedAmount),
        ("buy_quantity", draft.buy_quantity.is_some(), BuyXGetY),
        ("get_quantity", draft.get_quantity.is_some(), BuyXGetY),
        ("get_percent", draft.get_percent.is_some(), BuyXGetY),
    ] {
        if given && owner != draft.kind {
            faults.add(format!("/{field}"), "does not belong to this type");
        }
    }
}

fn percent(field: &str, raw: Option<&str>, faults: &mut Faults) -> Option<Percent> {
    let Some(raw) = raw else {
        faults.add(format!("/{field}"), "is needed for this type");
        return None;
    };
    faults.note(|| format!("/{field}"), Percent::parse(raw))
}

fn quantity(field: &str, raw: Option<i64>, faults: &mut Faults) -> Option<Quantity> {
    let Some(raw) = raw else {
        faults.add(format!("/{field}"), "is needed for this type");
        return None;
    };
    faults.note(|| format!("/{field}"), Quantity::try_new(raw))
}

fn limit(field: &str, raw: Option<i64>, faults: &mut Faults) -> Option<u32> {
    let raw = raw?;
    let checked = u32::try_from(raw).ok().filter(|limit| *limit > 0);
    if checked.is_none() {
        faults.add(format!("/{field}"), format!("must be 1 to {}", u32::MAX));
    }
    checked
}
