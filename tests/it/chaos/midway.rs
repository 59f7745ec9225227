//! Clients that hang up at a moment that chance hardly meets: in the middle of a commit that they
//! asked for. It is made to stand still there until its client is gone and the server has dropped
//! what it did for it; then the commit must go through as if the client had stayed.
//!
//! A commit that goes with its client leaves no trace in the database: what was undone was whole
//! before. So it is the key that tells: asked again, it must say that the first request did it.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time;

use super::abrupt::{Abrupt, FarEnd};
use super::barrier::Barrier;
use super::book::Kind;
use super::client::{Request, Unanswered};
use super::fleet::Fleet;
use super::process::LOOK;
use super::shopper::{Client, Known, address};

/// What the commits are about.
const SKU: &str = "CHAOS-099";
/// How many units of it come in.
const UNITS: i64 = 7;
/// For how long a commit may stand still. The shop waits for a lock for a second and then gives up on
/// what it has, so that one that is held for longer may rightly come to nothing.
const HELD: Duration = Duration::from_millis(500);
/// How often a machine may be too slow for that.
const TRIES: u32 = 20;
/// How long a server may take to let go of a connection that broke.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is in the middle when its client hangs up.
#[derive(Clone, Copy, Debug)]
enum Commit {
    /// Units that come in: neither they nor the key are kept yet.
    Receipt,
    /// An order that is called off: it is cancelled already, and its units are not back yet.
    Cancellation,
    /// An order that is placed: its stock is not held yet. Of these it alone is kept from its client
    /// twice: the server has the whole checkout in a task of its own, too.
    Order,
}

/// All of them.
const COMMITS: [Commit; 3] = [Commit::Receipt, Commit::Cancellation, Commit::Order];

impl Commit {
    /// The function of the database that it is in when it wants the stock.
    fn words(self) -> &'static str {
        match self {
            Self::Receipt => "move_stock(",
            Self::Cancellation => "restock(",
            Self::Order => "place_order(",
        }
    }

    /// A request for it, which is in the book already.
    async fn request(self, client: &mut Client, bearer: &str) -> Request {
        match self {
            Self::Receipt => {
                let body = json!({"quantity": UNITS, "reason": "delivery"});
                let request = Request::post(format!("/admin/inventory/{SKU}/receipts"), &body);
                let request = Request { bearer: Some(bearer.to_owned()), ..request };
                let request = request.under(client.key());
                client.book.open(Kind::Receipt { units: UNITS }, &request);
                request
            }
            Self::Cancellation => cancellation(client).await,
            Self::Order => order(client),
        }
    }
}

/// Hangs up once in the middle of each. Nobody else is to want the stock meanwhile.
pub async fn run(fleet: &Fleet, client: &mut Client) {
    let bearer = client.caller.sign_in().await;
    for commit in COMMITS {
        let mut tries = 0;
        while !hang_up_in(commit, fleet, client, &bearer).await {
            tries += 1;
            assert!(tries < TRIES, "each {commit:?} stands still for too long");
        }
    }
    fleet.no_session_is_poisoned(&client.book.verdict).await;
}

/// Hangs up in the middle of one. Whether that tells anything: not where it stood still for too long.
async fn hang_up_in(commit: Commit, fleet: &Fleet, client: &mut Client, bearer: &str) -> bool {
    let request = commit.request(client, bearer).await;
    let database = fleet.backend().database().expect("a run over Postgres");
    let (server, mut barrier) = (fleet.server(0), Barrier::before(database.url(), SKU).await);
    let sent = Instant::now();
    let connection = Abrupt::send(&request, server.address).await.unwrap();
    let session = barrier.met(commit.words()).await;
    let end = server.end_of(connection.address());
    drop(connection);
    let_go(end).await;
    let held = sent.elapsed();
    barrier.lift(session).await;
    client.book.doubt(&request, Err(Unanswered::HungUp));
    let known = client.persist(&request).await;
    if held > HELD {
        return false;
    }
    let went_through =
        matches!(&known, Known::Final(answer) if answer.status < 300 && answer.replayed);
    client.book.verdict.check("T-C11", went_through, || match &known {
        Known::Final(answer) => {
            format!("a {commit:?} went with its client; asked again: {}", answer.text())
        }
        Known::Never => format!("what became of a {commit:?} is not known"),
    });
    true
}

/// Waits until the server has let go of its end of a connection. Where the system does not tell, it
/// may not have when this returns: then a commit that goes with its client may be missed.
async fn let_go(end: Option<FarEnd>) {
    let began = Instant::now();
    while end.as_ref().is_some_and(FarEnd::is_held) {
        assert!(began.elapsed() < PATIENCE, "the server goes on for a client that is gone");
        time::sleep(LOOK).await;
    }
}

/// An order of one unit.
fn order(client: &mut Client) -> Request {
    let wish = client.book.wish();
    let body = json!({
        "lines": [{"sku": SKU, "quantity": 1}],
        "email": format!("client-{}@chaos.example", client.id),
        "shipping_address": address(wish),
        "payment": {"method": "card", "token": "pm_card_visa"},
    });
    let request = Request::post("/orders", &body).under(client.key());
    client.book.open(Kind::Order { wish }, &request);
    request
}

/// The cancellation of an order that was confirmed.
async fn cancellation(client: &mut Client) -> Request {
    let order = order(client);
    let Known::Final(placed) = client.persist(&order).await else {
        panic!("an order was never answered: {order:?}");
    };
    assert_eq!(placed.status, 201, "{}", placed.text());
    let placed = placed.json();
    let text = |name: &str| placed[name].as_str().unwrap().to_owned();
    let path = format!("/orders/{}/cancel", text("id"));
    let request = Request::post(path, &json!({"reason": "changed"})).under(client.key());
    let request = request.with_token(text("access_token"));
    client.book.open(Kind::Other("cancel"), &request);
    request
}
