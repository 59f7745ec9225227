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
}

/// Something outside that the shop needs for a part of what it does.
pub trait Dependency: Send + Sync {
    /// What it is called, such as `redis`.
    fn name(&self) -> &'static str;

    /// How it does. MUST NOT ask it.
    fn state(&self) -> DependencyState;
}
