use std::collections::BTreeSet;
use std::sync::Arc;

use super::{CatalogState, KeptProduct, Shown, State};
use crate::domain::catalog::{Category, PriceRow, Product, Variant};
use crate::domain::inventory::Sellable;
use crate::domain::shared::{Availability, CategoryId, ProductId, PromotionId, Sku, StockPolicy};
use crate::ports::catalog::{ProductView, ReadContext};
use crate::ports::search::CategoryLabel;

/// How products are shown follows from products, categories and stock; here is how.
impl State {
    /// Shows a product anew, unless nothing shown of it changed. Lists go by the price that holds
    /// at the moment: one that begins or ends later moves no list until something else does.
    pub fn refresh(&mut self, id: ProductId, context: &ReadContext, low_below: i64) {
        let Some(kept) = self.catalog.products.get(&id) else { return };
        let old = self.catalog.views.get(&id).map(|shown| shown.view.clone());
        let version = old.as_ref().map_or(0, |view| view.version);
        let mut view = self.view(kept, version, low_below);
        let popularity = view.popularity;
        if let Some(old) = &old {
            if **old == view {
                return;
            }
            view.popularity = old.popularity;
        }
        // Popularity orders lists but is on no page, so that a sale alone outdates none.
        let shown_alike = old.is_some_and(|old| *old == view);
        view.popularity = popularity;
        if !shown_alike {
            self.catalog.view_version = self.catalog.view_version.saturating_add(1);
            view.version = self.catalog.view_version;
        }
        let price = view.cheapest(context).filter(|_| view.product.is_published());
        let places = price.map(|(_, price)| CatalogState::places(&view, price.amount()));
        self.catalog.put_view(Shown { view: Arc::new(view), places: places.unwrap_or_default() });
    }

    /// Works out everything that is shown anew, as a start does.
    pub fn show_anew(&mut self, context: &ReadContext, low_below: i64) {
        let catalog = &mut self.catalog;
        (catalog.views, catalog.lists, catalog.counts) = Default::default();
        catalog.tree = Arc::default();
        let products: Vec<ProductId> = catalog.products.keys().copied().collect();
        for product in products {
            self.refresh(product, context, low_below);
        }
    }

    /// What of a product is shown otherwise than it follows from the rest.
    pub fn wrong_view(
        &self,
        id: ProductId,
        context: &ReadContext,
        low_below: i64,
    ) -> Option<&'static str> {
        let kept = self.catalog.products.get(&id)?;
        let Some(shown) = self.catalog.views.get(&id) else { return Some("view") };
        let fresh = self.view(kept, shown.view.version, low_below);
        if *shown.view != fresh {
            let bands = shown.view.availability == fresh.availability;
            return Some(if bands { "view" } else { "bands" });
        }
        let variants = &fresh.product.content().variants;
        let by_clock = |variant: &Variant| variant.prices.iter().any(PriceRow::is_by_clock);
        let price = fresh.cheapest(context).filter(|_| fresh.product.is_published());
        let places = price.map(|(_, price)| CatalogState::places(&fresh, price.amount()));
        let moved = !variants.iter().any(by_clock) && places.unwrap_or_default() != shown.places;
        let listed = |list: Option<CategoryId>| {
            let list = self.catalog.lists.get(&list);
            let has = |(order, place): &(_, _)| list.is_some_and(|l| l.by(*order).contains(place));
            shown.places.iter().all(has)
        };
        let everywhere = fresh.categories.iter().copied().map(Some).chain([None]).all(listed);
        (moved || !everywhere).then_some("lists")
    }

    fn view(&self, kept: &KeptProduct, version: u64, low_below: i64) -> ProductView {
        let product = &kept.product;
        let (main, all) = self.catalog.holders(product);
        let label = |category: &Arc<Category>| CategoryLabel {
            slug: category.slug.clone(),
            name: category.name.as_str().to_owned(),
        };
        let variants = &product.content().variants;
        ProductView {
            product: product.clone(),
            version,
            availability: variants.iter().map(|variant| self.band(variant, low_below)).collect(),
            popularity: kept.popularity(),
            path: main.iter().map(label).collect(),
            categories: all.iter().map(|category| category.id).collect(),
            labels: all.iter().map(label).collect(),
        }
    }

    /// Whether the band of a variant that hangs on `sku` is another than the product shows.
    pub fn band_moved(&self, id: ProductId, sku: &Sku, low_below: i64) -> bool {
        let Some(shown) = self.catalog.views.get(&id) else { return true };
        let variants = &shown.view.product.content().variants;
        variants.iter().zip(&shown.view.availability).any(|(variant, band)| {
            let hangs = variant.sku == *sku || variant.components.iter().any(|c| c.sku == *sku);
            hangs && self.band(variant, low_below) != *band
        })
    }

    fn band(&self, variant: &Variant, low_below: i64) -> Availability {
        let stocked = variant.stocked();
        let parts = stocked.iter().map(|part| {
            let policy = if variant.components.is_empty() {
                Some(variant.stock_policy)
            } else {
                self.catalog.skus.get(&part.sku).map(|owner| owner.policy)
            };
            let items = self.stock.items(&part.sku);
            policy
                .map_or(Sellable::NONE, |policy| Sellable::of(policy, items))
                .sets_of(part.quantity)
        });
        parts.fold(Sellable::Unlimited, Sellable::and).band(low_below)
    }
}

impl State {
    /// How many orders took a use of a promotion, by anyone or by one customer, and did not give it
    /// back.
    pub fn uses_taken(&self, promotion: PromotionId, customer_key: Option<&str>) -> u32 {
        let standing = self.orders.rows.values().map(|row| &row.order);
        let standing = standing.filter(|order| order.uses_promotions());
        let uses = standing.flat_map(|order| &order.placed().uses);
        let of = uses.filter(|used| {
            let by = customer_key.is_none_or(|key| used.customer_key == *key);
            used.promotion == promotion && by
        });
        u32::try_from(of.count()).unwrap_or(u32::MAX)
    }
}

impl CatalogState {
    /// Whether there is stock of the SKU itself where a variant has it.
    pub fn is_counted(&self, sku: &Sku) -> bool {
        let owner = self.skus.get(sku).and_then(|owner| self.products.get(&owner.product));
        let variant = owner.and_then(|kept| kept.product.variant_by_sku(sku));
        variant.is_some_and(|variant| {
            let own = variant.components.iter().any(|part| part.sku == variant.sku);
            variant.stock_policy != StockPolicy::Untracked && (variant.components.is_empty() || own)
        })
    }

    /// How many published products a category holds with those below it, counted anew.
    pub fn published_in(&self, id: CategoryId) -> u64 {
        let (all, _) = self.subtree(id);
        let members: BTreeSet<ProductId> = all.iter().flat_map(|id| self.members_of(*id)).collect();
        let published = members.iter().filter_map(|id| self.products.get(id));
        let count = published.filter(|kept| kept.product.is_published()).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// The path of the main category from the top, and every category that holds the product: those
    /// of that path first, then of the other categories' paths, none twice.
    fn holders(&self, product: &Product) -> (Vec<Arc<Category>>, Vec<Arc<Category>>) {
        let path = |id: CategoryId| {
            let mut path = self.ancestors(id);
            path.reverse();
            path.push(id);
            path.into_iter().filter_map(|id| self.categories.get(&id).cloned())
        };
        let main = product.main_category().map(|id| path(id).collect()).unwrap_or_default();
        let mut all: Vec<Arc<Category>> = Vec::new();
        for category in product.content().categories.iter().flat_map(|id| path(*id)) {
            if !all.iter().any(|known| known.id == category.id) {
                all.push(category);
            }
        }
        (main, all)
    }
}
