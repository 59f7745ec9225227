//! What happened in a run: a hash over all of it, and the last part in words.

use std::collections::VecDeque;
use std::fmt;

/// How many steps are kept for the report of a failure, unless all are.
const KEPT: usize = 200;

/// What a shop without work does all day; it is counted and not shown.
const IDLE: [&str; 11] = [
    "event head",
    "claim due sagas",
    "next due saga",
    "lease consumer",
    "parked events",
    "events after",
    "wait for events",
    "claim overdue",
    "expired keys",
    "commit PruneKeys",
    "sweep carts",
];

/// FNV-1a over 64 bits.
#[derive(Clone, Debug)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    pub fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    pub fn finish(&self) -> u64 {
        self.0
    }
}

/// Whatever is written is hashed.
impl fmt::Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write(text.as_bytes());
        Ok(())
    }
}

/// One step of a run.
#[derive(Clone, Debug)]
pub struct Step {
    /// Microseconds since the run began.
    pub at: i64,
    /// Which process or actor.
    pub who: u16,
    /// What it did.
    pub what: &'static str,
    /// What became of it.
    pub outcome: &'static str,
    /// Whose: the tail of an id, a delay, a count.
    pub detail: u64,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at / 1_000_000;
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
        let micros = self.at % 60_000_000;
        write!(f, "{hours:02}:{minutes:02}:{:02}.{:06} ", micros / 1_000_000, micros % 1_000_000)?;
        write!(f, "#{:<3} {:<28} {:<20} {:x}", self.who, self.what, self.outcome, self.detail)
    }
}

/// The steps of a run.
#[derive(Debug)]
pub struct Trace {
    hash: Fnv,
    steps: u64,
    most: usize,
    kept: VecDeque<Step>,
}

impl Trace {
    /// A trace that shows its last steps, or `all` of them, idle ones too.
    pub fn new(all: bool) -> Self {
        let most = if all { usize::MAX } else { KEPT };
        Self { hash: Fnv::default(), steps: 0, most, kept: VecDeque::new() }
    }

    /// Counts a step in.
    pub fn add(&mut self, step: Step) {
        self.hash.write(&step.at.to_le_bytes());
        self.hash.write(&step.who.to_le_bytes());
        self.hash.write(step.what.as_bytes());
        self.hash.write(step.outcome.as_bytes());
        self.hash.write(&step.detail.to_le_bytes());
        self.steps += 1;
        if self.most == KEPT && step.outcome == "ok" && IDLE.contains(&step.what) {
            return;
        }
        if self.kept.len() == self.most {
            self.kept.pop_front();
        }
        self.kept.push_back(step);
    }

    /// Counts what a run left behind into its hash.
    pub fn seal(&mut self, left: &dyn fmt::Debug) {
        fmt::write(&mut self.hash, format_args!("{left:?}")).unwrap();
    }

    pub fn hash(&self) -> u64 {
        self.hash.finish()
    }

    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The steps that were kept, a line each.
    pub fn lines(&self) -> Vec<String> {
        self.kept.iter().map(ToString::to_string).collect()
    }
}
