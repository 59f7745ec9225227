//! The same of a cluster: every node has its share of the carts, and takes away no others.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use ecicomm::domain::cart::Cart;
use ecicomm::ports::PortError;
use tokio::time::timeout;

use super::*;
use crate::harness::servers::RedisCluster;

/// How long a command may take while a node is silent: a slow machine changes no verdict.
const LONG: Duration = Duration::from_secs(2);

/// The node that falls silent. It is the first that clients are told of.
const SILENT: usize = 0;

/// The cluster that all tests of this process share.
fn shared() -> &'static RedisCluster {
    static SHARED: OnceLock<RedisCluster> = OnceLock::new();
    SHARED.get_or_init(RedisCluster::start)
}

/// A part of it that is the caller's own.
pub fn config() -> RedisConfig {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("it-{}:", NEXT.fetch_add(1, Ordering::Relaxed));
    RedisConfig { prefix, ..patient(shared()) }
}

/// A client that may take its time, told of one node.
fn patient(cluster: &RedisCluster) -> RedisConfig {
    RedisConfig { cluster: true, timeout: SOON, ..RedisConfig::new(cluster.url()) }
}

/// Carts in a part of it that is the caller's own.
pub fn carts() -> Arc<dyn Carts> {
    Arc::new(RedisCarts::new(RedisLink::new(&config()).unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_node_has_its_share_of_the_carts() {
    let cluster = RedisCluster::start();
    let carts = RedisCarts::new(RedisLink::new(&patient(&cluster)).unwrap());
    for number in 0..60 {
        let first = Arc::new(cart(number, at(0)));
        assert_eq!(carts.save(first, None, at(0)).await.unwrap(), CartSaved::Saved);
        assert!(carts.cart(cart_id(number), at(1)).await.unwrap().is_some());
    }
    let keys = cluster.keys();
    assert!(keys.iter().sum::<u32>() == 60 && keys.iter().all(|count| *count > 5), "{keys:?}");
}

/// The way to one of the nodes breaks between a save and its answer, so that the client sends the
/// save again by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_save_whose_answer_was_lost_is_no_stale_one() {
    let cluster = RedisCluster::start();
    let port = cluster.url().rsplit(':').next().unwrap().parse().unwrap();
    let way = Way::to(port).await;
    assert_eq!(tell(port, &format!("CONFIG SET cluster-announce-port {}", way.port())), "+OK");
    let carts = RedisCarts::new(RedisLink::new(&patient(&cluster)).unwrap());
    for number in 0..12 {
        let first = cart(number, at(0));
        way.break_once();
        let saved = carts.save(Arc::new(first.clone()), None, at(0)).await.unwrap();
        assert_eq!(saved, CartSaved::Saved);
        let second = Arc::new(first.add(cart_line(1, 1), at(1)).unwrap());
        way.break_once();
        let saved = carts.save(second.clone(), Some(Version::FIRST), at(1)).await.unwrap();
        assert_eq!(saved, CartSaved::Saved);
        assert_eq!(carts.cart(cart_id(number), at(2)).await.unwrap(), Some(second));
    }
    assert!(way.broken() > 0, "some of the carts should be on the node behind the way");
}

/// Those of `numbers` whose carts are on the silent node, and the others.
fn parted(cluster: &RedisCluster, numbers: Range<u128>) -> (Vec<u128>, Vec<u128>) {
    let key = |number| format!("ecicomm:cart:{}", cart_id(number).uuid());
    let (lost, kept): (Vec<_>, Vec<_>) =
        numbers.partition(|number| cluster.node_of(&key(*number)) == SILENT);
    assert!(!lost.is_empty() && !kept.is_empty());
    (lost, kept)
}

/// Saves new carts and reads them back, all at once and each in time.
async fn save_and_read(carts: &Arc<RedisCarts>, numbers: &[u128]) {
    let mut callers = JoinSet::new();
    for number in numbers.iter().copied() {
        let carts = carts.clone();
        callers.spawn(async move {
            let first = Arc::new(cart(number, at(0)));
            let saved = timeout(LONG, carts.save(first.clone(), None, at(0))).await;
            assert_eq!(saved.expect("a save in time").unwrap(), CartSaved::Saved);
            let read = timeout(LONG, carts.cart(cart_id(number), at(1))).await;
            assert_eq!(read.expect("a read in time").unwrap(), Some(first));
        });
    }
    callers.join_all().await;
}

/// What reads of carts come to.
type Reads = JoinSet<Result<Option<Arc<Cart>>, PortError>>;

/// Begins to read all of these carts.
fn read_all(carts: &Arc<RedisCarts>, numbers: &[u128]) -> Reads {
    let read = |number| {
        let carts = carts.clone();
        async move { carts.cart(cart_id(number), at(1)).await }
    };
    numbers.iter().copied().map(read).collect()
}

/// Waits for reads that end without an answer.
async fn are_away(reads: Reads) {
    for read in reads.join_all().await {
        let error = read.unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Unavailable, "{error}");
    }
}

/// One node hangs: its connections stay open, new ones open, and nothing is answered. Carts of the
/// others are saved and read over connections from before and over new ones, while callers wait for
/// those of the silent one, and though the others have lost the script. Then it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_node_takes_away_its_own_carts_alone() {
    let cluster = RedisCluster::start();
    let config = RedisConfig { timeout: LONG, ..RedisConfig::new(cluster.urls()) };
    let open = || Arc::new(RedisCarts::new(RedisLink::new(&config).unwrap()));
    let (lost, kept) = parted(&cluster, 0..24);
    let (_, kept_first) = parted(&cluster, 100..124);
    let (_, kept_then) = parted(&cluster, 200..224);
    let before = open();
    save_and_read(&before, &[lost.clone(), kept.clone()].concat()).await;

    cluster.pause(SILENT);
    let in_vain = read_all(&before, &lost);
    save_and_read(&before, &kept_first).await;
    for node in [1, 2] {
        assert_eq!(cluster.tell(node, "SCRIPT FLUSH"), "+OK");
    }
    let since = open();
    save_and_read(&since, &kept_then).await;
    are_away(in_vain).await;

    // By now connections were made that do not lead to the silent node, and try to at each question
    // about one of its carts. Some of them are for carts of others too.
    let in_vain = [&before, &since].map(|carts| read_all(carts, &lost));
    for reads in [&before, &since].map(|carts| read_all(carts, &kept)) {
        let reads = timeout(LONG, reads.join_all()).await.expect("reads in time");
        assert!(reads.into_iter().all(|read| read.unwrap().is_some()));
    }
    for reads in in_vain {
        are_away(reads).await;
    }

    cluster.resume(SILENT);
    let resumed = Instant::now();
    for carts in [&before, &since] {
        for number in lost.iter().copied() {
            while let Err(error) = carts.cart(cart_id(number), at(1)).await {
                assert!(resumed.elapsed() < SOON, "{error}");
            }
        }
    }
}
