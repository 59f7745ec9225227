//! What a seed makes of a run: how rough it is, and in which ways.

use ecicomm::domain::shared::Span;

use super::rng::Rng;

/// A run lasts a day.
pub const DAY_SECONDS: i64 = 86_400;
/// Everyone comes at the same hours, as after an advertisement.
pub const RUSHES: i64 = 6;
const FIRST_RUSH: i64 = 600;
const RUSH_EVERY: i64 = 13_800;
/// Faults happen from the beginning of a rush until long after holds on stock ran out.
const ROUGH_SECONDS: i64 = 45 * 60;
/// Then the servers are stopped, as where nobody comes nobody pays for them, and are up again a
/// little before the next rush, and before the end of the day.
const OPEN_SECONDS: i64 = 52 * 60;
const EARLY_SECONDS: i64 = 45;

/// When a rush begins, in seconds from the beginning.
pub fn rush_at(rush: i64) -> i64 {
    FIRST_RUSH + rush * RUSH_EVERY
}

/// The rush that is on, or was not long ago.
pub fn rush_of(second: i64) -> Option<i64> {
    let rush = (second - FIRST_RUSH).div_euclid(RUSH_EVERY);
    let open = (0..RUSHES).contains(&rush) && second - rush_at(rush) < ROUGH_SECONDS;
    open.then_some(rush)
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
    /// How many crashes a rush has at most.
    pub crashes: u32,
    /// When the provider cannot be reached, in seconds from the beginning.
    pub outages: Vec<(i64, i64)>,
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::fork(seed, "plan");
        let mut rate = |rates: &[u32]| *rng.pick(rates);
        let processes = if rate(&[0, 0, 1]) == 1 { 2 } else { 1 };
        let mut plan = Self {
            processes,
            shared_index: processes > 1 || rate(&[0, 1]) == 1,
            sweep_every: Span::seconds(i64::from(rate(&[10, 10, 60]))),
            refuse: rate(&[0, 500, 2_000, 8_000]),
            lose_answer: rate(&[0, 500, 2_000, 8_000]),
            lose_request: rate(&[0, 500, 2_000]),
            late: rate(&[0, 1_000, 5_000]),
            slow: rate(&[500, 5_000, 20_000]),
            crash: rate(&[0, 50, 150, 400]),
            crash_weight: 12,
            crashes: 6,
            outages: Vec::new(),
        };
        for _ in 0..rng.below(4) {
            let rush = rng.between(0, RUSHES - 1);
            let from = rush_at(rush) + rng.between(-30, 400);
            let most = if rng.percent(60) { 2_400 } else { 90 };
            plan.outages.push((from, from + rng.between(20, most)));
        }
        plan
    }
}
