use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// A place in the stream of what a server writes, in bytes since its beginning.
pub type Place = i64;

/// What a server writes into: the stream of one cluster, until a replica of it becomes the one that
/// writes and begins another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The cluster, which all replicas share with their primary.
    pub cluster: i64,
    /// How often a replica took over.
    pub timeline: i32,
}

/// Where a primary was at moments not long ago: what tells how far a replica is behind.
///
/// A replica that has everything up to a place has everything that was committed when the primary was
/// there. A replica's own word does not do: one that is cut off believes that there is nothing more.
pub struct Past {
    /// A place that is older tells nothing of use.
    kept_for: Duration,
    stream: Option<Stream>,
    /// Moments with where the primary was then at the latest, both in their order.
    moments: VecDeque<(Instant, Place)>,
}

impl Past {
    /// Nothing yet; remembers for so long.
    pub fn new(kept_for: Duration) -> Self {
        Self { kept_for, stream: None, moments: VecDeque::new() }
    }

    /// Takes in where the primary was at a moment, or later.
    pub fn note(&mut self, at: Instant, stream: Stream, place: Place) {
        let went_back = self.moments.back().is_some_and(|(_, last)| place < *last);
        if self.stream != Some(stream) || went_back {
            // Another server writes, or the same one lost its end: places of before mean nothing.
            self.moments.clear();
            self.stream = Some(stream);
        }
        while self.moments.front().is_some_and(|(old, _)| *old + self.kept_for < at) {
            self.moments.pop_front();
        }
        // While nothing is written, to be at the place is to be as of the last look.
        match self.moments.back_mut() {
            Some((last, same)) if *same == place => *last = at,
            _ => self.moments.push_back((at, place)),
        }
    }

    /// The last moment as of which a replica that has come to `place` is known to tell.
    pub fn as_of(&self, place: Place) -> Option<Instant> {
        self.moments.iter().rev().find(|(_, then)| *then <= place).map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests;
