//! Views, lists and counts that were spoilt from within, as no commit does it.

use std::sync::Arc;

use uuid::Uuid;

use super::{State, reader};
use crate::adapters::memory::config::MemoryConfig;
use crate::domain::catalog::{
    Attributes, Category, Metadata, OptionValues, PriceConditions, PriceRow, Product,
    ProductContent, ProductName, ProductStatus, Variant,
};
use crate::domain::shared::{
    Availability, CategoryId, Currency, Money, ProductId, Sku, Slug, StockPolicy, TaxCategory,
    Text, Timestamp, VariantId, Version,
};

const NOW: Timestamp = Timestamp::from_micros(0);

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn category() -> Category {
    Category {
        id: CategoryId::new(id(1)),
        slug: Slug::try_new("lamps").unwrap(),
        name: Text::try_new("name", "Lamps").unwrap(),
        parent: None,
        position: 0,
        version: Version::FIRST,
    }
}

fn product(price: PriceRow) -> Arc<Product> {
    let variant = Variant {
        id: VariantId::new(id(3)),
        sku: Sku::try_new("LAMP-1").unwrap(),
        options: OptionValues::default(),
        prices: vec![price],
        stock_policy: StockPolicy::Untracked,
        requires_shipping: false,
        weight_grams: 0,
        tax_category: TaxCategory::default(),
        components: Vec::new(),
    };
    let content = ProductContent {
        slug: Slug::try_new("lamp").unwrap(),
        name: ProductName::try_new("name", "Lamp").unwrap(),
        description: None,
        brand: None,
        status: ProductStatus::Active,
        categories: vec![category().id],
        attributes: Attributes::default(),
        tags: Vec::new(),
        published_in: Vec::new(),
        metadata: Metadata::default(),
        images: Vec::new(),
        variants: vec![variant],
        released_at: None,
    };
    Arc::new(Product::try_new(ProductId::new(id(2)), content, NOW).unwrap())
}

fn price() -> PriceRow {
    PriceRow::try_new(Money::new(1_000, Currency::USD), None).unwrap()
}

/// A shop with a category and a product in it, as it is shown.
fn shop(price: PriceRow) -> (State, MemoryConfig) {
    let (mut state, config) = (State::default(), MemoryConfig::new(Currency::USD));
    state.catalog.put_category(Arc::new(category()));
    state.catalog.put_product(product(price));
    state.refresh(ProductId::new(id(2)), &reader(Currency::USD), config.low_stock_below);
    (state, config)
}

fn wrong(state: &State, config: &MemoryConfig) -> Option<&'static str> {
    state.wrong_view(ProductId::new(id(2)), &reader(Currency::USD), config.low_stock_below)
}

/// What spoils something.
type Spoil = fn(&mut State);

#[test]
fn what_is_spoilt_of_a_view_is_told_and_worked_out_anew() {
    let spoils: [(&str, Spoil); 4] = [
        ("bands", |state| {
            let mut shown = state.catalog.views.get(&ProductId::new(id(2))).unwrap().clone();
            Arc::make_mut(&mut shown.view).availability = vec![Availability::OutOfStock];
            state.catalog.views.insert_mut(ProductId::new(id(2)), shown);
        }),
        ("view", |state| {
            state.catalog.views.remove_mut(&ProductId::new(id(2)));
        }),
        ("lists", |state| {
            let mut shown = state.catalog.views.get(&ProductId::new(id(2))).unwrap().clone();
            shown.places.pop();
            state.catalog.views.insert_mut(ProductId::new(id(2)), shown);
        }),
        ("lists", |state| {
            state.catalog.lists.remove_mut(&None);
        }),
    ];
    for (told, spoil) in spoils {
        let (mut state, config) = shop(price());
        assert_eq!(wrong(&state, &config), None);
        spoil(&mut state);
        assert_eq!(wrong(&state, &config), Some(told));
        let last = state.catalog.view_version;
        state.show_anew(&reader(Currency::USD), config.low_stock_below);
        assert_eq!(wrong(&state, &config), None, "{told}");
        let shown = state.catalog.views.get(&ProductId::new(id(2))).unwrap();
        assert!(shown.view.version > last, "a version never comes again");
        assert_eq!(state.catalog.counts.get(&category().id), Some(&1), "{told}");
    }
}

#[test]
fn a_price_that_ended_by_the_clock_is_no_fault_of_the_lists() {
    let until = PriceConditions {
        until: Some(NOW.plus(crate::domain::shared::Span::days(1))),
        ..PriceConditions::NONE
    };
    let (state, config) = shop(price().under(until).unwrap());
    let mut later = reader(Currency::USD);
    later.at = NOW.plus(crate::domain::shared::Span::days(2));
    let told = state.wrong_view(ProductId::new(id(2)), &later, config.low_stock_below);
    assert_eq!(told, None);
}

#[test]
fn a_category_is_counted_anew() {
    let (mut state, config) = shop(price());
    assert_eq!(state.catalog.published_in(category().id), 1);
    state.catalog.counts.insert_mut(category().id, 7);
    state.show_anew(&reader(Currency::USD), config.low_stock_below);
    assert_eq!(state.catalog.counts.get(&category().id), Some(&1));
}
