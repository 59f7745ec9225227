//! Clients of a shop, all at work until they are told to stop.

use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time;

use super::book::Book;
use super::client::Request;
use super::fleet::Fleet;
use super::goods::{COUPON, COUPON_LIMIT, Goods};
use super::shopper::{self, Client};
use super::staff;

/// How long clients may take to learn how everything ended that they asked for.
const PATIENCE: Duration = Duration::from_mins(5);

/// Who is there.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    pub seed: u64,
    pub shoppers: usize,
    pub staff: usize,
    /// How many of a hundred buyers never do what their bank asks them to. Their orders are open for
    /// as long as a hold lasts.
    pub idle_percent: u32,
    /// How many of a hundred requests under keys are not waited for.
    pub hung_up_percent: u32,
}

/// The clients of a run.
pub struct Load {
    stop: watch::Sender<bool>,
    clients: JoinSet<()>,
}

impl Load {
    /// Sends the crowd in.
    pub fn begin(fleet: &Fleet, book: &Book, goods: &Goods, crowd: Crowd) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut clients = JoinSet::new();
        for id in 0..crowd.shoppers + crowd.staff {
            let shop = (fleet.caller(), book.clone(), goods.clone());
            let mut client = Client::new(shop, crowd.seed, id, stopped.clone());
            client.idle_percent = crowd.idle_percent;
            client.hung_up_percent = crowd.hung_up_percent;
            if id < crowd.shoppers {
                clients.spawn(shopper::shop(client));
            } else {
                clients.spawn(staff::work(client));
            }
        }
        Self { stop, clients }
    }

    /// Tells all to stop and waits until they know how what they asked for ended.
    pub async fn end(mut self) {
        self.stop.send_replace(true);
        let all = async {
            while let Some(ended) = self.clients.join_next().await {
                ended.unwrap();
            }
        };
        time::timeout(PATIENCE, all).await.expect("clients that know how it ended");
    }
}

/// Has staff announce the code that few orders may use.
pub async fn announce_coupon(fleet: &Fleet) {
    let caller = fleet.caller();
    let promotion = json!({
        "name": "A tenth off", "type": "percentage", "percent": 10, "code": COUPON,
        "usage_limit": COUPON_LIMIT,
    });
    let request = Request::post("/admin/promotions", &promotion);
    let answer = caller.ask(&Request { bearer: Some(caller.sign_in().await), ..request }).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}
