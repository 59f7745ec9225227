//! The variants of a draft.

use std::collections::HashSet;

use super::draft::VariantDraft;
use super::fields;
use super::naming::made_sku;
use crate::app::Ports;
use crate::app::faults::Faults;
use crate::domain::catalog::{PriceRow, Product, Variant, set_plain};
use crate::domain::shared::{Sku, VariantId};

/// Variants as they may be saved.
pub(super) struct Variants {
    /// In the order of the draft, those left out that have a fault.
    pub checked: Vec<Variant>,
    /// SKUs that were made up.
    pub skus_made: Vec<Sku>,
}

/// Checks the variants of a new version of `known`, or of a new product. A draft without an id is
/// the known variant of its SKU, unless another draft names that by its id.
pub(super) fn check(
    drafts: &[VariantDraft],
    known: Option<&Product>,
    ports: &Ports,
    faults: &mut Faults,
) -> Variants {
    let known = known.map_or(&[][..], |product| &product.content().variants);
    let mut claims = Claims::new(drafts);
    let mut variants = Variants { checked: Vec::new(), skus_made: Vec::new() };
    for (index, draft) in drafts.iter().enumerate() {
        let place = format!("/variants/{index}");
        let same = claims.find(&place, draft, known, faults);
        let sku = match (&draft.sku, same) {
            (Some(raw), _) => faults.note(|| format!("{place}/sku"), Sku::try_new(raw)),
            (None, Some(variant)) => Some(variant.sku.clone()),
            (None, None) => Some(made_sku(&*ports.secrets)),
        };
        if draft.sku.is_none() && same.is_none() {
            variants.skus_made.extend(sku.clone());
        }
        let id = same.map_or_else(|| VariantId::new(ports.ids.next()), |variant| variant.id);
        variants.checked.extend(build(&place, draft, same, (id, sku), faults));
    }
    variants
}

/// Which known variants are taken by drafts.
struct Claims {
    named: HashSet<VariantId>,
    found: HashSet<VariantId>,
}

impl Claims {
    fn new(drafts: &[VariantDraft]) -> Self {
        Self { named: drafts.iter().filter_map(|draft| draft.id).collect(), found: HashSet::new() }
    }

    /// The known variant that `draft` is about.
    fn find<'a>(
        &mut self,
        place: &str,
        draft: &VariantDraft,
        known: &'a [Variant],
        faults: &mut Faults,
    ) -> Option<&'a Variant> {
        let found = match draft.id {
            Some(id) => known.iter().find(|variant| variant.id == id),
            None => by_sku(draft, known).filter(|variant| !self.named.contains(&variant.id)),
        };
        let fresh = found.is_some_and(|variant| self.found.insert(variant.id));
        if draft.id.is_some() && !fresh {
            let pointer = format!("{place}/id");
            match found {
                Some(_) => faults.add(pointer, "must be named once only"),
                None => faults.unknown(pointer, "must be the id of one of the product's variants"),
            }
        }
        found.filter(|_| fresh)
    }
}

fn by_sku<'a>(draft: &VariantDraft, known: &'a [Variant]) -> Option<&'a Variant> {
    let sku = Sku::try_new(draft.sku.as_deref()?).ok()?;
    known.iter().find(|variant| variant.sku == sku)
}

fn build(
    place: &str,
    draft: &VariantDraft,
    same: Option<&Variant>,
    (id, sku): (VariantId, Option<Sku>),
    faults: &mut Faults,
) -> Option<Variant> {
    let options = fields::options(place, &draft.options, faults);
    let known = same.map_or(&[][..], |variant| &variant.prices);
    let prices = prices(place, draft, known, faults);
    let tax_category = fields::tax_category(place, draft.tax_category.as_deref(), faults);
    Some(Variant {
        id,
        sku: sku?,
        options,
        prices,
        stock_policy: draft.stock_policy,
        requires_shipping: draft.requires_shipping,
        weight_grams: draft.weight_grams,
        tax_category,
        components: same.map(|variant| variant.components.clone()).unwrap_or_default(),
    })
}

/// The known prices with that of the draft. A draft tells one currency alone, so the others stay;
/// without a price, only those stay that hold under conditions, of which drafts cannot tell.
fn prices(
    place: &str,
    draft: &VariantDraft,
    known: &[PriceRow],
    faults: &mut Faults,
) -> Vec<PriceRow> {
    let mut prices = known.to_vec();
    match price(place, draft, faults) {
        Some(row) => set_plain(&mut prices, row),
        None => prices.retain(|row| !row.holds_always()),
    }
    prices
}

fn price(place: &str, draft: &VariantDraft, faults: &mut Faults) -> Option<PriceRow> {
    let Some(amount) = draft.price else {
        if draft.compare_at.is_some() {
            faults.add(format!("{place}/compare_at"), "needs a price to be compared with");
        }
        return None;
    };
    match PriceRow::try_new(amount, draft.compare_at) {
        Ok(row) => Some(row),
        Err(error) => {
            faults.add(format!("{place}/{}", error.what), error.to_string());
            None
        }
    }
}
