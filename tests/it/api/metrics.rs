//! What a monitoring system reads at the management address.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::Method;
use async_trait::async_trait;
use ecicomm::domain::order::{Lease, OrderChange, Saga};
use ecicomm::domain::shared::{OrderId, RefundId, Span, Timestamp};
use ecicomm::ports::PortError;
use ecicomm::ports::catalog::Page;
use ecicomm::ports::events::{Consumer, Event, EventLog, ParkedEvent};
use ecicomm::ports::limits::Policy;
use ecicomm::ports::store::{OrderUpdate, UnitOfWork, Write};
use uuid::Uuid;

use crate::harness::api::{Api, order_of};
use crate::harness::build::{order, order_id};

/// Every family that a shop in memory tells.
const FAMILIES: [&str; 15] = [
    "ecicomm_build_info",
    "ecicomm_rate_limited_requests_total",
    "ecicomm_http_request_duration_seconds",
    "ecicomm_dependency_state",
    "ecicomm_dependency_refused_total",
    "ecicomm_dependency_retries_total",
    "ecicomm_pool_connections_max",
    "ecicomm_pool_connections",
    "ecicomm_pool_connections_in_use",
    "ecicomm_pool_waiting",
    "ecicomm_store_up",
    "ecicomm_events_waiting",
    "ecicomm_consumer_lag_events",
    "ecicomm_sagas_open",
    "ecicomm_sagas_overdue_seconds",
];

async fn scrape(api: &Api) -> String {
    let answer = api.scrape("/metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    String::from_utf8(answer.body.to_vec()).unwrap()
}

/// The figure of the series that is written so.
fn figure(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|figure| figure.parse().unwrap())
}

/// All series, without their figures.
fn series(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit_once(' ').unwrap().0).collect()
}

fn requests(method: &str, route: &str, status: &str) -> String {
    let name = "ecicomm_http_request_duration_seconds_count";
    format!("{name}{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}")
}

#[tokio::test(start_paused = true)]
async fn a_scrape_tells_every_family_once() {
    let api = Api::open().await;
    let text = scrape(&api).await;
    let told: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    assert_eq!(told.len(), told.iter().collect::<BTreeSet<_>>().len());
    for family in FAMILIES {
        assert!(told.contains(&family), "{family}");
        assert!(text.contains(&format!("# HELP {family} ")), "{family}");
    }
    let version = format!("ecicomm_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(figure(&text, &version), Some(1.0));
    assert_eq!(figure(&text, "ecicomm_store_up"), Some(1.0));
    let other = api.scrape("/api/v1/products").await;
    assert_eq!(other.status, 404, "nothing else is there");
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_by_their_route_and_the_class_of_their_status() {
    let api = Api::open().await;
    api.product("LAMP", 1_000, 5).await;
    for _ in 0..3 {
        api.get("/products/thing-lamp").await.ok(200);
    }
    api.call(Method::HEAD, "/products/thing-lamp").await;
    api.get("/products/no-such").await.refused(404, "not_found");
    api.get("/admin/orders").await.refused(401, "unauthenticated");
    let text = scrape(&api).await;
    let page = "/api/v1/products/{product}";
    assert_eq!(figure(&text, &requests("GET", page, "2xx")), Some(4.0));
    assert_eq!(figure(&text, &requests("GET", page, "4xx")), Some(1.0));
    assert_eq!(figure(&text, &requests("GET", "/api/v1/admin/orders", "4xx")), Some(1.0));
    assert_eq!(figure(&text, &requests("GET", "/api/v1/admin/orders", "2xx")), None);
    let bucket = |bound: &str| {
        let name = "ecicomm_http_request_duration_seconds_bucket";
        let labels = format!("method=\"GET\",route=\"{page}\",status=\"2xx\",le=\"{bound}\"");
        figure(&text, &format!("{name}{{{labels}}}"))
    };
    assert_eq!(bucket("+Inf"), Some(4.0));
    assert!(bucket("0.001") <= bucket("2.5") && bucket("2.5") <= bucket("+Inf"));
}

#[tokio::test(start_paused = true)]
async fn what_clients_make_up_makes_no_series() {
    let api = Api::open().await;
    api.at("/nowhere").await;
    let before = scrape(&api).await;
    for number in 0..50 {
        api.at(&format!("/nowhere/{number}")).await;
        api.get(&format!("/{number}")).await;
        let method = Method::from_bytes(format!("MADEUP{number}").as_bytes()).unwrap();
        api.call(method, "/products").await.refused(405, "method_not_allowed");
    }
    let after = scrape(&api).await;
    assert_eq!(series(&before), series(&after));
    assert_eq!(figure(&after, &requests("other", "unknown", "4xx")), Some(151.0));
}

#[tokio::test(start_paused = true)]
async fn refused_clients_are_counted() {
    let one = std::num::NonZeroU32::MIN;
    let api = Api::limited(Policy::new(one, one), 0).await;
    api.get("/categories").await.ok(200);
    for _ in 0..4 {
        api.get("/categories").await.refused(429, "rate_limited");
    }
    let text = scrape(&api).await;
    assert_eq!(figure(&text, "ecicomm_rate_limited_requests_total"), Some(4.0));
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_opens_shows_at_once() {
    let api = Api::open().await;
    api.product("LAMP", 1_000, 100).await;
    let payment = |name: &str| format!("ecicomm_dependency_{name}{{dependency=\"payment\"}}");
    assert_eq!(figure(&scrape(&api).await, &payment("state")), Some(0.0));
    // The provider does not answer in time, five times in a row.
    for _ in 0..6 {
        let cart = api.cart(&[("LAMP", 1)]).await;
        let answer = api.place(order_of(&cart, "pm_sandbox_slow")).await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    let text = scrape(&api).await;
    assert_eq!(figure(&text, &payment("state")), Some(2.0));
    assert_eq!(figure(&text, &payment("refused_total")), Some(1.0));
    assert_eq!(figure(&text, &payment("retries_total")), Some(0.0));
}

#[tokio::test(start_paused = true)]
async fn open_sagas_and_the_lag_of_consumers_are_told_some_seconds_old_at_most() {
    let api = Api::open().await;
    api.product("LAMP", 1_000, 100).await;
    let resolving = "ecicomm_sagas_open{saga=\"checkout\",step=\"resolving\"}";
    assert_eq!(figure(&scrape(&api).await, resolving), Some(0.0));
    let cart = api.cart(&[("LAMP", 1)]).await;
    assert_eq!(api.place(order_of(&cart, "pm_sandbox_slow")).await.status, 202);
    api.wait(Span::seconds(60)).await;
    let text = scrape(&api).await;
    assert_eq!(figure(&text, resolving), Some(1.0));
    assert!(figure(&text, "ecicomm_sagas_overdue_seconds").unwrap() > 30.0, "{text}");
    let consumer = api.shop.consumers[0].clone();
    let lag = format!("ecicomm_consumer_lag_events{{consumer=\"{}\"}}", consumer.name());
    api.shop.relay.drain(consumer.as_ref()).await.unwrap();
    api.wait(Span::seconds(6)).await;
    assert_eq!(figure(&scrape(&api).await, &lag), Some(0.0));
    api.product("VASE", 1_000, 0).await;
    assert_eq!(figure(&scrape(&api).await, &lag), Some(0.0), "the store is not asked again yet");
    // By then its events have their positions.
    api.shop.ports.events.head().await.unwrap();
    api.wait(Span::seconds(6)).await;
    assert!(figure(&scrape(&api).await, &lag).unwrap() > 0.0);
}

/// What begins to pay back an order, and changes nothing else.
async fn paying_back(api: &Api, id: OrderId) -> Write {
    let order = api.shop.ports.orders.order(id).await.unwrap().unwrap();
    let change = OrderChange {
        expected: Some(order.version()),
        order: (*order).clone(),
        events: Vec::new(),
    };
    let refund = RefundId::new(Uuid::from_u128(7));
    Write::UpdateOrder(Box::new(OrderUpdate {
        change,
        restock: Vec::new(),
        give_back_uses: false,
        sagas: vec![Saga::refund(id, refund, api.shop.ports.clock.now())],
    }))
}

#[tokio::test(start_paused = true)]
async fn sagas_are_counted_however_many_there_are() {
    let api = Api::open().await;
    let now = api.shop.ports.clock.now();
    for number in 1..=1_001 {
        let placed = order(number).of_downloads().placed_at(now).place();
        api.shop.ports.store.commit(UnitOfWork::of(now, placed)).await.unwrap();
    }
    let refund = paying_back(&api, order_id(1)).await;
    api.shop.ports.store.commit(UnitOfWork::of(now, refund)).await.unwrap();
    let text = scrape(&api).await;
    let open = |saga: &str| format!("ecicomm_sagas_open{{saga=\"{saga}\",step=\"paying\"}}");
    assert_eq!(figure(&text, &open("checkout")), Some(1_001.0));
    assert_eq!(figure(&text, &open("refund")), Some(1.0), "none hides behind others");
}

/// A store that is away.
struct Away;

fn away<T>() -> Result<T, PortError> {
    Err(PortError::unavailable("away"))
}

#[async_trait]
impl EventLog for Away {
    async fn events_after(&self, _: u64, _: usize) -> Result<Vec<Event>, PortError> {
        away()
    }

    async fn head(&self) -> Result<u64, PortError> {
        std::future::pending().await
    }

    async fn waiting(&self) -> Result<u64, PortError> {
        std::future::pending().await
    }

    async fn wait_after(&self, _: u64) -> Result<(), PortError> {
        away()
    }

    async fn lease_consumer(
        &self,
        _: &str,
        _: Lease,
        _: Timestamp,
    ) -> Result<Option<Consumer>, PortError> {
        away()
    }

    async fn consumers(&self) -> Result<Vec<Consumer>, PortError> {
        away()
    }

    async fn parked(&self, _: &str, _: usize) -> Result<Vec<ParkedEvent>, PortError> {
        away()
    }

    async fn dead_letters(
        &self,
        _: &str,
        _: Option<u64>,
        _: usize,
    ) -> Result<Page<ParkedEvent, u64>, PortError> {
        away()
    }
}

#[tokio::test(start_paused = true)]
async fn a_scrape_goes_on_without_the_store_and_asks_it_seldom() {
    let api = Api::over(|ports| ports.events = Arc::new(Away)).await;
    let began = tokio::time::Instant::now();
    let text = scrape(&api).await;
    assert_eq!(figure(&text, "ecicomm_store_up"), Some(0.0));
    assert!(text.contains("# TYPE ecicomm_sagas_open gauge"));
    assert_eq!(began.elapsed().as_millis(), 1_000, "it waits for an answer so long");
    scrape(&api).await;
    assert_eq!(began.elapsed().as_millis(), 1_000, "and not again for some seconds");
}
