//! Migrations, and what the database knows of the shop.

use ecicomm::adapters::postgres::{PostgresConfig, PostgresStore, migrate};
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::shared::Availability;
use ecicomm::ports::PortErrorKind;
use tokio::task::JoinSet;

use super::super::stock::moved;
use super::{config, process};
use crate::harness::build::{product, product_id};
use crate::harness::servers::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_processes_may_migrate_at_once() {
    let database = Database::empty().await;
    let mut processes = JoinSet::new();
    for _ in 0..6 {
        let url = database.url().to_owned();
        processes.spawn(async move { migrate(&url).await });
    }
    for migrated in processes.join_all().await {
        migrated.unwrap();
    }
    process(config(database.url())).await.commit([product(1).save()]).await;
    migrate(database.url()).await.unwrap();
}

#[tokio::test]
async fn a_database_that_was_not_migrated_is_refused() {
    let database = Database::empty().await;
    let refused = PostgresStore::connect(config(database.url())).await.err().unwrap();
    assert_eq!(refused.kind(), PortErrorKind::Unavailable);
    assert!(refused.to_string().contains("migrate it"), "{refused}");
}

#[tokio::test]
async fn a_url_that_cannot_be_read_is_not_told() {
    let refused = PostgresStore::connect(config("postgres://me:hush@host:no/x")).await.err();
    let told = refused.unwrap().to_string();
    assert!(!told.contains("hush") && told.contains("URL"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bands_follow_what_the_shop_calls_low() {
    let database = Database::new().await;
    let band = async |low_stock_below| {
        let b = process(PostgresConfig { low_stock_below, ..config(database.url()) }).await;
        if b.catalog.product(product_id(1)).await.unwrap().is_none() {
            b.commit([product(1).save(), moved("SKU-1", StockEventKind::Received, 7)]).await;
        }
        let view = b.catalog.product(product_id(1)).await.unwrap().unwrap();
        (view.availability[0], view.version)
    };
    let (plenty, first) = band(5).await;
    let (low, second) = band(9).await;
    assert_eq!((plenty, low), (Availability::InStock, Availability::LowStock));
    assert!(second > first);
    assert_eq!(band(9).await, (low, second), "nothing changed");
}
