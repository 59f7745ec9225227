use std::io;

use deadpool_redis::redis::{ErrorKind, RedisError, ServerErrorKind};

use super::fault::Fault;
use super::lanes::{lane_of, slot};
use crate::ports::PortErrorKind;

/// The failure of a command that the server refused so.
fn refused(kind: ServerErrorKind) -> Fault {
    RedisError::from((ErrorKind::Server(kind), "refused")).into()
}

/// The failure of a command whose connection ended.
fn broken() -> Fault {
    RedisError::from(io::Error::from(io::ErrorKind::BrokenPipe)).into()
}

#[test]
fn a_connection_is_not_used_again_where_a_new_one_may_do_better() {
    assert!(broken().spoils_connection());
    assert!(Fault::Late.spoils_connection());
    assert!(refused(ServerErrorKind::ReadOnly).spoils_connection());
    assert!(!refused(ServerErrorKind::ResponseError).spoils_connection());
    assert!(!refused(ServerErrorKind::BusyLoading).spoils_connection());
}

#[test]
fn what_a_server_refused_as_one_that_takes_no_writes_was_not_done() {
    let kind = |fault: Fault| fault.of_write().kind();
    assert_eq!(kind(refused(ServerErrorKind::ReadOnly)), PortErrorKind::Unavailable);
    assert_eq!(kind(broken()), PortErrorKind::Timeout);
}

/// As `CLUSTER KEYSLOT` tells them.
#[test]
fn a_key_has_the_slot_that_redis_gives_it() {
    let slots = ["123456789", "foo", "bar"].map(|key| slot(key.as_bytes()));
    assert_eq!(slots, [12_739, 12_182, 5_061]);
}

#[test]
fn keys_that_lie_apart_have_lanes_apart() {
    let lanes = |lanes| ["bar", "foo", "123456789"].map(|key| lane_of(key.as_bytes(), lanes));
    assert_eq!(lanes(1), [0, 0, 0]);
    assert_eq!(lanes(3), [0, 2, 2]);
    assert_eq!(lanes(16), [4, 11, 12]);
}
