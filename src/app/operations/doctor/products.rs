//! Reading products and categories as they are found and shown.

use std::collections::BTreeSet;

use super::catalog::{self, Counts};
use super::look::{Subject, Suspects};
use super::{Doctor, Finding, Gathered, PAGE, Progress, Report, count};
use crate::app::AppError;
use crate::domain::order::OrderEvent;
use crate::domain::shared::ProductId;
use crate::ports::PortError;
use crate::ports::events::{Event, EventBody};

/// The consumer that counts units sold into the popularity of products.
const POPULARITY: &str = "popularity";
/// How many pages of what happened while the doctor looked are read for what was sold.
const MOST_PAGES: usize = 50;

impl Doctor {
    pub(super) async fn products(
        &self,
        gathered: &Gathered,
        report: &mut Report,
        progress: Progress<'_>,
    ) -> Result<(), AppError> {
        self.unshown(report).await?;
        let mut counts = Counts::of(&self.ports.catalog.category_tree().await?);
        count(&mut report.checked.categories, counts.len());
        let is_counted = !gathered.unheard && self.popularity_is_counted().await?;
        let counted = report.checked.orders == 0 || is_counted;
        let mut popularity: Vec<(ProductId, Finding)> = Vec::new();
        let mut after = None;
        loop {
            let page = self.ports.catalog.scan(None, after, PAGE).await?;
            let products: Vec<_> = page.items.iter().map(|view| view.product.clone()).collect();
            let wrong = self.ports.upkeep.wrong_views(&products).await?;
            let mut suspects = Suspects::default();
            for (view, wrong) in page.items.iter().zip(wrong) {
                let id = view.product.id();
                let lost = counts.add(&view.product);
                let wrong = wrong.map(|wrong| catalog::wrong_view(view, wrong));
                suspects.add(Subject::Product(id), lost.into_iter().chain(wrong));
                let sold = gathered.sold.compare(view, gathered.as_of);
                popularity.extend(sold.filter(|_| counted).map(|finding| (id, finding)));
            }
            self.confirm(suspects, report).await?;
            count(&mut report.checked.products, page.items.len());
            progress("products", report.checked.products);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut suspects = Suspects::default();
        suspects.add(Subject::Categories, counts.compare());
        self.confirm(suspects, report).await?;
        self.popularity(counted, popularity, gathered.as_of, report).await
    }

    /// Tells of popularity that is wrong, but for what was sold while the doctor looked.
    async fn popularity(
        &self,
        counted: bool,
        mut wrong: Vec<(ProductId, Finding)>,
        as_of: u64,
        report: &mut Report,
    ) -> Result<(), AppError> {
        let mut unchecked = |why: &str| {
            report.unchecked.push(format!("popularity of products: {why}"));
        };
        if !counted {
            unchecked("sales are still being counted; start the shop and stop it again");
        } else if !wrong.is_empty() {
            if let Some(sold) = self.sold_since(as_of).await? {
                let before = wrong.len();
                wrong.retain(|(product, _)| !sold.contains(product));
                if wrong.len() < before {
                    unchecked("some were sold while they were looked at");
                }
            } else {
                wrong.clear();
                unchecked("too much was sold while they were looked at");
            }
        }
        report.add(wrong.into_iter().map(|(_, finding)| finding));
        Ok(())
    }

    /// The products of which orders were confirmed or cancelled after a position; none where that is
    /// too much to look at, or no longer known.
    async fn sold_since(&self, position: u64) -> Result<Option<BTreeSet<ProductId>>, PortError> {
        let (mut sold, mut after) = (BTreeSet::new(), position);
        for _ in 0..MOST_PAGES {
            let events = self.ports.events.events_after(after, PAGE).await?;
            let Some(last) = events.last().map(|event| event.position) else {
                return Ok(Some(sold));
            };
            if events.first().is_none_or(|first| first.position != after.saturating_add(1)) {
                return Ok(None);
            }
            if events.iter().any(|event| event.unreadable().is_some()) {
                return Ok(None);
            }
            let mut ids: Vec<_> = events.iter().filter_map(sale).collect();
            ids.dedup();
            let orders = self.ports.orders.by_ids(&ids).await?;
            let lines = orders.iter().flatten().flat_map(|order| &order.placed().lines);
            sold.extend(lines.map(|line| line.product));
            after = last;
        }
        Ok(None)
    }

    /// Looks for products that are shown nowhere: all that reads products passes over them.
    async fn unshown(&self, report: &mut Report) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let (found, next) = self.look_at_unshown(after).await?;
            let mut suspects = Suspects::default();
            suspects.add(Subject::Unshown(after), found);
            self.confirm(suspects, report).await?;
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Those of a page, and behind which product more may follow.
    pub(super) async fn look_at_unshown(
        &self,
        after: Option<ProductId>,
    ) -> Result<(Vec<Finding>, Option<ProductId>), PortError> {
        let page = self.ports.upkeep.unshown(after, PAGE).await?;
        Ok((page.items.into_iter().map(catalog::unshown).collect(), page.next))
    }

    /// A product as it is found and shown now.
    pub(super) async fn look_at_product(&self, id: ProductId) -> Result<Vec<Finding>, AppError> {
        let tree = self.ports.catalog.category_tree().await?;
        let Some(view) = self.ports.catalog.product(id).await? else { return Ok(Vec::new()) };
        let mut findings = Counts::of(&tree).add(&view.product);
        let wrong = self.ports.upkeep.wrong_views(std::slice::from_ref(&view.product)).await?;
        let wrong = wrong.into_iter().flatten();
        findings.extend(wrong.map(|wrong| catalog::wrong_view(&view, wrong)));
        Ok(findings)
    }

    /// The counts of all categories, by all products.
    pub(super) async fn look_at_categories(&self) -> Result<Vec<Finding>, AppError> {
        let mut counts = Counts::of(&self.ports.catalog.category_tree().await?);
        let mut after = None;
        loop {
            let page = self.ports.catalog.scan(None, after, PAGE).await?;
            for view in &page.items {
                counts.add(&view.product);
            }
            after = page.next;
            if after.is_none() {
                return Ok(counts.compare());
            }
        }
    }

    /// Whether every sale reached the popularity of its products: whether of what its consumer has
    /// still to hear of nothing is one, as far as is looked.
    async fn popularity_is_counted(&self) -> Result<bool, PortError> {
        let events = &self.ports.events;
        let head = events.head().await?;
        let consumers = events.consumers().await?;
        let consumer = consumers.into_iter().find(|consumer| consumer.name == POPULARITY);
        let position = consumer.map_or(0, |consumer| consumer.position);
        let ahead = events.events_after(position, PAGE).await?;
        let told = u64::try_from(ahead.len()).unwrap_or(u64::MAX);
        let heard = head.saturating_sub(position) <= told;
        let parked = events.parked(POPULARITY, 1).await?;
        let dead = events.dead_letters(POPULARITY, None, 1).await?.items;
        let sold = ahead.iter().any(|event| sale(event).is_some());
        Ok(heard && !sold && parked.is_empty() && dead.is_empty())
    }
}

/// The order of an event that moves popularity once it is heard of.
fn sale(event: &Event) -> Option<crate::domain::shared::OrderId> {
    match &event.body {
        EventBody::Order(id, OrderEvent::Confirmed(_) | OrderEvent::Cancelled(..)) => Some(*id),
        _ => None,
    }
}
