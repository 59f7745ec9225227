use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Notify;
use uuid::Uuid;

use super::anew::Anew;
use super::shown::Shown;
use crate::domain::shared::ProductId;
use crate::ports::PortError;

const CODES: &[crate::domain::shared::CouponCode] = &[];

type Rules = Arc<crate::domain::pricing::PricingRules>;

fn rules() -> Rules {
    Arc::new(crate::domain::pricing::PricingRules {
        promotions: Vec::new(),
        tax_rates: Vec::new(),
        shipping_methods: Vec::new(),
        prices_include_tax: false,
    })
}

/// One that hears of changes.
fn heard() -> Arc<Shown> {
    let shown = Shown::new(100);
    shown.heard(true);
    Arc::new(shown)
}

async fn read(shown: &Shown, reads: &AtomicU32) -> Rules {
    let reading = async {
        reads.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Ok(rules())
    };
    shown.rules(CODES, reading).await.unwrap()
}

#[test]
fn what_a_transaction_showed_is_told_by_ids_or_as_all() {
    let [one, two] = [1, 2].map(|number| ProductId::new(Uuid::from_u128(number)));
    let told = format!("{},{}", one.uuid(), two.uuid());
    assert_eq!(Anew::told(Some(&told)).unwrap(), Anew::Products(vec![one, two]));
    assert_eq!(Anew::told(Some("all")).unwrap(), Anew::All);
    assert_eq!(Anew::told(Some("")).unwrap(), Anew::default());
    assert_eq!(Anew::told(None).unwrap(), Anew::default());
    assert!(Anew::told(Some("nonsense")).is_err());
}

#[tokio::test]
async fn of_many_who_want_something_at_once_one_reads_it() {
    let (shown, reads) = (heard(), Arc::new(AtomicU32::new(0)));
    let readers = (0..64).map(|_| {
        let (shown, reads) = (shown.clone(), reads.clone());
        tokio::spawn(async move { read(&shown, &reads).await })
    });
    for reader in readers.collect::<Vec<_>>() {
        reader.await.unwrap();
    }
    assert_eq!(reads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_was_read_before_a_change_is_never_found_after_it() {
    let (shown, reads) = (heard(), AtomicU32::new(0));
    let go_on = Arc::new(Notify::new());
    let slow = tokio::spawn({
        let (shown, go_on) = (shown.clone(), go_on.clone());
        async move {
            let reading = async {
                go_on.notified().await;
                Ok::<_, PortError>(rules())
            };
            shown.rules(CODES, reading).await.unwrap()
        }
    });
    tokio::task::yield_now().await;
    shown.outdate(&Anew::All);
    go_on.notify_one();
    let stale = slow.await.unwrap();
    let fresh = read(&shown, &reads).await;
    assert_eq!(reads.load(Ordering::SeqCst), 1);
    assert!(!Arc::ptr_eq(&stale, &fresh));
    read(&shown, &reads).await;
    assert_eq!(reads.load(Ordering::SeqCst), 1, "it is known by then");
}

#[tokio::test]
async fn while_nothing_is_heard_nothing_is_taken_from_memory() {
    let (shown, reads) = (heard(), AtomicU32::new(0));
    read(&shown, &reads).await;
    shown.heard(false);
    for count in 2..4 {
        read(&shown, &reads).await;
        assert_eq!(reads.load(Ordering::SeqCst), count);
    }
    shown.heard(true);
    read(&shown, &reads).await;
    read(&shown, &reads).await;
    assert_eq!(reads.load(Ordering::SeqCst), 4, "what changed meanwhile is unknown");
}

#[tokio::test]
async fn a_failed_reading_is_told_to_all_and_kept_by_none() {
    let (shown, reads) = (heard(), AtomicU32::new(0));
    let failing = async { Err::<Rules, _>(PortError::unavailable("away")) };
    assert!(shown.rules(CODES, failing).await.is_err());
    read(&shown, &reads).await;
    assert_eq!(reads.load(Ordering::SeqCst), 1);
}
