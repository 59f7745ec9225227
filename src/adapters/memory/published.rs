use std::mem;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;

use super::state::State;

/// The state that readers see, and the position of its last event.
pub struct Published {
    /// Replaced whole, so that a lock whose holder died guards a whole one.
    state: RwLock<Arc<State>>,
    head: watch::Sender<u64>,
}

impl Published {
    /// Shows `state` first.
    pub fn new(state: State) -> Self {
        let head = watch::Sender::new(state.log.head);
        Self { state: RwLock::new(Arc::new(state)), head }
    }

    /// The state as it is now. It never changes; a later one takes its place.
    pub fn snapshot(&self) -> Arc<State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Shows another state, and gives back the one before: whoever drops it last pays for it.
    pub fn replace(&self, next: Arc<State>) -> Arc<State> {
        let head = next.log.head;
        let old = {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            mem::replace(&mut *state, next)
        };
        self.head.send_if_modified(|known| mem::replace(known, head) != head);
        old
    }

    /// Follows the position of the last event.
    pub fn heads(&self) -> watch::Receiver<u64> {
        self.head.subscribe()
    }
}
