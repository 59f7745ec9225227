//! How the things that the shop depends on do, as the process learns it from its own calls.

/// Whether a dependency is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DependencyState {
    /// It answers.
    Well,
    /// It failed too often in a row. Calls fail at once, until it is tried again.
    Away,
    /// It is being tried by one call.
    Trying,
    /// It answers, but of a past that is too long ago, or nobody knows of how long ago. Others are
    /// asked instead.
    Behind,
}

/// Something outside that the shop needs for a part of what it does.
pub trait Dependency: Send + Sync {
    /// What it is called, such as `redis`.
    fn name(&self) -> &'static str;

    /// How it does. MUST NOT ask it.
    fn state(&self) -> DependencyState;

    /// What became of the calls to it, since the process began.
    fn calls(&self) -> DependencyCalls;
}

/// Calls to a dependency that went another way than to it and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DependencyCalls {
    /// Not made, because it is left alone.
    pub refused: u64,
    /// Made once more after a failure.
    pub retried: u64,
}

/// How a pool of connections does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// The most connections.
    pub max: usize,
    /// Connections that are open.
    pub open: usize,
    /// Those of them that are in use.
    pub in_use: usize,
    /// Callers that wait for one.
    pub waiting: usize,
}

/// Connections to something outside, of which there are only so many.
pub trait ConnectionPool: Send + Sync {
    /// What they lead to, such as `postgres`.
    fn name(&self) -> &'static str;

    /// How the pool does. MUST NOT wait for anything.
    fn status(&self) -> PoolStatus;
}
