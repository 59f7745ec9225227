//! The catalog as shoppers see it owes what the catalog owes, popularity aside, which is on no page;
//! and it follows what other processes change.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ecicomm::adapters::postgres::{PostgresConfig, PostgresStore, PostgresStorefront};
use ecicomm::domain::catalog::Product;
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::shared::{Availability, ProductId};
use ecicomm::ports::PortErrorKind;
use ecicomm::ports::catalog::SlugTarget;
use ecicomm::ports::pricing::ShownRules as _;
use sqlx::Executor as _;
use tokio::task::yield_now;
use tokio::time::timeout;

use super::super::Backend;
use super::super::pricing::{method, save_method};
use super::super::stock::moved;
use super::{config, connect};
use crate::harness::build::{product, product_id, revised, save_product, slug, text};
use crate::harness::servers::{Database, Fsync, Postgres};

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(20);

/// A process of the shop whose catalog is what its shoppers see, once it hears of changes.
async fn process(config: PostgresConfig) -> Backend {
    let store = Arc::new(PostgresStore::connect(config).await.unwrap());
    let storefront = Arc::new(PostgresStorefront::new(store.clone()));
    let heard = async {
        while !storefront.is_current() {
            yield_now().await;
        }
    };
    timeout(SOON, heard).await.expect("it should hear of changes");
    Backend { catalog: storefront, ..Backend::of(store) }
}

async fn open() -> Backend {
    let database = Database::new().await;
    process(config(database.url())).await.keeping(database)
}

crate::contract::store::products::cases!(crate::contract::store::postgres::storefront::open);
crate::contract::store::lists::cases!(crate::contract::store::postgres::storefront::open);
crate::contract::store::views::cases!(crate::contract::store::postgres::storefront::open);
crate::contract::store::categories::cases!(crate::contract::store::postgres::storefront::open);
crate::contract::store::stock::cases!(crate::contract::store::postgres::storefront::open);
crate::contract::store::reservations::cases!(crate::contract::store::postgres::storefront::open);

/// Looks until the name of the first product is this one.
async fn until_called(b: &Backend, name: &str) {
    let called = async {
        loop {
            let view = b.catalog.product(product_id(1)).await.unwrap().unwrap();
            if view.product.content().name.as_str() == name {
                return;
            }
            yield_now().await;
        }
    };
    timeout(SOON, called).await.unwrap_or_else(|_| panic!("{name} should be shown"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_changes_is_shown_as_soon_as_it_tells() {
    let database = Database::new().await;
    let one = process(config(database.url())).await;
    let two = process(config(database.url())).await;
    let first = product(1).build();
    one.commit([save_product(&first)]).await;
    for b in [&one, &two] {
        until_called(b, first.content().name.as_str()).await;
    }
    one.commit([save_product(&revised(&first, |content| content.name = text("Edited")))]).await;
    let mine = one.catalog.product(product_id(1)).await.unwrap().unwrap();
    assert_eq!(mine.product.content().name.as_str(), "Edited", "what is one's own at once");
    until_called(&two, "Edited").await;
    one.commit([moved("SKU-1", StockEventKind::Received, 50)]).await;
    let found = one.catalog.by_slug(&first.content().slug).await.unwrap();
    let Some(SlugTarget::Current(view)) = found else { panic!("{found:?}") };
    assert_eq!(view.availability, [Availability::InStock]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_that_is_known_is_not_read_again() {
    let b = open().await;
    let first = product(1).build();
    b.commit([save_product(&first)]).await;
    let by_slug = async || {
        let found = b.catalog.by_slug(&first.content().slug).await.unwrap().unwrap();
        let SlugTarget::Current(view) = found else { panic!("it has the slug now") };
        view
    };
    // The notice of the commit comes a moment after it, and has the product read once more.
    let settled = async {
        while !Arc::ptr_eq(&by_slug().await, &by_slug().await) {
            yield_now().await;
        }
        by_slug().await
    };
    let known = timeout(SOON, settled).await.expect("it should be kept");
    let by_id = b.catalog.products(&[product_id(1)]).await.unwrap();
    assert!(Arc::ptr_eq(&known, by_id[0].as_ref().unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slug_that_goes_to_another_product_leads_there() {
    let b = open().await;
    let first = product(1).build();
    let was = first.content().slug.clone();
    b.commit([save_product(&first)]).await;
    let target = |found: Option<SlugTarget>| -> Option<(bool, ProductId)> {
        found.map(|found| match found {
            SlugTarget::Current(view) => (true, view.product.id()),
            SlugTarget::Former(view) => (false, view.product.id()),
        })
    };
    let leads = async || target(b.catalog.by_slug(&was).await.unwrap());
    assert_eq!(leads().await, Some((true, product_id(1))));
    let moved = revised(&first, |content| content.slug = slug("elsewhere"));
    b.commit([save_product(&moved)]).await;
    assert_eq!(leads().await, Some((false, product_id(1))));
    let second = revised(&product(2).build(), |content| content.slug = was.clone());
    b.commit([product(2).save(), save_product(&second)]).await;
    assert_eq!(leads().await, Some((true, product_id(2))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_no_notices_come_nothing_is_taken_from_memory() {
    let database = Database::new().await;
    let one = process(config(database.url())).await;
    let first = product(1).build();
    one.commit([save_product(&first)]).await;
    until_called(&one, first.content().name.as_str()).await;
    // Every connection ends, that of the notices among them, before another process changes it.
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    connect(database.url()).await.execute(end).await.unwrap();
    let two = Backend::of(Arc::new(PostgresStore::connect(config(database.url())).await.unwrap()));
    two.commit([save_product(&revised(&first, |content| content.name = text("Edited")))]).await;
    let called = async {
        loop {
            // Connections that were ended are found out one by one.
            let Ok(Some(view)) = one.catalog.product(product_id(1)).await else { continue };
            if view.product.content().name.as_str() == "Edited" {
                return;
            }
            yield_now().await;
        }
    };
    timeout(SOON, called).await.expect("what changed meanwhile is shown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_gone_is_noticed_before_anyone_could_connect_anew() {
    let server = Postgres::start(Fsync::Off);
    server.create("shop", None).await;
    let url = server.url("shop");
    ecicomm::adapters::postgres::migrate(&url).await.unwrap();
    let b = process(config(&url)).await;
    b.catalog.category_tree().await.unwrap();
    server.server().kill();
    let gone = Instant::now();
    // The tree comes from memory for as long as nothing is noticed.
    while b.catalog.category_tree().await.is_ok() {
        yield_now().await;
    }
    // One that looks for a silent connection takes two seconds, in which a server may come back,
    // and notices be missed that nobody knows of.
    assert!(gone.elapsed() < Duration::from_millis(1_800), "{:?}", gone.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_is_shown_as_it_was_while_the_database_is_away() {
    let server = Postgres::start(Fsync::Off);
    server.create("shop", None).await;
    let url = server.url("shop");
    ecicomm::adapters::postgres::migrate(&url).await.unwrap();
    let b = process(config(&url)).await;
    let [first, unseen, edited] = [1, 2, 3].map(|number| product(number).build());
    b.commit([&first, &unseen, &edited].map(save_product)).await;
    // Notices come in order, so with that of another process those of the commit are through.
    let other = process(config(&url)).await;
    other.commit([save_product(&revised(&first, |content| content.name = text("Renamed")))]).await;
    until_called(&b, "Renamed").await;
    let view = async |of: &Product| match b.catalog.by_slug(&of.content().slug).await {
        Ok(Some(SlugTarget::Current(view))) => view,
        other => panic!("{other:?}"),
    };
    for seen in [&first, &edited] {
        let kept = async { while !Arc::ptr_eq(&view(seen).await, &view(seen).await) {} };
        timeout(SOON, kept).await.expect("it should be kept");
    }
    b.commit([save_product(&revised(&edited, |content| content.name = text("Edited")))]).await;
    server.server().kill();
    while b.catalog.category_tree().await.is_ok() {
        yield_now().await;
    }
    assert!(b.catalog.product(product_id(1)).await.unwrap().is_some());
    assert_eq!(view(&first).await.product.id(), product_id(1));
    for other in [&unseen, &edited] {
        let away = b.catalog.by_slug(&other.content().slug).await.map(|_| ()).unwrap_err();
        assert_eq!(away.kind(), PortErrorKind::Unavailable, "{away}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_of_prices_are_shown_as_they_were_set_last() {
    let database = Database::new().await;
    let store = Arc::new(PostgresStore::connect(config(database.url())).await.unwrap());
    let storefront = PostgresStorefront::new(store.clone());
    let heard = async {
        while !storefront.is_current() {
            yield_now().await;
        }
    };
    timeout(SOON, heard).await.expect("it should hear of changes");
    let b = Backend::of(store);
    let codes = async || -> Vec<String> {
        let rules = storefront.shown_rules(&[]).await.unwrap();
        rules.shipping_methods.iter().map(|method| method.code().as_str().to_owned()).collect()
    };
    assert!(codes().await.is_empty());
    b.commit([save_method(&method(1, "slow"))]).await;
    assert_eq!(codes().await, ["slow"]);
    let settled = async {
        loop {
            let one = storefront.shown_rules(&[]).await.unwrap();
            if Arc::ptr_eq(&one, &storefront.shown_rules(&[]).await.unwrap()) {
                return;
            }
        }
    };
    timeout(SOON, settled).await.expect("they should be kept");
}

/// A setting of the whole server, which sessions take up, stands in for another that took its place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_no_writes_any_more_is_listened_to_no_longer() {
    let server = Postgres::start(Fsync::Off);
    server.create("shop", None).await;
    let url = server.url("shop");
    ecicomm::adapters::postgres::migrate(&url).await.unwrap();
    let store = Arc::new(PostgresStore::connect(config(&url)).await.unwrap());
    let storefront = PostgresStorefront::new(store.clone());
    let turned = async |wanted: bool| {
        let turned = async {
            while storefront.is_current() != wanted {
                yield_now().await;
            }
        };
        timeout(SOON, turned).await.is_ok()
    };
    assert!(turned(true).await, "it should hear of changes");
    let mut other = connect(&url).await;
    other.execute("ALTER SYSTEM SET default_transaction_read_only = on").await.unwrap();
    other.execute("SELECT pg_reload_conf()").await.unwrap();
    assert!(turned(false).await, "it should look for another server");
    other.execute("ALTER SYSTEM RESET default_transaction_read_only").await.unwrap();
    other.execute("SELECT pg_reload_conf()").await.unwrap();
    assert!(turned(true).await, "one that takes writes should be listened to");
}
