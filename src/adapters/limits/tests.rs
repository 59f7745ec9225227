use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use proptest::prelude::*;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::yield_now;
use tokio::time::Instant;

use super::*;
use crate::domain::shared::{Span, Timestamp};
use crate::ports::PortError;
use crate::ports::limits::{Client, Counters, Meter, Policy, RateLimits as _};

const ADA: Client = Client::Address(1);
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(50);

fn policy(rate: u32, burst: u32) -> Policy {
    Policy::new(NonZeroU32::new(rate).unwrap(), NonZeroU32::new(burst).unwrap())
}

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + micros)
}

/// Counts in this process, as long as there are permits, or fails.
struct Counts {
    meters: Mutex<HashMap<Client, Meter>>,
    open: Semaphore,
    away: AtomicBool,
}

impl Counts {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            meters: Mutex::default(),
            open: Semaphore::new(permits),
            away: AtomicBool::new(false),
        })
    }

    fn knows_ada(&self) -> bool {
        self.meters.lock().unwrap().contains_key(&ADA)
    }
}

#[async_trait]
impl Counters for Counts {
    async fn add(
        &self,
        client: Client,
        requests: u32,
        policy: Policy,
        now: Timestamp,
    ) -> Result<Meter, PortError> {
        self.open.acquire().await.unwrap().forget();
        if self.away.load(Ordering::Relaxed) {
            return Err(PortError::unavailable("away"));
        }
        let mut meters = self.meters.lock().unwrap();
        let empty = Meter::new(-policy.cost(policy.slack()), now);
        let meter = meters.entry(client).or_insert(empty);
        *meter = meter.shared_at(now, policy).plus(requests, policy);
        Ok(*meter)
    }
}

fn shared(policy: Policy, counts: &Arc<Counts>) -> Limiter {
    Limiter::shared(policy, counts.clone(), PATIENCE).unwrap()
}

/// How many of so many requests pass.
async fn passed(limiter: &Limiter, requests: u32, now: Timestamp) -> u32 {
    let mut passed = 0;
    for _ in 0..requests {
        passed += u32::from(limiter.take(ADA, now).await.admitted);
    }
    passed
}

#[test]
fn a_rate_that_does_not_divide_a_second_gives_no_more_than_it_says() {
    for rate in [1, 3, 7, 999, 700_000, 1_000_000] {
        let cost = policy(rate, 1).cost(1);
        let most = i64::from(rate);
        assert!(cost * most >= 1_000_000_000 && (cost - 1) * most < 1_000_000_000, "{rate}");
    }
}

#[test]
fn a_lease_is_a_tenth_or_a_quarter_of_a_burst_and_never_nothing() {
    for (rate, burst, lease) in
        [(10_000, 1_000, 250), (10, 1_000, 100), (5, 5, 1), (1_000, 3, 1), (100, 100, 10)]
    {
        assert_eq!(policy(rate, burst).lease(), lease, "{rate} {burst}");
    }
}

#[test]
fn a_meter_tells_what_is_left_and_when_there_is_more() {
    let policy = policy(2, 3);
    let empty = Meter::new(0, at(0)).verdict(policy, true);
    assert_eq!((empty.remaining, empty.more_after), (3, Span::ZERO));
    let one = Meter::new(0, at(0)).plus(1, policy).verdict(policy, true);
    assert_eq!((one.remaining, one.more_after), (2, Span::millis(500)));
    let full = Meter::new(0, at(0)).plus(3, policy);
    assert!(!full.has_room(policy));
    let told = full.at(at(200_000)).verdict(policy, false);
    assert_eq!((told.remaining, told.more_after), (0, Span::millis(300)));
    assert!(full.at(at(500_000)).has_room(policy));
    assert_eq!(full.at(at(-1)), full, "time that goes back stands still");
    let debt = full.plus(2, policy).verdict(policy, false);
    assert_eq!((debt.remaining, debt.more_after), (0, Span::millis(1_500)));
}

#[tokio::test(start_paused = true)]
async fn a_process_lets_no_more_through_on_trust_than_a_lease() {
    let (policy, counts) = (policy(100, 100), Counts::new(0));
    let limiter = shared(policy, &counts);
    let began = Instant::now();
    assert_eq!(passed(&limiter, 10, at(0)).await, 10);
    assert_eq!(began.elapsed().as_millis(), 0);
    // Nothing is settled: the eleventh waits, as long as anybody waits, and then passes all the same.
    assert_eq!(passed(&limiter, 1, at(0)).await, 1);
    assert_eq!(began.elapsed(), PATIENCE);
    assert_eq!(passed(&limiter, 20, at(0)).await, 20);
    assert_eq!(began.elapsed(), PATIENCE, "nobody else waits for what is late");
    counts.open.add_permits(1_000);
    while !counts.knows_ada() {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_others_let_through_counts_once_it_is_settled() {
    let (policy, counts) = (policy(100, 100), Counts::new(1_000));
    let (here, there) = (shared(policy, &counts), shared(policy, &counts));
    assert_eq!(passed(&there, 200, at(0)).await, 100);
    let more = passed(&here, 200, at(0)).await;
    assert!(more <= policy.lease() + policy.slack(), "{more}");
    assert_eq!(passed(&here, 1, at(0)).await, 0);
    assert_eq!(passed(&there, 1, at(0)).await, 0);
}

#[tokio::test(start_paused = true)]
async fn without_the_shared_counts_each_process_goes_by_its_own_and_later_by_theirs_again() {
    let (policy, counts) = (policy(100, 100), Counts::new(10_000));
    let (here, there) = (shared(policy, &counts), shared(policy, &counts));
    counts.away.store(true, Ordering::Relaxed);
    let began = Instant::now();
    assert_eq!(passed(&here, 200, at(0)).await, 100);
    assert_eq!(passed(&there, 200, at(0)).await, 100);
    assert_eq!(began.elapsed().as_millis(), 0, "nobody waits for what fails at once");
    counts.away.store(false, Ordering::Relaxed);
    let later = at(1_000_000);
    let total = passed(&here, 200, later).await + passed(&there, 200, later).await;
    assert!((100..=140).contains(&total), "{total}");
}

/// A request of the only client: how much later it comes, to which process, and whether anything gets
/// settled before.
fn requests() -> impl Strategy<Value = Vec<(i64, usize, bool)>> {
    let pause = prop_oneof![4 => Just(0), 2 => 0..2_000_i64, 1 => 0..200_000_i64];
    prop::collection::vec((pause, 0..4_usize, any::<bool>()), 1..400)
}

/// A shop of so many processes is told of these requests, and held against one meter of all.
async fn hold_against_one(policy: Policy, processes: u32, requests: &[(i64, usize, bool)]) {
    let counts = Counts::new(10_000);
    let limiters: Vec<Limiter> = (0..processes).map(|_| shared(policy, &counts)).collect();
    let most = policy.burst() + policy.slack() + processes * policy.lease();
    // Of more than two processes the requests that are on their way may look like a heap.
    let doubted = processes.saturating_sub(2) * policy.lease();
    let mut all = Meter::new(0, at(0));
    let mut now = 0;
    for (pause, which, works) in requests {
        now += pause;
        if *works {
            yield_now().await;
        }
        let verdict = limiters[which % limiters.len()].take(ADA, at(now)).await;
        all = all.at(at(now));
        if verdict.admitted {
            all = all.plus(1, policy);
        } else {
            assert!(!all.plus(doubted, policy).has_room(policy), "refused without need");
        }
        assert!(all.used() <= policy.cost(most), "{} of {most} requests", all.used());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn together_they_give_no_more_than_they_may_and_refuse_nothing_else(
        rate in 1..2_000_u32,
        burst in 1..150_u32,
        processes in 1..5_u32,
        requests in requests(),
    ) {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let held = hold_against_one(policy(rate, burst), processes, &requests);
        runtime.unwrap().block_on(held);
    }
}
