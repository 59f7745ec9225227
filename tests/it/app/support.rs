//! A shop over memory whose clock stands still until it is told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use ecicomm::adapters::memory::{MemoryConfig, MemoryStore};
use ecicomm::adapters::record::catalog_file::{CatalogLoader, FileFormat};
use ecicomm::app::catalog::{ImportOptions, ProductDraft, VariantDraft};
use ecicomm::app::inventory::MoveStockCommand;
use ecicomm::app::order::{BasketSource, PlaceOrderCommand};
use ecicomm::app::{Ports, Shop};
use ecicomm::domain::catalog::ProductStatus;
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::order::{Order, PaymentMethod};
use ecicomm::domain::shared::*;
use ecicomm::ports::PortError;
use ecicomm::ports::catalog::ProductView;
use ecicomm::ports::idempotency::{KeyClaim, KeyId, Outcome};
use ecicomm::ports::imports::ImportReport;
use ecicomm::ports::store::{CommitError, Conflict, Store, UnitOfWork, Write};
use ecicomm::ports::system::Clock;
use ecicomm::settings::Settings;

/// A clock that moves by hand.
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_700_000_000_000_000)))
    }

    pub fn advance(&self, span: Span) {
        self.0.fetch_add(span.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A shop after its set-up.
pub async fn shop() -> Shop {
    shop_with(|_| {}).await
}

/// A shop with the locations `main` and `east` whose ports were changed before anything happened.
pub async fn shop_with(change: impl FnOnce(&mut Ports)) -> Shop {
    let settings = Settings::in_memory().unwrap();
    let built = ecicomm::bootstrap::build(&settings).await.unwrap();
    let mut ports = Ports::clone(&built.ports);
    change(&mut ports);
    let mut config = (*built.config).clone();
    config.other_locations = vec![Location::try_new("east").unwrap()];
    let shop = ecicomm::bootstrap::assemble(ports, config);
    shop.pricing.set_up().await.unwrap();
    shop
}

/// Puts a store of its own settings under a shop.
pub fn put_store(ports: &mut Ports, config: MemoryConfig) {
    let store = Arc::new(MemoryStore::new(config));
    ports.catalog = store.clone();
    ports.pricing = store.clone();
    ports.stock = store.clone();
    ports.orders = store.clone();
    ports.sagas = store.clone();
    ports.keys = store.clone();
    ports.events = store.clone();
    ports.upkeep = store.clone();
    ports.imports = store.clone();
    ports.staff = store.clone();
    ports.store = store;
}

/// What a store does with a unit that it is asked to trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// It refuses it.
    Refuse,
    /// It does not apply it, for a fault of its own.
    Fail,
    /// It is away.
    Away,
    /// It applies it and says that it does not know.
    ApplyAndTimeOut,
}

/// A store that makes trouble at the units whose numbers, counted among those that `about` picks,
/// are named.
pub struct TroubledStore {
    inner: Arc<dyn Store>,
    about: fn(&UnitOfWork) -> bool,
    trouble: Trouble,
    at: Mutex<BTreeSet<usize>>,
    seen: Mutex<usize>,
}

impl TroubledStore {
    pub fn wrap(
        ports: &mut Ports,
        about: fn(&UnitOfWork) -> bool,
        trouble: Trouble,
        at: &[usize],
    ) -> Arc<Self> {
        let store = Arc::new(Self {
            inner: ports.store.clone(),
            about,
            trouble,
            at: Mutex::new(at.iter().copied().collect()),
            seen: Mutex::new(0),
        });
        ports.store = store.clone();
        store
    }

    /// How many units were picked.
    pub fn seen(&self) -> usize {
        *self.seen.lock().unwrap()
    }

    fn is_due(&self, unit: &UnitOfWork) -> bool {
        if !(self.about)(unit) {
            return false;
        }
        let mut seen = self.seen.lock().unwrap();
        *seen += 1;
        self.at.lock().unwrap().remove(&*seen)
    }
}

#[async_trait]
impl Store for TroubledStore {
    async fn commit(&self, unit: UnitOfWork) -> Result<(), CommitError> {
        if !self.is_due(&unit) {
            return self.inner.commit(unit).await;
        }
        match self.trouble {
            Trouble::Refuse => Err(Conflict::Stale("product").into()),
            Trouble::Fail => Err(PortError::internal("a fault of the store").into()),
            Trouble::Away => Err(PortError::unavailable("the store is away").into()),
            Trouble::ApplyAndTimeOut => {
                self.inner.commit(unit).await?;
                Err(PortError::timeout("the answer was lost").into())
            }
        }
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.inner.secret(name).await
    }
}

/// Whether a unit saves products.
pub fn saves_products(unit: &UnitOfWork) -> bool {
    unit.writes.iter().any(|write| matches!(write, Write::SaveProduct { .. }))
}

pub fn sku(raw: &str) -> Sku {
    Sku::try_new(raw).unwrap()
}

pub fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

/// A variant with a price and nothing else.
pub fn variant(sku: &str, price: i64) -> VariantDraft {
    VariantDraft {
        id: None,
        sku: Some(sku.into()),
        price: Some(usd(price)),
        compare_at: None,
        options: [("kind".to_owned(), sku.to_owned())].into(),
        weight_grams: 100,
        requires_shipping: true,
        tax_category: None,
        stock_policy: StockPolicy::Tracked,
    }
}

/// An active product with one variant.
pub fn draft(name: &str, sku: &str, price: i64) -> ProductDraft {
    ProductDraft {
        name: name.into(),
        status: Some(ProductStatus::Active),
        variants: vec![variant(sku, price)],
        ..ProductDraft::default()
    }
}

/// Imports a text and answers what came of it.
pub async fn import(shop: &Shop, text: &str) -> Arc<ImportReport> {
    import_as(shop, FileFormat::Ndjson, ImportOptions::default(), text).await
}

pub async fn import_as(
    shop: &Shop,
    format: FileFormat,
    options: ImportOptions,
    text: &str,
) -> Arc<ImportReport> {
    let mut loader = CatalogLoader::begin(&shop.imports, format, options).await.unwrap();
    for part in text.as_bytes().chunks(700) {
        loader.push(part).await.unwrap();
    }
    loader.finish().await.unwrap()
}

/// Created, updated, unchanged, failed.
pub fn figures(report: impl AsRef<ImportReport>) -> (u64, u64, u64, u64) {
    let report = report.as_ref();
    (report.created, report.updated, report.unchanged, report.failed)
}

/// The product that sells a SKU.
pub async fn product_of(shop: &Shop, raw: &str) -> Arc<ProductView> {
    let found = shop.ports.catalog.by_skus(&[sku(raw)]).await.unwrap();
    found.into_iter().next().flatten().expect("no product has the SKU")
}

/// The kinds and quantities of a SKU's ledger.
pub async fn ledger(shop: &Shop, raw: &str) -> Vec<(StockEventKind, i64)> {
    let page = shop.ports.stock.events(&sku(raw), None, 100).await.unwrap();
    page.items.iter().map(|event| (event.kind, event.quantity)).collect()
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

/// A key of its own.
pub fn key(name: &str) -> KeyClaim {
    let id = KeyId { principal: "test".into(), key: format!("{name:0>16}") };
    KeyClaim { id, fingerprint: [7; 32] }
}

/// Units of a SKU that come in at a location.
pub fn receipt(raw: &str, location: &str, units: i64) -> MoveStockCommand {
    let location = Some(Location::try_new(location).unwrap());
    MoveStockCommand { sku: sku(raw), quantity: units, reason: None, location, expected: None }
}

/// Takes units of a SKU in at a location; what it is answered.
pub async fn receive(shop: &Shop, raw: &str, location: &str, units: i64) -> Outcome {
    let fresh = shop.ports.ids.next().to_string();
    shop.inventory.receive(receipt(raw, location, units), key(&fresh)).await.unwrap().outcome
}

/// An order of units of a SKU, paid by a card of the sandbox.
pub fn card_order(raw: &str, units: i64, token: &str) -> PlaceOrderCommand {
    PlaceOrderCommand {
        source: BasketSource::Lines(vec![(sku(raw), Quantity::try_new(units).unwrap())]),
        expected_total: None,
        email: Email::try_new("ada@example.com").unwrap(),
        shipping_address: Some(address()),
        billing_address: None,
        shipping_option: None,
        method: PaymentMethod::Card { token: token.into() },
        customer: None,
    }
}

/// Orders units of a SKU under a key of its own, paid by a card of the sandbox.
pub async fn buy(shop: &Shop, raw: &str, units: i64, token: &str) -> Arc<Order> {
    let command = card_order(raw, units, token);
    let fresh = shop.ports.ids.next().to_string();
    match shop.orders.place(command, key(&fresh)).await.unwrap().outcome {
        Outcome::Order(order) => order,
        other => panic!("no order: {other:?}"),
    }
}
