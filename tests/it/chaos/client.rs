//! Requests as clients send them: over HTTP, to any server that is up.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time;

use super::abrupt::Abrupt;
use super::fleet::{ADMINISTRATOR, Addresses};
use super::process::LOOK;

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long it waits for any server to be up.
const DOWN_PATIENCE: Duration = Duration::from_mins(2);
/// How often something is asked that must be answered in the end, and the pause between.
const TRIES: u32 = 200;
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub bytes: Vec<u8>,
    /// Whether it says that an earlier request made it.
    pub replayed: bool,
    /// Whether it says when to ask again.
    pub says_when: bool,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// The code of a problem; empty where it is none.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn text(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.bytes))
    }
}

/// Why a client has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// The connection could not be made, or broke, or nothing came for long.
    Lost,
    /// The client did not wait.
    HungUp,
}

/// A request that can be sent again and again.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub post: bool,
    /// Behind the version of the API.
    pub path: String,
    pub body: Option<String>,
    pub key: Option<String>,
    pub order_token: Option<String>,
    pub bearer: Option<String>,
}

impl Request {
    pub fn get(path: impl Into<String>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }

    pub fn post(path: impl Into<String>, body: &Value) -> Self {
        Self { post: true, path: path.into(), body: Some(body.to_string()), ..Self::default() }
    }

    pub fn under(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    pub fn with_token(self, token: impl Into<String>) -> Self {
        Self { order_token: Some(token.into()), ..self }
    }
}

/// A way to the servers of a shop, one after the other.
#[derive(Clone)]
pub struct Caller {
    /// Of the runtime that it was made in, as are its connections.
    http: Client,
    addresses: watch::Receiver<Addresses>,
}

impl Caller {
    pub fn to(addresses: watch::Receiver<Addresses>) -> Self {
        // Fails where the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: Client::builder().no_proxy().build().unwrap(), addresses }
    }

    /// A way to one server alone.
    pub fn to_one(&self, address: SocketAddr) -> Self {
        let (_, addresses) = watch::channel(vec![Some(address)]);
        Self { http: self.http.clone(), addresses }
    }

    /// Whether a server says that it lives.
    pub async fn is_alive(&self, address: SocketAddr) -> bool {
        let asked = self.http.get(format!("http://{address}/health")).timeout(PATIENCE).send();
        asked.await.is_ok_and(|answer| answer.status().is_success())
    }

    /// Whether a server says that it may be sent requests.
    pub async fn is_ready(&self, address: SocketAddr) -> bool {
        let url = format!("http://{address}/ready");
        let asked = self.http.get(url).timeout(PATIENCE).send().await;
        asked.is_ok_and(|answer| answer.status().is_success())
    }

    /// Sends a request once.
    pub async fn send(&self, request: &Request) -> Result<Answer, Unanswered> {
        let sent = time::timeout(PATIENCE, self.exchange(request)).await;
        sent.ok().flatten().ok_or(Unanswered::Lost)
    }

    /// The same with less patience: the connection is closed when it is over, which the server learns
    /// when it answers.
    pub async fn send_within(
        &self,
        request: &Request,
        patience: Duration,
    ) -> Result<Answer, Unanswered> {
        match time::timeout(patience, self.exchange(request)).await {
            Ok(answer) => answer.ok_or(Unanswered::Lost),
            Err(_) => Err(Unanswered::HungUp),
        }
    }

    /// The same, but the connection breaks when it is over, at which the server drops what it does for
    /// it. An answer that begins in time is asked for again by a client that reads it.
    pub async fn break_off_within(
        &self,
        request: &Request,
        patience: Duration,
    ) -> Result<Answer, Unanswered> {
        match time::timeout(patience, self.answered(request)).await {
            Ok(()) => self.send(request).await,
            Err(_) => Err(Unanswered::HungUp),
        }
    }

    /// Returns when an answer begins. Its connection breaks with this.
    async fn answered(&self, request: &Request) {
        loop {
            match Abrupt::send(request, self.a_server().await).await {
                Ok(connection) => return connection.answered().await,
                Err(_) => time::sleep(LOOK).await,
            }
        }
    }

    async fn exchange(&self, request: &Request) -> Option<Answer> {
        let answer = self.reach(request).await?;
        let status = answer.status().as_u16();
        let replayed = answer.headers().contains_key("idempotency-replayed");
        let says_when = answer.headers().contains_key("retry-after");
        let bytes = answer.bytes().await.ok()?.to_vec();
        Some(Answer { status, bytes, replayed, says_when })
    }

    /// Sends it to the next server that takes connections, as a load balancer does: one that
    /// refuses them has heard nothing of it.
    async fn reach(&self, request: &Request) -> Option<Response> {
        loop {
            let address = self.a_server().await;
            match self.built(request, address).send().await {
                Ok(answer) => return Some(answer),
                Err(error) if error.is_connect() => time::sleep(LOOK).await,
                Err(_) => return None,
            }
        }
    }

    /// Sends what may be repeated until it is answered with something that is no excuse.
    pub async fn ask(&self, request: &Request) -> Answer {
        let mut last = None;
        for _ in 0..TRIES {
            match self.send(request).await {
                Ok(answer) if answer.status != 503 => return answer,
                other => last = Some(other),
            }
            time::sleep(BETWEEN_TRIES).await;
        }
        panic!("{} is not answered: {last:?}", request.path);
    }

    /// Every item of a list, page by page.
    pub async fn all(&self, path: &str, bearer: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let joint = if path.contains('?') { '&' } else { '?' };
            let page = Request {
                bearer: Some(bearer.to_owned()),
                ..Request::get(format!("{path}{joint}limit=100{cursor}"))
            };
            let answer = self.ask(&page).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            let mut body = answer.json();
            if let Value::Array(page) = body["items"].take() {
                items.extend(page);
            }
            match body["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// Signs the administrator in: a token for a quarter of an hour.
    pub async fn sign_in(&self) -> String {
        let body = serde_json::json!({"email": ADMINISTRATOR.0, "password": ADMINISTRATOR.1});
        let answer = self.ask(&Request::post("/auth/login", &body)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    /// The next server that is up, once there is one.
    async fn a_server(&self) -> SocketAddr {
        static TURN: AtomicUsize = AtomicUsize::new(0);
        let mut addresses = self.addresses.clone();
        let up = addresses.wait_for(|addresses| addresses.iter().any(Option::is_some));
        // A way to one server has nobody who changes it, and needs none.
        let up = time::timeout(DOWN_PATIENCE, up).await.expect("no server came up").unwrap();
        let up: Vec<SocketAddr> = up.iter().copied().flatten().collect();
        up[TURN.fetch_add(1, Ordering::Relaxed) % up.len()]
    }

    fn built(&self, request: &Request, address: SocketAddr) -> RequestBuilder {
        let method = if request.post { Method::POST } else { Method::GET };
        let url = format!("http://{address}/api/v1{}", request.path);
        let mut built = self.http.request(method, url);
        if let Some(body) = &request.body {
            built = built.header("content-type", "application/json").body(body.clone());
        }
        for (name, value) in
            [("idempotency-key", &request.key), ("x-order-token", &request.order_token)]
        {
            if let Some(value) = value {
                built = built.header(name, value);
            }
        }
        match &request.bearer {
            Some(token) => built.bearer_auth(token),
            None => built,
        }
    }
}
