//! What clients asked for under keys, and what they were told. Whatever was acknowledged must stay
//! so, and a key never says two things.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::client::{Answer, Request, Unanswered};
use super::verdict::Verdict;

/// What a promise is about, as the checks tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An order; the number is in its address, and nowhere else.
    Order { wish: u64 },
    /// Stock that came in.
    Receipt { units: i64 },
    /// Anything else, by its name.
    Other(&'static str),
}

/// A request under a key, with the final answer that some client saw.
#[derive(Clone, Debug)]
pub struct Promise {
    pub kind: Kind,
    pub request: Request,
    pub answer: Option<Answer>,
    /// Whether some answer to it was lost, or left its outcome open.
    doubtful: bool,
}

/// What answers came to.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub attempted: u64,
    pub acknowledged: u64,
    /// Orders whose outcome was unknown to their client at first, and was learnt.
    pub resolved: u64,
    /// Requests beyond the first one of a key that did nothing again.
    pub suppressed: u64,
    /// Answers that never came, or not whole, although their client waited.
    pub lost: u64,
    /// Clients that did not wait.
    pub hung_up: u64,
    /// 503, by what it says.
    pub away: BTreeMap<String, u64>,
    /// 202.
    pub pending: u64,
    /// Orders whose buyers never acted.
    pub abandoned: u64,
    /// Final refusals of orders, by code.
    pub refused: BTreeMap<String, u64>,
    /// What staff and buyers did to orders afterwards, where it was done.
    pub afterwards: BTreeMap<&'static str, u64>,
}

#[derive(Default)]
struct Inner {
    promises: BTreeMap<String, Promise>,
    seen: HashMap<(usize, String), u64>,
    tally: Tally,
    /// How long refusals of orders took, each from the request that got it.
    refusals: Vec<Duration>,
    wishes: u64,
}

/// All promises of a run.
#[derive(Clone)]
pub struct Book {
    inner: Arc<Mutex<Inner>>,
    pub verdict: Verdict,
}

impl Book {
    pub fn new(verdict: Verdict) -> Self {
        Self { inner: Arc::default(), verdict }
    }

    /// A number that no other order has.
    pub fn wish(&self) -> u64 {
        let mut inner = self.inner.lock().unwrap();
        inner.wishes += 1;
        inner.wishes
    }

    /// Notes a request before it is sent for the first time.
    pub fn open(&self, kind: Kind, request: &Request) {
        let key = request.key.clone().unwrap();
        let mut inner = self.inner.lock().unwrap();
        inner.tally.attempted += u64::from(matches!(kind, Kind::Order { .. }));
        let promise = Promise { kind, request: request.clone(), answer: None, doubtful: false };
        assert!(inner.promises.insert(key, promise).is_none(), "a key was made up twice");
    }

    /// Notes that the outcome of a request is open: for want of an answer, or as the answer says.
    pub fn doubt(&self, request: &Request, answer: Result<&Answer, Unanswered>) {
        if let Ok(answer) = answer
            && answer.status == 503
        {
            self.verdict.check("answers", answer.says_when, || {
                format!("{} was answered {} and not when", request.path, answer.text())
            });
        }
        let mut inner = self.inner.lock().unwrap();
        match answer.map(|answer| (answer.status, answer)) {
            Err(Unanswered::Lost) => inner.tally.lost += 1,
            Err(Unanswered::HungUp) => inner.tally.hung_up += 1,
            Ok((503, answer)) => {
                let detail = answer.json()["detail"].to_string();
                *inner.tally.away.entry(detail).or_default() += 1;
            }
            Ok((202, _)) => inner.tally.pending += 1,
            // The first request is at it, so this one does nothing.
            Ok(_) => inner.tally.suppressed += 1,
        }
        if let Some(promise) = request.key.as_ref().and_then(|key| inner.promises.get_mut(key)) {
            promise.doubtful = true;
        }
    }

    /// Notes a final answer. A second one under the key must be the first, byte for byte.
    pub fn settle(&self, request: &Request, answer: &Answer, took: Duration) {
        let mut guard = self.inner.lock().unwrap();
        let inner = &mut *guard;
        inner.tally.suppressed += u64::from(answer.replayed);
        let key = request.key.as_ref().unwrap();
        let promise = inner.promises.get_mut(key).unwrap();
        if let Some(first) = &promise.answer {
            let same = (first.status, &first.bytes) == (answer.status, &answer.bytes);
            let (first, again) = (first.clone(), answer.text());
            drop(guard);
            self.verdict.check("I10", same, || format!("{} and then {again}", first.text()));
            return;
        }
        promise.answer = Some(answer.clone());
        match promise.kind {
            Kind::Order { .. } => {
                inner.tally.resolved += u64::from(promise.doubtful);
                if answer.status == 201 {
                    inner.tally.acknowledged += 1;
                } else {
                    *inner.tally.refused.entry(answer.code()).or_default() += 1;
                    inner.refusals.push(took);
                }
            }
            Kind::Receipt { .. } if answer.status < 300 => {
                *inner.tally.afterwards.entry("receipt").or_default() += 1;
            }
            Kind::Other(name) if answer.status < 300 => {
                *inner.tally.afterwards.entry(name).or_default() += 1;
            }
            Kind::Receipt { .. } | Kind::Other(_) => {}
        }
    }

    /// Notes that nobody will ask for the outcome of a request any more.
    pub fn abandon(&self) {
        self.inner.lock().unwrap().tally.abandoned += 1;
    }

    /// Notes an order as one client just read it: none sees it go back in time.
    pub fn saw(&self, client: usize, order: &Value) {
        let version = order["version"].as_u64().unwrap_or_default();
        let id = order["id"].as_str().unwrap_or_default().to_owned();
        let mut inner = self.inner.lock().unwrap();
        let latest = inner.seen.entry((client, id.clone())).or_insert(version);
        let before = *latest;
        *latest = before.max(version);
        drop(inner);
        self.verdict.check("I15", before <= version, || {
            format!("order {id} was of version {before} and is of {version}")
        });
    }

    pub fn promises(&self) -> Vec<Promise> {
        self.inner.lock().unwrap().promises.values().cloned().collect()
    }

    pub fn tally(&self) -> Tally {
        self.inner.lock().unwrap().tally.clone()
    }

    /// How long refusals took.
    pub fn refusals(&self) -> Vec<Duration> {
        self.inner.lock().unwrap().refusals.clone()
    }
}

impl Tally {
    /// Adds what another run came to.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.attempted, other.attempted),
            (&mut self.acknowledged, other.acknowledged),
            (&mut self.resolved, other.resolved),
            (&mut self.suppressed, other.suppressed),
            (&mut self.lost, other.lost),
            (&mut self.hung_up, other.hung_up),
            (&mut self.pending, other.pending),
            (&mut self.abandoned, other.abandoned),
        ] {
            *mine += theirs;
        }
        for (mine, theirs) in [(&mut self.refused, &other.refused), (&mut self.away, &other.away)] {
            for (name, count) in theirs {
                *mine.entry(name.clone()).or_default() += count;
            }
        }
        for (name, count) in &other.afterwards {
            *self.afterwards.entry(name).or_default() += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "checkouts {} attempted, {} acknowledged", self.attempted, self.acknowledged)?;
        write!(f, ", {} unknown and then resolved", self.resolved)?;
        write!(f, "; duplicates suppressed {}", self.suppressed)?;
        write!(f, "\n    answers lost {}, not waited for {}", self.lost, self.hung_up)?;
        write!(f, ", 202 {}, 503 {:?}", self.pending, self.away)?;
        write!(f, "; abandoned {}; refused:", self.abandoned)?;
        self.refused.iter().try_for_each(|(code, count)| write!(f, " {code} {count}"))?;
        write!(f, "; afterwards:")?;
        self.afterwards.iter().try_for_each(|(name, count)| write!(f, " {name} {count}"))
    }
}
