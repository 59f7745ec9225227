use std::sync::Arc;

use ecicomm::domain::catalog::{
    Attributes, Category, Component, Metadata, OptionValues, PriceRow, Product, ProductContent,
    ProductStatus, Variant,
};
use ecicomm::domain::shared::{
    CategoryId, Currency, Money, StockPolicy, TaxCategory, Timestamp, Version,
};
use ecicomm::ports::store::Write;

use super::{at, before, category_id, product_id, sku, slug, text, units, variant_id};

/// A product to be: for sale at 10 dollars, with one variant whose stock is counted.
pub struct ProductBuilder {
    number: u128,
    content: ProductContent,
    import_key: Option<String>,
    popularity: u64,
    made: Timestamp,
}

/// The plain product of this number.
pub fn product(number: u128) -> ProductBuilder {
    let content = ProductContent {
        name: text(&format!("Product {number}")),
        slug: slug(&format!("product-{number}")),
        description: None,
        brand: None,
        status: ProductStatus::Active,
        categories: Vec::new(),
        attributes: Attributes::default(),
        tags: Vec::new(),
        published_in: Vec::new(),
        metadata: Metadata::default(),
        images: Vec::new(),
        variants: vec![variant(number, &format!("SKU-{number}"), 1_000)],
        released_at: None,
    };
    ProductBuilder { number, content, import_key: None, popularity: 0, made: at(0) }
}

impl ProductBuilder {
    /// Changes anything.
    pub fn with(mut self, change: impl FnOnce(&mut ProductContent)) -> Self {
        change(&mut self.content);
        self
    }

    pub fn named(self, name: &str) -> Self {
        self.with(|content| content.name = text(name))
    }

    pub fn slugged(self, name: &str) -> Self {
        self.with(|content| content.slug = slug(name))
    }

    pub fn status(self, status: ProductStatus) -> Self {
        self.with(|content| content.status = status)
    }

    /// What its first variant costs.
    pub fn price(self, cents: i64) -> Self {
        self.with(|content| content.variants[0].prices = vec![price(cents, Currency::USD)])
    }

    pub fn policy(self, policy: StockPolicy) -> Self {
        self.with(|content| content.variants[0].stock_policy = policy)
    }

    pub fn variants(self, variants: Vec<Variant>) -> Self {
        self.with(|content| content.variants = variants)
    }

    /// The categories of these numbers hold it, the first as its main one.
    pub fn within(self, categories: &[u128]) -> Self {
        self.with(|content| {
            content.categories = categories.iter().map(|number| category_id(*number)).collect();
        })
    }

    pub fn made(mut self, made: Timestamp) -> Self {
        self.made = made;
        self
    }

    /// As it came from a catalogue file.
    pub fn imported(mut self, key: &str, popularity: u64) -> Self {
        self.import_key = Some(key.to_owned());
        self.popularity = popularity;
        self
    }

    pub fn build(self) -> Arc<Product> {
        let product = Product::try_new(product_id(self.number), self.content, self.made).unwrap();
        let key = self.import_key.map(|key| text(&key));
        Arc::new(product.imported(key, self.popularity))
    }

    /// Saves it as a new product.
    pub fn save(self) -> Write {
        save_product(&self.build())
    }
}

/// A price that always holds.
pub fn price(amount: i64, currency: Currency) -> PriceRow {
    PriceRow::try_new(Money::new(amount, currency), None).unwrap()
}

/// A plain variant, told from its siblings by its SKU.
pub fn variant(number: u128, code: &str, cents: i64) -> Variant {
    Variant {
        id: variant_id(number),
        sku: sku(code),
        options: OptionValues::try_new([("kind", code)]).unwrap(),
        prices: vec![price(cents, Currency::USD)],
        stock_policy: StockPolicy::Tracked,
        requires_shipping: true,
        weight_grams: 100,
        tax_category: TaxCategory::default(),
        components: Vec::new(),
    }
}

/// A variant that sells units of others.
pub fn bundle(number: u128, code: &str, parts: &[(&str, i64)]) -> Variant {
    let part = |(code, each): &(&str, i64)| Component { sku: sku(code), quantity: units(*each) };
    Variant { components: parts.iter().map(part).collect(), ..variant(number, code, 2_000) }
}

/// The product with other content, one version on.
pub fn revised(product: &Product, change: impl FnOnce(&mut ProductContent)) -> Arc<Product> {
    let mut content = product.content().clone();
    change(&mut content);
    Arc::new(product.clone().revise(content, product.updated_at()).unwrap())
}

/// Saves a product over the version before.
pub fn save_product(product: &Arc<Product>) -> Write {
    Write::SaveProduct { product: product.clone(), expected: before(product.version()) }
}

/// A category at the top; its slug is its name in small letters.
pub fn category(number: u128, name: &str) -> Category {
    Category {
        id: category_id(number),
        slug: slug(&name.to_lowercase().replace(' ', "-")),
        name: text(name),
        parent: None,
        position: 0,
        version: Version::FIRST,
    }
}

/// A category below another.
pub fn subcategory(number: u128, name: &str, parent: CategoryId) -> Category {
    Category { parent: Some(parent), ..category(number, name) }
}

/// Saves a category over the version before.
pub fn save_category(category: &Category) -> Write {
    Write::SaveCategory { expected: before(category.version), category: Arc::new(category.clone()) }
}
