use std::sync::{Arc, OnceLock};

use crate::adapters::memory::map::{Map, Set};
use crate::adapters::record::Fact;
use crate::domain::catalog::{Category, Product};
use crate::domain::shared::{CategoryId, ProductId, Sku, Slug, StockPolicy, VariantId};
use crate::ports::catalog::{CategoryNode, ProductView};

/// A product as it was saved.
#[derive(Clone)]
pub struct KeptProduct {
    /// The product.
    pub product: Arc<Product>,
    /// Units sold less those that came back. With what the product started from, never below zero.
    pub sold: i64,
}

impl KeptProduct {
    /// Units sold, with what the product started from.
    pub fn popularity(&self) -> u64 {
        let started = i128::from(self.product.starting_popularity());
        u64::try_from(started + i128::from(self.sold)).unwrap_or(0)
    }

    /// The product with `units` more sold.
    pub fn sell(&self, units: i64) -> Self {
        let least = i64::try_from(self.product.starting_popularity()).unwrap_or(i64::MAX);
        let sold = self.sold.saturating_add(units).max(least.saturating_neg());
        Self { product: self.product.clone(), sold }
    }
}

/// A product as it is shown, and where lists have it.
#[derive(Clone)]
pub struct Shown {
    /// The view.
    pub view: Arc<ProductView>,
    /// Its place by each order in the lists of its categories and in the list of all; empty where
    /// the shop lists it nowhere.
    pub places: Vec<(ListOrder, ListPlace)>,
}

/// What lists are sorted by. Descending orders read the same index backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListOrder {
    /// By what `newest` goes by.
    Age,
    /// By price.
    Price,
    /// By popularity.
    Popularity,
    /// By name, folded to lower case.
    Name,
}

/// A place in a list of one order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListPlace {
    /// The value sorted by; 0 for names.
    pub number: i64,
    /// The name; none in other orders.
    pub name: Option<Arc<str>>,
    /// The product.
    pub product: ProductId,
}

/// The products of one list, by each order.
#[derive(Clone, Default)]
pub struct SortedList {
    age: Set<ListPlace>,
    price: Set<ListPlace>,
    popularity: Set<ListPlace>,
    name: Set<ListPlace>,
}

impl SortedList {
    /// The products by one order.
    pub fn by(&self, order: ListOrder) -> &Set<ListPlace> {
        match order {
            ListOrder::Age => &self.age,
            ListOrder::Price => &self.price,
            ListOrder::Popularity => &self.popularity,
            ListOrder::Name => &self.name,
        }
    }

    fn by_mut(&mut self, order: ListOrder) -> &mut Set<ListPlace> {
        match order {
            ListOrder::Age => &mut self.age,
            ListOrder::Price => &mut self.price,
            ListOrder::Popularity => &mut self.popularity,
            ListOrder::Name => &mut self.name,
        }
    }
}

/// Who sells a SKU now.
#[derive(Clone, Copy, Debug)]
pub struct SkuOwner {
    /// The product.
    pub product: ProductId,
    /// How stock limits the sale.
    pub policy: StockPolicy,
}

/// Products and categories. `views`, `lists`, `counts` and `tree` follow from the rest.
#[derive(Clone, Default)]
pub struct CatalogState {
    /// Products as saved.
    pub products: Map<ProductId, KeptProduct>,
    /// Products by slug.
    pub slugs: Map<Slug, ProductId>,
    /// Products by slugs they had before.
    pub former_slugs: Set<(Slug, ProductId)>,
    /// Who sells what.
    pub skus: Map<Sku, SkuOwner>,
    /// Products by variant.
    pub variants: Map<VariantId, ProductId>,
    /// Products by their key in catalogue files.
    pub import_keys: Map<String, ProductId>,
    /// Products with a variant that takes the SKU as a component.
    pub bundles: Set<(Sku, ProductId)>,
    /// Products that a category holds itself.
    pub members: Set<(CategoryId, ProductId)>,
    /// Categories.
    pub categories: Map<CategoryId, Arc<Category>>,
    /// Categories by slug.
    pub category_slugs: Map<Slug, CategoryId>,
    /// Categories by parent and name, folded to lower case.
    pub children: Map<(Option<CategoryId>, String), CategoryId>,
    /// Products as shown.
    pub views: Map<ProductId, Shown>,
    /// How often any view changed: the version of the last one that did.
    pub view_version: u64,
    /// The list of each category, and of all products under none.
    pub lists: Map<Option<CategoryId>, SortedList>,
    /// Published products in and below a category; none where there is none.
    pub counts: Map<CategoryId, u64>,
    /// The tree, built by the first who asks after a change.
    pub tree: Arc<OnceLock<Arc<Vec<CategoryNode>>>>,
    /// What changed since facts were last taken.
    pub facts: Vec<Fact>,
}

impl CatalogState {
    /// Keeps a product, and makes everything that leads to it do so again.
    pub fn put_product(&mut self, product: Arc<Product>) {
        let old = self.products.get(&product.id()).cloned();
        self.index_slugs(old.as_ref().map(|kept| &*kept.product), &product);
        let before = old.as_ref().map(|kept| kept.product.content());
        if before.map(|content| &content.variants) != Some(&product.content().variants) {
            self.index_variants(old.as_ref().map(|kept| &*kept.product), &product);
        }
        if before.map(|content| &content.categories) != Some(&product.content().categories) {
            for category in before.iter().flat_map(|content| &content.categories) {
                self.members.remove_mut(&(*category, product.id()));
            }
            for category in &product.content().categories {
                self.members.insert_mut((*category, product.id()));
            }
        }
        self.facts.push(Fact::Product(product.clone()));
        let kept = KeptProduct { sold: old.map_or(0, |kept| kept.sold), product };
        self.products.insert_mut(kept.product.id(), kept.sell(0));
    }

    /// Counts units of a product that were sold, or came back. Says whether there is the product.
    pub fn sell(&mut self, id: ProductId, units: i64) -> bool {
        let Some(kept) = self.products.get(&id) else { return false };
        let moved = kept.sell(units);
        self.facts.push(Fact::Sold(id, moved.sold));
        self.products.insert_mut(id, moved);
        true
    }

    fn index_slugs(&mut self, old: Option<&Product>, new: &Product) {
        let id = new.id();
        if let Some(old) = old {
            if old.content().slug != new.content().slug {
                self.slugs.remove_mut(&old.content().slug);
            }
            for slug in old.former_slugs().iter().filter(|slug| !new.former_slugs().contains(slug))
            {
                self.former_slugs.remove_mut(&(slug.clone(), id));
            }
            if let Some(key) = old.import_key().filter(|key| Some(*key) != new.import_key()) {
                self.import_keys.remove_mut(key);
            }
        }
        self.slugs.insert_mut(new.content().slug.clone(), id);
        for slug in new.former_slugs() {
            self.former_slugs.insert_mut((slug.clone(), id));
        }
        if let Some(key) = new.import_key() {
            self.import_keys.insert_mut(key.to_owned(), id);
        }
    }

    fn index_variants(&mut self, old: Option<&Product>, new: &Product) {
        for variant in old.iter().flat_map(|product| &product.content().variants) {
            self.skus.remove_mut(&variant.sku);
            self.variants.remove_mut(&variant.id);
            for component in &variant.components {
                self.bundles.remove_mut(&(component.sku.clone(), new.id()));
            }
        }
        for variant in &new.content().variants {
            let owner = SkuOwner { product: new.id(), policy: variant.stock_policy };
            self.skus.insert_mut(variant.sku.clone(), owner);
            self.variants.insert_mut(variant.id, new.id());
            for component in &variant.components {
                self.bundles.insert_mut((component.sku.clone(), new.id()));
            }
        }
    }

    /// Shows a product in another way: in lists, counts and by itself.
    pub fn put_view(&mut self, shown: Shown) {
        let id = shown.view.product.id();
        let old = self.views.get(&id).cloned();
        self.relist(old.as_ref(), &shown);
        self.recount(old.as_ref(), &shown);
        self.views.insert_mut(id, shown);
    }

    fn relist(&mut self, old: Option<&Shown>, new: &Shown) {
        let before = old.map(|old| old.places.as_slice()).unwrap_or_default();
        let same_lists = old.is_some_and(|old| old.view.categories == new.view.categories);
        let stays = |others: &[_], place| same_lists && others.contains(place);
        let gone: Vec<_> = before.iter().filter(|place| !stays(&new.places, place)).collect();
        let come: Vec<_> = new.places.iter().filter(|place| !stays(before, place)).collect();
        if let Some(old) = old.filter(|_| !gone.is_empty()) {
            self.each_list(&old.view.categories, |list| {
                for (order, place) in &gone {
                    list.by_mut(*order).remove_mut(place);
                }
            });
        }
        if !come.is_empty() {
            self.each_list(&new.view.categories, |list| {
                for (order, place) in &come {
                    list.by_mut(*order).insert_mut(place.clone());
                }
            });
        }
    }

    /// Changes the lists of some categories and the list of all.
    fn each_list(&mut self, holders: &[CategoryId], change: impl Fn(&mut SortedList)) {
        for list in holders.iter().copied().map(Some).chain([None]) {
            if let Some(known) = self.lists.get_mut(&list) {
                change(known);
                continue;
            }
            let mut first = SortedList::default();
            change(&mut first);
            self.lists.insert_mut(list, first);
        }
    }

    fn recount(&mut self, old: Option<&Shown>, new: &Shown) {
        let counted = |shown: &Shown| {
            let published = shown.view.product.is_published();
            if published { shown.view.categories.clone() } else { Arc::default() }
        };
        let before = old.map(counted).unwrap_or_default();
        let now = counted(new);
        if before == now {
            return;
        }
        for category in before.iter() {
            let count = self.counts.get(category).map_or(0, |count| count.saturating_sub(1));
            self.counts.insert_mut(*category, count);
        }
        for category in now.iter() {
            let count = self.counts.get(category).map_or(1, |count| count.saturating_add(1));
            self.counts.insert_mut(*category, count);
        }
        self.tree = Arc::default();
    }

    /// Keeps a category, and makes everything that leads to it do so again.
    pub fn put_category(&mut self, category: Arc<Category>) {
        self.unlink_category(category.id);
        self.category_slugs.insert_mut(category.slug.clone(), category.id);
        let place = (category.parent, category.name.as_str().to_lowercase());
        self.children.insert_mut(place, category.id);
        self.facts.push(Fact::Category(category.clone()));
        self.categories.insert_mut(category.id, category);
        self.tree = Arc::default();
    }

    /// Forgets a category.
    pub fn remove_category(&mut self, id: CategoryId) {
        self.unlink_category(id);
        self.facts.push(Fact::CategoryGone(id));
        self.categories.remove_mut(&id);
        self.counts.remove_mut(&id);
        self.lists.remove_mut(&Some(id));
        self.tree = Arc::default();
    }

    fn unlink_category(&mut self, id: CategoryId) {
        if let Some(old) = self.categories.get(&id) {
            self.category_slugs.remove_mut(&old.slug);
            self.children.remove_mut(&(old.parent, old.name.as_str().to_lowercase()));
        }
    }

    /// The categories directly below `parent`, by folded name.
    pub fn children_of(&self, parent: Option<CategoryId>) -> impl Iterator<Item = CategoryId> {
        let first = (parent, String::new());
        let behind = self.children.range(first..);
        behind.take_while(move |((above, _), _)| *above == parent).map(|(_, id)| *id)
    }

    /// The categories above `id`, its parent first.
    pub fn ancestors(&self, id: CategoryId) -> Vec<CategoryId> {
        let mut found = Vec::new();
        let mut below = self.categories.get(&id);
        while let Some(parent) = below.and_then(|category| category.parent) {
            if found.len() >= Category::MAX_DEPTH {
                break;
            }
            found.push(parent);
            below = self.categories.get(&parent);
        }
        found
    }

    /// The category and everything below it, and how many levels lie below.
    pub fn subtree(&self, id: CategoryId) -> (Vec<CategoryId>, usize) {
        let mut all = vec![id];
        let mut level = vec![id];
        let mut height = 0;
        while height < Category::MAX_DEPTH {
            level = level.iter().flat_map(|above| self.children_of(Some(*above))).collect();
            if level.is_empty() {
                break;
            }
            height += 1;
            all.extend(&level);
        }
        (all, height)
    }

    /// Products that a category holds itself, whatever their status.
    pub fn members_of(&self, category: CategoryId) -> impl Iterator<Item = ProductId> {
        let first = (category, ProductId::new(uuid::Uuid::nil()));
        let behind = self.members.range(first..);
        behind.take_while(move |(holder, _)| *holder == category).map(|(_, product)| *product)
    }

    /// Products whose band may hang on a SKU: the one that sells it, and bundles with it.
    pub fn touched_by(&self, sku: &Sku) -> Vec<ProductId> {
        let first = (sku.clone(), ProductId::new(uuid::Uuid::nil()));
        let bundles = self.bundles.range(first..).take_while(|(taken, _)| taken == sku);
        let owner = self.skus.get(sku).map(|owner| owner.product);
        owner.into_iter().chain(bundles.map(|(_, product)| *product)).collect()
    }

    /// Where a published product with a price stands in each order.
    pub fn places(view: &ProductView, price: i64) -> Vec<(ListOrder, ListPlace)> {
        let product = view.product.id();
        let by = |order, number| (order, ListPlace { number, name: None, product });
        let name = view.product.content().name.as_str().to_lowercase();
        vec![
            by(ListOrder::Age, view.product.newest_at().micros()),
            by(ListOrder::Price, price),
            by(ListOrder::Popularity, i64::try_from(view.popularity).unwrap_or(i64::MAX)),
            (ListOrder::Name, ListPlace { number: 0, name: Some(name.into()), product }),
        ]
    }
}
