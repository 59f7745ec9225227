//! The doctor: recomputes every figure of the shop from the facts it follows from.
//!
//! It reads page by page, and changes nothing unless it is asked to mend; then it mends what the
//! facts prove, and leaves the rest to a person. The shop may be at work meanwhile: what differs at
//! a first look is looked at again by itself, and told only where it differs every time. What it
//! keeps in memory grows with the products of the shop and the stock that is held, not with orders.

mod catalog;
mod delivery;
mod ledger;
mod log;
mod look;
mod money;
mod order;
mod orders;
mod products;
mod promotion;
mod repair;
mod report;
mod saga;
mod stock;
mod uses;

use std::sync::Arc;

pub use repair::Repaired;
pub use report::{Checked, Finding, Report};

use crate::app::{AppError, Ports};
use catalog::Sold;
use promotion::Used;
use stock::Held;

/// How many things are read at once.
const PAGE: usize = 200;

/// Told after every page: what is looked at, and how many of them were.
pub type Progress<'a> = &'a mut (dyn FnMut(&str, u64) + Send);

/// Examines the shop, and mends it.
#[derive(Clone)]
pub struct Doctor {
    ports: Arc<Ports>,
}

/// What the facts add up to, gathered order by order.
#[derive(Default)]
struct Gathered {
    held: Held,
    used: Used,
    sold: Sold,
    /// The position of the log before the first order was read.
    as_of: u64,
    /// Whether there are events that nobody would hear of.
    unheard: bool,
}

impl Doctor {
    /// A doctor over these ports.
    pub fn new(ports: Arc<Ports>) -> Self {
        Self { ports }
    }

    /// Recomputes everything, and tells of it as it goes. An error says that the store could not be
    /// read, not that anything disagrees.
    pub async fn examine(&self, progress: Progress<'_>) -> Result<Report, AppError> {
        let mut report = Report::default();
        let unheard = self.delivery(&mut report, progress).await?;
        let mut gathered = self.orders(&mut report, progress).await?;
        gathered.unheard = unheard;
        self.keys(&mut report, progress).await?;
        self.sagas(&mut report, progress).await?;
        self.stock(std::mem::take(&mut gathered.held), &mut report, progress).await?;
        self.promotions(&gathered.used, &mut report, progress).await?;
        self.products(&gathered, &mut report, progress).await?;
        Ok(report)
    }
}

fn count(counter: &mut u64, more: impl TryInto<u64>) {
    *counter = counter.saturating_add(more.try_into().unwrap_or(u64::MAX));
}

#[cfg(test)]
mod tests;
