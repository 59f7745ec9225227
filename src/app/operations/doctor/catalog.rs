//! Figures that products and categories show, against products and orders.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use super::report::Cure;
use crate::domain::catalog::{Category, Product};
use crate::domain::order::{Order, Phase};
use crate::domain::shared::{CategoryId, ProductId};
use crate::ports::catalog::{CategoryNode, ProductView};
use crate::ports::upkeep::Repair;

const MEND_COUNTS: &str = "shoppers see it and nothing is decided on it: report it as a defect";
const MEND_UNSHOWN: &str = "nobody sees it, staff among them: report it as a defect";
const MEND_CATEGORY: &str = "save the product with categories that are there";
const MEND_POPULARITY: &str = "it sorts lists and decides nothing else: report it as a defect";

/// The categories of the shop, with the published products that were counted in and below each.
pub(super) struct Counts {
    places: BTreeMap<CategoryId, Place>,
}

struct Place {
    name: String,
    parent: Option<CategoryId>,
    kept: u64,
    counted: u64,
}

impl Counts {
    /// The categories of `tree`, nothing counted yet.
    pub fn of(tree: &[CategoryNode]) -> Self {
        let mut places = BTreeMap::new();
        let mut nodes: Vec<&CategoryNode> = tree.iter().collect();
        while let Some(node) = nodes.pop() {
            let place = Place {
                name: node.category.name.as_str().to_owned(),
                parent: node.category.parent,
                kept: node.product_count,
                counted: 0,
            };
            places.insert(node.category.id, place);
            nodes.extend(&node.children);
        }
        Self { places }
    }

    /// How many categories there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Counts a product; a category of it that is not there is a finding.
    pub fn add(&mut self, product: &Product) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut holders = BTreeSet::new();
        for category in &product.content().categories {
            if self.places.contains_key(category) {
                self.climb(*category, &mut holders);
                continue;
            }
            let what = format!("category {category} of product {}", product.id());
            findings.push(Finding::new(what, "a category", "none", MEND_CATEGORY));
        }
        if product.is_published() {
            for holder in holders {
                if let Some(place) = self.places.get_mut(&holder) {
                    place.counted = place.counted.saturating_add(1);
                }
            }
        }
        findings
    }

    /// Gathers a category and those above it.
    fn climb(&self, from: CategoryId, holders: &mut BTreeSet<CategoryId>) {
        let mut next = Some(from);
        for _ in 0..Category::MAX_DEPTH {
            let Some(id) = next else { return };
            holders.insert(id);
            next = self.places.get(&id).and_then(|place| place.parent);
        }
    }

    /// Holds what was counted against the counts that the tree shows.
    pub fn compare(self) -> Vec<Finding> {
        let wrong = self.places.into_iter().filter(|(_, place)| place.kept != place.counted);
        let finding = |(id, place): (CategoryId, Place)| {
            let what = format!("products in the category {}", place.name);
            let cure = Cure::of(Repair::Category { id, found: place.kept });
            Finding::new(what, place.counted, place.kept, MEND_COUNTS).mended_by(cure)
        };
        wrong.map(finding).collect()
    }
}

/// What of a product is shown otherwise than it follows from the facts.
pub(super) fn wrong_view(view: &ProductView, wrong: &'static str) -> Finding {
    let (product, found) = (view.product.clone(), view.version);
    let what = format!("{wrong} of product {} as it is shown", product.id());
    let cure = Cure::of(Repair::View { product, found });
    Finding::new(what, "what follows from it", "something else", MEND_COUNTS).mended_by(cure)
}

/// A product of which it is not kept how it is shown, so that it is on no page and in no list.
pub(super) fn unshown(product: ProductId) -> Finding {
    let what = format!("page of product {product}");
    let cure = Cure::of(Repair::Unshown { product });
    Finding::new(what, "what follows from it", "none", MEND_UNSHOWN).mended_by(cure)
}

/// Units sold of each product, less those of orders that were cancelled.
#[derive(Default)]
pub(super) struct Sold {
    units: BTreeMap<ProductId, u64>,
}

impl Sold {
    /// Counts an order.
    pub fn add(&mut self, order: &Order) {
        if order.phase() != Phase::Confirmed {
            return;
        }
        for line in &order.placed().lines {
            let units = self.units.entry(line.product).or_default();
            *units = units.saturating_add(u64::from(line.quantity.units()));
        }
    }

    /// Holds a product's popularity against what was sold of it, in orders read when the log ended
    /// at `as_of`, and what it started from.
    pub fn compare(&self, view: &ProductView, as_of: u64) -> Option<Finding> {
        let product = &view.product;
        let sold = self.units.get(&product.id()).copied().unwrap_or(0);
        let expected = product.starting_popularity().saturating_add(sold);
        if view.popularity == expected {
            return None;
        }
        let what = format!("popularity of product {}", product.id());
        let (product, found) = (product.id(), view.popularity);
        let cure = Cure::of(Repair::Sold { product, found, told: expected, as_of });
        let expected = format!("{expected}, {sold} of them sold here");
        Some(Finding::new(what, expected, found, MEND_POPULARITY).mended_by(cure))
    }
}
