//! Members of staff, who pay back, call off, ship, take back and restock while all goes wrong.

use serde_json::{Value, json};

use super::book::Kind;
use super::client::Request;
use super::goods::Goods;
use super::shopper::{Client, Known};

/// The longest pause between two things that a member of staff does, in milliseconds.
const LONGEST_PAUSE: i64 = 150;
/// Below so many units a hot SKU is restocked, by so many.
const LOW: i64 = 40;
const RESTOCK: i64 = 120;

/// Works until told to stop.
pub async fn work(mut client: Client) {
    let mut token = client.caller.sign_in().await;
    while !client.is_stopped() {
        let done = match client.rng.below(10) {
            0..=2 => client.restock(&token).await,
            3 => client.take_back(&token).await,
            _ => client.look_after_an_order(&token).await,
        };
        if done.is_none() && !client.is_stopped() {
            token = client.caller.sign_in().await;
        }
        client.think(LONGEST_PAUSE).await;
    }
}

/// None where the token was refused.
type Done = Option<()>;

impl Client {
    /// I1 at any moment, and more of what runs low.
    async fn restock(&mut self, token: &str) -> Done {
        let sku = self.rng.pick(Goods::hot(&self.goods)).sku.clone();
        let request = Request::get(format!("/admin/inventory/{sku}"));
        let Some(stock) = self.read(request, token).await? else { return Some(()) };
        let [on_hand, reserved, available] =
            ["on_hand", "reserved", "available"].map(|name| stock[name].as_i64().unwrap_or(-1));
        let sound = on_hand >= 0 && reserved >= 0 && available == on_hand - reserved;
        self.book.verdict.check("I1", sound && available >= 0, || stock.to_string());
        if available < LOW && self.rng.percent(60) {
            let path = format!("/admin/inventory/{sku}/receipts");
            let body = json!({"quantity": RESTOCK, "reason": "delivery"});
            self.promised(Kind::Receipt { units: RESTOCK }, &path, &body, token).await;
        }
        Some(())
    }

    async fn look_after_an_order(&mut self, token: &str) -> Done {
        let request = Request::get("/admin/orders?status=confirmed&limit=20");
        let Some(page) = self.read(request, token).await? else { return Some(()) };
        let orders = page["items"].as_array().cloned().unwrap_or_default();
        if orders.is_empty() {
            return Some(());
        }
        let order = self.rng.pick(&orders).clone();
        self.book.saw(self.id, &order);
        let path = format!("/admin/orders/{}", order["id"].as_str().unwrap_or_default());
        match self.rng.below(10) {
            0..=2 => {
                let body = json!({"reason": "out of range"});
                self.promised(Kind::Other("cancel"), &format!("{path}/cancel"), &body, token).await;
            }
            3..=6 => self.refund(&order, &path, token).await,
            _ => self.ship(&path, token).await,
        }
        Some(())
    }

    /// Most of it, now and then twice, of which the second must be refused.
    async fn refund(&mut self, order: &Value, path: &str, token: &str) {
        let total = order["total"]["amount"].as_i64().unwrap_or_default();
        if total < 2 {
            return;
        }
        let amount = total / 2 + 1;
        let body = json!({"amount": {"amount": amount, "currency": "USD"}, "reason": "goodwill"});
        for _ in 0..=u64::from(self.rng.percent(20)) {
            let path = format!("{path}/refunds");
            self.promised(Kind::Other("refund"), &path, &body, token).await;
        }
    }

    async fn ship(&mut self, path: &str, token: &str) {
        let shipments = format!("{path}/shipments");
        let all = json!({});
        let shipped = self.promised(Kind::Other("shipment"), &shipments, &all, token);
        let Some(order) = shipped.await else { return };
        let shipment = order["shipments"][0]["id"].as_str().unwrap_or_default();
        let deliver = format!("{shipments}/{shipment}/deliver");
        self.promised(Kind::Other("delivery"), &deliver, &all, token).await;
    }

    /// Takes in what buyers send back; most goes back on sale.
    async fn take_back(&mut self, token: &str) -> Done {
        let request = Request::get("/admin/orders?status=delivered&limit=50");
        let Some(page) = self.read(request, token).await? else { return Some(()) };
        for order in page["items"].as_array().into_iter().flatten() {
            let asked = order["returns"].as_array().into_iter().flatten();
            let Some(asked) = asked.into_iter().find(|asked| asked["received_at"].is_null()) else {
                continue;
            };
            let [order, asked] = [order, asked].map(|it| it["id"].as_str().unwrap_or_default());
            let path = format!("/admin/orders/{order}/returns/{asked}/receive");
            let body = json!({"restock": self.rng.percent(80)});
            self.promised(Kind::Other("return taken in"), &path, &body, token).await;
        }
        Some(())
    }

    /// A request under a key of its own; what it made, where it was not refused.
    async fn promised(
        &mut self,
        kind: Kind,
        path: &str,
        body: &Value,
        token: &str,
    ) -> Option<Value> {
        let request = Request {
            bearer: Some(token.to_owned()),
            ..Request::post(path, body).under(self.key())
        };
        self.book.open(kind, &request);
        match self.persist(&request).await {
            Known::Final(answer) if answer.status < 300 => Some(answer.json()),
            _ => None,
        }
    }

    /// What can be read now: the outer option is none where the token was refused.
    async fn read(&mut self, request: Request, token: &str) -> Option<Option<Value>> {
        let request = Request { bearer: Some(token.to_owned()), ..request };
        let Ok(answer) = self.caller.send(&request).await else { return Some(None) };
        match answer.status {
            401 => None,
            200 => Some(Some(answer.json())),
            _ => Some(None),
        }
    }
}
