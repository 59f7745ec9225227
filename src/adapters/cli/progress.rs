use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Tells how far long work is: one line that is written over on a terminal, plain lines at a slower
/// pace elsewhere.
pub(super) struct Progress {
    what: &'static str,
    terminal: bool,
    begun: Instant,
    told: Instant,
}

impl Progress {
    /// Progress of `what`, such as `lines imported`.
    pub fn new(what: &'static str) -> Self {
        let now = Instant::now();
        Self { what, terminal: std::io::stderr().is_terminal(), begun: now, told: now }
    }

    /// Tells that `count` is done, unless it was told a moment ago.
    pub fn tell(&mut self, count: u64) {
        let pause = if self.terminal { Duration::from_millis(100) } else { Duration::from_secs(2) };
        if self.told.elapsed() < pause {
            return;
        }
        self.told = Instant::now();
        let line = line(count, self.what, self.begun.elapsed());
        if self.terminal {
            eprint!("\r{line}");
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{line}");
        }
    }

    /// Clears the line, so that what is told next stands alone.
    pub fn end(self) {
        if self.terminal {
            eprint!("\r{:60}\r", "");
        }
    }
}

pub(super) fn line(count: u64, what: &str, elapsed: Duration) -> String {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = count.saturating_mul(1_000) / millis;
    format!("{count} {what}, {rate} a second")
}
