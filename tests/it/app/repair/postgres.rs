use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use ecicomm::app::catalog::CategoriesDraft;
use ecicomm::app::{Ports, Shop};
use ecicomm::domain::catalog::ProductStatus;
use ecicomm::domain::order::{OrderStatus, RefundState};
use ecicomm::ports::PortError;
use ecicomm::ports::idempotency::{KeyState, Outcome};
use ecicomm::ports::store::{CommitError, Store, UnitOfWork, Write};
use ecicomm::ports::upkeep::Repair;
use ecicomm::settings::Settings;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::super::doctor::{card, fill, key, order, rest};
use super::super::support::draft;
use super::{break_off, examined, forget_refund, mends, order_of, repaired};
use crate::harness::build::sku;
use crate::harness::servers::Database;

/// A shop in Postgres, and a way into its database beside it.
pub(super) struct Planted {
    pub(super) shop: Shop,
    database: Database,
}

impl Planted {
    pub(super) async fn new() -> Self {
        let database = Database::new().await;
        let variables = [
            ("DATABASE_URL".to_owned(), database.url().to_owned()),
            ("ECICOMM__POSTGRES__MAX_CONNECTIONS".to_owned(), "4".to_owned()),
            ("ECICOMM__POSTGRES__MIN_CONNECTIONS".to_owned(), "0".to_owned()),
            // Nothing here is about limits, and many tests share the machine.
            ("ECICOMM__POSTGRES__STATEMENT_TIMEOUT_MS".to_owned(), "20000".to_owned()),
        ];
        let settings = Settings::from_variables(&variables.into()).unwrap();
        let shop = ecicomm::bootstrap::build(&settings).await.unwrap();
        fill(&shop, 10).await;
        Self { shop, database }
    }

    /// A connection beside the shop's.
    pub(super) async fn connect(&self) -> PgConnection {
        PgConnection::connect(self.database.url()).await.unwrap()
    }

    /// Changes rows behind the shop's back; some, or the test plants nothing.
    pub(super) async fn plant(&self, statement: &str) {
        let mut connection = self.connect().await;
        let done = connection.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
        assert!(done.rows_affected() > 0, "{statement}");
    }

    pub(super) async fn mends(&self, statement: &str, parts: &[&str]) {
        println!("{statement}");
        self.plant(statement).await;
        mends(&self.shop, parts).await;
    }
}

/// An event of each category that no outbox has.
pub(super) const LOST_EVENTS: &str = "INSERT INTO events (aggregate, key, sequence, kind, at)
    SELECT aggregate, key, max(sequence) + 1, 'changed', now() FROM events
    WHERE aggregate = 'category' GROUP BY aggregate, key";

pub(super) const LAMP_3: &str = "(SELECT product FROM variants WHERE sku_key = 'lamp-3')";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_and_orders_become_what_their_events_tell() {
    let planted = Planted::new().await;
    let shop = &planted.shop;
    assert_eq!(examined(shop).await.findings, []);
    let sold = order_of(shop, "sold").await;
    let waiting = order_of(shop, "bank").await;
    let (id, later) = (sold.id(), waiting.id());

    for (set, parts) in [
        ("on_hand = on_hand + 3", &["stock of LAMP-3 at main"][..]),
        ("version = version + 2", &["stock of LAMP-3 at main"]),
        ("reserved = reserved + 1", &["stock of LAMP-3", "reserved units of LAMP-3"]),
    ] {
        let statement = format!("UPDATE stock SET {set} WHERE sku_key = 'lamp-3'");
        planted.mends(&statement, parts).await;
    }
    let hold = "UPDATE reservations SET state =";
    planted
        .mends(&format!("{hold} 'released' WHERE order_id = '{id}'"), &["reservation of LAMP-1"])
        .await;
    planted
        .mends(
            &format!("{hold} 'expired' WHERE order_id = '{later}'"),
            &["reserved units of LAMP-1"],
        )
        .await;
    for set in ["phase = 'failed'", "status = 'pending'", "version = version + 1", "cart = NULL"] {
        let statement = format!("UPDATE orders SET {set} WHERE id = '{id}'");
        planted.mends(&statement, &["as it is found"]).await;
    }
    assert_eq!(shop.ports.stock.stock(&[sku("LAMP-3")]).await.unwrap()[0][0].on_hand(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_and_work_that_is_left_become_what_orders_tell() {
    let planted = Planted::new().await;
    let shop = &planted.shop;
    let (id, later) = (order_of(shop, "sold").await.id(), order_of(shop, "bank").await.id());
    planted.mends("UPDATE promotion_totals SET uses = uses + 3", &["by anyone"]).await;
    planted
        .mends(
            "UPDATE promotion_uses SET uses = uses + 1 WHERE customer_key = 'sold@example.com'",
            &["by a customer"],
        )
        .await;
    planted
        .mends(
            "UPDATE product_views SET sold = sold + 5 WHERE product =
             (SELECT product FROM variants WHERE sku_key = 'lamp-1')",
            &["popularity of product"],
        )
        .await;
    planted
        .mends("UPDATE consumers SET position = position + 1000", &["consumer popularity"])
        .await;
    let over = "over = true, open = false";
    planted
        .mends(
            &format!("UPDATE sagas SET {over} WHERE order_id = '{later}'"),
            &["checkout of order"],
        )
        .await;
    planted
        .mends(
            &format!(
                "UPDATE sagas SET over = false, open = true WHERE order_id = '{id}' AND kind = 0"
            ),
            &["checkout of order"],
        )
        .await;
    planted
        .mends(
            &format!(
                "UPDATE idempotency_keys SET record = NULL, order_id = '{id}'
                 WHERE key = '{}'",
                key("sold").id.key
            ),
            &["answer to the request"],
        )
        .await;
    let kept = shop.ports.keys.key(&key("sold").id, shop.ports.clock.now()).await.unwrap().unwrap();
    let KeyState::Done(Outcome::Order(told)) = &kept.state else { panic!("{kept:?}") };
    assert_eq!(told.status(), OrderStatus::Confirmed, "as it was then");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shown_becomes_what_follows_from_products_tree_and_stock() {
    let planted = Planted::new().await;
    planted
        .mends("UPDATE product_views SET bands = '{0}' WHERE bands = '{3}'", &["bands of"])
        .await;
    planted
        .mends(&format!("DELETE FROM product_listing WHERE product = {LAMP_3}"), &["lists of"])
        .await;
    for set in ["price = 1", "popularity = popularity + 7", "age = 0", "name_key = 'x'"] {
        let statement = format!("UPDATE product_listing SET {set} WHERE product = {LAMP_3}");
        planted.mends(&statement, &["lists of"]).await;
    }
    planted
        .mends(
            &format!("DELETE FROM product_categories WHERE product = {LAMP_3}"),
            &["categories of product", "products in the category"],
        )
        .await;
    planted
        .mends(
            &format!("UPDATE products SET status = 'archived' WHERE id = {LAMP_3}"),
            &["what it is found by of product", "products in the category"],
        )
        .await;
    let view =
        planted.shop.ports.catalog.by_skus(&[sku("LAMP-3")]).await.unwrap().remove(0).unwrap();
    assert_eq!(view.product.content().status, ProductStatus::Active);

    // A third level, as only above its parent a path can be wrong.
    let mut desk = draft("Desk lamp", "DESK-1", 2_000);
    desk.categories = CategoriesDraft::Path(["Home", "Lights", "Desk"].map(str::to_owned).to_vec());
    planted.shop.catalog.create(desk).await.unwrap();
    planted
        .mends(
            "UPDATE categories SET path = ARRAY[
                 (SELECT id FROM categories WHERE name = 'Lamps'), path[2], path[3]
             ] WHERE name = 'Desk'",
            &["products in the category Lamps", "products in the category Home"],
        )
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_order_left_that_is_over_is_ended_as_the_order_was() {
    let planted = Planted::new().await;
    let shop = &planted.shop;
    let waiting = order_of(shop, "bank").await;
    break_off(shop, &waiting).await;
    let parts = ["reservation of LAMP-1", "checkout of order", "uses of", "answer to the request"];
    mends(shop, &parts).await;
    let kept = shop.ports.keys.key(&key("bank").id, shop.ports.clock.now()).await.unwrap().unwrap();
    assert!(matches!(kept.state, KeyState::Done(Outcome::Refused(_))), "{kept:?}");

    let late = order(shop, "late", card("visa")).await.unwrap();
    rest(shop).await;
    forget_refund(shop, &late).await;
    rest(shop).await;
    mends(shop, &["refund of"]).await;
    assert!(shop.runner.step().await.unwrap() > 0, "now it is paid");
    let refunds = shop.orders.order(late.id()).await.unwrap().refunds().to_vec();
    assert_eq!(
        refunds.iter().map(|refund| &refund.state).collect::<Vec<_>>(),
        [&RefundState::Paid]
    );
    assert_eq!(examined(shop).await.findings, []);
}

/// A store in which an order is placed just before stock is mended for the first time.
struct Busy {
    inner: Arc<dyn Store>,
    buyer: Shop,
    bought: AtomicBool,
}

#[async_trait]
impl Store for Busy {
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        let mends = |write: &Write| matches!(write, Write::Mend(repair) if matches!(**repair, Repair::Stock { .. }));
        if unit.writes.iter().any(mends) && !self.bought.swap(true, Ordering::SeqCst) {
            let bought = order(&self.buyer, "meanwhile", card("visa")).await.unwrap();
            assert_eq!(bought.status(), OrderStatus::Confirmed);
        }
        self.inner.commit(unit).await
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.inner.secret(name).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_is_placed_meanwhile_keeps_its_stock() {
    let planted = Planted::new().await;
    let free = async |shop: &Shop| {
        let item = shop.ports.stock.stock(&[sku("LAMP-1")]).await.unwrap()[0][0].clone();
        (item.on_hand(), item.reserved())
    };
    let (on_hand, reserved) = free(&planted.shop).await;
    planted.plant("UPDATE stock SET on_hand = on_hand + 5 WHERE sku_key = 'lamp-1'").await;
    let inner = planted.shop.ports.store.clone();
    let busy = Busy { inner, buyer: planted.shop.clone(), bought: AtomicBool::new(false) };
    let ports = Ports { store: Arc::new(busy), ..Ports::clone(&planted.shop.ports) };
    let shop = ecicomm::bootstrap::assemble(ports, (*planted.shop.config).clone());

    let (done, told) = repaired(&shop).await;
    assert_eq!(done.after.findings, [], "{told:?}");
    assert_eq!(told, ["stock of LAMP-1 at main"], "the first try was refused, the second was not");
    assert_eq!(free(&shop).await, (on_hand - 2, reserved), "the order has its two units");
    rest(&shop).await;
    assert_eq!(examined(&shop).await.findings, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_event_proves_is_left_and_told() {
    let planted = Planted::new().await;
    let shop = &planted.shop;
    // Units of an order went back that it never held.
    planted
        .plant(
            "UPDATE events SET kind = 'released' WHERE aggregate = 'stock' AND kind = 'reserved'
                 AND key = 'lamp-2 main' AND sequence = 2",
        )
        .await;
    let before = examined(shop).await;
    assert!(before.findings.iter().any(|finding| !finding.is_mendable()), "{:?}", before.findings);
    let stock = shop.ports.stock.stock(&[sku("LAMP-2")]).await.unwrap();
    let (done, told) = repaired(shop).await;
    assert_eq!((done.mended, told), (0, Vec::new()));
    assert_eq!(done.after.findings, before.findings);
    let contradicts = |text: &String| text.contains("the ledger contradicts itself");
    assert!(done.after.findings.iter().map(ToString::to_string).any(|t| contradicts(&t)));
    assert_eq!(shop.ports.stock.stock(&[sku("LAMP-2")]).await.unwrap(), stock, "nothing moved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_lost_an_entry_mends_nothing() {
    let planted = Planted::new().await;
    let shop = &planted.shop;
    let lost = "(SELECT id FROM events WHERE aggregate = 'stock' AND key = 'lamp-1 main'
        AND sequence = 2)";
    planted.plant(&format!("DELETE FROM event_positions WHERE event_id = {lost}")).await;
    planted.plant(&format!("DELETE FROM events WHERE id = {lost}")).await;
    let stock = shop.ports.stock.stock(&[sku("LAMP-1")]).await.unwrap();
    let (done, told) = repaired(shop).await;
    assert!(told.iter().all(|what| !what.contains("LAMP-1")), "{told:?}");
    assert!(done.after.findings.iter().any(|left| left.to_string().contains("LAMP-1")));
    assert_eq!(shop.ports.stock.stock(&[sku("LAMP-1")]).await.unwrap(), stock, "nothing moved");
}
