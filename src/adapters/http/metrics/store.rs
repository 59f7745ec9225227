use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::text::{Kind, Text};
use crate::app::Shop;
use crate::domain::order::{CheckoutState, RefundJobState, SagaPlan};
use crate::domain::shared::Timestamp;
use crate::ports::PortError;

/// How long what the store told is taken for true.
const FRESH_FOR: Duration = Duration::from_secs(5);
/// How long the store is waited for.
const ASK_LIMIT: Duration = Duration::from_secs(1);
/// How many sagas are looked at, at most: a page, so many times.
const SAGAS_A_PAGE: usize = 200;
const MOST_PAGES: usize = 5;

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
    sagas: BTreeMap<(&'static str, &'static str), u64>,
    /// When the one is due that is due the longest.
    oldest_due: Option<Timestamp>,
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
    // Before the head, for which events get their positions.
    let waiting = shop.ports.events.waiting().await?;
    let head = shop.ports.events.head().await?;
    let consumers = shop.ports.events.consumers().await?;
    let consumers = consumers.into_iter().map(|known| (known.name, known.position)).collect();
    let (sagas, oldest_due) = (BTreeMap::new(), None);
    let mut told = Told { waiting, head, consumers, sagas, oldest_due };
    let mut after = None;
    for _ in 0..MOST_PAGES {
        let page = shop.ports.sagas.open(after, SAGAS_A_PAGE).await?;
        for saga in &page.items {
            *told.sagas.entry(step(&saga.plan)).or_default() += 1;
            let waits_for_person = step(&saga.plan).1 == "needs_attention";
            if !waits_for_person && told.oldest_due.is_none_or(|due| saga.due < due) {
                told.oldest_due = Some(saga.due);
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(told)
}

/// What a saga is, and what it does next.
fn step(plan: &SagaPlan) -> (&'static str, &'static str) {
    match plan {
        SagaPlan::Checkout(state) => {
            let step = match state {
                CheckoutState::Paying => "paying",
                CheckoutState::Resolving { .. } => "resolving",
                CheckoutState::AwaitingBuyer { .. } => "awaiting_buyer",
                CheckoutState::PayingBack { .. } => "paying_back",
                CheckoutState::Confirmed => "confirmed",
                CheckoutState::Compensated => "compensated",
                CheckoutState::NeedsAttention => "needs_attention",
            };
            ("checkout", step)
        }
        SagaPlan::Refund(state) => {
            let step = match state {
                RefundJobState::Paying => "paying",
                RefundJobState::Paid => "paid",
                RefundJobState::NeedsAttention => "needs_attention",
            };
            ("refund", step)
        }
    }
}

/// Steps that are told though no saga is at them, so that their figures do not come and go.
const STEPS: [(&str, &str); 6] = [
    ("checkout", "paying"),
    ("checkout", "resolving"),
    ("checkout", "awaiting_buyer"),
    ("checkout", "paying_back"),
    ("checkout", "needs_attention"),
    ("refund", "paying"),
];

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
    text.family(name, Kind::Gauge, "Sagas that are not over, of the first thousand.");
    if let Some(told) = told {
        for (saga, step) in STEPS {
            let count = told.sagas.get(&(saga, step)).copied().unwrap_or(0);
            text.sample(name, &[("saga", saga), ("step", step)], count);
        }
    }
    let name = "ecicomm_sagas_overdue_seconds";
    text.family(name, Kind::Gauge, "For how long a saga that nobody waits for is due already.");
    if let Some(told) = told {
        let overdue = told.oldest_due.map_or(0, |due| now.since(due).as_micros().max(0));
        text.sample(name, &[], overdue / 1_000_000);
    }
}
