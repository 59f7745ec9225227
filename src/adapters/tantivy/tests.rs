use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use futures_util::FutureExt as _;
use proptest::prelude::*;

use super::facets::take_first;
use super::pool::Pool;

fn threads() -> usize {
    std::thread::available_parallelism().unwrap().get()
}

#[tokio::test]
async fn a_job_that_panics_costs_only_its_own_answer() {
    let pool = Pool::<u32>::new("test").unwrap();
    for _ in 0..=threads() {
        let panicking = pool.run(|_| -> () { panic!("as the test wants") });
        assert!(panicking.await.is_err());
    }
    assert_eq!(pool.run(|_| 7).await.unwrap(), 7);
}

#[tokio::test]
async fn a_job_whose_caller_left_is_not_begun() {
    let pool = Pool::<()>::new("test").unwrap();
    let (busy, begun) = (Arc::new(Barrier::new(threads() + 1)), Arc::new(AtomicUsize::new(0)));
    let mut held: Vec<_> = (0..threads())
        .map(|_| {
            let busy = Arc::clone(&busy);
            Box::pin(pool.run(move |()| busy.wait().is_leader()))
        })
        .collect();
    for job in &mut held {
        assert!(job.now_or_never().is_none(), "every thread is busy");
    }
    {
        let begun = Arc::clone(&begun);
        let mut left = Box::pin(pool.run(move |()| begun.fetch_add(1, Ordering::SeqCst)));
        assert!((&mut left).now_or_never().is_none(), "it waits for its turn");
    }
    busy.wait();
    for job in held {
        job.await.unwrap();
    }
    pool.run(|()| ()).await.unwrap();
    assert_eq!(begun.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn each_thread_keeps_its_desk() {
    let pool = Pool::<u32>::new("test").unwrap();
    let mut most = 0;
    for _ in 0..=threads() {
        let count = |desk: &mut u32| {
            *desk += 1;
            *desk
        };
        most = most.max(pool.run(count).await.unwrap());
    }
    assert!(most > 1, "more jobs than threads, so one thread had two");
}

proptest! {
    #[test]
    fn the_first_items_are_those_of_the_whole_order(
        items in proptest::collection::vec(0_u8..20, 0..60),
        limit in 0_usize..70,
    ) {
        let mut first = items.clone();
        take_first(&mut first, limit, u8::cmp);
        let mut whole = items;
        whole.sort_unstable();
        whole.truncate(limit);
        prop_assert_eq!(first, whole);
    }
}
