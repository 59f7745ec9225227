use std::sync::Arc;

use super::{Draft, free, unchanged};
use crate::domain::catalog::{Category, Product, Variant};
use crate::domain::inventory::StockItem;
use crate::domain::shared::{CategoryId, ProductId, Sku, StockPolicy, Version};
use crate::ports::events::{Aggregate, EventBody};
use crate::ports::store::{Conflict, Unique};

impl Draft<'_> {
    pub(super) fn save_product(
        &mut self,
        product: Arc<Product>,
        expected: Option<Version>,
    ) -> Result<(), Conflict> {
        let id = product.id();
        let kept = self.state.catalog.products.get(&id);
        unchanged("product", kept.map(|kept| kept.product.version()), expected)?;
        self.check_names(&product)?;
        let known = |category| self.state.catalog.categories.contains_key(category);
        if !product.content().categories.iter().all(known) {
            return Err(Conflict::Stale("category"));
        }
        let before = kept.map(|kept| kept.product.clone());
        let variants = before.iter().flat_map(|product| &product.content().variants);
        if !variants.clone().eq(&product.content().variants) {
            if let Some(before) = &before {
                self.check_leaving(before, &product)?;
            }
            // Bundles of other products may hang on what comes and goes.
            let skus = variants.chain(&product.content().variants).map(|v| v.sku.clone());
            self.moved.extend(skus);
            for variant in &product.content().variants {
                self.adopt_stock(variant);
            }
        }
        self.changed.insert(id);
        let saved = EventBody::ProductSaved(id, product.version());
        self.state.catalog.put_product(product);
        self.emit(Aggregate::Product(id), saved);
        Ok(())
    }

    /// Units under a SKU that nothing sells could neither be sold nor moved, and whoever took the
    /// SKU next would sell them.
    fn check_leaving(&self, before: &Product, after: &Product) -> Result<(), Conflict> {
        let stays = |sku: &Sku| after.content().variants.iter().any(|variant| variant.sku == *sku);
        for variant in &before.content().variants {
            let mut items = self.state.stock.items(&variant.sku).iter();
            if !stays(&variant.sku) && items.any(|item| item.on_hand() != 0 || item.reserved() != 0)
            {
                return Err(Conflict::StockLeft(variant.sku.clone()));
            }
        }
        Ok(())
    }

    fn check_names(&self, product: &Product) -> Result<(), Conflict> {
        let (catalog, id) = (&self.state.catalog, product.id());
        for variant in &product.content().variants {
            let owner = catalog.skus.get(&variant.sku).map(|owner| &owner.product);
            free(owner, &id, Unique::Sku, variant.sku.as_str())?;
        }
        let slug = &product.content().slug;
        free(catalog.slugs.get(slug), &id, Unique::ProductSlug, slug.as_str())?;
        if let Some(key) = product.import_key() {
            free(catalog.import_keys.get(key), &id, Unique::ImportKey, key)?;
        }
        Ok(())
    }

    /// Puts what there is of the SKU under the variant's policy. Where stock is counted and there
    /// is none yet, it begins with nothing.
    fn adopt_stock(&mut self, variant: &Variant) {
        self.state.stock.set_policy(&variant.sku, variant.stock_policy);
        let counted = variant.stock_policy != StockPolicy::Untracked
            && (variant.components.is_empty()
                || variant.components.iter().any(|part| part.sku == variant.sku));
        if counted && self.state.stock.items(&variant.sku).is_empty() {
            let (sku, main) = (variant.sku.clone(), &self.config.location);
            let item = StockItem::new(sku, main.clone(), variant.stock_policy);
            self.state.stock.add_item(item, main);
        }
    }

    /// Units of a product that is not there move nothing.
    pub(super) fn add_popularity(&mut self, id: ProductId, units: i64) {
        if self.state.catalog.sell(id, units) {
            self.changed.insert(id);
            self.emit(Aggregate::Product(id), EventBody::PopularityMoved(id));
        }
    }

    pub(super) fn save_category(
        &mut self,
        category: Arc<Category>,
        expected: Option<Version>,
    ) -> Result<(), Conflict> {
        let (id, catalog) = (category.id, &self.state.catalog);
        let kept = catalog.categories.get(&id).cloned();
        unchanged("category", kept.as_ref().map(|kept| kept.version), expected)?;
        let slug = &category.slug;
        free(catalog.category_slugs.get(slug), &id, Unique::CategorySlug, slug.as_str())?;
        let place = (category.parent, category.name.as_str().to_lowercase());
        let name = category.name.as_str();
        free(catalog.children.get(&place), &id, Unique::CategoryName, name)?;
        let moved = kept.as_ref().is_none_or(|kept| kept.parent != category.parent);
        if moved {
            self.check_place(&category)?;
        }
        let relabelled = kept
            .is_some_and(|kept| moved || kept.slug != category.slug || kept.name != category.name);
        if relabelled {
            self.touch_products_below(id);
        }
        self.state.catalog.put_category(category);
        self.emit(Aggregate::Category(id), EventBody::CategoryChanged(id));
        Ok(())
    }

    /// The tree may have moved since the place was chosen.
    fn check_place(&self, category: &Category) -> Result<(), Conflict> {
        let Some(parent) = category.parent else { return Ok(()) };
        let catalog = &self.state.catalog;
        if !catalog.categories.contains_key(&parent) {
            return Err(Conflict::Stale("category"));
        }
        let mut above = vec![parent];
        above.extend(catalog.ancestors(parent));
        let (_, height) = catalog.subtree(category.id);
        category.check_place(&above, height).map_err(|_| Conflict::Stale("category"))
    }

    fn touch_products_below(&mut self, id: CategoryId) {
        let (categories, _) = self.state.catalog.subtree(id);
        for category in categories {
            self.changed.extend(self.state.catalog.members_of(category));
        }
    }

    pub(super) fn delete_category(
        &mut self,
        id: CategoryId,
        expected: Version,
    ) -> Result<(), Conflict> {
        let catalog = &self.state.catalog;
        let kept = catalog.categories.get(&id).map(|category| category.version);
        unchanged("category", kept, Some(expected))?;
        if catalog.members_of(id).next().is_some() || catalog.children_of(Some(id)).next().is_some()
        {
            return Err(Conflict::InUse("category"));
        }
        self.state.catalog.remove_category(id);
        self.emit(Aggregate::Category(id), EventBody::CategoryChanged(id));
        Ok(())
    }
}
