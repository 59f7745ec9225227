//! Names that nobody chose: slugs of products and SKUs of variants that came without one.

use std::collections::{HashMap, HashSet};

use crate::domain::shared::{ProductId, Sku, Slug, crockford};
use crate::ports::PortError;
use crate::ports::catalog::{CatalogQueries, SlugTarget};
use crate::ports::system::Secrets;

/// How many numbers are tried behind a slug that is taken, before chance decides.
const MOST_NUMBERS: u32 = 100;

/// Makes slugs of names: `lamp`, then `lamp-2`, `lamp-3`, ...
#[derive(Debug, Default)]
pub(super) struct SlugMaker {
    given: HashSet<Slug>,
    next: HashMap<Slug, u32>,
}

impl SlugMaker {
    /// A slug for `name` that no product has or had, other than `owner`, and that this maker gave
    /// to none since [`Self::forget`].
    pub async fn make(
        &mut self,
        name: &str,
        owner: Option<ProductId>,
        catalog: &dyn CatalogQueries,
        secrets: &dyn Secrets,
    ) -> Result<Slug, PortError> {
        let base = Slug::from_name(name);
        let first = self.next.get(&base).copied().unwrap_or(1);
        for number in first..=MOST_NUMBERS {
            let candidate = numbered(&base, number);
            if self.is_free(&candidate, owner, catalog).await? {
                if number > 1 {
                    self.next.insert(base, number + 1);
                }
                self.given.insert(candidate.clone());
                return Ok(candidate);
            }
        }
        let chance = String::from_utf8_lossy(&crockford::digits(bits(secrets))).to_lowercase();
        base.with_suffix(&chance).map_err(PortError::internal)
    }

    /// Gives `owner` the slug that someone chose for it, unless another product has it or gets it
    /// now. A slug that another had before may be taken.
    pub async fn claim(
        &mut self,
        slug: &Slug,
        owner: ProductId,
        catalog: &dyn CatalogQueries,
    ) -> Result<bool, PortError> {
        let taken = match catalog.by_slug(slug).await? {
            Some(SlugTarget::Current(view)) => view.product.id() != owner,
            Some(SlugTarget::Former(_)) | None => false,
        };
        Ok(!taken && self.given.insert(slug.clone()))
    }

    /// Takes back the slug that was given last, to a product of this name that is not to be.
    pub fn take_back(&mut self, slug: &Slug, name: &str) {
        self.given.remove(slug);
        let base = Slug::from_name(name);
        let Some(next) = self.next.get_mut(&base) else { return };
        let last = next.saturating_sub(1);
        if last > 1 && numbered(&base, last) == *slug {
            *next = last;
        }
    }

    /// Forgets what was given: it was committed or given up.
    pub fn forget(&mut self) {
        self.given.clear();
    }

    async fn is_free(
        &self,
        slug: &Slug,
        owner: Option<ProductId>,
        catalog: &dyn CatalogQueries,
    ) -> Result<bool, PortError> {
        if self.given.contains(slug) {
            return Ok(false);
        }
        Ok(match catalog.by_slug(slug).await? {
            None => true,
            Some(SlugTarget::Current(view) | SlugTarget::Former(view)) => {
                Some(view.product.id()) == owner
            }
        })
    }
}

fn numbered(base: &Slug, number: u32) -> Slug {
    if number < 2 {
        return base.clone();
    }
    base.with_suffix(&number.to_string()).unwrap_or_else(|_| base.clone())
}

/// A SKU for a variant that came without one.
pub(super) fn made_sku(secrets: &dyn Secrets) -> Sku {
    Sku::from_bits(bits(secrets))
}

fn bits(secrets: &dyn Secrets) -> u64 {
    let mut bytes = [0_u8; 8];
    secrets.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}
