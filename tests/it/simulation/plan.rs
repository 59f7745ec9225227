//! What a seed makes of a run: how rough it is, and in which ways.

use super::rng::Rng;

/// How often what goes wrong, in millionths of all calls, and when the provider is away.
///
/// Every seed draws its own mixture, and some leave a kind of fault out altogether: a bug that one
/// kind hides is then found by a seed without it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Servers that share the store.
    pub processes: u16,
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
    /// How many crashes a run has at most.
    pub crashes: u32,
    /// When the provider cannot be reached, in seconds from the beginning.
    pub outages: Vec<(i64, i64)>,
}

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::fork(seed, "plan");
        let mut rate = |rates: &[u32]| *rng.pick(rates);
        let mut plan = Self {
            processes: if rate(&[0, 0, 1]) == 1 { 2 } else { 1 },
            refuse: rate(&[0, 500, 2_000, 8_000]),
            lose_answer: rate(&[0, 500, 2_000, 8_000]),
            lose_request: rate(&[0, 500, 2_000]),
            late: rate(&[0, 1_000, 5_000]),
            slow: rate(&[500, 5_000, 20_000]),
            crash: rate(&[0, 50, 150, 400]),
            crash_weight: 12,
            crashes: 40,
            outages: Vec::new(),
        };
        for _ in 0..rng.below(4) {
            let from = rng.between(600, 80_000);
            let most = if rng.percent(60) { 2_700 } else { 90 };
            plan.outages.push((from, from + rng.between(20, most)));
        }
        plan
    }
}
