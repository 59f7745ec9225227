//! How much is asked of a run. The environment says; else it is what `make test` has time for.

use std::time::Duration;

/// The sizes of all runs.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// What all chance follows from.
    pub seed: u64,
    /// How often a server is killed.
    pub kills: Option<u64>,
    /// How often it is while it owes buyers money that it cannot pay back.
    pub owing_kills: Option<u64>,
    /// How often a database is.
    pub database_kills: Option<u64>,
    /// How often Redis is.
    pub redis_kills: Option<u64>,
    /// How long the provider is in each trouble.
    pub cell: Option<Duration>,
    /// How often servers are restarted.
    pub restarts: Option<u64>,
    /// How often clients hang up at the least.
    pub hang_ups: Option<u64>,
    /// How many flash sales there are.
    pub sales: Option<u64>,
}

impl Counts {
    /// What the environment says.
    pub fn of_environment() -> Self {
        Self {
            seed: number("ECICOMM_CHAOS_SEED").unwrap_or(1),
            kills: number("ECICOMM_CHAOS_KILLS"),
            owing_kills: number("ECICOMM_CHAOS_OWING_KILLS"),
            database_kills: number("ECICOMM_CHAOS_DATABASE_KILLS"),
            redis_kills: number("ECICOMM_CHAOS_REDIS_KILLS"),
            cell: number("ECICOMM_CHAOS_SECONDS").map(Duration::from_secs),
            restarts: number("ECICOMM_CHAOS_RESTARTS"),
            hang_ups: number("ECICOMM_CHAOS_HANG_UPS"),
            sales: number("ECICOMM_CHAOS_FLASH"),
        }
    }
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is '{text}', which is no number")))
}
