//! What a line makes of a product's content.

use super::ImportLine;
use crate::app::catalog::fields;
use crate::app::faults::Faults;
use crate::app::{FieldError, Ports};
use crate::domain::catalog::{
    Attributes, Category, Metadata, OptionValues, PriceRow, ProductContent, ProductName,
    ProductStatus, Variant, plain, set_plain,
};
use crate::domain::shared::{
    Currency, Invalid, Money, Sku, Slug, StockPolicy, TaxCategory, Text, VariantId,
};

/// What a line is found by, checked.
pub(super) struct Names {
    /// The variant.
    pub sku: Sku,
    /// The group.
    pub key: Option<Text<128>>,
}

/// Checks what a line is found by.
pub(super) fn names(line: &ImportLine) -> Result<Names, String> {
    let mut faults = Faults::default();
    let sku = faults.note(|| "/sku".into(), Sku::try_new(&line.sku));
    let key = line.product_key.as_deref().map(|key| Text::try_new("product_key", key));
    let key = faults.note(|| "/product_key".into(), key.transpose());
    match (sku, key) {
        (Some(sku), Some(key)) => Ok(Names { sku, key }),
        _ => Err(reason(faults)),
    }
}

/// A product's content after a line, before its slug and categories are settled.
pub(super) struct Applied {
    /// The content, with the slug and categories it had; for a new product the slug that its name
    /// gives.
    pub content: ProductContent,
    /// The slug that the line asks for.
    pub slug: Option<Slug>,
    /// The path of categories, where the line speaks of it.
    pub path: Option<Vec<Text<120>>>,
    /// Whether the SKU is new.
    pub new_sku: bool,
}

/// What a line is read against.
pub(super) struct Before<'a> {
    /// The product as it is, if it is known.
    pub content: Option<&'a ProductContent>,
    /// Whether the line speaks for what all variants share.
    pub shared: bool,
    /// The currency of a line that names none.
    pub currency: Currency,
}

/// Applies `line`, which is about `sku`, or says everything that is wrong with it.
pub(super) fn apply(
    line: &ImportLine,
    sku: &Sku,
    before: &Before<'_>,
    ports: &Ports,
) -> Result<Applied, String> {
    let mut faults = Faults::default();
    let name = faults.note(|| "/name".into(), ProductName::try_new("name", &line.name));
    let mut content = match (before.content, &name) {
        (Some(known), _) => known.clone(),
        (None, Some(name)) => blank(name.clone()),
        (None, None) => return Err(reason(faults)),
    };
    let (mut slug, mut path) = (None, None);
    if before.shared {
        let asked = line.slug.as_deref().filter(|slug| !slug.is_empty()).map(Slug::try_new);
        slug = faults.note(|| "/slug".into(), asked.transpose()).flatten();
        path = line.category_path.as_deref().map(|names| category_path(names, &mut faults));
        content.name = name.unwrap_or(content.name);
        share(line, &mut content, ports, &mut faults);
    }
    let known = content.variants.iter().position(|variant| variant.sku == *sku);
    let new = || new_variant(sku.clone(), ports);
    let was = known.and_then(|index| content.variants.get(index).cloned()).unwrap_or_else(new);
    let variant = variant(line, was, before.currency, &mut faults);
    match known.and_then(|index| content.variants.get_mut(index)) {
        Some(place) => *place = variant,
        None => content.variants.push(variant),
    }
    if line.stock.is_some_and(|units| !(0..=MOST_STOCK).contains(&units)) {
        faults.add("/stock", format!("stock must be 0 to {MOST_STOCK}"));
    }
    if !faults.is_empty() {
        return Err(reason(faults));
    }
    Ok(Applied { content, slug, path, new_sku: known.is_none() })
}

/// The most units that a line can bring.
const MOST_STOCK: i64 = 1_000_000_000;

fn blank(name: ProductName) -> ProductContent {
    ProductContent {
        slug: Slug::from_name(name.as_str()),
        name,
        description: None,
        brand: None,
        status: ProductStatus::Active,
        categories: Vec::new(),
        attributes: Attributes::default(),
        tags: Vec::new(),
        published_in: Vec::new(),
        metadata: Metadata::default(),
        images: Vec::new(),
        variants: Vec::new(),
        released_at: None,
    }
}

fn new_variant(sku: Sku, ports: &Ports) -> Variant {
    Variant {
        id: VariantId::new(ports.ids.next()),
        sku,
        options: OptionValues::default(),
        prices: Vec::new(),
        stock_policy: StockPolicy::Tracked,
        requires_shipping: true,
        weight_grams: 0,
        tax_category: TaxCategory::default(),
        components: Vec::new(),
    }
}

fn category_path(names: &[String], faults: &mut Faults) -> Vec<Text<120>> {
    if names.len() > Category::MAX_DEPTH {
        let detail = format!("categories nest at most {} deep", Category::MAX_DEPTH);
        faults.add("/category_path", detail);
    }
    fields::path(names, faults)
}

/// Sets what all variants share, slug and categories aside.
fn share(line: &ImportLine, content: &mut ProductContent, ports: &Ports, faults: &mut Faults) {
    if let Some(text) = &line.description {
        content.description = fields::description(Some(text), faults);
    }
    if let Some(text) = &line.brand {
        content.brand = fields::brand(Some(text), faults);
    }
    if let Some(pairs) = &line.attributes {
        content.attributes = fields::attributes(pairs, faults);
    }
    if let Some(tags) = &line.tags {
        content.tags = fields::tags(tags, faults);
    }
    if let Some(pairs) = &line.metadata {
        content.metadata = fields::metadata(pairs, faults);
    }
    if let Some(urls) = &line.image_urls {
        let mut images = Vec::new();
        for (index, url) in urls.iter().enumerate() {
            let known = content.images.iter().find(|image| image.url.as_str() == url);
            let alt = known.and_then(|image| image.alt.as_ref().map(Text::as_str));
            let place = format!("/image_urls/{index}");
            images.extend(fields::image(&place, (url, alt), &content.images, &*ports.ids, faults));
        }
        content.images = images;
    }
    content.released_at = line.released_at.over(content.released_at);
    content.status = line.status.unwrap_or(content.status);
}

fn variant(line: &ImportLine, was: Variant, currency: Currency, faults: &mut Faults) -> Variant {
    let options = line.options.as_ref().map(|pairs| fields::options("", pairs, faults));
    let tax_category =
        line.tax_category.as_deref().map(|raw| fields::tax_category("", Some(raw), faults));
    let mut prices = was.prices;
    match price(line, &prices, currency) {
        Ok(row) => set_plain(&mut prices, row),
        Err(error) => faults.add(format!("/{}", error.what), error.to_string()),
    }
    Variant {
        options: options.unwrap_or(was.options),
        prices,
        stock_policy: line.stock_policy.unwrap_or(was.stock_policy),
        requires_shipping: line.requires_shipping.unwrap_or(was.requires_shipping),
        weight_grams: line.weight_grams.unwrap_or(was.weight_grams),
        tax_category: tax_category.unwrap_or(was.tax_category),
        ..was
    }
}

/// The price that the line tells, with the former price that is known where it tells none.
fn price(line: &ImportLine, known: &[PriceRow], currency: Currency) -> Result<PriceRow, Invalid> {
    let currency = match line.currency.as_deref() {
        Some(code) => Currency::try_new(code)?,
        None => currency,
    };
    let known = plain(known, currency).and_then(PriceRow::compare_at);
    let compare_at = line.compare_at.over(known.map(Money::amount));
    let money = |amount| Money::new(amount, currency);
    PriceRow::try_new(money(line.price), compare_at.map(money))
}

/// Everything that was noted, in one line. The place is told where the detail does not tell it.
fn reason(faults: Faults) -> String {
    let parts: Vec<String> = faults.into_errors().iter().map(part).collect();
    parts.join("; ")
}

fn part(error: &FieldError) -> String {
    match error.pointer.trim_start_matches('/') {
        place if place.contains('/') => format!("{place}: {}", error.detail),
        _ => error.detail.clone(),
    }
}
