//! Real servers for tests: each started once a test process, on 127.0.0.1, in a folder of its own.
//!
//! Where one comes from, in this order: the one that the environment names, a container where a
//! docker engine answers, the system's own programs, which are installed where apt-get can do that.
//! A server that cannot be had fails the test and says what is missing; nothing is ever skipped.
//! Servers end with the process that started them, however that ends.

mod container;
mod local;
#[cfg(feature = "postgres")]
mod postgres;
mod programs;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "postgres")]
mod replica;
#[cfg(all(feature = "postgres", feature = "redis"))]
mod spare;

#[cfg(feature = "postgres")]
pub use postgres::{Database, Fsync, Postgres};
#[cfg(feature = "redis")]
pub use redis::{Redis, RedisCluster, tell};
#[cfg(feature = "postgres")]
pub use replica::Pair;
#[cfg(all(feature = "postgres", feature = "redis"))]
pub use spare::Lent;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use container::Container;
use local::Local;

/// How long a server may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that a test may hurt. It ends, and its folder goes, when this is dropped or the test
/// process ends.
pub enum Server {
    /// A process of this machine.
    Local(Local),
    /// A container.
    Container(Container),
}

impl Server {
    /// Ends it at once, as `kill -9` of its first process does, and returns when all of it is gone.
    pub fn kill(&self) {
        match self {
            Self::Local(local) => local.kill(),
            Self::Container(container) => container.kill(),
        }
    }

    /// Starts it again where it was, with what its disk kept, and returns when it answers.
    pub fn restart(&self) {
        match self {
            Self::Local(local) => local.start(),
            Self::Container(container) => container.start(),
        }
    }

    /// Stops it in its tracks: connections stay open and nothing answers.
    pub fn pause(&self) {
        match self {
            Self::Local(local) => local.signal("STOP"),
            Self::Container(container) => container.pause(),
        }
    }

    /// Lets it go on.
    pub fn resume(&self) {
        match self {
            Self::Local(local) => local.signal("CONT"),
            Self::Container(container) => container.resume(),
        }
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Looks until `found` gives something, at most [`PATIENCE`].
fn look<T>(mut found: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        if let Some(value) = found() {
            return Some(value);
        }
        if began.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
