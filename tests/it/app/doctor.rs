//! The doctor over a shop that sold, declined, cancelled, refunded and took back.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::app::cart::{AddItem, ItemRef};
use ecicomm::app::catalog::{CategoriesDraft, ProductDraft, VariantDraft};
use ecicomm::app::inventory::MoveStockCommand;
use ecicomm::app::operations::{Doctor, Report};
use ecicomm::app::order::{BasketSource, PlaceOrderCommand};
use ecicomm::app::pricing::{PromotionDraft, PromotionType};
use ecicomm::app::{Ports, Shop};
use ecicomm::domain::catalog::ProductStatus;
use ecicomm::domain::inventory::{Reservation, StockEvent, StockItem};
use ecicomm::domain::order::{Order, OrderEvent, OrderStatus, PaymentMethod};
use ecicomm::domain::shared::*;
use ecicomm::ports::PortError;
use ecicomm::ports::catalog::Page;
use ecicomm::ports::idempotency::{KeyClaim, KeyId, Outcome};
use ecicomm::ports::inventory::StockQueries;
use ecicomm::ports::order::{OrderFilter, OrderMark, OrderQueries};
use ecicomm::settings::Settings;

use crate::harness::build::{coupon, email, sku, units, usd};

/// How many different things a busy shop sells: more than the doctor reads at once.
const PRODUCTS: i64 = 210;

pub(super) fn key(name: &str) -> KeyClaim {
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

fn movement(number: i64, quantity: i64) -> MoveStockCommand {
    MoveStockCommand {
        sku: sku(&format!("LAMP-{number}")),
        quantity,
        reason: Some("count".into()),
        location: None,
        expected: None,
    }
}

async fn add_product(shop: &Shop, number: i64) {
    let variant = VariantDraft {
        id: None,
        sku: Some(format!("LAMP-{number}")),
        price: Some(usd(4_999)),
        compare_at: None,
        options: BTreeMap::new(),
        weight_grams: 800,
        requires_shipping: true,
        tax_category: None,
        stock_policy: StockPolicy::Tracked,
    };
    let path = ["Home", if number % 2 == 0 { "Lamps" } else { "Lights" }];
    let draft = ProductDraft {
        name: format!("Lamp {number}"),
        status: Some(if number % 7 == 0 { ProductStatus::Draft } else { ProductStatus::Active }),
        categories: CategoriesDraft::Path(path.map(str::to_owned).to_vec()),
        variants: vec![variant],
        ..Default::default()
    };
    shop.catalog.create(draft).await.unwrap();
    shop.inventory.receive(movement(number, 20), key(&format!("in-{number}"))).await.unwrap();
}

pub(super) async fn order(shop: &Shop, name: &str, method: PaymentMethod) -> Option<Arc<Order>> {
    let cart = shop.carts.create(None).await.unwrap().cart.id();
    shop.carts.ship_to(cart, address(), None).await.unwrap();
    for number in [1, 2] {
        let what = ItemRef::Sku(sku(&format!("LAMP-{number}")));
        shop.carts.add(cart, AddItem { what, quantity: units(2) }, None).await.unwrap();
    }
    shop.carts.add_coupon(cart, coupon("TEN"), None).await.unwrap();
    let command = PlaceOrderCommand {
        source: BasketSource::Cart { id: cart, version: None },
        expected_total: None,
        email: email(&format!("{name}@example.com")),
        shipping_address: None,
        billing_address: None,
        shipping_option: None,
        method,
        customer: None,
    };
    match shop.orders.place(command, key(name)).await.unwrap().outcome {
        Outcome::Order(order) => Some(order),
        Outcome::Stock(_) | Outcome::Refused(_) => None,
    }
}

pub(super) fn card(token: &str) -> PaymentMethod {
    PaymentMethod::Card { token: format!("pm_card_{token}") }
}

/// Hands every event to every consumer.
pub(super) async fn rest(shop: &Shop) {
    for consumer in &shop.consumers {
        while shop.relay.step(consumer.as_ref()).await.unwrap().handed > 0 {}
    }
}

/// A shop with an order of every kind, at rest.
async fn busy_shop() -> Shop {
    let shop = ecicomm::bootstrap::build(&Settings::in_memory().unwrap()).await.unwrap();
    fill(&shop, PRODUCTS).await;
    shop
}

/// Fills a shop with so many products and an order of every kind, and lets it come to rest.
pub(super) async fn fill(shop: &Shop, products: i64) {
    shop.pricing.set_up().await.unwrap();
    for number in 1..=products {
        add_product(shop, number).await;
    }
    let draft = PromotionDraft {
        code: Some("TEN".into()),
        percent: Some("10".into()),
        usage_limit_per_customer: Some(2),
        ..PromotionDraft::new("Ten off", PromotionType::Percentage)
    };
    shop.pricing.create_promotion(draft).await.unwrap();

    let sold = order(shop, "sold", card("visa")).await.unwrap();
    shop.orders.ship(sold.id(), None, (None, None), key("ship")).await.unwrap();
    let sold = shop.orders.order(sold.id()).await.unwrap();
    shop.orders.deliver(sold.id(), sold.shipments()[0].id, key("deliver")).await.unwrap();
    let back = vec![(sku("LAMP-1"), units(1))];
    shop.orders.request_return(sold.id(), "bent".into(), Some(back), key("ask")).await.unwrap();
    let sold = shop.orders.order(sold.id()).await.unwrap();
    let back = sold.returns()[0].id;
    shop.orders.receive_return(sold.id(), back, true, key("take")).await.unwrap();

    assert!(order(shop, "broke", card("chargeDeclined")).await.is_none());
    let regret = order(shop, "regret", card("visa")).await.unwrap();
    shop.orders.cancel(regret.id(), "no".into(), key("cancel")).await.unwrap();
    assert_eq!(shop.runner.step().await.unwrap(), 2, "the refunds of a return and a cancellation");
    let waiting = order(shop, "bank", card("authenticationRequired")).await.unwrap();
    assert_eq!(waiting.status(), OrderStatus::Pending);
    order(shop, "later", PaymentMethod::Invoice).await.unwrap();
    let unpaid = order(shop, "unpaid", card("visa")).await.unwrap();
    shop.orders.cancel(unpaid.id(), "no".into(), key("cancel-2")).await.unwrap();

    shop.inventory.adjust(movement(1, -3), key("lost")).await.unwrap();
    rest(shop).await;
}

async fn examined(ports: Ports) -> Report {
    let mut told = Vec::new();
    let doctor = Doctor::new(Arc::new(ports));
    let report = doctor.examine(&mut |what: &str, count| told.push((what.to_owned(), count))).await;
    assert!(told.contains(&("SKUs".into(), 200)), "a page is told: {told:?}");
    report.unwrap()
}

#[tokio::test]
async fn a_busy_shop_has_nothing_that_disagrees() {
    let shop = busy_shop().await;
    let report = examined(Ports::clone(&shop.ports)).await;
    assert_eq!(report.findings, []);
    assert_eq!(report.unchecked, Vec::<String>::new());
    let checked = report.checked;
    assert_eq!((checked.orders, checked.skus, checked.products), (6, 210, 210));
    assert_eq!((checked.promotions, checked.categories), (1, 3));
    assert_eq!((checked.reservations, checked.sagas), (12, 9));
    // Receipts, one adjustment, then for two SKUs: reserved six times, released once, committed
    // four times, and four cancelled; one return.
    assert_eq!(checked.movements, 210 + 1 + 2 * (6 + 1 + 4 + 2) + 1);
    assert!(checked.order_events > 20, "{checked:?}");
}

#[tokio::test]
async fn sales_that_are_not_counted_yet_are_told_and_no_finding() {
    let shop = busy_shop().await;
    order(&shop, "late", card("visa")).await.unwrap();
    let report = examined(Ports::clone(&shop.ports)).await;
    assert_eq!(report.findings, []);
    assert_eq!(report.unchecked.len(), 1);
    rest(&shop).await;
    let report = examined(Ports::clone(&shop.ports)).await;
    assert_eq!((report.findings, report.unchecked), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn a_stock_figure_that_lies_is_found() {
    let shop = busy_shop().await;
    let mut ports = Ports::clone(&shop.ports);
    ports.stock = Arc::new(LyingStock(ports.stock, Lie::OneMore));
    let findings = examined(ports).await.findings;
    let what: Vec<&str> = findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(what, ["stock of LAMP-210 at main", "reserved units of LAMP-210 at main"]);
    assert!(findings[0].found.starts_with("21 on hand and 1 reserved"), "{findings:?}");
}

#[tokio::test]
async fn an_order_that_lies_is_found() {
    let shop = busy_shop().await;
    let mut ports = Ports::clone(&shop.ports);
    ports.orders = Arc::new(LyingOrders(ports.orders));
    let findings = examined(ports).await.findings;
    assert_eq!(findings.len(), 2, "the order, and the refund it forgot was paid: {findings:?}");
    let (expected, found) = (&findings[0].expected, &findings[0].found);
    assert!(expected.starts_with("partially_returned at version 9"), "{expected}");
    assert!(found.starts_with("partially_returned at version 8"), "{found}");
}

#[tokio::test]
async fn a_hold_that_no_order_has_is_found() {
    let shop = busy_shop().await;
    let mut ports = Ports::clone(&shop.ports);
    ports.stock = Arc::new(LyingStock(ports.stock, Lie::NoReservations));
    let findings = examined(ports).await.findings;
    let what = |part: &str| findings.iter().filter(|found| found.what.contains(part)).count();
    assert_eq!((what("reserved units of"), what("units reserved for")), (2, 6), "{findings:?}");
}

/// What a store could get wrong about stock.
#[derive(PartialEq, Eq)]
enum Lie {
    /// The last product has one unit more, and one more is held.
    OneMore,
    /// No order holds anything.
    NoReservations,
}

struct LyingStock(Arc<dyn StockQueries>, Lie);

fn one_more(item: &StockItem) -> StockItem {
    let place = (item.sku().clone(), item.location().clone());
    let (on_hand, reserved) = (item.on_hand() + 1, item.reserved() + 1);
    StockItem::restore(place, item.policy(), on_hand, reserved, item.version())
}

impl LyingStock {
    fn lie<'a>(&self, items: impl Iterator<Item = &'a mut StockItem>) {
        let last = sku(&format!("LAMP-{PRODUCTS}"));
        for item in items.filter(|item| *item.sku() == last && self.1 == Lie::OneMore) {
            *item = one_more(item);
        }
    }
}

#[async_trait]
impl StockQueries for LyingStock {
    async fn stock(&self, skus: &[Sku]) -> Result<Vec<Vec<StockItem>>, PortError> {
        let mut found = self.0.stock(skus).await?;
        self.lie(found.iter_mut().flatten());
        Ok(found)
    }

    async fn list(
        &self,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, PortError> {
        let mut page = self.0.list(after, limit).await?;
        self.lie(page.items.iter_mut().flatten());
        Ok(page)
    }

    async fn low(
        &self,
        below: i64,
        after: Option<Sku>,
        limit: usize,
    ) -> Result<Page<Vec<StockItem>, Sku>, PortError> {
        self.0.low(below, after, limit).await
    }

    async fn events(
        &self,
        sku: &Sku,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<StockEvent, u64>, PortError> {
        self.0.events(sku, after, limit).await
    }

    async fn reservations(&self, order: OrderId) -> Result<Vec<Reservation>, PortError> {
        match self.1 {
            Lie::OneMore => self.0.reservations(order).await,
            Lie::NoReservations => Ok(Vec::new()),
        }
    }

    async fn claim_overdue(
        &self,
        until: Timestamp,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<OrderId>, PortError> {
        self.0.claim_overdue(until, now, most).await
    }
}

/// Keeps the order with a return as it was before the last thing that happened to it.
struct LyingOrders(Arc<dyn OrderQueries>);

impl LyingOrders {
    async fn lie(&self, order: &mut Arc<Order>) -> Result<(), PortError> {
        if !order.returns().is_empty() {
            let events = self.0.order_events(order.id(), None, 100).await?.items;
            *order = Arc::new(Order::fold(&events[..events.len() - 1]).unwrap());
        }
        Ok(())
    }
}

#[async_trait]
impl OrderQueries for LyingOrders {
    async fn order(&self, id: OrderId) -> Result<Option<Arc<Order>>, PortError> {
        self.0.order(id).await
    }

    async fn by_ids(&self, ids: &[OrderId]) -> Result<Vec<Option<Arc<Order>>>, PortError> {
        let mut found = self.0.by_ids(ids).await?;
        for order in found.iter_mut().flatten() {
            self.lie(order).await?;
        }
        Ok(found)
    }

    async fn order_of_cart(&self, cart: CartId) -> Result<Option<OrderId>, PortError> {
        self.0.order_of_cart(cart).await
    }

    async fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<OrderMark>,
        limit: usize,
    ) -> Result<Page<Arc<Order>, OrderMark>, PortError> {
        let mut page = self.0.orders(filter, after, limit).await?;
        for order in &mut page.items {
            self.lie(order).await?;
        }
        Ok(page)
    }

    async fn order_events(
        &self,
        id: OrderId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<OrderEvent, u64>, PortError> {
        self.0.order_events(id, after, limit).await
    }
}
