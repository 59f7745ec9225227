//! A shop behind its API, in this process, on a clock that the test moves.
//!
//! Requests pass the very routes that a server serves. Time stands still unless the test moves it
//! or something in the shop waits for it; so tests run with `start_paused`. The shop is in memory, or
//! in what the environment names: see [`Profile`].

use std::any::Any;
use std::cell::Cell;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::Service as _;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service};
use actix_web::web::{Bytes, ServiceConfig};
use actix_web::{App, HttpResponse};
use ecicomm::adapters::http::{HttpSettings, configure_both};
use ecicomm::adapters::limits::Limiter;
use ecicomm::adapters::memory::MemorySearch;
use ecicomm::adapters::resilience::{Breaker, BreakerSettings, Guard, GuardedGateway};
use ecicomm::adapters::sandbox::{SandboxGateway, SandboxLedgerPlace, SandboxSettings};
use ecicomm::adapters::system::JwtTokens;
use ecicomm::app::catalog::{ProductDraft, VariantDraft};
use ecicomm::app::inventory::MoveStockCommand;
use ecicomm::app::{Ports, Shop, ShopConfig};
use ecicomm::domain::catalog::ProductStatus;
use ecicomm::domain::customer::{Role, StaffMember};
use ecicomm::domain::shared::{Span, StaffId, StockPolicy, Timestamp, Version};
use ecicomm::ports::idempotency::{KeyClaim, KeyId};
use ecicomm::ports::limits::Policy;
use ecicomm::ports::store::{UnitOfWork, Write};
use ecicomm::ports::system::{Clock, StaffClaims};
use ecicomm::settings::Settings;
use serde_json::{Value, json};

use super::build::{at, email, sku, usd};
use super::profile::Profile;

type Local<T> = Pin<Box<dyn Future<Output = T>>>;
type Serve = Rc<dyn Fn(TestRequest) -> Local<Answer>>;

/// How long the shop waits for the payment provider here.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(2);

/// The clock of the runtime, which stands still until it is moved.
struct TestClock {
    began: tokio::time::Instant,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let passed = i64::try_from(self.began.elapsed().as_micros()).unwrap();
        at(0).plus(Span::micros(passed))
    }
}

/// Where a request is worked on that goes on though its client goes away.
#[derive(Clone, Copy)]
enum Place {
    /// In a task of the server's own.
    Server,
    /// In the request.
    Request,
}

/// A shop behind its API.
pub struct Api {
    pub shop: Shop,
    pub profile: Profile,
    staff: String,
    serve: Serve,
    manage: Serve,
    keys: Cell<u32>,
    #[expect(dead_code, reason = "held for its drop: what keeps a shop goes when it does")]
    kept: Option<Arc<dyn Any>>,
}

/// An order as it was bought, and what opens it.
pub struct Bought {
    pub id: String,
    pub token: String,
    pub order: Value,
}

impl Api {
    /// An empty shop that is ready to sell.
    pub async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    /// The same over ports that `change` changes.
    pub async fn over(change: impl FnOnce(&mut Ports)) -> Self {
        Self::begin(0, change, |_| {}, Place::Server).await.ready().await
    }

    /// The same, whose requests are worked on where they are asked: one that is dropped is cut off,
    /// as all are where a server dies.
    pub async fn cut_off_with(change: impl FnOnce(&mut Ports)) -> Self {
        Self::begin(0, change, |_| {}, Place::Request).await.ready().await
    }

    /// The same, whose clients may ask as `policy` says, behind proxies that are believed.
    pub async fn limited(policy: Policy, trusted_proxies: usize) -> Self {
        let limits = Arc::new(Limiter::alone(policy));
        let limit = |ports: &mut Ports| ports.limits = Some(limits);
        Self::begin(trusted_proxies, limit, |_| {}, Place::Server).await.ready().await
    }

    /// The same, in which something was changed before anything happened.
    pub async fn open_with(change: impl FnOnce(&mut Shop)) -> Self {
        Self::begin(0, |_| {}, change, Place::Server).await.ready().await
    }

    /// An empty shop that nobody administers yet, and which delivers nowhere.
    pub async fn closed() -> Self {
        Self::begin(0, |_| {}, |_| {}, Place::Server).await
    }

    /// The shop, ready to sell and with someone to administer it.
    async fn ready(self) -> Self {
        self.shop.pricing.set_up().await.unwrap();
        let staff = staff_token(&self.shop, "admin@example.com").await;
        Self { staff, ..self }
    }

    async fn begin(
        trusted_proxies: usize,
        change_ports: impl FnOnce(&mut Ports),
        change: impl FnOnce(&mut Shop),
        place: Place,
    ) -> Self {
        let profile = Profile::of_environment();
        let built = ecicomm::bootstrap::build(&Settings::in_memory().unwrap()).await.unwrap();
        let mut ports = (*built.ports).clone();
        let (settings, kept) = profile.put_under(&mut ports).await;
        let mut config = (*built.config).clone();
        config.own_index = settings.database.is_some();
        let mut shop = over(ports, config, change_ports);
        change(&mut shop);
        let settings = HttpSettings {
            access_log: false,
            trusted_proxies,
            ..ecicomm::bootstrap::http_settings(&settings)
        };
        let (serve, manage) = serve(&shop, settings, place).await;
        Self { shop, profile, staff: String::new(), serve, manage, keys: Cell::new(0), kept }
    }

    pub fn call(&self, method: Method, path: &str) -> Call {
        self.request(TestRequest::with_uri(&format!("/api/v1{path}")).method(method))
    }

    /// Reads what is at an address outside the API's base path.
    pub fn at(&self, path: &str) -> Call {
        self.request(TestRequest::with_uri(path))
    }

    /// A request to any address.
    pub fn request(&self, request: TestRequest) -> Call {
        Call { serve: self.serve.clone(), request, staff: self.staff.clone() }
    }

    /// Reads what is at the management address.
    pub async fn scrape(&self, path: &str) -> Answer {
        (self.manage)(TestRequest::with_uri(path)).await
    }

    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    pub fn post(&self, path: &str, body: Value) -> Call {
        self.call(Method::POST, path).json(&body)
    }

    pub fn put(&self, path: &str, body: Value) -> Call {
        self.call(Method::PUT, path).json(&body)
    }

    pub fn patch(&self, path: &str, body: Value) -> Call {
        self.call(Method::PATCH, path).json(&body)
    }

    /// A key that no request had before.
    pub fn key(&self) -> String {
        let number = self.keys.get() + 1;
        self.keys.set(number);
        format!("test-key-{number:016}")
    }

    /// Another member of staff.
    pub async fn colleague(&self) -> String {
        staff_token(&self.shop, "colleague@example.com").await
    }

    /// Lets time pass.
    pub async fn wait(&self, span: Span) {
        let micros = u64::try_from(span.as_micros()).unwrap();
        tokio::time::advance(Duration::from_micros(micros)).await;
    }

    /// Does all work of the background that is due.
    pub async fn settle(&self) {
        while self.shop.runner.step().await.unwrap() > 0 {}
        while self.shop.sweeper.step().await.unwrap().expired > 0 {}
    }

    /// A product for sale with one variant, at so many cents, and its stock.
    pub async fn product(&self, code: &str, cents: i64, stock: i64) {
        let variant = VariantDraft {
            id: None,
            sku: Some(code.to_owned()),
            price: Some(usd(cents)),
            compare_at: None,
            options: std::collections::BTreeMap::new(),
            weight_grams: 500,
            requires_shipping: true,
            tax_category: None,
            stock_policy: StockPolicy::Tracked,
        };
        let draft = ProductDraft {
            name: format!("Thing {code}"),
            status: Some(ProductStatus::Active),
            variants: vec![variant],
            ..ProductDraft::default()
        };
        self.shop.catalog.create(draft).await.unwrap();
        if stock > 0 {
            self.adjust(code, stock).await;
        }
    }

    /// Moves stock behind the API's back.
    pub async fn adjust(&self, code: &str, units: i64) {
        let command = MoveStockCommand {
            sku: sku(code),
            quantity: units,
            reason: None,
            location: None,
            expected: None,
        };
        let id = KeyId { principal: "harness".to_owned(), key: self.key() };
        let key = KeyClaim { id, fingerprint: [0; 32] };
        self.shop.inventory.adjust(command, key).await.unwrap();
    }

    /// What is on hand and reserved of a SKU.
    pub async fn level(&self, code: &str) -> (i64, i64) {
        let levels = self.shop.inventory.levels(&sku(code)).await.unwrap();
        levels.iter().fold((0, 0), |(on_hand, reserved), item| {
            (on_hand + item.on_hand(), reserved + item.reserved())
        })
    }

    /// The id of a new cart with an address and these lines.
    pub async fn cart(&self, lines: &[(&str, u32)]) -> String {
        let cart = self.post("/carts", json!({})).await.ok(201);
        let cart = cart["id"].as_str().unwrap().to_owned();
        self.put(&format!("/carts/{cart}/shipping-address"), address()).await.ok(200);
        for (sku, quantity) in lines {
            let item = json!({"sku": sku, "quantity": quantity});
            self.post(&format!("/carts/{cart}/items"), item).await.ok(200);
        }
        cart
    }

    /// Sends an order under a key of its own.
    pub fn place(&self, body: Value) -> Call {
        self.post("/orders", body).key(&self.key())
    }

    /// An order that was paid with a good card.
    pub async fn buy(&self, lines: &[(&str, u32)]) -> Bought {
        let cart = self.cart(lines).await;
        self.bought(order_of(&cart, "pm_card_visa")).await
    }

    /// An order that is confirmed at once.
    pub async fn bought(&self, body: Value) -> Bought {
        let order = self.place(body).await.ok(201);
        assert_eq!(order["status"], "confirmed");
        Bought {
            id: order["id"].as_str().unwrap().to_owned(),
            token: order["access_token"].as_str().unwrap().to_owned(),
            order,
        }
    }

    /// An order as staff see it now.
    pub async fn order(&self, id: &str) -> Value {
        self.get(&format!("/admin/orders/{id}")).staff().await.ok(200)
    }
}

/// Where everything is sent to.
pub fn address() -> Value {
    json!({
        "name": "Ada Buyer", "line1": "1 Main Street", "city": "Springfield", "region": "IL",
        "postal_code": "62701", "country": "US",
    })
}

/// An order of a cart, paid by a card.
pub fn order_of(cart: &str, token: &str) -> Value {
    json!({
        "cart_id": cart, "email": "ada@example.com", "payment": {"method": "card", "token": token},
    })
}

/// The same value with these members changed.
pub fn with(mut value: Value, members: Value) -> Value {
    for (name, member) in members.as_object().unwrap() {
        value[name] = member.clone();
    }
    value
}

fn breaker() -> Arc<Breaker> {
    Arc::new(Breaker::new("payment", BreakerSettings::default()))
}

/// The shop over these ports, but on a clock of the test and with a provider on that clock, and then
/// as `change` has it.
fn over(ports: Ports, config: ShopConfig, change: impl FnOnce(&mut Ports)) -> Shop {
    let clock = Arc::new(TestClock { began: tokio::time::Instant::now() });
    let settings = SandboxSettings::new(SandboxLedgerPlace::Memory);
    let sandbox = Arc::new(SandboxGateway::try_new(clock.clone(), settings).unwrap());
    let guard = Guard::new(breaker(), PROVIDER_TIMEOUT);
    // The one that was built has another provider.
    let mut dependencies = ports.dependencies;
    dependencies.retain(|known| known.name() != guard.dependency().name());
    dependencies.push(guard.dependency());
    let mut ports = Ports {
        gateway: Arc::new(GuardedGateway::new(sandbox.clone(), guard)),
        dependencies,
        limits: None,
        ledger: Some(sandbox),
        tokens: Arc::new(JwtTokens::new(b"the key of the tests, and no other", clock.clone())),
        clock,
        // The embedded engine works on threads of its own, while the time of these tests stands
        // still for nobody but this one: a request would run out of time before the engine has
        // begun.
        search: Arc::new(MemorySearch::new()),
        ..ports
    };
    change(&mut ports);
    Shop::new(ports, config)
}

/// A member of staff who signed in just now.
async fn staff_token(shop: &Shop, address: &str) -> String {
    let now = shop.ports.clock.now();
    let member = StaffMember {
        id: StaffId::new(shop.ports.ids.next()),
        email: email(address),
        password_hash: String::new(),
        role: Role::Administrator,
        active: true,
        created_at: now,
        version: Version::FIRST,
    };
    let claims =
        StaffClaims { staff: member.id, role: member.role, expires_at: now.plus(Span::days(365)) };
    let write = Write::SaveStaff { member: Arc::new(member), expected: None };
    shop.ports.store.commit(UnitOfWork::of(now, write)).await.unwrap();
    shop.ports.tokens.issue(&claims).unwrap()
}

/// The routes of the shop, as a server serves them, and those beside them.
async fn serve(shop: &Shop, settings: HttpSettings, place: Place) -> (Serve, Serve) {
    let shop = Arc::new(shop.clone());
    let make = || configure_both(shop, settings);
    let (routes, beside) = match place {
        Place::Server => make(),
        // There is no runtime that would go on with it.
        Place::Request => std::thread::scope(|scope| scope.spawn(make).join().unwrap()),
    };
    (service(routes).await, service(beside).await)
}

async fn service(routes: impl FnOnce(&mut ServiceConfig)) -> Serve {
    let service = Rc::new(init_service(App::new().configure(routes)).await);
    Rc::new(move |request| {
        let service = service.clone();
        Box::pin(async move {
            match service.call(request.to_request()).await {
                Ok(response) => read(response.into_parts().1).await,
                Err(error) => read(HttpResponse::from_error(error)).await,
            }
        })
    })
}

async fn read<B: MessageBody>(response: HttpResponse<B>) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = to_bytes(response.into_body()).await.unwrap_or_else(|_| panic!("a body broke off"));
    Answer { status, headers, body }
}

/// Goes on with a request until it waits for time to pass, as it does while its provider takes its
/// own. Until then it may have much to do: time passes for nobody before that is done.
pub async fn until_it_waits(request: &mut Local<Answer>) {
    let answer = tokio::time::timeout(Duration::from_millis(1), request).await;
    assert!(answer.is_err(), "it is answered: {answer:?}");
}

/// A request that is being put together. Awaiting it sends it.
pub struct Call {
    serve: Serve,
    request: TestRequest,
    staff: String,
}

impl Call {
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.append_header((name, value)), ..self }
    }

    pub fn key(self, key: &str) -> Self {
        self.header("Idempotency-Key", key)
    }

    /// Signed in as the administrator.
    pub fn staff(self) -> Self {
        let token = self.staff.clone();
        self.bearer(&token)
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// As the buyer who has the order's token.
    pub fn token(self, token: &str) -> Self {
        self.header("X-Order-Token", token)
    }

    /// With a body of another kind.
    pub fn content_type(self, media: &str) -> Self {
        Self { request: self.request.insert_header(("Content-Type", media)), ..self }
    }

    /// With bytes as they are.
    pub fn bytes(self, body: impl Into<Bytes>) -> Self {
        Self { request: self.request.set_payload(body.into()), ..self }
    }

    pub fn json(self, body: &Value) -> Self {
        self.raw(&body.to_string())
    }

    pub fn raw(self, body: &str) -> Self {
        let request = self.request.insert_header(("Content-Type", "application/json"));
        Self { request: request.set_payload(body.to_owned()), ..self }
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = Local<Answer>;

    fn into_future(self) -> Local<Answer> {
        (self.serve)(self.request)
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body as it is read.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body of an answer that MUST have this status.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// The document of a refusal that MUST have this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let problem = self.ok(status);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["detail"].is_string(), "{problem}");
        problem
    }

    /// The places in the body that a refusal names.
    #[track_caller]
    pub fn pointers(&self) -> Vec<String> {
        let problem = self.refused(400, "validation_failed");
        let errors = problem["errors"].as_array().unwrap();
        errors.iter().filter_map(|e| e["pointer"].as_str().map(str::to_owned)).collect()
    }

    /// Whether the answer says that an earlier request made it.
    pub fn replayed(&self) -> bool {
        self.header("idempotency-replayed") == Some("true")
    }
}
