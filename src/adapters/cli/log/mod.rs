//! The log of a process: lines on their way to where it is written.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, Thread};
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits for others.
const WAIT: Duration = Duration::from_millis(20);
/// How many bytes wait at most; who brings more writes them.
const ROOM: usize = 64 * 1_024;

/// Where lines of the log go: many in one write, since a write for each request costs a good
/// twentieth of a product page. A warning or an error is written at once, behind all that came before
/// it. Whatever waits when it is dropped is written.
pub struct BatchedLog<W: Write> {
    out: Arc<Mutex<BufWriter<W>>>,
    writer: Thread,
}

impl<W: Write + Send + 'static> BatchedLog<W> {
    /// Over `out`, with a thread that writes what waited.
    pub fn over(out: W) -> io::Result<Self> {
        Self::waiting(out, WAIT)
    }

    fn waiting(out: W, wait: Duration) -> io::Result<Self> {
        let out = Arc::new(Mutex::new(BufWriter::with_capacity(ROOM, out)));
        let waiting = Arc::downgrade(&out);
        let thread = thread::Builder::new().name("log".to_owned());
        let writer = thread.spawn(move || write_on(&waiting, wait))?.thread().clone();
        Ok(Self { out, writer })
    }
}

/// Writes what came, a moment after the first line of it, until nobody has lines any more.
fn write_on<W: Write>(waiting: &Weak<Mutex<BufWriter<W>>>, wait: Duration) {
    let mut failed = false;
    loop {
        // Where a write failed, nobody may come who finds nothing waiting.
        if !failed {
            thread::park();
        }
        thread::sleep(wait);
        let Some(out) = waiting.upgrade() else { return };
        failed = locked(&out).flush().is_err();
    }
}

/// A line that was cut off by a panic is no reason to write no more.
fn locked<W: Write>(out: &Mutex<BufWriter<W>>) -> MutexGuard<'_, BufWriter<W>> {
    out.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<W: Write> Clone for BatchedLog<W> {
    fn clone(&self) -> Self {
        Self { out: self.out.clone(), writer: self.writer.clone() }
    }
}

impl<W: Write> Drop for BatchedLog<W> {
    fn drop(&mut self) {
        let _ = locked(&self.out).flush();
        self.writer.unpark();
    }
}

/// What takes one line.
pub struct Line<'l, W: Write> {
    log: &'l BatchedLog<W>,
    at_once: bool,
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = locked(&self.log.out);
        let first = out.buffer().is_empty();
        out.write_all(bytes)?;
        // One that cannot be written now waits as others do.
        let written = self.at_once && out.flush().is_ok();
        if !written && (first || self.at_once) {
            self.log.writer.unpark();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        locked(&self.log.out).flush()
    }
}

impl<'l, W: Write + 'l> MakeWriter<'l> for BatchedLog<W> {
    type Writer = Line<'l, W>;

    fn make_writer(&'l self) -> Line<'l, W> {
        Line { log: self, at_once: true }
    }

    fn make_writer_for(&'l self, of: &Metadata<'_>) -> Line<'l, W> {
        Line { log: self, at_once: *of.level() <= Level::WARN }
    }
}

#[cfg(test)]
mod tests;
