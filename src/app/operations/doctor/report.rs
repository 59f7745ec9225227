use std::fmt;
use std::sync::Arc;

use crate::ports::store::Write;
use crate::ports::upkeep::Repair;

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Orders.
    pub orders: u64,
    /// Events of orders.
    pub order_events: u64,
    /// Reservations of orders.
    pub reservations: u64,
    /// Checkouts and refunds.
    pub sagas: u64,
    /// SKUs with stock.
    pub skus: u64,
    /// Entries of stock ledgers.
    pub movements: u64,
    /// Promotions.
    pub promotions: u64,
    /// Products of any status.
    pub products: u64,
    /// Categories.
    pub categories: u64,
}

impl Checked {
    /// Each count with what people call it.
    pub fn counts(&self) -> [(&'static str, u64); 9] {
        [
            ("orders", self.orders),
            ("order events", self.order_events),
            ("reservations", self.reservations),
            ("sagas", self.sagas),
            ("SKUs", self.skus),
            ("stock movements", self.movements),
            ("promotions", self.promotions),
            ("products", self.products),
            ("categories", self.categories),
        ]
    }
}

/// What makes a finding go, where the facts prove it: writes, each with its conditions, and each a
/// unit of its own.
#[derive(Clone, Debug)]
pub(super) struct Cure(pub Arc<[Write]>);

impl Cure {
    pub fn of(repair: Repair) -> Self {
        Self::by(Write::Mend(Box::new(repair)))
    }

    pub fn by(write: Write) -> Self {
        Self([write].into())
    }
}

/// Two things that should agree and do not.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was looked at.
    pub what: String,
    /// What follows from the facts.
    pub expected: String,
    /// What is kept instead.
    pub found: String,
    /// What a person does about it.
    pub advice: &'static str,
    /// What mends it; none where only a person can.
    pub(super) cure: Option<Cure>,
}

impl PartialEq for Finding {
    fn eq(&self, other: &Self) -> bool {
        let told = |finding: &Self| {
            let Self { what, expected, found, advice, .. } = finding.clone();
            (what, expected, found, advice, finding.is_mendable())
        };
        told(self) == told(other)
    }
}

impl Eq for Finding {}

impl Finding {
    /// `found` is kept for `what`, where `expected` follows from the facts.
    pub fn new(
        what: impl Into<String>,
        expected: impl fmt::Display,
        found: impl fmt::Display,
        advice: &'static str,
    ) -> Self {
        let (expected, found) = (expected.to_string(), found.to_string());
        Self { what: what.into(), expected, found, advice, cure: None }
    }

    /// Whether the doctor can mend it.
    pub fn is_mendable(&self) -> bool {
        self.cure.is_some()
    }

    pub(super) fn mended_by(self, cure: impl Into<Option<Cure>>) -> Self {
        Self { cure: cure.into(), ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, expected, found, advice, cure } = self;
        let advice = if cure.is_some() { "`--repair` mends it" } else { advice };
        write!(f, "{what}: expected {expected}, found {found}; {advice}")
    }
}

/// What an examination came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How much was looked at.
    pub checked: Checked,
    /// What does not agree, at most [`Self::MAX_FINDINGS`] of it; where there is more, what can be
    /// mended comes first.
    pub findings: Vec<Finding>,
    /// How many findings there are beyond those.
    pub further: u64,
    /// What could not be checked, and why.
    pub unchecked: Vec<String>,
}

impl Report {
    /// The most findings that are told one by one; all are counted.
    pub const MAX_FINDINGS: usize = 1_000;

    /// Whether everything agrees that was checked.
    pub fn agrees(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if self.findings.len() >= Self::MAX_FINDINGS {
                self.further = self.further.saturating_add(1);
                // What is for a person waits for one; what is to be mended would never be.
                let last = self.findings.iter().rposition(|known| !known.is_mendable());
                let Some(last) = last.filter(|_| finding.is_mendable()) else { continue };
                self.findings.remove(last);
            }
            self.findings.push(finding);
        }
    }
}
