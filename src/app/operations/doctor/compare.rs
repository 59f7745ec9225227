//! What is kept against what it should be. Pure, so that every disagreement can be planted.

use std::collections::BTreeMap;

use super::Finding;
use crate::domain::inventory::{Reservation, ReservationState, StockEvent, StockItem};
use crate::domain::order::{CheckoutState, Order, OrderEvent, Phase, Saga, SagaPlan};
use crate::domain::shared::{CategoryId, Location, PromotionId, Sku};
use crate::ports::catalog::{CategoryNode, ProductView};

/// Units that are held, by what and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held(BTreeMap<(Sku, Location), i64>);

impl Held {
    /// Adds the reservations that are still held.
    pub fn add(&mut self, reservations: &[Reservation]) {
        let held = reservations.iter().filter(|kept| kept.state == ReservationState::Held);
        for kept in held {
            let place = (kept.sku.clone(), kept.location.clone());
            let sum = self.0.entry(place).or_default();
            *sum = sum.saturating_add(i64::from(kept.quantity.units()));
        }
    }

    /// Takes the units held of a figure out.
    fn take(&mut self, item: &StockItem) -> i64 {
        self.0.remove(&(item.sku().clone(), item.location().clone())).unwrap_or(0)
    }

    /// Reservations of stock that nobody keeps a figure of.
    pub fn left_over(self) -> Vec<Finding> {
        let finding = |((sku, location), units): ((Sku, Location), i64)| {
            let detail = format!("{units} units are held, but no figure is kept");
            Finding::new("stock", format!("{sku} at {}", location.as_str()), detail)
        };
        self.0.into_iter().map(finding).collect()
    }
}

/// The figures of a SKU at its locations against its ledger and what is held of it.
pub fn stock(items: &[StockItem], ledger: &[StockEvent], held: &mut Held) -> Vec<Finding> {
    let mut findings = Vec::new();
    for item in items {
        let fresh = StockItem::new(item.sku().clone(), item.location().clone(), item.policy());
        let here = ledger.iter().filter(|event| event.location == *item.location());
        let folded = here.fold(fresh, StockItem::fold);
        let held = held.take(item);
        let which = || format!("{} at {}", item.sku(), item.location().as_str());
        for (figure, kept, right) in [
            ("on hand", item.on_hand(), folded.on_hand()),
            ("reserved", item.reserved(), folded.reserved()),
        ] {
            if kept != right {
                let detail = format!("{kept} {figure} are kept, the ledger sums to {right}");
                findings.push(Finding::new("stock", which(), detail));
            }
        }
        if item.reserved() != held {
            let detail = format!("{} reserved are kept, reservations hold {held}", item.reserved());
            findings.push(Finding::new("stock", which(), detail));
        }
        if item.on_hand() < 0 && item.policy().limit() == 0 {
            findings.push(Finding::new("stock", which(), "fewer than none are on hand"));
        }
    }
    let known = |event: &&StockEvent| items.iter().any(|item| *item.location() == event.location);
    findings.extend(ledger.iter().find(|event| !known(event)).map(|event| {
        let which = format!("{} at {}", event.sku, event.location.as_str());
        Finding::new("stock", which, "the ledger has entries, but no figure is kept")
    }));
    findings
}

/// An order against its events.
pub fn order(kept: &Order, events: &[OrderEvent]) -> Option<Finding> {
    let which = || kept.placed().number.to_string();
    let Some(folded) = Order::fold(events) else {
        return Some(Finding::new("order", which(), "its events do not begin with its placing"));
    };
    if folded == *kept {
        return None;
    }
    let detail = format!(
        "it is kept as {} at version {}, its {} events make it {} at version {}",
        kept.status(),
        kept.version(),
        events.len(),
        folded.status(),
        folded.version()
    );
    Some(Finding::new("order", which(), detail))
}

/// The checkout of an order against the order.
pub fn checkout(order: &Order, saga: Option<&Saga>) -> Vec<Finding> {
    let which = || format!("checkout of {}", order.placed().number);
    let Some(saga) = saga else {
        return vec![Finding::new("saga", which(), "it is missing")];
    };
    let mut findings: Vec<Finding> = journal(saga, which()).into_iter().collect();
    let SagaPlan::Checkout(state) = &saga.plan else {
        findings.push(Finding::new("saga", which(), "it is no checkout"));
        return findings;
    };
    let agrees = match state {
        CheckoutState::Confirmed => matches!(order.phase(), Phase::Confirmed | Phase::Cancelled),
        CheckoutState::Compensated => order.phase() == Phase::Failed,
        CheckoutState::NeedsAttention => true,
        CheckoutState::Paying
        | CheckoutState::Resolving { .. }
        | CheckoutState::AwaitingBuyer { .. }
        | CheckoutState::PayingBack { .. } => order.phase() == Phase::Pending,
    };
    if !agrees {
        let detail = format!("it is {state:?}, the order is {}", order.status());
        findings.push(Finding::new("saga", which(), detail));
    }
    findings
}

/// A saga's journal against what may follow what.
pub fn journal(saga: &Saga, which: String) -> Option<Finding> {
    let legal = !saga.journal.is_empty() && saga.journal_is_legal();
    (!legal).then(|| Finding::new("saga", which, "its journal tells what cannot have happened"))
}

/// How often promotions were used by orders that did not give their use back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsesByOrders {
    /// By anyone.
    pub total: BTreeMap<PromotionId, u32>,
    /// By one customer.
    pub by_customer: BTreeMap<(PromotionId, String), u32>,
}

impl UsesByOrders {
    /// Counts what `order` uses; one that failed or was cancelled gave its uses back.
    pub fn add(&mut self, order: &Order) {
        if matches!(order.phase(), Phase::Failed | Phase::Cancelled) {
            return;
        }
        for used in &order.placed().uses {
            let total = self.total.entry(used.promotion).or_default();
            *total = total.saturating_add(1);
            let by = (used.promotion, used.customer_key.clone());
            let by_customer = self.by_customer.entry(by).or_default();
            *by_customer = by_customer.saturating_add(1);
        }
    }
}

/// The uses kept of a promotion against those of orders; `who` tells whose, without naming them.
pub fn uses(promotion: PromotionId, who: &str, kept: u32, by_orders: u32) -> Option<Finding> {
    (kept != by_orders).then(|| {
        let detail = format!("{kept} uses {who} are kept, orders have {by_orders}");
        Finding::new("promotion", promotion.to_string(), detail)
    })
}

/// How many published products each category holds, with what lies below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductCounts(BTreeMap<CategoryId, u64>);

impl ProductCounts {
    /// Counts a product in every category that holds it.
    pub fn add(&mut self, view: &ProductView) {
        if view.product.is_published() {
            for category in view.categories.iter() {
                let count = self.0.entry(*category).or_default();
                *count = count.saturating_add(1);
            }
        }
    }
}

/// The counts of a tree against its products; and how many categories it has.
pub fn categories(nodes: &[CategoryNode], counts: &ProductCounts) -> (u64, Vec<Finding>) {
    let (mut seen, mut findings) = (0_u64, Vec::new());
    for node in nodes {
        let right = counts.0.get(&node.category.id).copied().unwrap_or(0);
        if node.product_count != right {
            let detail = format!("{} products are kept, it holds {right}", node.product_count);
            findings.push(Finding::new("category", node.category.slug.as_str(), detail));
        }
        let (below, more) = categories(&node.children, counts);
        seen = seen.saturating_add(1).saturating_add(below);
        findings.extend(more);
    }
    (seen, findings)
}
