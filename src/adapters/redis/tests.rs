use std::io;

use deadpool_redis::redis::{ErrorKind, RedisError, ServerErrorKind};

use super::fault::Fault;
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
