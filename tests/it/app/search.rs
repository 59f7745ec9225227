use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use ecicomm::adapters::memory::{MemoryConfig, MemorySearch};
use ecicomm::app::search::document_of;
use ecicomm::app::{Ports, Shop, ShopConfig};
use ecicomm::domain::shared::*;
use ecicomm::ports::PortError;
use ecicomm::ports::search::{
    IndexChange, IndexRebuild, SearchHits, SearchIndex, SearchQuery, SearchSort, Suggestions,
};

use super::support::{draft, import, product_of, put_store, shop, shop_with};

/// An index that can be switched off.
struct FrailIndex {
    inner: Arc<dyn SearchIndex>,
    off: Arc<AtomicBool>,
}

impl FrailIndex {
    fn there(&self) -> Result<&dyn SearchIndex, PortError> {
        if self.off.load(Ordering::SeqCst) {
            return Err(PortError::unavailable("the index is off"));
        }
        Ok(&*self.inner)
    }
}

#[async_trait]
impl SearchIndex for FrailIndex {
    async fn apply(&self, changes: Vec<IndexChange>) -> Result<(), PortError> {
        self.there()?.apply(changes).await
    }

    async fn search(&self, query: &SearchQuery) -> Result<SearchHits, PortError> {
        self.there()?.search(query).await
    }

    async fn suggest(&self, prefix: &str, limit: u32) -> Result<Suggestions, PortError> {
        self.there()?.suggest(prefix, limit).await
    }

    async fn rebuild(&self) -> Result<Box<dyn IndexRebuild>, PortError> {
        self.there()?.rebuild().await
    }

    async fn count(&self) -> Result<u64, PortError> {
        self.there()?.count().await
    }
}

async fn frail_shop() -> (Shop, Arc<AtomicBool>) {
    let off = Arc::new(AtomicBool::new(false));
    let switch = off.clone();
    let shop = shop_with(|ports| {
        ports.search = Arc::new(FrailIndex { inner: ports.search.clone(), off: switch });
    })
    .await;
    (shop, off)
}

const LINES: &str = concat!(
    r#"{"sku": "A", "name": "Brass lamp", "price": 100, "stock": 3, "category_path": ["Lamps"], "brand": "Acme", "attributes": {"color": "gold"}, "popularity": 1}"#,
    "\n",
    r#"{"sku": "B", "name": "Brass bell", "price": 300, "stock": 0, "category_path": ["Bells"], "brand": "Bell & Co", "popularity": 9}"#,
    "\n",
    r#"{"sku": "C", "name": "Steel lamp", "price": 200, "stock": 3, "category_path": ["Lamps"], "brand": "Acme", "popularity": 5}"#,
    "\n",
    r#"{"sku": "D", "name": "Draft lamp", "price": 200, "status": "draft"}"#,
);

async fn drain(shop: &Shop) {
    for consumer in &shop.consumers {
        shop.relay.drain(&**consumer).await.unwrap();
    }
}

async fn found(shop: &Shop, query: SearchQuery) -> (Vec<String>, u64, bool) {
    let answer = shop.search.search(query).await.unwrap();
    let names = answer.items.iter().map(|(view, _)| view.product.content().name.to_string());
    (names.collect(), answer.total, answer.degraded)
}

fn query(text: &str) -> SearchQuery {
    SearchQuery { text: text.into(), limit: 20, ..SearchQuery::default() }
}

#[tokio::test]
async fn published_products_are_found_once_their_events_were_heard() {
    let shop = shop().await;
    import(&shop, LINES).await;
    drain(&shop).await;
    let (names, total, degraded) = found(&shop, query("lamp")).await;
    assert_eq!((names.len(), total, degraded), (2, 2, false));
    let archived = product_of(&shop, "A").await;
    shop.catalog.archive(archived.product.id(), archived.product.version()).await.unwrap();
    // The index has not heard of it yet, and still nothing is shown that left the shop.
    let (names, ..) = found(&shop, query("lamp")).await;
    assert_eq!(names, ["Steel lamp"]);
    drain(&shop).await;
    assert_eq!(found(&shop, query("lamp")).await.1, 1);
}

/// Hands a server what it has for itself everything that happened; where that is refused, says so.
async fn follow(shop: &Shop) -> bool {
    let consumer = shop.followers[0].clone();
    loop {
        match shop.follower.step(&*consumer).await {
            Ok(progress) if !progress.more => return true,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

#[tokio::test]
async fn every_server_follows_the_events_of_all_for_an_index_of_its_own() {
    let one = shop().await;
    let off = Arc::new(AtomicBool::new(false));
    let mut ports = Ports::clone(&one.ports);
    let inner = Arc::new(MemorySearch::new());
    ports.search = Arc::new(FrailIndex { inner, off: off.clone() });
    let config = ShopConfig { own_index: true, ..(*one.config).clone() };
    let other = ecicomm::bootstrap::assemble(ports, config);
    assert!(other.consumers.iter().all(|consumer| consumer.name() != "search"));
    import(&one, LINES).await;
    assert!(follow(&other).await);
    assert_eq!(found(&other, query("lamp")).await.1, 2);

    // What its index could not take is handed over again.
    off.store(true, Ordering::SeqCst);
    one.catalog.create(draft("Paper lamp", "P-1", 100)).await.unwrap();
    assert!(!follow(&other).await);
    off.store(false, Ordering::SeqCst);
    assert!(follow(&other).await);
    assert_eq!(found(&other, query("lamp")).await.1, 3);

    // A server that begins now builds its index from the catalog, and follows from there.
    let mut ports = Ports::clone(&one.ports);
    ports.search = Arc::new(MemorySearch::new());
    let config = ShopConfig { own_index: true, ..(*one.config).clone() };
    let late = ecicomm::bootstrap::assemble(ports, config);
    late.follower.skip().await.unwrap();
    assert!(follow(&late).await);
    assert_eq!(late.ports.search.count().await.unwrap(), 0, "nothing of before is handed over");
    late.search.reindex(&mut |_| {}).await.unwrap();
    assert_eq!(found(&late, query("lamp")).await.1, 3);
}

#[tokio::test]
async fn while_the_index_is_away_the_catalog_answers_and_says_so() {
    let (shop, off) = frail_shop().await;
    import(&shop, LINES).await;
    off.store(true, Ordering::SeqCst);
    for (query, expected) in [
        (query("LAMP"), &["Steel lamp", "Brass lamp"][..]),
        (query("lamp brass"), &["Brass lamp"]),
        (query("acme"), &["Steel lamp", "Brass lamp"]),
        (query(""), &["Brass bell", "Steel lamp", "Brass lamp"]),
        (SearchQuery { category: Some("lamps".into()), ..query("brass") }, &["Brass lamp"]),
        (SearchQuery { category: Some("unknown".into()), ..query("") }, &[]),
        (SearchQuery { brands: vec!["Bell & Co".into()], ..query("") }, &["Brass bell"]),
        (SearchQuery { price_min: Some(200), price_max: Some(200), ..query("") }, &["Steel lamp"]),
        (SearchQuery { in_stock: true, ..query("brass") }, &["Brass lamp"]),
        (
            SearchQuery {
                attributes: [("color".to_owned(), vec!["gold".to_owned()])].into(),
                ..query("")
            },
            &["Brass lamp"],
        ),
        (
            SearchQuery { sort: SearchSort::PriceAscending, ..query("") },
            &["Brass lamp", "Steel lamp", "Brass bell"],
        ),
    ] {
        let (names, total, degraded) = found(&shop, query.clone()).await;
        assert_eq!(names, expected, "{query:?}");
        assert_eq!((total, degraded), (u64::try_from(expected.len()).unwrap(), true));
    }
    let page = SearchQuery { offset: 1, limit: 1, ..query("lamp") };
    assert_eq!(found(&shop, page).await, (vec!["Brass lamp".to_owned()], 2, true));
    assert_eq!(shop.search.suggest("la", 5).await.unwrap().texts, Vec::<String>::new());
}

#[tokio::test]
async fn a_consumer_whose_index_is_away_stays_where_it_is_and_goes_on_later() {
    let (shop, off) = frail_shop().await;
    import(&shop, LINES).await;
    off.store(true, Ordering::SeqCst);
    let consumer = shop.consumers.iter().find(|consumer| consumer.name() == "search").unwrap();
    assert!(shop.relay.step(&**consumer).await.is_err());
    assert!(shop.ports.events.parked("search", 9).await.unwrap().is_empty());
    off.store(false, Ordering::SeqCst);
    shop.relay.drain(&**consumer).await.unwrap();
    assert_eq!(shop.ports.search.count().await.unwrap(), 3);
}

#[tokio::test]
async fn a_renamed_category_is_found_under_its_new_slug() {
    let shop = shop().await;
    import(&shop, LINES).await;
    drain(&shop).await;
    let tree = shop.catalog.category_tree().await.unwrap();
    let lamps = tree.iter().find(|node| node.category.slug.as_str() == "lamps").unwrap();
    let draft = ecicomm::app::catalog::CategoryDraft {
        name: "Lights".into(),
        slug: Some("lights".into()),
        ..Default::default()
    };
    let version = lamps.category.version;
    shop.catalog.revise_category(lamps.category.id, version, draft).await.unwrap();
    drain(&shop).await;
    let lights = SearchQuery { category: Some("lights".into()), ..query("") };
    assert_eq!(found(&shop, lights).await.1, 2);
    let lamps = SearchQuery { category: Some("lamps".into()), ..query("") };
    assert_eq!(found(&shop, lamps).await.1, 0);
}

#[tokio::test]
async fn a_rebuilt_index_holds_what_is_published_and_tells_of_its_progress() {
    let shop = shop().await;
    import(&shop, LINES).await;
    let mut told = Vec::new();
    let count = shop.search.reindex(&mut |count| told.push(count)).await.unwrap();
    assert_eq!((count, told), (3, vec![3]));
    assert_eq!(found(&shop, query("lamp")).await.1, 2);
}

#[tokio::test]
async fn a_document_tells_the_price_of_the_cheapest_variant_that_can_be_bought() {
    let shop = shop().await;
    let line = |sku: &str, price: i64, stock: i64| {
        format!(
            r#"{{"sku": "{sku}", "product_key": "shirt", "name": "Shirt", "price": {price}, "stock": {stock}, "options": {{"size": "{sku}", "color": "red"}}, "category_path": ["Clothes", "Shirts"], "attributes": {{"color": "red"}}}}"#
        )
    };
    let text = [line("S", 100, 0), line("M", 200, 5), line("L", 300, 5)].join("\n");
    import(&shop, &text).await;
    let context = shop.config.read_context(shop.ports.clock.now());
    let view = product_of(&shop, "S").await;
    let document = document_of(&view, &context).unwrap();
    assert_eq!(document.price, Money::new(200, Currency::USD));
    assert_eq!(document.prices, [200, 300]);
    assert!(document.in_stock);
    assert_eq!(document.attributes["color"], ["red"]);
    assert_eq!(document.attributes["size"], ["S", "M", "L"]);
    let slugs: Vec<&str> = document.categories.iter().map(|label| label.slug.as_str()).collect();
    assert_eq!(slugs, ["clothes", "shirts"]);
    let sold_out = [line("X", 400, 0)].join("\n").replace("shirt\"", "tie\"");
    import(&shop, &sold_out).await;
    let document = document_of(&*product_of(&shop, "X").await, &context).unwrap();
    assert_eq!(
        (document.price.amount(), &document.prices[..], document.in_stock),
        (400, &[400][..], false)
    );
    let draft = r#"{"sku": "D", "name": "Draft", "price": 1, "status": "draft"}"#;
    import(&shop, draft).await;
    assert_eq!(document_of(&*product_of(&shop, "D").await, &context), None);
}

#[tokio::test]
async fn events_that_went_before_they_were_read_are_made_up_for_by_the_catalog() {
    let shop = shop_with(|ports| {
        let mut config = MemoryConfig::new(Currency::USD);
        (config.keep_events, config.max_events) = (1, 3);
        put_store(ports, config);
    })
    .await;
    for name in ["Lamp one", "Lamp two", "Lamp three", "Lamp four", "Lamp five", "Lamp six"] {
        let sku = name.replace(' ', "-").to_uppercase();
        shop.catalog.create(draft(name, &sku, 100)).await.unwrap();
    }
    assert!(shop.ports.events.events_after(0, 100).await.unwrap().len() < 6);
    drain(&shop).await;
    assert_eq!(found(&shop, query("lamp")).await.1, 6);
}
