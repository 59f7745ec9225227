//! What follows from facts, however they came about: after many writes at random, views, lists and
//! counts are what one would work out from the products, categories and stock themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use ecicomm::domain::catalog::{Category, Product, ProductStatus, Variant};
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::shared::{
    Availability, CategoryId, Country, Currency, ProductId, StockPolicy, Version,
};
use ecicomm::ports::catalog::{
    CategoryNode, ListQuery, ListSort, ProductView, ReadContext, SlugTarget,
};
use ecicomm::ports::store::Write;

use super::Backend;
use super::stock::moved;
use crate::harness::build::{
    at, bundle, category, category_id, order, price, product, product_id, revised, save_category,
    save_product, slug, text, variant,
};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            derived,
            [views_lists_and_counts_follow_from_what_was_saved,]
        );
    };
}
pub(crate) use cases;

const CATEGORIES: u128 = 6;
const PRODUCTS: u128 = 7;
const ROUNDS: u64 = 8;
const WRITES: u64 = 150;

/// Numbers that look random and come again with the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn number(&mut self, most: u128) -> u128 {
        u128::from(self.below(u64::try_from(most).unwrap())) + 1
    }

    fn signed(&mut self, end: u64) -> i64 {
        i64::try_from(self.below(end)).unwrap()
    }
}

pub async fn views_lists_and_counts_follow_from_what_was_saved(b: Backend) {
    let mut chance = Chance(7);
    let (mut taken, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        for step in 0..WRITES {
            let writes = any_writes(&b, &mut chance, u128::from(round * WRITES + step)).await;
            match b.try_at(0, writes).await {
                Ok(()) => taken += 1,
                Err(_) => refused += 1,
            }
        }
        check(&b).await;
    }
    assert!(taken > 400 && refused > 100, "{taken} taken, {refused} refused");
}

async fn any_writes(b: &Backend, chance: &mut Chance, step: u128) -> Vec<Write> {
    let sku = format!("SKU-{}", chance.number(PRODUCTS));
    match chance.below(10) {
        0 | 1 => vec![any_category(b, chance).await],
        2 => {
            let id = category_id(chance.number(CATEGORIES));
            vec![Write::DeleteCategory { id, expected: Version::FIRST }]
        }
        3..=5 => vec![any_product(b, chance).await],
        6 => {
            let product = product_id(chance.number(PRODUCTS));
            vec![Write::AddPopularity { product, units: chance.signed(9) - 3 }]
        }
        7 => vec![moved(&sku, StockEventKind::Adjusted, chance.signed(9) - 3)],
        _ => {
            let bought = || order(step + 1).of(&[(&sku, 2)]);
            let end = [bought().confirm(at(0)), bought().compensate(at(0))];
            let ends = end.into_iter().take(usize::try_from(chance.below(2)).unwrap());
            std::iter::once(bought().place()).chain(ends).collect()
        }
    }
}

async fn any_category(b: &Backend, chance: &mut Chance) -> Write {
    let number = chance.number(CATEGORIES);
    let kept = b.catalog.category(category_id(number)).await.unwrap();
    let name = format!("Name {}", chance.below(9));
    let parent = chance.number(CATEGORIES + 2);
    save_category(&Category {
        parent: (parent <= CATEGORIES).then(|| category_id(parent)),
        position: i32::try_from(chance.below(3)).unwrap(),
        version: kept.map_or(Version::FIRST, |kept| kept.version.next()),
        ..category(number, &name)
    })
}

async fn any_product(b: &Backend, chance: &mut Chance) -> Write {
    let number = chance.number(PRODUCTS);
    let variants = any_variants(chance, number);
    let categories: Vec<CategoryId> = (0..chance.below(3))
        .map(|_| category_id(chance.number(CATEGORIES)))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let archived = chance.below(4) == 0;
    let name = ["oak", "Elm", "elm", "Ash"][usize::try_from(chance.below(4)).unwrap()];
    let address = format!("slug-{}", chance.below(12));
    let kept = b.catalog.product(product_id(number)).await.unwrap();
    let kept = kept.map_or_else(|| product(number).build(), |view| view.product.clone());
    let next = revised(&kept, |content| {
        content.name = text(name);
        content.slug = slug(&address);
        content.categories = categories;
        content.variants = variants;
        content.status = if archived { ProductStatus::Archived } else { ProductStatus::Active };
        content.released_at = Some(at(chance.signed(4)));
    });
    match b.catalog.product(product_id(number)).await.unwrap() {
        Some(_) => save_product(&next),
        None => Write::SaveProduct { product: next, expected: None },
    }
}

/// The product's own SKU, or that of its neighbour, and at times a bundle.
fn any_variants(chance: &mut Chance, number: u128) -> Vec<Variant> {
    let own = format!("SKU-{}", (number + u128::from(chance.below(5) == 0)) % PRODUCTS + 1);
    let policies = [
        StockPolicy::Tracked,
        StockPolicy::Tracked,
        StockPolicy::Backorder { limit: 3 },
        StockPolicy::Untracked,
    ];
    let cents = 100 * (1 + chance.signed(3));
    let first = Variant {
        stock_policy: policies[usize::try_from(chance.below(4)).unwrap()],
        prices: vec![price(cents, Currency::USD)],
        ..variant(number, &own, 0)
    };
    if chance.below(3) > 0 {
        return vec![first];
    }
    let part = format!("SKU-{}", chance.number(PRODUCTS));
    let each = 1 + chance.signed(3);
    vec![first, bundle(100 + number, &format!("SET-{number}"), &[(&part, each)])]
}

/// Everything that was saved, read as plainly as can be.
struct Facts {
    views: Vec<Arc<ProductView>>,
    categories: Vec<Arc<Category>>,
}

async fn check(b: &Backend) {
    let views = b.catalog.scan(None, None, 1_000).await.unwrap().items;
    let mut categories = Vec::new();
    for number in 1..=CATEGORIES {
        categories.extend(b.catalog.category(category_id(number)).await.unwrap());
    }
    let facts = Facts { views, categories };
    let versions: BTreeSet<u64> = facts.views.iter().map(|view| view.version).collect();
    assert_eq!(versions.len(), facts.views.len(), "no two views share a version");
    for view in &facts.views {
        facts.check_place(view);
        facts.check_bands(b, view).await;
        check_names(b, &view.product).await;
    }
    facts.check_lists(b).await;
    facts.check_counts(b).await;
}

async fn check_names(b: &Backend, product: &Product) {
    let target = b.catalog.by_slug(&product.content().slug).await.unwrap();
    let Some(SlugTarget::Current(found)) = target else {
        panic!("{} leads nowhere", product.content().slug);
    };
    assert_eq!(found.product.id(), product.id());
    for variant in &product.content().variants {
        let owners = b.catalog.by_skus(std::slice::from_ref(&variant.sku)).await.unwrap();
        assert_eq!(owners[0].as_ref().map(|view| view.product.id()), Some(product.id()));
        let owners = b.catalog.by_variants(&[variant.id]).await.unwrap();
        assert_eq!(owners[0].as_ref().map(|view| view.product.id()), Some(product.id()));
    }
}

fn context() -> ReadContext {
    ReadContext {
        channel: "default".into(),
        currency: Currency::USD,
        country: Country::US,
        locale: "en".into(),
        groups: [].into(),
        at: at(0),
    }
}

impl Facts {
    fn category(&self, id: CategoryId) -> &Category {
        self.categories.iter().find(|category| category.id == id).unwrap()
    }

    /// The path of a category from the top.
    fn path(&self, id: CategoryId) -> Vec<CategoryId> {
        let parent = self.category(id).parent;
        let mut path = parent.map_or_else(Vec::new, |parent| self.path(parent));
        path.push(id);
        path
    }

    fn check_place(&self, view: &ProductView) {
        let mut holders: Vec<CategoryId> = Vec::new();
        for category in &view.product.content().categories {
            for id in self.path(*category) {
                if !holders.contains(&id) {
                    holders.push(id);
                }
            }
        }
        assert_eq!(*view.categories, *holders);
        let named = |id: &CategoryId| self.category(*id).name.as_str().to_owned();
        let labels: Vec<String> = view.labels.iter().map(|label| label.name.clone()).collect();
        assert_eq!(labels, holders.iter().map(named).collect::<Vec<_>>());
        let path: Vec<String> = view.path.iter().map(|label| label.name.clone()).collect();
        let main = view.product.main_category().map(|id| self.path(id)).unwrap_or_default();
        assert_eq!(path, main.iter().map(named).collect::<Vec<_>>());
    }

    async fn check_bands(&self, b: &Backend, view: &ProductView) {
        for (variant, band) in view.product.content().variants.iter().zip(&view.availability) {
            let part = variant.stocked().remove(0);
            let mut sellers = self.views.iter().filter_map(|view| {
                view.product.variant_by_sku(&part.sku).map(|seller| seller.stock_policy)
            });
            let expected = match sellers.next_back() {
                None => Availability::OutOfStock,
                Some(StockPolicy::Untracked) => Availability::InStock,
                Some(_) => {
                    let item = b.stock.stock(&[part.sku]).await.unwrap()[0][0].clone();
                    let each = i64::from(part.quantity.units());
                    let (free, available) = (item.free().max(0) / each, item.available() / each);
                    match free {
                        5.. => Availability::InStock,
                        1..=4 => Availability::LowStock,
                        _ if available > 0 => Availability::Backorder,
                        _ => Availability::OutOfStock,
                    }
                }
            };
            assert_eq!(*band, expected, "{:?} of {:?}", variant.sku, view.product.id());
        }
    }

    /// Published products in a category, or all.
    fn within(&self, list: Option<CategoryId>) -> Vec<&ProductView> {
        let holds = |view: &&Arc<ProductView>| {
            view.product.is_published() && list.is_none_or(|id| view.categories.contains(&id))
        };
        self.views.iter().filter(holds).map(|view| &**view).collect()
    }

    async fn check_lists(&self, b: &Backend) {
        let lists = (1..=CATEGORIES).map(|number| Some(category_id(number))).chain([None]);
        for list in lists {
            for (sort, backwards) in [
                (ListSort::Newest, true),
                (ListSort::PriceAscending, false),
                (ListSort::PriceDescending, true),
                (ListSort::Popularity, true),
                (ListSort::Name, false),
            ] {
                let rank = |view: &ProductView| {
                    let (_, price) = view.cheapest(&context()).unwrap();
                    let name = view.product.content().name.as_str().to_lowercase();
                    match sort {
                        ListSort::Newest => (view.product.newest_at().micros(), String::new()),
                        ListSort::Popularity => {
                            (i64::try_from(view.popularity).unwrap(), String::new())
                        }
                        ListSort::Name => (0, name),
                        _ => (price.amount(), String::new()),
                    }
                };
                let mut expected = self.within(list);
                expected.sort_by_key(|view| (rank(view), view.product.id()));
                if backwards {
                    expected.reverse();
                }
                let expected: Vec<ProductId> =
                    expected.iter().map(|view| view.product.id()).collect();
                assert_eq!(paged(b, list, sort).await, expected, "{sort:?} of {list:?}");
            }
        }
    }

    async fn check_counts(&self, b: &Backend) {
        let tree = b.catalog.category_tree().await.unwrap();
        let mut nodes: Vec<&CategoryNode> = tree.iter().collect();
        let mut seen = 0;
        while let Some(node) = nodes.pop() {
            let count = self.within(Some(node.category.id)).len();
            assert_eq!(node.product_count, u64::try_from(count).unwrap());
            assert_eq!(*node.category, *self.category(node.category.id));
            nodes.extend(&node.children);
            seen += 1;
        }
        assert_eq!(seen, self.categories.len());
    }
}

async fn paged(b: &Backend, category: Option<CategoryId>, sort: ListSort) -> Vec<ProductId> {
    let mut query = ListQuery { category, sort, after: None, limit: 2 };
    let mut seen = Vec::new();
    loop {
        let page = b.catalog.list(&query).await.unwrap();
        seen.extend(page.items.iter().map(|view| view.product.id()));
        query.after = page.next;
        if query.after.is_none() {
            return seen;
        }
    }
}
