use std::collections::BTreeMap;

use crate::domain::catalog::{Product, ProductContent};
use crate::domain::shared::Availability;
use crate::ports::catalog::{ProductView, ReadContext};
use crate::ports::search::{CategoryLabel, SearchDocument};

/// What the index should know of a product; nothing where the shop does not show it or it has no
/// price under the circumstances.
pub fn document_of(view: &ProductView, reader: &ReadContext) -> Option<SearchDocument> {
    let product = &view.product;
    let content = product.content();
    if !product.is_published() {
        return None;
    }
    let (_, price) = view.cheapest(reader)?;
    Some(SearchDocument {
        product: product.id(),
        version: view.version,
        name: content.name.as_str().to_owned(),
        brand: product.brand().map(str::to_owned),
        description: content.description.as_ref().map_or("", |text| text.as_str()).to_owned(),
        categories: categories(view),
        skus: content.variants.iter().map(|variant| variant.sku.as_str().to_owned()).collect(),
        attributes: attributes(content),
        tags: content.tags.iter().map(|tag| tag.as_str().to_owned()).collect(),
        price,
        prices: prices(product, view, reader),
        in_stock: view.best_availability().is_sellable(),
        popularity: view.popularity,
        released_at: product.newest_at(),
    })
}

/// The main category's path, then all others.
fn categories(view: &ProductView) -> Vec<CategoryLabel> {
    let others = view.labels.iter().filter(|label| !view.path.contains(label));
    view.path.iter().chain(others).cloned().collect()
}

/// The prices of the variants that can be bought; where none can, of all that have one, so that a
/// price filter goes by the price that is shown.
fn prices(product: &Product, view: &ProductView, reader: &ReadContext) -> Vec<i64> {
    let asked = reader.price_at();
    let bands =
        view.availability.iter().copied().chain(std::iter::repeat(Availability::OutOfStock));
    let priced = |only_sellable: bool| -> Vec<i64> {
        let variants = product.content().variants.iter().zip(bands.clone());
        variants
            .filter(|(_, band)| !only_sellable || band.is_sellable())
            .filter_map(|(variant, _)| crate::domain::catalog::pick(&variant.prices, &asked))
            .map(|row| row.amount().amount())
            .collect()
    };
    let sellable = priced(true);
    if sellable.is_empty() { priced(false) } else { sellable }
}

/// Attributes of the product with the options of its variants, each value once.
fn attributes(content: &ProductContent) -> BTreeMap<String, Vec<String>> {
    let options = content.variants.iter().flat_map(|variant| variant.options.iter());
    let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in content.attributes.iter().chain(options) {
        let values = attributes.entry(name.to_owned()).or_default();
        if !values.iter().any(|known| known == value) {
            values.push(value.to_owned());
        }
    }
    attributes
}
