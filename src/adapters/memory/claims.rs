use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::domain::shared::{OrderId, Timestamp};

/// Orders that sweepers are at, and until when each is left to the one that has it.
#[derive(Default)]
pub struct Claims(Mutex<HashMap<OrderId, Timestamp>>);

impl Claims {
    /// Takes those of `orders` that nobody has at `now`, in their order, until `until`.
    pub fn take(
        &self,
        orders: impl Iterator<Item = OrderId>,
        until: Timestamp,
        now: Timestamp,
        most: usize,
    ) -> Vec<OrderId> {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        claims.retain(|_, until| *until > now);
        let free = orders.filter(|order| !claims.contains_key(order));
        let taken: Vec<OrderId> = free.take(most).collect();
        claims.extend(taken.iter().map(|order| (*order, until)));
        taken
    }
}
