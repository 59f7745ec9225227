use std::io::{self, IsTerminal as _, Stderr, Write};
use std::time::{Duration, Instant};

/// How often a terminal's line is rewritten.
const REWRITE_EVERY: Duration = Duration::from_millis(100);
/// How often a line is written where lines stay.
const WRITE_EVERY: Duration = Duration::from_secs(5);

/// How far long work is: one line that is rewritten on a terminal, and now and then a line
/// elsewhere. That it cannot be told never stops the work.
pub struct Progress<W: Write> {
    out: W,
    terminal: bool,
    told: Option<Instant>,
    open: bool,
}

impl Progress<Stderr> {
    /// On standard error, so that it never mixes with what a command answers.
    pub fn on_stderr() -> Self {
        Self::new(io::stderr(), io::stderr().is_terminal())
    }
}

impl<W: Write> Progress<W> {
    /// On `out`, which may be a terminal.
    pub fn new(out: W, terminal: bool) -> Self {
        Self { out, terminal, told: None, open: false }
    }

    /// Tells how far it is, unless that was told a moment ago. Elsewhere than on a terminal nothing
    /// is told of work that is over soon.
    pub fn tell(&mut self, now: Instant, text: impl FnOnce() -> String) {
        let every = if self.terminal { REWRITE_EVERY } else { WRITE_EVERY };
        let told = *self.told.get_or_insert(if self.terminal {
            now.checked_sub(every).unwrap_or(now)
        } else {
            now
        });
        if now.duration_since(told) < every {
            return;
        }
        self.told = Some(now);
        if self.terminal {
            self.open = true;
            let _ = write!(self.out, "\r{}\x1b[K", text());
            let _ = self.out.flush();
        } else {
            let _ = writeln!(self.out, "{}", text());
        }
    }

    /// Clears the line of a terminal, so that what follows begins on a fresh one.
    pub fn end(&mut self) {
        if std::mem::take(&mut self.open) {
            let _ = write!(self.out, "\r\x1b[K");
            let _ = self.out.flush();
        }
    }
}

/// How much of a file was read, such as `42 %`.
pub fn share(read: u64, total: u64) -> String {
    let percent = (u128::from(read) * 100).checked_div(u128::from(total)).unwrap_or(100);
    format!("{} %", percent.min(100))
}
