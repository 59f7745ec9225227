//! The contracts of `ports::limits`: what one client may do, and the counts that processes share.

use std::num::NonZeroU32;
use std::sync::Arc;

use ecicomm::adapters::limits::Limiter;
use ecicomm::domain::shared::{Span, StaffId};
use ecicomm::ports::limits::{Client, Policy, RateLimits};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::harness::build::at;

type Backend = Arc<dyn RateLimits>;

/// Makes a test of each case over what `$open` gives.
macro_rules! tests {
    ($adapter:ident, $open:expr, [$($case:ident),* $(,)?]) => {
        mod $adapter {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$case($open).await;
                }
            )*
        }
    };
}

/// All cases over one way to count, which `$open` gives for a policy.
macro_rules! suite {
    ($adapter:ident, $open:expr) => {
        tests!(
            $adapter,
            $open,
            [
                a_burst_passes_and_one_more_each_time_that_one_is_regained,
                what_is_left_is_what_passes,
                clients_are_counted_apart,
                of_many_at_once_no_more_pass_than_may,
                a_refusal_costs_nothing,
                a_quota_is_never_more_than_whole,
            ]
        );
    };
}

suite!(alone, |policy| Arc::new(Limiter::alone(policy)));
#[cfg(feature = "redis")]
suite!(redis, |policy| in_redis::limiter(policy, in_redis::counters()));
#[cfg(feature = "redis")]
suite!(redis_cluster, |policy| in_redis::limiter(policy, in_redis::cluster_counters()));

const ADA: Client = Client::Address(1);

fn policy(rate: u32, burst: u32) -> Policy {
    Policy::new(NonZeroU32::new(rate).unwrap(), NonZeroU32::new(burst).unwrap())
}

/// How many of so many requests pass.
async fn passed(b: &Backend, requests: u32, seconds: i64) -> u32 {
    let mut passed = 0;
    for _ in 0..requests {
        passed += u32::from(b.take(ADA, at(seconds)).await.admitted);
    }
    passed
}

async fn a_burst_passes_and_one_more_each_time_that_one_is_regained(
    open: impl Fn(Policy) -> Backend,
) {
    let b = open(policy(2, 3));
    assert_eq!(passed(&b, 9, 0).await, 3);
    let soon = at(0).plus(Span::micros(499_999));
    assert!(!b.take(ADA, soon).await.admitted);
    assert!(b.take(ADA, at(0).plus(Span::millis(500))).await.admitted);
    assert!(!b.take(ADA, at(0).plus(Span::millis(500))).await.admitted);
    assert_eq!(passed(&b, 9, 1).await, 1);
}

async fn what_is_left_is_what_passes(open: impl Fn(Policy) -> Backend) {
    let b = open(policy(2, 5));
    for left in [4, 3, 2, 1, 0] {
        let verdict = b.take(ADA, at(0)).await;
        assert_eq!((verdict.admitted, verdict.remaining), (true, left));
        assert_eq!(verdict.more_after, Span::millis(500));
    }
    let verdict = b.take(ADA, at(0).plus(Span::millis(100))).await;
    assert_eq!((verdict.admitted, verdict.remaining), (false, 0));
    assert_eq!(verdict.more_after, Span::millis(400));
}

async fn clients_are_counted_apart(open: impl Fn(Policy) -> Backend) {
    let b = open(policy(1, 1));
    let staff = |number| Client::Staff(StaffId::new(Uuid::from_u128(number)));
    for client in [ADA, Client::Address(2), staff(1), staff(2)] {
        assert!(b.take(client, at(0)).await.admitted, "{client}");
        assert!(!b.take(client, at(0)).await.admitted, "{client}");
    }
}

async fn of_many_at_once_no_more_pass_than_may(open: impl Fn(Policy) -> Backend) {
    let b = open(policy(1, 20));
    let barrier = Arc::new(Barrier::new(64));
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        let (b, barrier) = (b.clone(), barrier.clone());
        callers.spawn(async move {
            barrier.wait().await;
            b.take(ADA, at(0)).await.admitted
        });
    }
    let passed = callers.join_all().await.into_iter().filter(|admitted| *admitted).count();
    assert_eq!(passed, 20);
}

async fn a_refusal_costs_nothing(open: impl Fn(Policy) -> Backend) {
    let b = open(policy(1, 2));
    assert_eq!(passed(&b, 100, 0).await, 2);
    assert_eq!(passed(&b, 100, 1).await, 1);
}

async fn a_quota_is_never_more_than_whole(open: impl Fn(Policy) -> Backend) {
    let b = open(policy(10, 3));
    assert_eq!(passed(&b, 1, 0).await, 1);
    assert_eq!(passed(&b, 9, 3_600).await, 3);
    let verdict = b.take(ADA, at(7_200)).await;
    assert_eq!((verdict.remaining, verdict.more_after), (2, Span::millis(100)));
}

#[cfg(feature = "redis")]
mod in_redis {
    use std::time::{Duration, Instant};

    use ecicomm::adapters::redis::{RedisConfig, RedisCounters, RedisLink};
    use ecicomm::adapters::resilience::{Breaker, BreakerSettings, Guard, GuardedCounters};
    use ecicomm::ports::dependency::{Dependency as _, DependencyState};
    use ecicomm::ports::limits::Counters;
    use tokio::task::yield_now;
    use tokio::time::timeout;

    use super::*;
    use crate::contract::redis::cluster;
    use crate::harness::servers::{Redis, tell};

    /// Longer than any answer takes, so that a machine under load changes no verdict.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// Counts by the clock of the test.
    fn over(config: &RedisConfig) -> Arc<dyn Counters> {
        Arc::new(RedisCounters::timed_by_callers(RedisLink::new(config).unwrap()))
    }

    /// Counts by the clock of the server, as a shop has them.
    fn timed_over(config: &RedisConfig) -> Arc<dyn Counters> {
        Arc::new(RedisCounters::new(RedisLink::new(config).unwrap()))
    }

    fn own_config() -> RedisConfig {
        let namespace = Redis::shared().namespace();
        RedisConfig { prefix: namespace.prefix, ..RedisConfig::new(namespace.url) }
    }

    /// Counts in a part of the shared server that is the caller's own.
    pub fn counters() -> Arc<dyn Counters> {
        over(&own_config())
    }

    pub fn cluster_counters() -> Arc<dyn Counters> {
        over(&cluster::config())
    }

    pub fn limiter(policy: Policy, counters: Arc<dyn Counters>) -> Backend {
        Arc::new(Limiter::shared(policy, counters, PATIENCE).unwrap())
    }

    mod counts {
        use super::*;

        macro_rules! counts {
            ($adapter:ident, $open:expr) => {
                tests!(
                    $adapter,
                    $open,
                    [
                        requests_add_up_and_run_off_with_time,
                        of_many_callers_at_once_none_is_lost,
                        what_the_quota_does_not_have_is_counted_too,
                        a_caller_whose_clock_is_behind_gets_no_time_back,
                    ]
                );
            };
        }

        counts!(redis, counters());
        counts!(redis_cluster, cluster_counters());

        async fn add(c: &Arc<dyn Counters>, requests: u32, policy: Policy, seconds: i64) -> i64 {
            c.add(ADA, requests, policy, at(seconds)).await.unwrap().used()
        }

        /// What a count tells of so many requests.
        fn told(policy: Policy, requests: u32) -> i64 {
            policy.cost(requests) - policy.cost(policy.slack())
        }

        async fn requests_add_up_and_run_off_with_time(c: Arc<dyn Counters>) {
            let policy = policy(2, 10);
            assert_eq!(add(&c, 4, policy, 0).await, told(policy, 4));
            assert_eq!(add(&c, 3, policy, 0).await, told(policy, 7));
            let other = c.add(Client::Address(2), 1, policy, at(0)).await.unwrap();
            assert_eq!((other.used(), other.moment()), (told(policy, 1), at(0)));
            assert_eq!(add(&c, 1, policy, 1).await, told(policy, 6));
            assert_eq!(add(&c, 1, policy, 1_000).await, told(policy, 1));
        }

        async fn of_many_callers_at_once_none_is_lost(c: Arc<dyn Counters>) {
            let policy = policy(1, 1_000);
            let mut callers = JoinSet::new();
            for _ in 0..64 {
                let c = c.clone();
                callers.spawn(async move { add(&c, 3, policy, 0).await });
            }
            let most = callers.join_all().await.into_iter().max();
            assert_eq!(most, Some(told(policy, 192)));
        }

        async fn what_the_quota_does_not_have_is_counted_too(c: Arc<dyn Counters>) {
            let policy = policy(1_000_000, 2);
            assert_eq!(add(&c, 1_000_000, policy, 0).await, told(policy, 1_000_000));
            assert_eq!(add(&c, 7, policy, 0).await, told(policy, 1_000_007));
        }

        async fn a_caller_whose_clock_is_behind_gets_no_time_back(c: Arc<dyn Counters>) {
            let policy = policy(1, 10);
            assert_eq!(add(&c, 5, policy, 10).await, told(policy, 5));
            let behind = c.add(ADA, 1, policy, at(0)).await.unwrap();
            assert_eq!((behind.used(), behind.moment()), (told(policy, 6), at(10)));
            assert_eq!(add(&c, 1, policy, 11).await, told(policy, 6));
        }
    }

    /// Two callers whose clocks are ten minutes apart: what either counts the other sees, and neither
    /// makes the other's requests run off, nor holds them back.
    async fn callers_whose_clocks_are_apart_count_by_one(c: Arc<dyn Counters>) {
        let policy = policy(1, 10_000);
        let (early, late) = (at(0), at(600));
        let told = async |requests, now| c.add(ADA, requests, policy, now).await.unwrap();
        let began = Instant::now();
        told(5_000, early).await;
        let seen = told(100, late).await;
        // What is regained meanwhile, and a second for rounding.
        let regained = |seconds: u64| policy.cost(u32::try_from(seconds).unwrap() + 1);
        let all = |requests| policy.cost(requests) - policy.cost(policy.slack());
        let least = all(5_100) - regained(began.elapsed().as_secs());
        assert!((least..=all(5_100)).contains(&seen.used()), "{seen:?}");
        assert!(seen.moment() >= late && seen.moment() < late.plus(Span::minutes(1)), "{seen:?}");
        let back = told(1, early).await;
        let least = all(5_101) - regained(began.elapsed().as_secs());
        assert!((least..=all(5_101)).contains(&back.used()), "{back:?}");
        let late_for_it = early.plus(Span::minutes(1));
        assert!(back.moment() >= early && back.moment() < late_for_it, "{back:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn callers_whose_clocks_are_apart_agree() {
        callers_whose_clocks_are_apart_count_by_one(timed_over(&own_config())).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn callers_of_a_cluster_whose_clocks_are_apart_agree() {
        callers_whose_clocks_are_apart_count_by_one(timed_over(&cluster::config())).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn redis_forgets_a_count_by_itself() {
        let server = Redis::start();
        let counters = timed_over(&RedisConfig::new(server.url()));
        let policy = policy(2, 10);
        counters.add(Client::Address(0xff), 10, policy, at(0)).await.unwrap();
        let key = "ecicomm:limit:address-000000000000000000000000000000ff";
        let left: i64 = tell(server.port(), &format!("PTTL {key}"))[1..].parse().unwrap();
        assert!((5_000..=65_000).contains(&left), "{left} ms");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_processes_over_one_redis_share_one_count() {
        let (policy, counters) = (policy(1, 100), counters());
        let two = [limiter(policy, counters.clone()), limiter(policy, counters)];
        let mut total = 0;
        for turn in 0..200 {
            total += passed(&two[turn % 2], 1, 0).await;
        }
        assert!((100..=140).contains(&total), "{total}");
        for one in &two {
            assert_eq!(passed(one, 1, 0).await, 0);
        }
    }

    /// Two limiters of two processes over counters on `server`, and how these do.
    fn guarded(server: &Redis, policy: Policy) -> ([Backend; 2], Arc<Breaker>) {
        let limit = Duration::from_millis(200);
        let counters = over(&RedisConfig { timeout: limit, ..RedisConfig::new(server.url()) });
        let breaker = Arc::new(Breaker::new("redis", BreakerSettings::default()));
        let guard = Guard::new(breaker.clone(), limit);
        let counters: Arc<dyn Counters> = Arc::new(GuardedCounters::new(counters, guard));
        let one = || Arc::new(Limiter::shared(policy, counters.clone(), limit / 4).unwrap());
        ([one(), one()], breaker)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn without_redis_each_process_counts_for_itself_until_redis_is_back() {
        let server = Redis::start();
        let ([here, there], breaker) = guarded(&server, policy(1, 100));
        server.server().kill();
        assert_eq!(passed(&here, 200, 0).await, 100);
        assert_eq!(passed(&there, 200, 0).await, 100);
        assert_ne!(breaker.state(), DependencyState::Well);

        server.server().restart();
        let back = async {
            let mut client = 1_000;
            while breaker.state() != DependencyState::Well {
                // Someone else asks often enough to be told of.
                for _ in 0..10 {
                    here.take(Client::Address(client), at(1_000)).await;
                }
                client += 1;
                yield_now().await;
            }
        };
        timeout(Duration::from_secs(10), back).await.expect("Redis should be used again");
        // Settled one by one, for a Redis that just came back may be late for those who wait.
        let mut total = 0;
        for turn in 0..400 {
            let one = if turn % 2 == 0 { &here } else { &there };
            total += passed(one, 1, 2_000).await;
        }
        assert!((100..=140).contains(&total), "{total}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_silent_redis_keeps_nobody_waiting_for_long() {
        let server = Redis::start();
        let ([here, _], _) = guarded(&server, policy(1, 20));
        assert!(here.take(Client::Address(2), at(0)).await.admitted);
        server.server().pause();
        let began = Instant::now();
        assert_eq!(passed(&here, 40, 0).await, 20);
        let took = began.elapsed();
        server.server().resume();
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}
