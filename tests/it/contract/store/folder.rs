//! The store of a folder under the contract, and what it owes beyond: that all is there again.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use ecicomm::adapters::memory::{MemoryConfig, MemoryStore};
use ecicomm::adapters::record::{Fact, Journal, Listener, Written};
use ecicomm::domain::catalog::PriceConditions;
use ecicomm::domain::order::Phase;
use ecicomm::domain::shared::{Currency, Timestamp};
use ecicomm::ports::cart::{CartSaved, Carts as _};
use ecicomm::ports::catalog::{ListQuery, ListSort};
use ecicomm::ports::events::EventLog as _;
use ecicomm::ports::store::{CommitError, Conflict, Store as _, UnitOfWork, Write};
use ecicomm::ports::{PortError, PortErrorKind};
use futures_util::FutureExt as _;

use super::mend::Planted;
use super::stock::received as receive;
use super::{Backend, suites};
use crate::harness::build::{at, cart, key, lease, order, order_id, price, product, sku};
use crate::harness::disk::Disk;
use crate::harness::told;

/// The store on a disk, as a process has it that begins with it.
pub fn on(disk: &Disk) -> Arc<MemoryStore> {
    begun_on(disk, at(0))
}

/// The same of a process that begins at a moment.
fn begun_on(disk: &Disk, begin: Timestamp) -> Arc<MemoryStore> {
    let (config, journal) = (MemoryConfig::new(Currency::USD), disk.journal().unwrap());
    Arc::new(MemoryStore::journalled(config, journal, begin).unwrap())
}

async fn open() -> Backend {
    Backend::of(on(&Disk::default()))
}

suites!(crate::contract::store::folder::open);
super::mend::cases!(crate::contract::store::folder::open_to_plants);

async fn open_to_plants() -> Backend {
    let disk = Disk::default();
    Planted::open(move |facts| {
        // Nobody works on what was there before.
        let journal = disk.journal().unwrap();
        assert!(matches!(journal.write(&mut facts.iter()), Written::Kept));
        drop(journal);
        Backend::of(on(&disk))
    })
}

/// What a new process would read, each fact as text.
fn facts(disk: &Disk) -> Result<Vec<String>, PortError> {
    let facts = told::facts(disk.journal()?.as_ref())?;
    // Every start takes new versions for views.
    let lasting = facts.iter().filter(|fact| !matches!(fact, Fact::ViewsFrom(_)));
    Ok(lasting.map(|fact| format!("{fact:?}")).collect())
}

/// A small shop on a disk: products with stock, an order that was confirmed, one that waits, a
/// cart, and a consumer that heard of some of it.
async fn shop(disk: &Disk) {
    let store = on(disk);
    let b = Backend::of(store.clone());
    b.commit((1..=3).map(|number| product(number).save())).await;
    b.commit([receive("SKU-1", 5), receive("SKU-2", 7)]).await;
    b.commit([order(1).under(key("first")).place()]).await;
    b.commit([order(1).under(key("first")).confirm(at(1))]).await;
    b.commit([order(2).under(key("second")).place()]).await;
    b.events.lease_consumer("search", lease("one", at(9)), at(0)).await.unwrap();
    let consumer = "search".to_owned();
    b.commit([Write::AdvanceConsumer { consumer, from: 0, to: 3, park: Vec::new() }]).await;
    let saved = store.save(Arc::new(cart(1, at(0))), None, at(0)).await.unwrap();
    assert_eq!(saved, CartSaved::Saved);
}

#[tokio::test]
async fn all_that_was_answered_is_there_after_the_power_failed() {
    let disk = Disk::default();
    shop(&disk).await;
    let before = facts(&disk).unwrap();
    disk.cut(|| false);
    assert_eq!(facts(&disk).unwrap(), before);
    let b = Backend::of(on(&disk));
    let first = b.orders.order(order_id(1)).await.unwrap().unwrap();
    assert_eq!(first.phase(), Phase::Confirmed);
    let last = b.all_events().await.last().map(|event| event.position);
    assert_eq!(last, Some(b.events.head().await.unwrap()));
    assert_eq!(b.stock.stock(&[sku("SKU-1")]).await.unwrap()[0][0].on_hand(), 4);
    b.commit([order(2).under(key("second")).confirm(at(1))]).await;
}

#[tokio::test]
async fn a_process_that_comes_back_works_on_no_saga_and_waits_for_no_lease() {
    let disk = Disk::default();
    shop(&disk).await;
    let b = Backend::of(on(&disk));
    let claimed = b.sagas.claim_due(lease("two", at(9)), at(0), 9).await.unwrap();
    assert_eq!(claimed.len(), 1, "the lease of the dead process counts no more");
    assert!(b.events.lease_consumer("search", lease("two", at(9)), at(0)).await.unwrap().is_some());
}

#[tokio::test]
async fn views_after_a_restart_have_versions_that_none_had_before() {
    let disk = Disk::default();
    shop(&disk).await;
    let mut last = 0;
    for _ in 0..3 {
        let b = Backend::of(on(&disk));
        b.commit([receive("SKU-3", 9)]).await;
        let views = b.catalog.scan(None, None, 9).await.unwrap().items;
        let versions: Vec<u64> = views.iter().map(|view| view.version).collect();
        assert!(versions.iter().all(|version| *version > last), "{versions:?} after {last}");
        last = versions.into_iter().max().unwrap();
    }
}

#[tokio::test]
async fn a_commit_that_the_power_interrupts_is_there_whole_or_not_at_all() {
    let mut there = [0, 0];
    for steps in 0..200 {
        let disk = Disk::default();
        shop(&disk).await;
        let b = Backend::of(on(&disk));
        let before = facts_of_next(&disk).await;
        disk.fail_after(steps);
        let unit = UnitOfWork {
            at: at(0),
            writes: vec![order(2).under(key("second")).confirm(at(1)), receive("SKU-2", 1)],
        };
        let answered = b.store.commit(unit).await.is_ok();
        drop(b);
        let mut turn = steps;
        disk.cut(|| {
            turn = turn.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            turn & 0x8000 == 0
        });
        let after = facts(&disk).unwrap();
        assert!(after == before.0 || after == before.1, "half a commit after {steps} steps");
        assert!(!answered || after == before.1, "an answered commit is lost after {steps} steps");
        there[usize::from(after == before.1)] += 1;
        if answered {
            assert!(there[0] > 0 && there[1] > 0, "{there:?}");
            return;
        }
    }
    panic!("the disk takes more steps than were tried");
}

/// The facts without and with the commit that is about to be interrupted, which are learnt on
/// another disk that goes through the same.
async fn facts_of_next(disk: &Disk) -> (Vec<String>, Vec<String>) {
    let other = Disk::default();
    shop(&other).await;
    let without = facts(&other).unwrap();
    let b = Backend::of(on(&other));
    b.commit([order(2).under(key("second")).confirm(at(1)), receive("SKU-2", 1)]).await;
    drop(b);
    assert!(disk.size() > 0);
    (without, facts(&other).unwrap())
}

#[tokio::test]
async fn a_disk_that_fails_for_a_while_costs_answers_but_no_data() {
    let disk = Disk::default();
    shop(&disk).await;
    let b = Backend::of(on(&disk));
    disk.fail_after(2);
    let unit = || UnitOfWork { at: at(0), writes: vec![receive("SKU-2", 1)] };
    for _ in 0..3 {
        let Err(CommitError::Port(error)) = b.store.commit(unit()).await else {
            panic!("the disk is away");
        };
        assert!(matches!(error.kind(), PortErrorKind::Unavailable | PortErrorKind::Timeout));
    }
    assert_eq!(units(&b).await, 7, "nobody sees what is not kept");
    assert!(b.events.head_so_far().await.is_err(), "a server over it is not ready");
    disk.heal();
    let recovers = async {
        while b.store.commit(unit()).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), recovers).await.expect("the store recovers");
    assert_eq!(b.events.head_so_far().await.unwrap(), b.events.head().await.unwrap());
    let seen = units(&b).await;
    drop(b);
    assert_eq!(units(&Backend::of(on(&disk))).await, seen);
}

/// How many units there are of what has no product.
async fn units(b: &Backend) -> i64 {
    b.stock.stock(&[sku("SKU-2")]).await.unwrap()[0][0].on_hand()
}

#[tokio::test]
async fn what_a_failed_sync_lost_was_never_told_as_kept() {
    let disk = Disk::default();
    shop(&disk).await;
    let b = Backend::of(on(&disk));
    disk.lose_next_sync();
    for kind in [PortErrorKind::Timeout, PortErrorKind::Unavailable, PortErrorKind::Unavailable] {
        match b.store.commit(UnitOfWork::of(at(0), receive("SKU-2", 1))).await {
            Err(CommitError::Port(error)) => {
                assert_eq!(error.kind(), kind, "{error}");
                assert!(error.to_string().contains("look at the disk"), "{error}");
            }
            other => panic!("{other:?}, and the disk has lost it"),
        }
    }
    assert_eq!(units(&b).await, 7, "nobody sees what may be lost");
    assert!(b.events.head_so_far().await.is_err(), "a server over it is not ready");
    drop(b);
    disk.cut(|| false);
    assert_eq!(units(&Backend::of(on(&disk))).await, 7);
}

#[test]
fn a_journal_whose_sync_failed_takes_no_more_and_cannot_tell() {
    let disk = Disk::default();
    let journal = disk.journal().unwrap();
    let write = |count| journal.write(&mut [Fact::Consumer("search".to_owned(), count)].iter());
    assert!(matches!(write(1), Written::Kept));
    disk.lose_next_sync();
    assert!(matches!(write(2), Written::Unknown(_)));
    assert!(journal.settle().is_err(), "what can be read may be lost");
    assert!(matches!(write(3), Written::NotKept(_)));
    drop(journal);
    disk.cut(|| false);
    assert_eq!(facts(&disk).unwrap(), [format!("{:?}", Fact::Consumer("search".to_owned(), 1))]);
}

#[tokio::test]
async fn lists_after_a_restart_go_by_the_prices_of_that_moment() {
    let disk = Disk::default();
    let from = PriceConditions { from: Some(at(-60)), ..PriceConditions::NONE };
    let price = price(500, Currency::USD).under(from).unwrap();
    let b = Backend::of(on(&disk));
    b.commit([product(1).with(|content| content.variants[0].prices = vec![price]).save()]).await;
    drop(b);
    for (begin, listed) in [(at(-120), 0), (at(0), 1)] {
        let b = Backend::of(begun_on(&disk, begin));
        let all = ListQuery { category: None, sort: ListSort::Newest, after: None, limit: 9 };
        assert_eq!(b.catalog.list(&all).await.unwrap().items.len(), listed);
    }
}

#[tokio::test]
async fn commits_that_come_together_share_a_sync() {
    let disk = Disk::default();
    let b = Backend::of(on(&disk));
    b.commit([product(1).save()]).await;
    let before = disk.syncs();
    let outcomes = b.race((0..200).map(|_| vec![receive("SKU-1", 1)]).collect()).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let syncs = disk.syncs() - before;
    assert!(syncs < 300, "{syncs} syncs for 200 commits");
}

#[tokio::test]
async fn a_byte_that_rots_is_found_and_never_believed() {
    let disk = Disk::default();
    shop(&disk).await;
    let before = facts(&disk).unwrap();
    let (mut found, step) = (0, disk.size() / 300 + 1);
    for place in (0..disk.size()).step_by(step) {
        disk.rot(place);
        match facts(&disk) {
            Ok(after) => assert_eq!(after, before, "byte {place}"),
            Err(error) => {
                assert!(error.to_string().contains("shop.redb"), "{error}");
                found += 1;
            }
        }
        disk.rot(place);
    }
    assert!(found > 0, "no page was touched");
}

#[test]
fn the_layout_of_a_later_version_is_refused() {
    let disk = Disk::default();
    drop(disk.journal().unwrap());
    disk.set_layout(99);
    let error = disk.journal().err().unwrap();
    assert_eq!(error.kind(), PortErrorKind::Corrupt);
    assert!(error.to_string().contains("99"), "{error}");
}

#[test]
fn of_several_facts_about_one_thing_the_last_is_kept() {
    let disk = Disk::default();
    let journal = disk.journal().unwrap();
    let counts = [1, 2, 3].map(|count| Fact::Consumer("search".to_owned(), count));
    assert!(matches!(journal.write(&mut counts.iter()), Written::Kept));
    drop(journal);
    assert_eq!(facts(&disk).unwrap(), [format!("{:?}", counts[2])]);
}

/// A journal that writes only while it is let, and fails where it is told to.
struct Held {
    journal: Arc<dyn Journal>,
    holds: Mutex<Option<Verdict>>,
    told: Condvar,
}

/// What becomes of a write that is held.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Wait,
    Fail,
    Panic,
}

impl Held {
    fn tell(&self, verdict: Option<Verdict>) {
        *self.holds.lock().unwrap() = verdict;
        self.told.notify_all();
    }
}

impl Journal for Held {
    fn recall(&self, to: &mut dyn Listener) -> Result<(), PortError> {
        self.journal.recall(to)
    }

    fn write(&self, facts: &mut dyn Iterator<Item = &Fact>) -> Written {
        let held = self.holds.lock().unwrap();
        let told = self.told.wait_while(held, |holds| *holds == Some(Verdict::Wait)).unwrap();
        match *told {
            Some(Verdict::Panic) => panic!("told to panic"),
            Some(_) => Written::NotKept(PortError::unavailable("told to fail")),
            None => self.journal.write(facts),
        }
    }

    fn settle(&self) -> Result<bool, PortError> {
        self.journal.settle()
    }
}

/// Two orders want the last unit while the journal is held: what each is told once it goes on, or
/// fails.
async fn two_for_one(then: Option<Verdict>) -> [Result<(), CommitError>; 2] {
    let journal = Disk::default().journal().unwrap();
    let held = Held { journal, holds: Mutex::default(), told: Condvar::new() };
    let held = Arc::new(held);
    let config = MemoryConfig::new(Currency::USD);
    let store = Arc::new(MemoryStore::journalled(config, held.clone(), at(0)).unwrap());
    let b = Backend::of(store.clone());
    b.commit([product(1).save(), receive("SKU-1", 1)]).await;
    held.tell(Some(Verdict::Wait));
    let unit = |number| UnitOfWork::of(at(0), order(number).of(&[("SKU-1", 1)]).place());
    let (mut first, mut second) = (store.commit(unit(1)), store.commit(unit(2)));
    assert!(first.as_mut().now_or_never().is_none());
    assert!(second.as_mut().now_or_never().is_none(), "refused for what is not kept yet");
    held.tell(then);
    let told = [first.await, second.await];
    held.tell(None);
    told
}

#[tokio::test]
async fn a_refusal_is_told_when_what_it_rests_on_can_be_seen() {
    let [first, second] = two_for_one(None).await;
    assert!(first.is_ok());
    assert!(matches!(second, Err(CommitError::Refused(Conflict::OutOfStock { .. }))), "{second:?}");
}

#[tokio::test]
async fn nobody_is_refused_for_what_could_not_be_kept() {
    for told in two_for_one(Some(Verdict::Fail)).await {
        assert!(matches!(told, Err(CommitError::Port(_))), "{told:?}");
    }
}

#[tokio::test]
async fn a_journal_that_breaks_leaves_nobody_without_an_answer() {
    let journal = Disk::default().journal().unwrap();
    let held = Arc::new(Held { journal, holds: Mutex::default(), told: Condvar::new() });
    let config = MemoryConfig::new(Currency::USD);
    let store = MemoryStore::journalled(config, held.clone(), at(0)).unwrap();
    held.tell(Some(Verdict::Panic));
    let kind = async || match store.commit(UnitOfWork::of(at(0), product(1).save())).await {
        Err(CommitError::Port(error)) => error.kind(),
        other => panic!("{other:?}"),
    };
    assert_eq!(kind().await, PortErrorKind::Timeout, "nobody knows what became of it");
    let later = tokio::time::timeout(Duration::from_secs(20), kind()).await.unwrap();
    assert!(matches!(later, PortErrorKind::Unavailable | PortErrorKind::Timeout));
    let closed = async {
        while store.head_so_far().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), closed).await.expect("nobody writes any more");
    assert_eq!(store.head().await.unwrap(), 0, "what was kept can be read");
}
