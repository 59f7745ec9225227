//! Uses of promotions against the orders that took them.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::Finding;
use super::report::Cure;
use crate::domain::order::{Order, PromotionUse};
use crate::domain::shared::PromotionId;
use crate::ports::upkeep::Repair;

const MEND_USES: &str = "raise or lower the promotion's limit by the difference";

/// The uses that an order has taken and not given back.
pub(super) fn uses_of(order: &Order) -> &[PromotionUse] {
    if order.uses_promotions() { &order.placed().uses } else { &[] }
}

/// How often each promotion was used.
#[derive(Default)]
pub(super) struct Used {
    /// By anyone.
    pub totals: BTreeMap<PromotionId, u64>,
    /// How often one was taken, whether or not it was given back.
    pub all: u64,
}

impl Used {
    /// Counts an order's uses.
    pub fn add(&mut self, order: &Order) {
        for used in uses_of(order) {
            let total = self.totals.entry(used.promotion).or_default();
            *total = total.saturating_add(1);
        }
        let all = u64::try_from(order.placed().uses.len()).unwrap_or(u64::MAX);
        self.all = self.all.saturating_add(all);
    }
}

/// How often each promotion was used by each customer of one share of all customers, so that those
/// of one share fit into memory.
pub(super) struct CustomerUses {
    share: u64,
    shares: u64,
    /// The counts.
    pub counts: BTreeMap<(PromotionId, String), u64>,
}

impl CustomerUses {
    /// How many uses one share has on average, at most.
    const PER_SHARE: u64 = 50_000;

    /// Into how many shares so many uses are to be cut.
    pub fn shares(uses: u64) -> u64 {
        uses / Self::PER_SHARE + 1
    }

    /// Nothing yet of the share with this number, which counts from 0.
    pub fn new(share: u64, shares: u64) -> Self {
        Self { share, shares, counts: BTreeMap::new() }
    }

    /// Counts an order's uses, where its customer is of this share. One that was given back counts
    /// nothing, and has its customer looked at nevertheless.
    pub fn add(&mut self, order: &Order) {
        let stands = u64::from(order.uses_promotions());
        for used in &order.placed().uses {
            if self.is_of_share(&used.customer_key) {
                let key = (used.promotion, used.customer_key.clone());
                let count = self.counts.entry(key).or_default();
                *count = count.saturating_add(stands);
            }
        }
    }

    /// Whether a use is counted of a customer of this share who took none by any order.
    pub fn is_unfounded(&self, used: &PromotionUse) -> bool {
        let PromotionUse { promotion, customer_key } = used.clone();
        self.is_of_share(&customer_key) && !self.counts.contains_key(&(promotion, customer_key))
    }

    fn is_of_share(&self, customer_key: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        customer_key.hash(&mut hasher);
        hasher.finish().checked_rem(self.shares) == Some(self.share)
    }
}

/// Holds the count of a promotion's uses, by anyone or by one customer, against the orders that took
/// one. A customer is not named: the key may be an e-mail address.
pub(super) fn compare(
    promotion: PromotionId,
    customer: Option<&str>,
    taken: u64,
    counted: u32,
) -> Option<Finding> {
    if taken == u64::from(counted) {
        return None;
    }
    let by = if customer.is_some() { "a customer" } else { "anyone" };
    let what = format!("uses of promotion {promotion} by {by}");
    let cure = u32::try_from(taken).ok().map(|told| {
        let customer_key = customer.map(str::to_owned);
        Cure::of(Repair::Uses { promotion, customer_key, found: counted, told })
    });
    let finding = Finding::new(what, format!("{taken} taken by orders"), counted, MEND_USES);
    Some(finding.mended_by(cure))
}
