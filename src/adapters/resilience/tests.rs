use std::future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use proptest::prelude::*;
use tokio::time::{self, Instant};
use uuid::Uuid;

use super::*;
use crate::domain::cart::Cart;
use crate::domain::shared::{CartId, OrderId, PaymentId, Timestamp, Version};
use crate::ports::cart::{CartSaved, Carts};
use crate::ports::dependency::{Dependency as _, DependencyState};
use crate::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, PaymentGateway, RefundOutcome, RefundRequest,
    VoidOutcome,
};
use crate::ports::system::Secrets;
use crate::ports::{PortError, PortErrorKind};

const REST: Duration = Duration::from_secs(1);
const SETTINGS: BreakerSettings = BreakerSettings { failures: 3, rest: REST };

/// Draws the longest pause always.
struct Longest;

impl Secrets for Longest {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0xff);
    }
}

/// Answers a look-up at once and nothing else ever.
struct Silent;

#[async_trait]
impl PaymentGateway for Silent {
    async fn charge(&self, _: &ChargeRequest) -> Result<ChargeOutcome, PortError> {
        future::pending().await
    }

    async fn resume(&self, _: PaymentId) -> Result<ChargeOutcome, PortError> {
        future::pending().await
    }

    async fn look_up(&self, _: PaymentId) -> Result<ChargeRecord, PortError> {
        Ok(ChargeRecord::Processing)
    }

    async fn void(&self, _: PaymentId, _: OrderId) -> Result<VoidOutcome, PortError> {
        future::pending().await
    }

    async fn refund(&self, _: &RefundRequest) -> Result<RefundOutcome, PortError> {
        future::pending().await
    }
}

fn breaker() -> Arc<Breaker> {
    Arc::new(Breaker::new("thing", SETTINGS))
}

fn guard() -> Guard {
    Guard::new(breaker(), Duration::from_secs(8))
}

fn payment() -> PaymentId {
    PaymentId::new(Uuid::from_u128(1))
}

/// A call that fails with this kind, and counts how often it is made.
async fn failing(made: &AtomicU32, kind: PortErrorKind) -> Result<(), PortError> {
    made.fetch_add(1, Ordering::Relaxed);
    Err(PortError::new(kind, "no"))
}

fn tell(breaker: &Breaker, answer: Result<(), PortError>) {
    breaker.admit().unwrap().tell(&answer);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_ends_as_a_timeout_at_the_limit() {
    let gateway = GuardedGateway::new(Arc::new(Silent), guard());
    let began = Instant::now();
    let error = gateway.resume(payment()).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Timeout);
    assert_eq!(began.elapsed().as_secs(), 8);
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_passes_unchanged() {
    let gateway = GuardedGateway::new(Arc::new(Silent), guard());
    assert_eq!(gateway.look_up(payment()).await.unwrap(), ChargeRecord::Processing);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_silent_again_and_again_is_left_alone_then_tried_by_one() {
    let guard = guard();
    let dependency = guard.dependency();
    let gateway = Arc::new(GuardedGateway::new(Arc::new(Silent), guard));
    for _ in 0..3 {
        assert_eq!(dependency.state(), DependencyState::Well);
        assert_eq!(gateway.resume(payment()).await.unwrap_err().kind(), PortErrorKind::Timeout);
    }
    assert_eq!(dependency.state(), DependencyState::Away);
    let began = Instant::now();
    // Nothing was sent, so that what was held can wait instead of being resolved.
    assert_eq!(gateway.resume(payment()).await.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert_eq!(began.elapsed(), Duration::ZERO);
    time::advance(REST).await;
    let probe = tokio::spawn({
        let gateway = gateway.clone();
        async move { gateway.resume(payment()).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(dependency.state(), DependencyState::Trying);
    assert_eq!(gateway.look_up(payment()).await.unwrap_err().kind(), PortErrorKind::Unavailable);
    assert_eq!(probe.await.unwrap().unwrap_err().kind(), PortErrorKind::Timeout);
    assert_eq!(dependency.state(), DependencyState::Away);
    time::advance(REST).await;
    assert_eq!(gateway.look_up(payment()).await.unwrap(), ChargeRecord::Processing);
    assert_eq!(dependency.state(), DependencyState::Well);
}

/// Carts that are away, though a sweep finds nothing to do.
struct NoCarts;

#[async_trait]
impl Carts for NoCarts {
    async fn cart(&self, _: CartId, _: Timestamp) -> Result<Option<Arc<Cart>>, PortError> {
        Err(PortError::unavailable("no"))
    }

    async fn save(
        &self,
        _: Arc<Cart>,
        _: Option<Version>,
        _: Timestamp,
    ) -> Result<CartSaved, PortError> {
        Err(PortError::unavailable("no"))
    }

    async fn sweep(&self, _: Timestamp, _: usize) -> Result<usize, PortError> {
        Ok(0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_asks_nobody_does_not_bring_carts_back() {
    let guard = guard();
    let dependency = guard.dependency();
    let carts = GuardedCarts::new(Arc::new(NoCarts), guard);
    let (id, now) = (CartId::new(Uuid::from_u128(1)), Timestamp::from_micros(0));
    for _ in 0..3 {
        carts.sweep(now, 1).await.unwrap();
        carts.cart(id, now).await.unwrap_err();
    }
    assert_eq!(dependency.state(), DependencyState::Away);
    time::advance(REST).await;
    carts.sweep(now, 1).await.unwrap();
    assert_eq!(dependency.state(), DependencyState::Away);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_any_kind_is_a_sign_of_life() {
    let breaker = breaker();
    for _ in 0..5 {
        tell(&breaker, Err(PortError::unavailable("no")));
        tell(&breaker, Err(PortError::timeout("no")));
        tell(&breaker, Err(PortError::internal("refused")));
    }
    assert_eq!(breaker.state(), DependencyState::Well);
}

#[tokio::test(start_paused = true)]
async fn a_probe_whose_caller_goes_away_leaves_the_next_one_to_try() {
    let breaker = breaker();
    for _ in 0..3 {
        tell(&breaker, Err(PortError::unavailable("no")));
    }
    assert!(breaker.admit().is_err());
    time::advance(REST).await;
    drop(breaker.admit().unwrap());
    tell(&breaker, Ok(()));
    assert_eq!(breaker.state(), DependencyState::Well);
}

#[tokio::test(start_paused = true)]
async fn what_did_nothing_is_made_again_with_pauses_that_grow() {
    let made = AtomicU32::new(0);
    let retry = Retry::new(RetrySettings::default(), Arc::new(Longest));
    let breaker = Arc::new(Breaker::new("thing", BreakerSettings { failures: 9, rest: REST }));
    let guard = Guard::new(breaker, REST).with_retry(retry);
    let began = Instant::now();
    let call = || failing(&made, PortErrorKind::Unavailable);
    guard.call(Again::IfNothingWasDone, call).await.unwrap_err();
    assert_eq!(made.load(Ordering::Relaxed), 3);
    assert_eq!(began.elapsed().as_millis(), 10 + 20);
}

#[tokio::test(start_paused = true)]
async fn what_may_have_happened_is_made_again_only_where_that_changes_nothing() {
    for (again, kind, times) in [
        (Again::Always, PortErrorKind::Timeout, 3),
        (Again::IfNothingWasDone, PortErrorKind::Timeout, 1),
        (Again::Always, PortErrorKind::Conflict, 1),
        (Again::Always, PortErrorKind::Corrupt, 1),
    ] {
        let made = AtomicU32::new(0);
        let retry = Retry::new(RetrySettings::default(), Arc::new(Longest));
        let guard = guard().with_retry(retry);
        let error = guard.call(again, || failing(&made, kind)).await.unwrap_err();
        assert_eq!((error.kind(), made.load(Ordering::Relaxed)), (kind, times));
    }
}

#[tokio::test(start_paused = true)]
async fn retries_are_a_tenth_of_the_calls_once_what_was_saved_is_spent() {
    let made = AtomicU32::new(0);
    let breaker = BreakerSettings { failures: u32::MAX, rest: REST };
    let retry = Retry::new(RetrySettings::default(), Arc::new(Longest));
    let guard = Guard::new(Arc::new(Breaker::new("thing", breaker)), REST).with_retry(retry);
    for _ in 0..1_000 {
        let call = || failing(&made, PortErrorKind::Unavailable);
        guard.call(Again::Always, call).await.unwrap_err();
    }
    let retries = made.load(Ordering::Relaxed) - 1_000;
    assert!((90..=110).contains(&retries), "{retries} retries of 1,000 calls");
}

/// What befalls a breaker.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A call is asked for and, where admitted, ends so: well, failed, or without a verdict.
    Call(Option<bool>),
    /// Time passes, in tenths of the rest.
    Wait(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => Just(Step::Call(Some(true))),
        3 => Just(Step::Call(Some(false))),
        1 => Just(Step::Call(None)),
        1 => (1_u32..15).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..80)
}

proptest! {
    /// The model: failures in a row are counted; at the limit it is away for the rest, after which
    /// each call is a probe, one at a time, and only one that goes well ends it.
    #[test]
    fn a_breaker_does_as_its_model(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let breaker = breaker();
            let (mut row, mut away_until) = (0, None::<Instant>);
            for step in steps {
                let verdict = match step {
                    Step::Wait(tenths) => {
                        time::advance(REST * tenths / 10).await;
                        continue;
                    }
                    Step::Call(verdict) => verdict,
                };
                let now = Instant::now();
                let admitted = away_until.is_none_or(|until| until <= now);
                let permit = breaker.admit();
                assert_eq!(permit.is_ok(), admitted);
                let Ok(permit) = permit else { continue };
                if away_until.is_some() {
                    assert!(breaker.admit().is_err(), "one probe at a time");
                }
                match verdict {
                    None => drop(permit),
                    Some(true) => {
                        permit.tell(&Ok(()));
                        (row, away_until) = (0, None);
                    }
                    Some(false) => {
                        permit.tell(&Err::<(), _>(PortError::unavailable("no")));
                        row += 1;
                        if away_until.is_some() || row >= SETTINGS.failures {
                            away_until = Some(now + REST);
                        }
                    }
                }
                let expected = if away_until.is_some() {
                    DependencyState::Away
                } else {
                    DependencyState::Well
                };
                assert_eq!(breaker.state(), expected);
            }
        });
    }
}
