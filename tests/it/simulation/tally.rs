//! What a run came through, to be summed over all seeds: a simulation that never met a fault proves
//! nothing.

use std::collections::BTreeMap;
use std::fmt;

/// Counts of one run or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub calls: u64,
    /// Sent, answered or not.
    pub checkouts: u64,
    /// Of those, the ones that some server told something final or pending about.
    pub answered: u64,
    pub placed: u64,
    pub confirmed: u64,
    pub failed: u64,
    pub refunds: u64,
    pub cancelled: u64,
    pub returns: u64,
    pub replays: u64,
    pub refused: BTreeMap<&'static str, u64>,
    /// Processes that died while a saga stood at this step.
    pub crashes_in: BTreeMap<&'static str, u64>,
    pub crashes: u64,
    /// Crashes in which the power failed, so that the store had to be read back.
    pub power_cuts: u64,
    pub disconnects: u64,
    /// Calls that failed, were lost or killed their process, by port. Slow ones are no faults.
    pub faults: BTreeMap<&'static str, u64>,
    pub slow: u64,
    /// By kind.
    pub kinds: BTreeMap<&'static str, u64>,
    pub reservations_expired: u64,
    pub unknown_payments_resolved: u64,
    pub stock_lost_and_paid_back: u64,
    /// How often a consumer failed at an event.
    pub events_failed: u64,
    /// Events that were given up and replayed by staff.
    pub letters_replayed: u64,
    /// Events that were handled once more, for their first time had not been noted.
    pub events_repeated: u64,
    /// How often it was looked whether an event that fails holds up others.
    pub held_up_checks: u64,
    /// How often all sagas were found at rest a minute after a spell of faults.
    pub calms: u64,
    pub checks: u64,
    pub virtual_hours: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.checkouts += other.checkouts;
        self.answered += other.answered;
        self.slow += other.slow;
        self.events_failed += other.events_failed;
        self.letters_replayed += other.letters_replayed;
        self.events_repeated += other.events_repeated;
        self.held_up_checks += other.held_up_checks;
        self.calms += other.calms;
        self.placed += other.placed;
        self.confirmed += other.confirmed;
        self.failed += other.failed;
        self.refunds += other.refunds;
        self.cancelled += other.cancelled;
        self.returns += other.returns;
        self.replays += other.replays;
        self.crashes += other.crashes;
        self.power_cuts += other.power_cuts;
        self.disconnects += other.disconnects;
        self.reservations_expired += other.reservations_expired;
        self.unknown_payments_resolved += other.unknown_payments_resolved;
        self.stock_lost_and_paid_back += other.stock_lost_and_paid_back;
        self.checks += other.checks;
        self.virtual_hours += other.virtual_hours;
        for (mine, theirs) in [
            (&mut self.refused, &other.refused),
            (&mut self.crashes_in, &other.crashes_in),
            (&mut self.faults, &other.faults),
            (&mut self.kinds, &other.kinds),
        ] {
            for (name, count) in theirs {
                *mine.entry(name).or_default() += count;
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, name: &str, counts: &BTreeMap<&str, u64>) -> fmt::Result {
    write!(f, "\n  {name}:")?;
    counts.iter().try_for_each(|(name, count)| write!(f, " {name} {count}"))
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  checkouts {}, answered {}", self.checkouts, self.answered)?;
        write!(f, ", placed {}", self.placed)?;
        write!(f, ", confirmed {}, failed {}", self.confirmed, self.failed)?;
        write!(f, ", cancelled {}, returns {}", self.cancelled, self.returns)?;
        write!(f, ", refunds {}, answers replayed {}", self.refunds, self.replays)?;
        list(f, "refused", &self.refused)?;
        write!(
            f,
            "\n  crashes {} ({} power cuts), clients gone {}",
            self.crashes, self.power_cuts, self.disconnects
        )?;
        list(f, "crashes with a saga in", &self.crashes_in)?;
        list(f, "faults per port", &self.faults)?;
        list(f, "faults per kind", &self.kinds)?;
        write!(f, " (and slow {})", self.slow)?;
        write!(f, "\n  events failed {}", self.events_failed)?;
        write!(f, ", given up and replayed {}", self.letters_replayed)?;
        write!(f, ", repeated {}", self.events_repeated)?;
        write!(f, ", looked for others held up {}", self.held_up_checks)?;
        write!(f, ", calms with all sagas at rest {}", self.calms)?;
        write!(f, "\n  reservations expired {}", self.reservations_expired)?;
        write!(f, ", unknown payments resolved {}", self.unknown_payments_resolved)?;
        write!(f, ", stock lost and paid back {}", self.stock_lost_and_paid_back)?;
        write!(f, "\n  port calls {}, checks {}", self.calls, self.checks)?;
        write!(f, ", virtual hours {}", self.virtual_hours)
    }
}
