//! What a run came to, in lines: the figures first, then what was violated.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::book::Tally;
use super::verdict::Verdict;

/// What goes on may take half as much again while something else is in trouble; and so long in any
/// case, which a machine that has much to do needs now and then whatever it does.
const PACE_PERCENT: u32 = 150;
const ANY_PACE: Duration = Duration::from_millis(100);

/// Everything that is told of a run.
#[derive(Default)]
pub struct Report {
    pub name: &'static str,
    pub seeds: Vec<u64>,
    pub kills: u64,
    /// Kills with at least one saga at this step.
    pub kills_in: BTreeMap<&'static str, u64>,
    pub tally: Tally,
    /// What took how long, by what it is.
    pub times: BTreeMap<&'static str, Vec<Duration>>,
    /// More lines.
    pub lines: Vec<String>,
    pub verdict: Verdict,
}

impl Report {
    pub fn new(name: &'static str, seed: u64, verdict: &Verdict) -> Self {
        Self { name, seeds: vec![seed], verdict: verdict.clone(), ..Self::default() }
    }

    pub fn timed(&mut self, what: &'static str, times: impl IntoIterator<Item = Duration>) {
        self.times.entry(what).or_default().extend(times);
    }

    /// How long something took at most in so many of a hundred cases.
    pub fn quantile(&self, what: &str, percent: usize) -> Duration {
        quantile(self.times.get(what).map_or(&[][..], Vec::as_slice), percent)
    }

    /// Holds what needs nothing of what was in trouble to the pace that it had before, in 99 of 100
    /// cases. There must be cases of both.
    pub fn keeps_pace(&self, trouble: &str, before: &[Duration], meanwhile: &[Duration]) {
        let (was, is) = (quantile(before, 99), quantile(meanwhile, 99));
        let there_are = !before.is_empty() && !meanwhile.is_empty();
        let limit = (was * PACE_PERCENT / 100).max(ANY_PACE);
        self.verdict.check("E8", there_are && is <= limit, || {
            format!("{trouble}: what goes on takes {is:.1?} and not {was:.1?}")
        });
    }

    /// Holds something to the time that it may take in 99 of 100 cases, of which there must be some: a
    /// limit on what never happened holds nothing.
    pub fn hold_to(&self, what: &str, limit: Duration) {
        let seen = self.times.get(what).map_or(0, Vec::len);
        assert!(seen > 0, "nothing tells how long it took: {what}");
        let took = self.quantile(what, 99);
        assert!(took <= limit, "{what}: {took:?} and not {limit:?}, of {seen} cases");
    }

    /// Adds another run of the same kind, which shares its verdict.
    pub fn add(&mut self, other: Self) {
        self.seeds.extend(other.seeds);
        self.kills += other.kills;
        for (step, kills) in other.kills_in {
            *self.kills_in.entry(step).or_default() += kills;
        }
        self.tally.add(&other.tally);
        for (what, times) in other.times {
            self.timed(what, times);
        }
        self.lines.extend(other.lines);
    }
}

/// How long it took at most in so many of a hundred cases.
fn quantile(times: &[Duration], percent: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
    times.get(place).copied().unwrap_or_default()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} kills; {}", self.name, self.kills, self.tally)?;
        if self.kills > 0 {
            write!(f, "\n    kills with a saga in:")?;
            self.kills_in.iter().try_for_each(|(step, kills)| write!(f, " {step} {kills}"))?;
        }
        for (what, times) in &self.times {
            let [p50, p99, max] = [50, 99, 100].map(|percent| self.quantile(what, percent));
            write!(f, "\n    {what}: p50 {p50:.1?}, p99 {p99:.1?}, max {max:.1?}")?;
            write!(f, " of {}", times.len())?;
        }
        self.lines.iter().try_for_each(|line| write!(f, "\n    {line}"))?;
        write!(f, "\n    {}", self.verdict)?;
        write!(f, "\n    seeds {:?}", self.seeds)
    }
}
