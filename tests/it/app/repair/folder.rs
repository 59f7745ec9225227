use std::path::{Path, PathBuf};

use ecicomm::adapters::record::{Fact, Journal as _, Written};
use ecicomm::adapters::redb::RedbJournal;
use ecicomm::app::Shop;
use ecicomm::domain::inventory::{ReservationState, StockItem};
use ecicomm::domain::order::{CheckoutState, RefundState, Saga, SagaId, SagaPlan};
use ecicomm::ports::idempotency::KeyState;
use ecicomm::settings::Settings;

use super::super::doctor::{card, fill, key, order, rest};
use super::{break_off, examined, forget_refund, mends, order_of};
use crate::harness::build::sku;
use crate::harness::told;

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ecicomm-it-{}-{name}", std::process::id()));
        Self(path)
    }

    async fn shop(&self) -> Shop {
        let data = self.0.to_str().unwrap().to_owned();
        let variables = [("ECICOMM__DATA".to_owned(), data)].into();
        let settings = Settings::from_variables(&variables).unwrap();
        ecicomm::bootstrap::build(&settings).await.unwrap()
    }

    fn file(&self) -> PathBuf {
        self.0.join("shop.redb")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Has a shop that nobody serves keep other facts.
fn plant(file: &Path, facts: &[Fact]) {
    let journal = RedbJournal::open(file).unwrap();
    assert!(matches!(journal.write(&mut facts.iter()), Written::Kept));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_mended_for_good() {
    let folder = Folder::new("mended");
    let shop = folder.shop().await;
    fill(&shop, 5).await;
    let sold = order_of(&shop, "sold").await;
    let stock = shop.ports.stock.stock(&[sku("LAMP-1")]).await.unwrap()[0][0].clone();
    let product = shop.ports.catalog.by_skus(&[sku("LAMP-1")]).await.unwrap().remove(0).unwrap();
    let mut held = shop.ports.stock.reservations(sold.id()).await.unwrap();
    held[0].state = ReservationState::Released;
    let checkout = shop.ports.sagas.saga(SagaId::Checkout(sold.id())).await.unwrap().unwrap();
    let asking = Saga { plan: SagaPlan::Checkout(CheckoutState::Paying), ..checkout };
    let promotion = sold.placed().uses[0].promotion;
    let now = shop.ports.clock.now();
    let mut row = (*shop.ports.keys.key(&key("sold").id, now).await.unwrap().unwrap()).clone();
    row.state = KeyState::InFlight(sold.id());
    let place = (stock.sku().clone(), stock.location().clone());
    let wrong = StockItem::restore(
        place,
        stock.policy(),
        stock.on_hand() + 4,
        stock.reserved() + 1,
        stock.version(),
    );
    let drifts: [(Vec<Fact>, &[&str]); 7] = [
        (vec![Fact::Stock(wrong.clone())], &["stock of LAMP-1", "reserved units of LAMP-1"]),
        (vec![Fact::Reservations(sold.id(), held.clone())], &["reservation of LAMP-1"]),
        (vec![Fact::Saga(asking.clone())], &["checkout of order"]),
        (vec![Fact::Uses(promotion, 9)], &["by anyone"]),
        (vec![Fact::CustomerUses(promotion, "sold@example.com".into(), 3)], &["by a customer"]),
        (vec![Fact::Sold(product.product.id(), 70)], &["popularity of product"]),
        (vec![Fact::Key(row.into())], &["answer to the request"]),
    ];
    drop(shop);
    for (facts, parts) in &drifts {
        plant(&folder.file(), facts);
        mends(&folder.shop().await, parts).await;
    }
    let all: Vec<Fact> = drifts.iter().flat_map(|(facts, _)| facts.clone()).collect();
    plant(&folder.file(), &all);
    let parts: Vec<&str> = drifts.iter().flat_map(|(_, parts)| parts.iter().copied()).collect();
    mends(&folder.shop().await, &parts).await;

    let shop = folder.shop().await;
    assert_eq!(examined(&shop).await.findings, [], "a process that begins later finds it mended");
    assert_eq!(shop.ports.stock.stock(&[sku("LAMP-1")]).await.unwrap()[0], [stock]);
    drop(shop);
    let kept = told::facts(&RedbJournal::open(&folder.file()).unwrap()).unwrap();
    assert!(!kept.contains(&Fact::Stock(wrong)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_order_left_that_is_over_is_ended_as_the_order_was() {
    let folder = Folder::new("left");
    let shop = folder.shop().await;
    fill(&shop, 5).await;
    let waiting = order_of(&shop, "bank").await;
    break_off(&shop, &waiting).await;
    let parts = ["reservation of LAMP-1", "checkout of order", "uses of", "answer to the request"];
    mends(&shop, &parts).await;
    let late = order(&shop, "late", card("visa")).await.unwrap();
    rest(&shop).await;
    forget_refund(&shop, &late).await;
    rest(&shop).await;
    mends(&shop, &["refund of"]).await;
    assert!(shop.runner.step().await.unwrap() > 0, "now it is paid");
    let refunds = shop.orders.order(late.id()).await.unwrap().refunds().to_vec();
    assert!(refunds.iter().all(|refund| refund.state == RefundState::Paid), "{refunds:?}");
    assert_eq!(examined(&shop).await.findings, []);
}
