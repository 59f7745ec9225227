//! Idempotency keys, on every operation of the API document that asks for one.

mod keys;
mod repeats;

use std::collections::BTreeSet;
use std::pin::Pin;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::order::{lamps, order_lines};
use crate::harness::api::{Answer, Api, Bought, Call, order_of, with};

/// A request that succeeds, and everything that it needs.
struct Ready {
    path: String,
    body: Value,
    who: Who,
}

/// Who sends it, and so whose its key is.
enum Who {
    /// Whoever knows the cart that the body names.
    Anyone,
    /// Whoever has the order's token.
    Buyer(String),
    /// A member of staff.
    Staff,
}

impl Ready {
    fn staff(path: String, body: Value) -> Self {
        Self { path, body, who: Who::Staff }
    }

    /// The request, without a key.
    fn call(&self, api: &Api) -> Call {
        let call = api.post(&self.path, self.body.clone());
        match &self.who {
            Who::Anyone => call,
            Who::Buyer(token) => call.token(token),
            Who::Staff => call.staff(),
        }
    }

    fn under(&self, api: &Api, key: &str) -> Call {
        self.call(api).key(key)
    }
}

type Prepare = for<'a> fn(&'a Api) -> Pin<Box<dyn Future<Output = Ready> + 'a>>;

/// Every operation that asks for a key, and how to get ready for it.
const OPERATIONS: [(&str, Prepare); 14] = [
    ("/orders", |api| {
        Box::pin(async {
            let cart = api.cart(&[("LAMP-1", 1)]).await;
            Ready {
                path: "/orders".into(),
                body: order_of(&cart, "pm_card_visa"),
                who: Who::Anyone,
            }
        })
    }),
    ("/orders/{order_id}/cancel", |api| {
        Box::pin(async { buyer(&bought(api).await, "cancel", json!({"reason": "no"})) })
    }),
    ("/orders/{order_id}/returns", |api| {
        Box::pin(async { buyer(&shipped(api).await, "returns", json!({"reason": "no"})) })
    }),
    ("/orders/{order_id}/payment/confirm", |api| {
        Box::pin(async {
            let cart = api.cart(&[("LAMP-1", 1)]).await;
            let order = api.place(order_of(&cart, "pm_card_authenticationRequired")).await.ok(202);
            let (id, token) = (&order["id"], order["access_token"].as_str().unwrap());
            let path = format!("/orders/{}/payment/confirm", id.as_str().unwrap());
            Ready { path, body: json!({}), who: Who::Buyer(token.to_owned()) }
        })
    }),
    ("/admin/inventory/{sku}/receipts", |api| {
        Box::pin(async { stock(api, "receipts", json!({"quantity": 5})).await })
    }),
    ("/admin/inventory/{sku}/adjustments", |api| {
        Box::pin(async { stock(api, "adjustments", json!({"quantity": -1, "reason": "x"})).await })
    }),
    ("/admin/orders/{order_id}/shipments", |api| {
        Box::pin(async { staff(&bought(api).await, "shipments", json!({"carrier": "DHL"})) })
    }),
    ("/admin/orders/{order_id}/shipments/{shipment_id}/deliver", |api| {
        Box::pin(async {
            let bought = shipped(api).await;
            let shipment = part(api, &bought, "shipments").await;
            staff(&bought, &format!("shipments/{shipment}/deliver"), json!({}))
        })
    }),
    ("/admin/orders/{order_id}/cancel", |api| {
        Box::pin(async { staff(&bought(api).await, "cancel", json!({"reason": "fraud"})) })
    }),
    ("/admin/orders/{order_id}/refunds", |api| {
        Box::pin(async {
            let amount = json!({"amount": 100, "currency": "USD"});
            staff(&bought(api).await, "refunds", json!({"amount": amount}))
        })
    }),
    ("/admin/orders/{order_id}/refunds/{refund_id}/resolve", |api| {
        Box::pin(async {
            let bought = bought_with(api, "pm_card_refundFail").await;
            let amount = json!({"amount": 100, "currency": "USD"});
            let refund = staff(&bought, "refunds", json!({"amount": amount}));
            refund.under(api, &api.key()).await.json();
            api.settle().await;
            let failed = part(api, &bought, "refunds").await;
            staff(&bought, &format!("refunds/{failed}/resolve"), json!({"resolution": "paid"}))
        })
    }),
    ("/admin/orders/{order_id}/payments/{payment_id}/capture", |api| {
        Box::pin(async { invoice(api, "capture").await })
    }),
    ("/admin/orders/{order_id}/payments/{payment_id}/void", |api| {
        Box::pin(async { invoice(api, "void").await })
    }),
    ("/admin/orders/{order_id}/returns/{return_id}/receive", |api| {
        Box::pin(async {
            let bought = shipped(api).await;
            let ask = buyer(&bought, "returns", json!({"reason": "no"}));
            ask.under(api, &api.key()).await.json();
            let asked = part(api, &bought, "returns").await;
            staff(&bought, &format!("returns/{asked}/receive"), json!({"restock": true}))
        })
    }),
];

async fn bought_with(api: &Api, token: &str) -> Bought {
    let cart = api.cart(&[("LAMP-1", 1)]).await;
    api.bought(order_of(&cart, token)).await
}

async fn bought(api: &Api) -> Bought {
    api.buy(&[("LAMP-1", 1)]).await
}

async fn shipped(api: &Api) -> Bought {
    let bought = bought(api).await;
    let answer = staff(&bought, "shipments", json!({})).under(api, &api.key()).await;
    assert!(answer.status < 300, "{answer:?}");
    bought
}

async fn part(api: &Api, bought: &Bought, list: &str) -> String {
    api.order(&bought.id).await[list][0]["id"].as_str().unwrap().to_owned()
}

async fn invoice(api: &Api, act: &str) -> Ready {
    let payment = json!({"payment": {"method": "invoice"}});
    let bought = api.bought(with(order_lines(&[("LAMP-1", 1)]), payment)).await;
    let id = part(api, &bought, "payments").await;
    staff(&bought, &format!("payments/{id}/{act}"), json!({}))
}

async fn stock(api: &Api, act: &str, body: Value) -> Ready {
    let sku = format!("NEW-{}", api.key());
    api.product(&sku, 100, 10).await;
    Ready::staff(format!("/admin/inventory/{sku}/{act}"), body)
}

fn staff(bought: &Bought, tail: &str, body: Value) -> Ready {
    Ready::staff(format!("/admin/orders/{}/{tail}", bought.id), body)
}

fn buyer(bought: &Bought, tail: &str, body: Value) -> Ready {
    let who = Who::Buyer(bought.token.clone());
    Ready { path: format!("/orders/{}/{tail}", bought.id), body, who }
}

/// Everything that an operation could have done: all orders, all stock, and the provider's ledger.
async fn effects(api: &Api) -> [Value; 3] {
    let lists = ["/admin/orders", "/admin/inventory", "/admin/sandbox/ledger"];
    let pages = lists.map(|list| api.get(&format!("{list}?limit=100")).staff().into_future());
    let pages: Vec<Answer> = join_all(pages).await;
    let pages = [pages[0].ok(200), pages[1].ok(200), pages[2].ok(200)];
    assert!(pages.iter().all(|page| page["next_cursor"].is_null()), "all of it is on one page");
    pages
}

/// Tries every operation, one after the other in one shop.
async fn each(test: impl AsyncFn(&str, &Api, Ready)) {
    let api = lamps().await;
    for (operation, prepare) in OPERATIONS {
        api.adjust("LAMP-1", 5).await;
        let ready = prepare(&api).await;
        test(operation, &api, ready).await;
    }
}

#[test]
fn every_operation_that_asks_for_a_key_is_tried_here() {
    let document = ecicomm::adapters::http::document();
    let mut asking = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let mut keys = parameters.filter(|parameter| parameter["name"] == "Idempotency-Key");
            if keys.any(|key| key["required"] == true) {
                assert_eq!(method, "post");
                asking.insert(path.trim_start_matches("/api/v1").to_owned());
            }
        }
    }
    let tried = OPERATIONS.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(asking, tried);
}
