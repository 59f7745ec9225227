use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use tracing::subscriber::with_default;

use super::{BatchedLog, ROOM};

/// Tells of each write.
struct Told(Sender<String>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(String::from_utf8_lossy(bytes).into_owned()).unwrap();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const HOUR: Duration = Duration::from_hours(1);
/// Longer than anything here takes.
const MINUTE: Duration = Duration::from_mins(1);

/// A log that waits so long for more, while `speak` is told to it, and what was written of it.
fn logged(wait: Duration, speak: impl FnOnce(&BatchedLog<Told>, &Receiver<String>)) {
    let (told, written) = channel();
    let log = BatchedLog::waiting(Told(told), wait).unwrap();
    let lines = tracing_subscriber::fmt().with_writer(log.clone()).without_time();
    let lines = lines.with_target(false).with_ansi(false).finish();
    with_default(lines, || speak(&log, &written));
}

#[test]
fn lines_are_written_by_themselves() {
    logged(Duration::from_millis(1), |_, written| {
        for line in ["one", "two"] {
            tracing::info!("{line}");
            let text = written.recv_timeout(MINUTE).unwrap();
            assert_eq!(text, format!(" INFO {line}\n"));
        }
    });
}

#[test]
fn lines_wait_for_each_other_but_not_for_more_than_there_is_room_for() {
    logged(HOUR, |_, written| {
        let lines = ROOM / " INFO one\n".len();
        for _ in 0..lines {
            tracing::info!("one");
        }
        assert_eq!(written.try_recv().ok(), None);
        tracing::info!("one");
        assert_eq!(written.try_recv().ok(), Some(" INFO one\n".repeat(lines)));
    });
}

/// Refuses the first write.
struct Busy(Option<io::Error>, Sender<String>);

impl Write for Busy {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.take() {
            Some(error) => Err(error),
            None => Told(self.1.clone()).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_that_could_not_be_written_are_written_later() {
    let speaks: [(fn(), &str); 2] =
        [(|| tracing::info!("one"), " INFO one\n"), (|| tracing::warn!("two"), " WARN two\n")];
    for (speak, line) in speaks {
        let (told, written) = channel();
        let busy = Busy(Some(io::ErrorKind::WouldBlock.into()), told);
        let log = BatchedLog::waiting(busy, Duration::from_millis(1)).unwrap();
        let lines = tracing_subscriber::fmt().with_writer(log.clone()).without_time();
        let lines = lines.with_target(false).with_ansi(false).finish();
        with_default(lines, speak);
        assert_eq!(written.recv_timeout(MINUTE).unwrap(), line);
    }
}

#[test]
fn a_warning_is_written_at_once_behind_what_came_before_it() {
    logged(HOUR, |_, written| {
        tracing::info!("one");
        tracing::warn!("two");
        assert_eq!(written.try_recv().ok().as_deref(), Some(" INFO one\n WARN two\n"));
    });
}

#[test]
fn a_log_that_is_dropped_leaves_nothing_unwritten() {
    logged(HOUR, |log, written| {
        tracing::info!("one");
        drop(log.clone());
        assert_eq!(written.try_recv().ok().as_deref(), Some(" INFO one\n"));
    });
}
