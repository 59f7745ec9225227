//! What was held against the invariants, and what broke one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

/// How many violations are kept in words. All are counted.
const KEPT: usize = 30;

#[derive(Default)]
struct Judged {
    checks: u64,
    violations: u64,
}

#[derive(Default)]
struct Inner {
    by_invariant: BTreeMap<&'static str, Judged>,
    words: Vec<String>,
}

/// Counts checks and violations by invariant. Clones share it.
#[derive(Clone, Default)]
pub struct Verdict(Arc<Mutex<Inner>>);

impl Verdict {
    /// Notes a check of an invariant, and where it does not hold, what was seen.
    pub fn check(&self, invariant: &'static str, right: bool, seen: impl FnOnce() -> String) {
        let mut inner = self.0.lock().unwrap();
        let judged = inner.by_invariant.entry(invariant).or_default();
        judged.checks += 1;
        if right {
            return;
        }
        judged.violations += 1;
        if inner.words.len() < KEPT {
            let seen = seen();
            eprintln!("{invariant} is violated: {seen}");
            inner.words.push(format!("{invariant}: {seen}"));
        }
    }

    /// How many violations there are.
    pub fn violations(&self) -> u64 {
        self.0.lock().unwrap().by_invariant.values().map(|judged| judged.violations).sum()
    }

    /// How often an invariant was checked.
    pub fn checks(&self, invariant: &str) -> u64 {
        let inner = self.0.lock().unwrap();
        inner.by_invariant.get(invariant).map_or(0, |judged| judged.checks)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.0.lock().unwrap();
        write!(f, "violations of checks:")?;
        for (invariant, judged) in &inner.by_invariant {
            write!(f, " {invariant} {}/{}", judged.violations, judged.checks)?;
        }
        inner.words.iter().try_for_each(|words| write!(f, "\n    {words}"))
    }
}
