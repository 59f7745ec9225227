use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::text::{Kind, Text};
use crate::app::Shop;
use crate::domain::shared::Timestamp;
use crate::ports::PortError;
use crate::ports::order::SagasAt;

/// How long what the store told is taken for true.
const FRESH_FOR: Duration = Duration::from_secs(5);
/// How long the store is waited for.
const ASK_LIMIT: Duration = Duration::from_secs(1);

/// What the store told last, asked at most every few seconds, by one caller at a time.
#[derive(Default)]
pub struct StoreGauges {
    last: Mutex<Option<(Instant, Option<Arc<Told>>)>>,
}

/// What the store tells.
pub struct Told {
    /// Events that have no position yet.
    waiting: u64,
    /// The position of the last event, and those of its consumers.
    head: u64,
    consumers: Vec<(String, u64)>,
    /// Sagas that are not over, by what they are and what they do next.
    sagas: Vec<SagasAt>,
}

impl StoreGauges {
    /// What the store tells; none while it is away.
    pub async fn of(&self, shop: &Shop) -> Option<Arc<Told>> {
        let mut last = self.last.lock().await;
        if let Some((at, told)) = &*last
            && at.elapsed() < FRESH_FOR
        {
            return told.clone();
        }
        let asked = timeout(ASK_LIMIT, ask(shop)).await;
        let told = match asked {
            Ok(Ok(told)) => Some(Arc::new(told)),
            Ok(Err(_)) | Err(_) => None,
        };
        *last = Some((Instant::now(), told.clone()));
        told
    }
}

async fn ask(shop: &Shop) -> Result<Told, PortError> {
    // Before the head, as events get their positions meanwhile; and a head that waits for none, or
    // nothing were told just when nobody can give them.
    let waiting = shop.ports.events.waiting().await?;
    let head = shop.ports.events.head_so_far().await?;
    let consumers = shop.ports.events.consumers().await?;
    let consumers = consumers.into_iter().map(|known| (known.name, known.position)).collect();
    let sagas = shop.ports.sagas.counts().await?;
    Ok(Told { waiting, head, consumers, sagas })
}

/// Steps that are told though no saga is at them, so that their figures do not come and go.
const STEPS: [(&str, &str); 6] = [
    ("checkout", "paying"),
    ("checkout", "resolving"),
    ("checkout", "awaiting_buyer"),
    ("checkout", "paying_back"),
    ("checkout", WAITS_FOR_A_PERSON),
    ("refund", "paying"),
];

/// The step at which nobody but a person does anything.
const WAITS_FOR_A_PERSON: &str = "needs_attention";

/// Tells what the store told, or that it is away.
pub fn write(told: Option<&Told>, now: Timestamp, text: &mut Text) {
    let name = "ecicomm_store_up";
    text.family(
        name,
        Kind::Gauge,
        "Whether the store told what follows, some seconds ago at most.",
    );
    text.sample(name, &[], u8::from(told.is_some()));
    let name = "ecicomm_events_waiting";
    text.family(name, Kind::Gauge, "Events that are committed and have no position yet.");
    if let Some(told) = told {
        text.sample(name, &[], told.waiting);
    }
    let name = "ecicomm_events_head";
    text.family(name, Kind::Gauge, "The position of the last event.");
    if let Some(told) = told {
        text.sample(name, &[], told.head);
    }
    let name = "ecicomm_consumer_lag_events";
    text.family(name, Kind::Gauge, "How many events a consumer is behind.");
    for (consumer, position) in told.iter().flat_map(|told| &told.consumers) {
        let lag = told.map_or(0, |told| told.head.saturating_sub(*position));
        text.sample(name, &[("consumer", consumer)], lag);
    }
    let name = "ecicomm_sagas_open";
    text.family(name, Kind::Gauge, "Sagas that are not over, by what they do next.");
    if let Some(told) = told {
        for (saga, step) in STEPS {
            let mut at = told.sagas.iter().filter(|at| at.names.0 == saga && at.names.1 == step);
            let count = at.next().map_or(0, |at| at.count);
            text.sample(name, &[("saga", saga), ("step", step)], count);
        }
    }
    let name = "ecicomm_sagas_overdue_seconds";
    text.family(name, Kind::Gauge, "For how long a saga that nobody waits for is due already.");
    if let Some(told) = told {
        let moving = told.sagas.iter().filter(|at| at.names.1 != WAITS_FOR_A_PERSON);
        let oldest = moving.map(|at| at.oldest_due).min();
        let overdue = oldest.map_or(0, |due| now.since(due).as_micros().max(0));
        text.sample(name, &[], overdue / 1_000_000);
    }
}
