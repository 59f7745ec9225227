//! Changes on their way into the journal.
//!
//! A change is decided on the tip, which is ahead of what readers see, and waits. One writer takes
//! all that wait, writes them as one group, and only then shows them and answers. So a sync is
//! shared by all who came while the one before ran, and nobody sees what a failing power would take
//! back. A refusal waits likewise for what it rests on: whoever looks again then sees why, and is not
//! refused for what never came to be. Where a group is not kept, the tip returns to what readers
//! see, and all that was decided on it fails.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use std::{mem, thread};

use tokio::sync::oneshot;

use super::published::Published;
use super::state::State;
use crate::adapters::record::{Fact, Journal, Written};
use crate::ports::PortError;

/// The pause between two tries to learn what became of a group.
const SETTLE_EVERY: Duration = Duration::from_millis(250);

/// A change that is decided and not kept yet.
struct Waiting {
    state: Arc<State>,
    facts: Vec<Fact>,
    done: oneshot::Sender<Result<(), PortError>>,
}

/// What the next change is decided on.
struct Tip {
    state: Arc<State>,
    waiting: VecDeque<Waiting>,
    /// Nothing is decided until it is known what became of it.
    doubtful: Option<Doubtful>,
    closed: bool,
}

/// A group of which nobody knows whether it is kept.
struct Doubtful {
    /// The last state of the group.
    state: Arc<State>,
    /// Why nobody knows, as it was last told.
    why: String,
}

impl Tip {
    /// Refused while nobody could keep a change.
    fn writable(&self) -> Result<(), PortError> {
        let why = match &self.doubtful {
            Some(doubtful) => doubtful.why.as_str(),
            None if self.closed => "nobody writes to it any more",
            None => return Ok(()),
        };
        Err(PortError::unavailable(format!("the folder cannot be written just now: {why}")))
    }

    /// Has a state become the tip, and its facts written after all that wait.
    fn queue(&mut self, state: Arc<State>, facts: Vec<Fact>) -> Ticket {
        let (done, ticket) = oneshot::channel();
        self.state = state.clone();
        self.waiting.push_back(Waiting { state, facts, done });
        Ticket(ticket)
    }
}

/// Decides changes and has them kept.
pub struct Groups {
    journal: Arc<dyn Journal>,
    published: Arc<Published>,
    tip: Mutex<Tip>,
    wake: std::sync::Condvar,
}

/// The most changes of one group, so that the first of them does not wait for ever.
const GROUP_MOST: usize = 1_000;

impl Groups {
    /// Changes of what `published` shows.
    pub fn new(journal: Arc<dyn Journal>, published: Arc<Published>) -> Self {
        let tip = Tip {
            state: published.snapshot(),
            waiting: VecDeque::new(),
            doubtful: None,
            closed: false,
        };
        Self { journal, published, tip: Mutex::new(tip), wake: std::sync::Condvar::new() }
    }

    fn tip(&self) -> MutexGuard<'_, Tip> {
        // The tip is replaced whole, so a lock of the dead guards a whole one.
        self.tip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether changes are taken: not while it is open what became of some, and not once nobody
    /// writes any more.
    pub fn writable(&self) -> Result<(), PortError> {
        self.tip().writable()
    }

    /// Lets `change` work on a copy of the tip. What it answers, a refusal included, counts only once
    /// the ticket says that the tip which it was decided on is kept; without one, it is already.
    pub fn decide<T, E: From<PortError>>(
        &self,
        change: impl FnOnce(&mut State) -> Result<T, E>,
    ) -> (Result<T, E>, Option<Ticket>) {
        let mut tip = self.tip();
        if let Err(error) = tip.writable() {
            return (Err(error.into()), None);
        }
        let mut next = State::clone(&tip.state);
        let answer = change(&mut next);
        let ticket = if answer.is_ok() {
            let facts = next.take_facts();
            Some(tip.queue(Arc::new(next), facts))
        } else if Arc::ptr_eq(&tip.state, &self.published.snapshot()) {
            None
        } else {
            let rests_on = tip.state.clone();
            Some(tip.queue(rests_on, Vec::new()))
        };
        drop(tip);
        self.wake.notify_one();
        (answer, ticket)
    }

    /// Writes what waits as one group, if anything does, and answers.
    pub fn write_group(&self) {
        let Some(group) = self.next_group() else { return };
        let mut facts = group.iter().flat_map(|waiting| &waiting.facts).peekable();
        let written =
            if facts.peek().is_none() { Written::Kept } else { self.journal.write(&mut facts) };
        match written {
            Written::Kept => self.show(group),
            Written::NotKept(error) => self.take_back(group, None, &error),
            Written::Unknown(error) => {
                let last = group.last().map(|waiting| waiting.state.clone());
                let doubtful = last.map(|state| Doubtful { state, why: error.to_string() });
                self.take_back(group, doubtful, &error);
            }
        }
    }

    fn next_group(&self) -> Option<Vec<Waiting>> {
        let mut tip = self.tip();
        if tip.doubtful.is_some() {
            drop(tip);
            self.settle();
            tip = self.tip();
        }
        let most = tip.waiting.len().min(GROUP_MOST);
        Some(tip.waiting.drain(..most).collect()).filter(|group: &Vec<_>| !group.is_empty())
    }

    fn show(&self, group: Vec<Waiting>) {
        if let Some(last) = group.last() {
            self.published.replace(last.state.clone());
        }
        for waiting in group {
            // Whoever went away meanwhile needs no answer.
            let _ = waiting.done.send(Ok(()));
        }
    }

    /// Refuses a group and all that was decided on top of it.
    fn take_back(&self, group: Vec<Waiting>, doubtful: Option<Doubtful>, error: &PortError) {
        let unknown = doubtful.is_some();
        tracing::error!(%error, unknown, "changes could not be written to the folder");
        let mut tip = self.tip();
        let later = mem::take(&mut tip.waiting);
        tip.state = self.published.snapshot();
        tip.doubtful = doubtful;
        drop(tip);
        for waiting in group {
            let told = PortError::new(error.kind(), error.to_string());
            let _ = waiting.done.send(Err(told));
        }
        for waiting in later {
            let told = PortError::unavailable("a change before this one could not be written");
            let _ = waiting.done.send(Err(told));
        }
    }

    /// Learns what became of a doubtful group, and goes on from there.
    fn settle(&self) {
        let kept = match self.journal.settle() {
            Ok(kept) => kept,
            Err(error) => {
                self.still_doubtful(&error);
                return;
            }
        };
        tracing::info!(kept, "the folder can be written again");
        let mut tip = self.tip();
        let doubtful = tip.doubtful.take();
        if let Some(Doubtful { state, .. }) = doubtful.filter(|_| kept) {
            tip.state = state.clone();
            self.published.replace(state);
        }
    }

    /// Notes why nobody knows yet. It is told when that changes and not at every try: some causes
    /// last until a person comes.
    fn still_doubtful(&self, error: &PortError) {
        let why = error.to_string();
        if let Some(doubtful) = &mut self.tip().doubtful
            && doubtful.why != why
        {
            tracing::warn!(%error, "the folder cannot be read back yet");
            doubtful.why = why;
        }
    }

    /// Waits until there is something to write. `false` once all is written and none will come.
    fn wait(&self) -> bool {
        let mut tip = self.tip();
        loop {
            if tip.doubtful.is_some() {
                let waited = self.wake.wait_timeout(tip, SETTLE_EVERY);
                tip = waited.unwrap_or_else(PoisonError::into_inner).0;
                return !tip.closed;
            }
            if !tip.waiting.is_empty() || tip.closed {
                return !tip.waiting.is_empty();
            }
            tip = self.wake.wait(tip).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        self.tip().closed = true;
        self.wake.notify_one();
    }

    /// Takes no more changes, and lets go of those that wait: nobody writes them any more.
    fn abandon(&self) {
        let mut tip = self.tip();
        tip.closed = true;
        tip.waiting.clear();
    }
}

/// What a change waits with until it is kept.
pub struct Ticket(oneshot::Receiver<Result<(), PortError>>);

impl Ticket {
    /// Waits until the change is kept, or learns that it is not.
    pub async fn kept(self) -> Result<(), PortError> {
        match self.0.await {
            Ok(told) => told,
            Err(gone) => Err(PortError::timeout(gone)),
        }
    }
}

/// The thread that writes groups. Dropping it writes what still waits.
pub struct Writer {
    groups: Arc<Groups>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts to write the groups of `groups` as they come.
    pub fn start(groups: Arc<Groups>) -> Result<Self, PortError> {
        let writing = groups.clone();
        let work = move || {
            let writing = Writing(writing);
            while writing.0.wait() {
                writing.0.write_group();
            }
        };
        let thread = thread::Builder::new().name("journal".to_owned()).spawn(work);
        Ok(Self { groups, thread: Some(thread.map_err(PortError::internal)?) })
    }
}

/// The work of the thread. However it ends, a panic included, nobody waits for it for ever.
struct Writing(Arc<Groups>);

impl Drop for Writing {
    fn drop(&mut self) {
        self.0.abandon();
        // Told now: the shop goes on to be read from, so nobody may join the thread for days.
        if thread::panicking() {
            tracing::error!(
                "the thread that writes to the folder panicked, and nothing is written any more"
            );
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.groups.close();
        if let Some(thread) = self.thread.take() {
            // Where it panicked it has told so itself.
            let _ = thread.join();
        }
    }
}
