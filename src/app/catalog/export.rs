use std::collections::BTreeMap;

use super::{CatalogService, Given, ImportLine};
use crate::app::AppError;
use crate::domain::catalog::{PriceRow, Product, Variant};
use crate::domain::inventory::StockItem;
use crate::domain::shared::{ProductId, Sku};
use crate::ports::catalog::{Page, ProductView};

impl CatalogService {
    /// The products behind `after`, at most `limit` of them, as lines of a catalogue file: one for
    /// each variant, and each currency that it has a price in. Importing them where they come from
    /// changes nothing, also where it sets stock. Variants without a price have no line, of several
    /// categories only the main one is told, and of stock what is on hand at the shop's own
    /// location, where no backorder waits there.
    pub async fn export(
        &self,
        after: Option<ProductId>,
        limit: usize,
    ) -> Result<Page<ImportLine, ProductId>, AppError> {
        let page = self.ports.listed_products().scan(None, after, limit).await?;
        let variants = page.items.iter().flat_map(|view| &view.product.content().variants);
        let skus: Vec<Sku> = variants.map(|variant| variant.sku.clone()).collect();
        let mut stock = self.ports.stock.stock(&skus).await?.into_iter();
        let mut lines = Vec::new();
        for view in &page.items {
            for variant in &view.product.content().variants {
                let items = stock.next().unwrap_or_default();
                let prices = variant.prices.iter().filter(|row| row.holds_always());
                let stock = self.stock_of(&items);
                lines.extend(prices.map(|row| line(view, variant, row, stock)));
            }
        }
        Ok(Page { items: lines, next: page.next })
    }

    /// What a line tells of stock: the very figure that an import compares with. None where it is
    /// negative, which a line cannot tell.
    fn stock_of(&self, items: &[StockItem]) -> Option<i64> {
        let here = items.iter().find(|item| *item.location() == self.config.location);
        Some(here.map_or(0, StockItem::on_hand)).filter(|units| *units >= 0)
    }
}

fn line(view: &ProductView, variant: &Variant, price: &PriceRow, stock: Option<i64>) -> ImportLine {
    let content = view.product.content();
    ImportLine {
        sku: variant.sku.as_str().to_owned(),
        product_key: product_key(&view.product),
        name: content.name.as_str().to_owned(),
        slug: Some(content.slug.as_str().to_owned()),
        description: content.description.as_ref().map(|text| text.as_str().to_owned()),
        brand: content.brand.as_ref().map(|text| text.as_str().to_owned()),
        status: Some(content.status),
        category_path: Some(view.path.iter().map(|label| label.name.clone()).collect()),
        attributes: Some(pairs(content.attributes.iter())),
        options: Some(pairs(variant.options.iter())).filter(|options| !options.is_empty()),
        tags: Some(content.tags.iter().map(|tag| tag.as_str().to_owned()).collect()),
        metadata: Some(pairs(content.metadata.iter())).filter(|pairs| !pairs.is_empty()),
        image_urls: Some(content.images.iter().map(|i| i.url.as_str().to_owned()).collect()),
        price: price.amount().amount(),
        compare_at: price.compare_at().map_or(Given::Absent, |was| Given::Value(was.amount())),
        currency: Some(price.amount().currency().code().to_owned()),
        released_at: content.released_at.map_or(Given::Absent, Given::Value),
        weight_grams: Some(variant.weight_grams),
        requires_shipping: Some(variant.requires_shipping),
        tax_category: Some(variant.tax_category.as_str().to_owned()),
        stock_policy: Some(variant.stock_policy),
        stock,
        popularity: Some(view.popularity),
    }
}

/// What groups a product's lines: the key it came with, else its id where it has several variants.
fn product_key(product: &Product) -> Option<String> {
    let own = product.import_key().map(str::to_owned);
    own.or_else(|| (product.content().variants.len() > 1).then(|| product.id().to_string()))
}

fn pairs<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
