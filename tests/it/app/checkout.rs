use std::collections::BTreeMap;
use std::sync::Arc;

use ecicomm::app::Shop;
use ecicomm::app::cart::{AddItem, ItemRef};
use ecicomm::app::catalog::{ProductDraft, VariantDraft};
use ecicomm::app::inventory::MoveStockCommand;
use ecicomm::app::order::{BasketSource, PlaceOrderCommand, Placement};
use ecicomm::domain::catalog::ProductStatus;
use ecicomm::domain::order::{Order, OrderStatus, PaymentMethod, PaymentStatus};
use ecicomm::domain::shared::*;
use ecicomm::ports::idempotency::{KeyClaim, KeyId, Outcome, Refusal};
use ecicomm::settings::Settings;

fn sku(raw: &str) -> Sku {
    Sku::try_new(raw).unwrap()
}

fn key(name: &str) -> KeyClaim {
    let id = KeyId { principal: "test".into(), key: format!("{name:0>16}") };
    KeyClaim { id, fingerprint: [7; 32] }
}

fn address() -> Address {
    Address::try_new(AddressParts {
        name: "Ada Buyer".into(),
        line1: "1 Main Street".into(),
        city: "Springfield".into(),
        postal_code: "62701".into(),
        country: "US".into(),
        ..Default::default()
    })
    .unwrap()
}

/// A shop that sells one product for 49.99 and has ten of it.
async fn shop() -> Shop {
    let shop = ecicomm::bootstrap::build(&Settings::in_memory().unwrap()).await.unwrap();
    shop.pricing.set_up().await.unwrap();
    let variant = VariantDraft {
        id: None,
        sku: Some("LAMP-1".into()),
        price: Some(Money::new(4_999, Currency::USD)),
        compare_at: None,
        options: BTreeMap::default(),
        weight_grams: 800,
        requires_shipping: true,
        tax_category: None,
        stock_policy: StockPolicy::Tracked,
    };
    let draft = ProductDraft {
        name: "Brass lamp".into(),
        status: Some(ProductStatus::Active),
        variants: vec![variant],
        ..Default::default()
    };
    shop.catalog.create(draft).await.unwrap();
    let receipt = MoveStockCommand {
        sku: sku("LAMP-1"),
        quantity: 10,
        reason: Some("delivery".into()),
        location: None,
        expected: None,
    };
    shop.inventory.receive(receipt, key("receipt")).await.unwrap();
    shop
}

async fn cart(shop: &Shop, units: i64) -> CartId {
    let cart = shop.carts.create(None).await.unwrap().cart.id();
    shop.carts.ship_to(cart, address(), None).await.unwrap();
    let item =
        AddItem { what: ItemRef::Sku(sku("LAMP-1")), quantity: Quantity::try_new(units).unwrap() };
    shop.carts.add(cart, item, None).await.unwrap();
    cart
}

fn order_of(cart: CartId, token: &str) -> PlaceOrderCommand {
    PlaceOrderCommand {
        source: BasketSource::Cart { id: cart, version: None },
        expected_total: None,
        email: Email::try_new("ada@example.com").unwrap(),
        shipping_address: None,
        billing_address: None,
        shipping_option: None,
        method: PaymentMethod::Card { token: token.into() },
        customer: None,
    }
}

fn placed(placement: &Placement) -> Arc<Order> {
    match &placement.outcome {
        Outcome::Order(order) => order.clone(),
        other => panic!("no order: {other:?}"),
    }
}

async fn level(shop: &Shop) -> (i64, i64) {
    let levels = shop.inventory.levels(&sku("LAMP-1")).await.unwrap();
    (levels[0].on_hand(), levels[0].reserved())
}

#[tokio::test]
async fn an_order_takes_stock_and_money_once_however_often_it_is_sent() {
    let shop = shop().await;
    let command = order_of(cart(&shop, 2).await, "pm_card_visa");
    let first = shop.orders.place(command.clone(), key("a")).await.unwrap();
    assert_eq!(placed(&first).status(), OrderStatus::Confirmed);
    assert_eq!(level(&shop).await, (8, 0));
    let again = shop.orders.place(command.clone(), key("a")).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.outcome, first.outcome);
    assert_eq!(level(&shop).await, (8, 0));
    let other_key = shop.orders.place(command, key("b")).await.unwrap();
    assert_eq!(other_key.outcome, Outcome::Refused(Refusal::CartOrdered));
}

#[tokio::test]
async fn a_declined_card_gives_everything_back_and_frees_the_cart() {
    let shop = shop().await;
    let cart = cart(&shop, 2).await;
    let command = order_of(cart, "pm_card_chargeDeclined");
    let declined = shop.orders.place(command, key("a")).await.unwrap();
    assert!(matches!(declined.outcome, Outcome::Refused(Refusal::PaymentDeclined { .. })));
    assert_eq!(level(&shop).await, (10, 0));
    let paid = shop.orders.place(order_of(cart, "pm_card_visa"), key("b")).await.unwrap();
    assert_eq!(placed(&paid).status(), OrderStatus::Confirmed);
}

#[tokio::test]
async fn a_cancelled_order_is_restocked_at_once_and_refunded_by_the_runner() {
    let shop = shop().await;
    let command = order_of(cart(&shop, 3).await, "pm_card_visa");
    let order = placed(&shop.orders.place(command, key("a")).await.unwrap()).id();
    shop.orders.cancel(order, "changed my mind".into(), key("c")).await.unwrap();
    assert_eq!(level(&shop).await, (10, 0));
    assert_eq!(shop.runner.step().await.unwrap(), 1);
    let order = shop.orders.order(order).await.unwrap();
    assert_eq!(order.status(), OrderStatus::Cancelled);
    assert_eq!(order.payment_status(), PaymentStatus::Refunded);
    assert_eq!(shop.runner.step().await.unwrap(), 0);
}

#[tokio::test]
async fn more_than_there_is_cannot_be_ordered() {
    let shop = shop().await;
    let command = PlaceOrderCommand {
        source: BasketSource::Lines(vec![(sku("lamp-1"), Quantity::try_new(11).unwrap())]),
        shipping_address: Some(address()),
        ..order_of(CartId::new(uuid::Uuid::nil()), "pm_card_visa")
    };
    let refused = shop.orders.place(command, key("a")).await.unwrap();
    let short = Refusal::InsufficientStock { sku: "LAMP-1".into(), available: 10 };
    assert_eq!(refused.outcome, Outcome::Refused(short));
    assert_eq!(level(&shop).await, (10, 0));
}
