//! What a seed makes of a run: how rough it is, and in which ways.

use ecicomm::domain::shared::Span;

use super::rng::Rng;

/// A run lasts a day.
pub const DAY_SECONDS: i64 = 86_400;
/// Everyone comes at the same hours, as after an advertisement.
pub const RUSHES: i64 = 6;
const FIRST_RUSH: i64 = 600;
const RUSH_EVERY: i64 = 13_800;
/// Faults happen in two spells of a rush, counted in seconds from its beginning: while everyone
/// orders, and again while holds on stock run out.
const SPELLS: [(i64, i64); 2] = [(0, 13 * 60), (27 * 60, 40 * 60)];
/// Then the servers are stopped, as where nobody comes nobody pays for them, and are up again a
/// little before the next rush, and before the end of the day.
const OPEN_SECONDS: i64 = 46 * 60;
const EARLY_SECONDS: i64 = 45;

/// When a rush begins, in seconds from the beginning.
pub fn rush_at(rush: i64) -> i64 {
    FIRST_RUSH + rush * RUSH_EVERY
}

/// When each spell of faults is over.
pub fn spell_ends() -> impl Iterator<Item = i64> {
    (0..RUSHES).flat_map(|rush| SPELLS.iter().map(move |(_, to)| rush_at(rush) + to))
}

/// The spell of faults that is on at `second`, if one is.
pub fn spell_of(second: i64) -> Option<i64> {
    let rush = (second - FIRST_RUSH).div_euclid(RUSH_EVERY);
    let since = second - rush_at(rush);
    let spell = SPELLS.iter().position(|(from, to)| (*from..*to).contains(&since))?;
    (0..RUSHES).contains(&rush).then(|| rush * 2 + i64::try_from(spell).unwrap())
}

/// When servers that run at `second` are stopped, and when they are started again after that. None
/// where the day ends before.
pub fn night_after(second: i64) -> Option<(i64, i64)> {
    let nights = (0..RUSHES).map(|rush| {
        let next = if rush + 1 == RUSHES { DAY_SECONDS } else { rush_at(rush + 1) };
        (rush_at(rush) + OPEN_SECONDS, next - EARLY_SECONDS)
    });
    nights.into_iter().find(|(_, to)| second < *to)
}

/// How often what goes wrong, in millionths of all calls, and when the provider is away.
///
/// Every seed draws its own mixture, and some leave a kind of fault out altogether: a bug that one
/// kind hides is then found by a seed without it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whether the store is on a disk, whose power fails when its server dies. It has one server.
    pub on_disk: bool,
    /// Servers that share the store.
    pub processes: u16,
    /// Whether all servers ask one search engine, which outlives them; else each has its own.
    pub shared_index: bool,
    /// How often what ran out of time is looked for.
    pub sweep_every: Span,
    /// The port says at once that it did nothing.
    pub refuse: u32,
    /// It was done, and the answer is lost.
    pub lose_answer: u32,
    /// It was not done, and no answer comes.
    pub lose_request: u32,
    /// It is done long after its caller heard that no answer came.
    pub late: u32,
    /// An answer takes seconds.
    pub slow: u32,
    /// The process dies at the call, before or after what it does.
    pub crash: u32,
    /// How many times more often that is where a saga moves.
    pub crash_weight: u32,
    /// How many crashes a spell has at most.
    pub crashes: u32,
    /// When the provider is away.
    pub outages: Vec<Outage>,
    /// How many of a million events a consumer cannot handle at its first tries.
    pub poison: u32,
    /// The position of an event that it cannot handle until staff mended it.
    pub deadly: Option<u64>,
}

/// A time in which the provider is away.
#[derive(Clone, Copy, Debug)]
pub struct Outage {
    /// In seconds from the beginning.
    pub from: i64,
    pub to: i64,
    pub manner: Manner,
}

/// How a provider is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It refuses connections.
    Refuses,
    /// What is sent to it is lost.
    Swallows,
    /// It does what it is asked, and nobody hears of it.
    Mute,
}

impl Plan {
    /// How often a consumer fails at the event of a position before it can handle it.
    pub fn failures_at(&self, seed: u64, position: u64) -> u32 {
        if self.deadly == Some(position) {
            return u32::MAX;
        }
        let mut rng = Rng::fork(seed.wrapping_add(position << 32), "poison of an event");
        if rng.happens(self.poison) { u32::try_from(rng.between(1, 9)).unwrap() } else { 0 }
    }

    /// The plan of a seed; `on_disk` for a store on a disk.
    pub fn of(seed: u64, on_disk: bool) -> Self {
        let mut rng = Rng::fork(seed, "plan");
        let mut rate = |rates: &[u32]| *rng.pick(rates);
        let processes = if rate(&[0, 0, 1]) == 1 && !on_disk { 2 } else { 1 };
        let mut plan = Self {
            on_disk,
            processes,
            shared_index: processes > 1 || rate(&[0, 1]) == 1,
            sweep_every: Span::seconds(i64::from(rate(&[10, 10, 60]))),
            refuse: rate(&[0, 500, 2_000, 8_000]),
            lose_answer: rate(&[0, 500, 2_000, 8_000]),
            lose_request: rate(&[0, 500, 2_000]),
            late: rate(&[0, 1_000, 5_000]),
            slow: rate(&[500, 5_000, 20_000]),
            crash: rate(&[0, 50, 150, 400]),
            crash_weight: 40,
            crashes: 6,
            outages: Vec::new(),
            poison: 0,
            deadly: None,
        };
        for _ in 0..rng.below(4) {
            let rush = rng.between(0, RUSHES - 1);
            // Seconds at any time; or from the beginning of a rush until holds on stock ran out, so
            // that what was taken is learnt too late.
            let (from, length) = if rng.percent(50) {
                (rng.between(-30, 600), rng.between(20, 90))
            } else {
                (rng.between(-10, 60), rng.between(1_980, 2_160))
            };
            let from = rush_at(rush) + from;
            let manner = *rng.pick(&[Manner::Refuses, Manner::Swallows, Manner::Mute]);
            plan.outages.push(Outage { from, to: from + length, manner });
        }
        let mut rng = Rng::fork(seed, "poison");
        plan.poison = *rng.pick(&[0, 2_000, 10_000]);
        if on_disk {
            // Each crash is a power cut, which is what such a run is for.
            (plan.crash, plan.crashes) = (plan.crash.max(400), 12);
        }
        plan.deadly = rng.percent(40).then(|| 30 + rng.below(800));
        plan
    }
}
