//! Events that a consumer gave up, as staff see them and have them tried again.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::http::Method;
use async_trait::async_trait;
use ecicomm::app::operations::{EventConsumer, HandleError, Relay};
use ecicomm::domain::shared::Span;
use ecicomm::ports::events::{Event, EventBody};
use ecicomm::ports::store::Write;
use serde_json::{Value, json};

use crate::harness::api::Api;

/// A consumer that handles no event of a product until it is mended.
#[derive(Default)]
struct Stubborn {
    mended: AtomicBool,
    tries: AtomicU32,
    handled: Mutex<Vec<u64>>,
}

#[async_trait]
impl EventConsumer for Stubborn {
    fn name(&self) -> &'static str {
        "stubborn"
    }

    fn batch(&self) -> usize {
        10
    }

    fn pace(&self) -> Span {
        Span::ZERO
    }

    async fn handle(&self, events: &[Event]) -> Result<Vec<Write>, HandleError> {
        let products = events.iter().filter(|e| matches!(e.body, EventBody::ProductSaved(..)));
        if products.count() > 0 && !self.mended.load(Ordering::Relaxed) {
            self.tries.fetch_add(1, Ordering::Relaxed);
            return Err(HandleError::Failed("it is stubborn".to_owned()));
        }
        self.handled.lock().unwrap().extend(events.iter().map(|event| event.position));
        Ok(Vec::new())
    }
}

/// A shop with such a consumer, which has given up the event of a product.
async fn given_up() -> (Api, Arc<Stubborn>) {
    let stubborn = Arc::new(Stubborn::default());
    let api = Api::open_with(|shop| shop.consumers.push(stubborn.clone())).await;
    api.product("LAMP-1", 4_999, 10).await;
    for _ in 0..=Relay::MAX_ATTEMPTS {
        api.shop.relay.drain(stubborn.as_ref()).await.unwrap();
        api.wait(Span::minutes(5)).await;
    }
    (api, stubborn)
}

async fn dead(api: &Api) -> Vec<Value> {
    let page = api.get("/admin/dead-letters/stubborn").staff().await.ok(200);
    page["items"].as_array().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn what_a_consumer_gave_up_is_listed_and_tried_again_when_staff_say_so() {
    let (api, stubborn) = given_up().await;
    let dead_now = dead(&api).await;
    assert_eq!(dead_now.len(), 1, "{dead_now:?}");
    let letter = &dead_now[0];
    assert_eq!((&letter["kind"], &letter["attempts"]), (&json!("product_saved"), &json!(10)));
    assert_eq!(letter["reason"], "it is stubborn");
    let position = letter["position"].as_u64().unwrap();
    assert!(!stubborn.handled.lock().unwrap().contains(&position));
    let consumers = api.get("/admin/dead-letters").staff().await.ok(200);
    let mut known = consumers["items"].as_array().unwrap().iter();
    let stubborn_one = known.find(|known| known["name"] == "stubborn").unwrap();
    assert_eq!(stubborn_one["position"], consumers["head"], "it holds up nothing else");

    stubborn.mended.store(true, Ordering::Relaxed);
    api.shop.relay.drain(stubborn.as_ref()).await.unwrap();
    assert_eq!(dead(&api).await.len(), 1, "nobody tries it again by himself");
    let replay = format!("/admin/dead-letters/stubborn/{position}/replay");
    assert_eq!(api.call(Method::POST, &replay).staff().await.status, 204);
    assert_eq!(dead(&api).await, Vec::<Value>::new());
    api.shop.relay.drain(stubborn.as_ref()).await.unwrap();
    let handled = stubborn.handled.lock().unwrap().clone();
    assert_eq!(handled.iter().filter(|known| **known == position).count(), 1, "{handled:?}");
    api.call(Method::POST, &replay).staff().await.refused(404, "not_found");
}

#[tokio::test(start_paused = true)]
async fn what_fails_again_after_a_replay_is_tried_from_the_start_and_given_up_again() {
    let (api, stubborn) = given_up().await;
    let position = dead(&api).await[0]["position"].clone();
    let before = stubborn.tries.load(Ordering::Relaxed);
    let replay = format!("/admin/dead-letters/stubborn/{position}/replay");
    assert_eq!(api.call(Method::POST, &replay).staff().await.status, 204);
    for _ in 0..=Relay::MAX_ATTEMPTS {
        api.shop.relay.drain(stubborn.as_ref()).await.unwrap();
        api.wait(Span::minutes(5)).await;
    }
    assert_eq!(stubborn.tries.load(Ordering::Relaxed) - before, Relay::MAX_ATTEMPTS);
    let letter = dead(&api).await.remove(0);
    assert_eq!((&letter["position"], &letter["attempts"]), (&position, &json!(10)));
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_of_consumers_that_there_are() {
    let api = Api::open().await;
    api.get("/admin/dead-letters/nobody").staff().await.refused(404, "not_found");
    let nobody = "/admin/dead-letters/nobody/1/replay";
    api.call(Method::POST, nobody).staff().await.refused(404, "not_found");
    let none = api.call(Method::POST, "/admin/dead-letters/popularity/1/replay").staff().await;
    none.refused(404, "not_found");
}
