//! The hot paths in one process: pricing a basket, a whole checkout, a search.
//!
//! `make bench` runs all of it; `cargo bench -- pricing` one group. Figures are for comparing two
//! builds on one machine, not machines.

#![expect(
    clippy::unwrap_used,
    clippy::default_trait_access,
    reason = "a benchmark that cannot run has nothing to say"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use ecicomm::app::Shop;
use ecicomm::app::cart::{AddItem, ItemRef};
use ecicomm::app::catalog::{CategoriesDraft, ProductDraft, VariantDraft};
use ecicomm::app::inventory::MoveStockCommand;
use ecicomm::app::order::{BasketSource, PlaceOrderCommand};
use ecicomm::domain::catalog::ProductStatus;
use ecicomm::domain::order::PaymentMethod;
use ecicomm::domain::pricing::{
    Basket, BasketLine, Destination, Percent, PricingRules, Promotion, PromotionKind,
    PromotionParts, price,
};
use ecicomm::domain::shared::{
    Address, AddressParts, Country, Currency, Email, LineId, Money, ProductId, PromotionId,
    Quantity, Sku, StockPolicy, TaxCategory, Timestamp,
};
use ecicomm::ports::idempotency::{KeyClaim, KeyId};
use ecicomm::ports::search::SearchQuery;
use ecicomm::settings::Settings;
use tokio::runtime::Runtime;
use uuid::Uuid;

const PRODUCTS: u128 = 1_000;

fn sku(number: u128) -> Sku {
    Sku::try_new(&format!("BENCH-{number}")).unwrap()
}

fn basket(lines: u128) -> Basket {
    let destination = Destination { country: Country::US, region: Some("IL".into()) };
    let mut basket = Basket::empty(Currency::USD, destination, Timestamp::from_micros(0));
    basket.lines = (0..lines)
        .map(|number| BasketLine {
            line: LineId::new(Uuid::from_u128(number)),
            product: ProductId::new(Uuid::from_u128(number)),
            sku: sku(number),
            quantity: Quantity::try_new(3).unwrap(),
            unit_price: Money::new(1_999, Currency::USD),
            categories: Arc::default(),
            tax_category: TaxCategory::default(),
            weight_grams: 300,
            requires_shipping: false,
        })
        .collect();
    basket
}

fn rules() -> PricingRules {
    let promotions = (0..5_u32).map(|number| {
        let id = PromotionId::new(Uuid::from_u128(u128::from(number)));
        let kind = PromotionKind::Percentage(Percent::try_new(100 + number * 50).unwrap());
        Arc::new(Promotion::try_new(PromotionParts::new(id, "Off", kind)).unwrap())
    });
    PricingRules { promotions: promotions.collect(), ..PricingRules::default() }
}

fn pricing(c: &mut Criterion) {
    let rules = rules();
    for lines in [1, 10, 100] {
        let basket = basket(lines);
        c.bench_function(&format!("pricing/{lines} lines, 5 promotions"), |b| {
            b.iter(|| price(black_box(&basket), black_box(&rules)).unwrap());
        });
    }
}

fn draft(number: u128) -> ProductDraft {
    ProductDraft {
        name: format!("Brass lamp {number}"),
        description: Some("A warm reading lamp of solid brass for desk and bed".into()),
        brand: Some(format!("Maker {}", number % 20)),
        status: Some(ProductStatus::Active),
        categories: CategoriesDraft::Path(vec!["Lamps".into()]),
        variants: vec![VariantDraft {
            id: None,
            sku: Some(sku(number).as_str().to_owned()),
            price: Some(Money::new(4_999, Currency::USD)),
            compare_at: None,
            options: Default::default(),
            weight_grams: 800,
            requires_shipping: true,
            tax_category: None,
            stock_policy: StockPolicy::Tracked,
        }],
        ..ProductDraft::default()
    }
}

fn key(name: &str, number: u128) -> KeyClaim {
    let id = KeyId { principal: "bench".into(), key: format!("{name}-{number:016}") };
    KeyClaim { id, fingerprint: [0; 32] }
}

async fn shop() -> Shop {
    let shop = ecicomm::bootstrap::build(&Settings::in_memory().unwrap()).await.unwrap();
    shop.pricing.set_up().await.unwrap();
    for number in 0..PRODUCTS {
        shop.catalog.create(draft(number)).await.unwrap();
        let receipt = MoveStockCommand {
            sku: sku(number),
            quantity: 1_000_000_000,
            reason: None,
            location: None,
            expected: None,
        };
        shop.inventory.receive(receipt, key("receipt", number)).await.unwrap();
    }
    shop.search.reindex(&mut |_| {}).await.unwrap();
    shop
}

fn address() -> Address {
    Address::try_new(AddressParts {
        name: "Ada Buyer".into(),
        line1: "1 Main Street".into(),
        city: "Springfield".into(),
        postal_code: "62701".into(),
        country: "US".into(),
        ..AddressParts::default()
    })
    .unwrap()
}

/// A cart with two lines and its order, as one buyer makes them.
async fn buy(shop: &Shop, number: u128) {
    let cart = shop.carts.create(None).await.unwrap().cart.id();
    for line in [number % PRODUCTS, (number + 7) % PRODUCTS] {
        let item = AddItem { what: ItemRef::Sku(sku(line)), quantity: Quantity::ONE };
        shop.carts.add(cart, item, None).await.unwrap();
    }
    shop.carts.ship_to(cart, address(), None).await.unwrap();
    let command = PlaceOrderCommand {
        source: BasketSource::Cart { id: cart, version: None },
        expected_total: None,
        email: Email::try_new("ada@example.com").unwrap(),
        shipping_address: None,
        billing_address: None,
        shipping_option: None,
        method: PaymentMethod::Card { token: "pm_card_visa".into() },
        customer: None,
    };
    black_box(shop.orders.place(command, key("order", number)).await.unwrap());
}

fn checkout(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let shop = runtime.block_on(shop());
    let mut number = 0_u128;
    c.bench_function("checkout/cart of two lines to confirmed order, in memory", |b| {
        b.iter_batched(
            || {
                number += 1;
                number
            },
            |number| runtime.block_on(buy(&shop, number)),
            BatchSize::SmallInput,
        );
    });
    let query = SearchQuery { text: "brass lamp".into(), limit: 20, ..SearchQuery::default() };
    c.bench_function("search/two words over 1,000 products, all facets", |b| {
        b.iter(|| runtime.block_on(shop.search.search(query.clone())).unwrap());
    });
}

criterion_group!(benches, pricing, checkout);
criterion_main!(benches);
