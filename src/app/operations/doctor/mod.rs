//! Recomputes every counter of the shop from what it is made of.
//!
//! Only reads, and only tells. A shop that sells meanwhile moves between two reads, so its findings
//! are certain only while nothing writes.

mod compare;
mod examine;

use std::sync::Arc;

pub use examine::Tell;

use crate::app::Ports;

/// Something that disagrees with what it is made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What kind of thing: `stock`, `order`, `saga`, `promotion` or `category`.
    pub what: &'static str,
    /// Which one.
    pub which: String,
    /// What is kept, and what should be.
    pub detail: String,
}

impl Finding {
    fn new(what: &'static str, which: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { what, which: which.into(), detail: detail.into() }
    }
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Stock figures, one for each SKU and location.
    pub stock: u64,
    /// Entries of stock ledgers.
    pub stock_events: u64,
    /// Orders.
    pub orders: u64,
    /// Events of orders.
    pub order_events: u64,
    /// Sagas.
    pub sagas: u64,
    /// Promotions.
    pub promotions: u64,
    /// Products.
    pub products: u64,
    /// Categories.
    pub categories: u64,
}

/// What an examination came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How much was looked at.
    pub checked: Checked,
    /// What disagrees; empty for a shop in good health.
    pub findings: Vec<Finding>,
}

/// Examines the shop.
#[derive(Clone)]
pub struct Doctor {
    ports: Arc<Ports>,
}

impl Doctor {
    /// A doctor over these ports.
    pub fn new(ports: Arc<Ports>) -> Self {
        Self { ports }
    }
}

#[cfg(test)]
mod tests;
