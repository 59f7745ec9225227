//! Looking again: what is read piece by piece while others write may differ and be right.

use std::collections::{BTreeMap, BTreeSet};

use super::{Doctor, Finding, Report};
use crate::app::AppError;
use crate::domain::inventory::StockItem;
use crate::domain::order::SagaId;
use crate::domain::shared::{OrderId, ProductId, PromotionId, Sku, Span};
use crate::ports::idempotency::KeyId;

/// After how long what is suspected is looked at again: twice, so that something which moves just
/// while it is read, and then once more, is not told of.
const AGAIN_AFTER: [Span; 2] = [Span::millis(100), Span::millis(400)];

/// Something that can be looked at by itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    /// Where the log ends.
    LogEnd,
    /// The events of a page, by the number behind which it begins.
    Events(Option<u64>),
    /// The consumers of the log.
    Consumers,
    /// An order with its stock, its cart and its sagas.
    Order(OrderId),
    /// A request that waits for an order.
    Key(KeyId, OrderId),
    /// A saga, and whether it belongs to an order.
    Saga(SagaId),
    /// The stock of a SKU.
    Stock(StockSubject),
    /// Uses of a promotion, by anyone or by a customer.
    Uses(PromotionId, Option<String>),
    /// A product as it is found and shown.
    Product(ProductId),
    /// The products of a page of which it may not be kept how they are shown, by the product behind
    /// which it begins.
    Unshown(Option<ProductId>),
    /// The counts of all categories.
    Categories,
}

/// The stock of a SKU.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct StockSubject {
    /// Which.
    pub sku: Sku,
    /// Orders of which it may be wrong that they hold some of it.
    pub orders: BTreeSet<OrderId>,
    /// What would be kept of it if nothing ever happened to it, where nothing is kept.
    pub blank: Option<StockItem>,
}

/// Something of which a first look found what differs, and what that is called.
struct Suspect {
    subject: Subject,
    names: BTreeSet<String>,
    found: Vec<Finding>,
}

/// What differed at a first look, in the order found.
#[derive(Default)]
pub(super) struct Suspects(Vec<Suspect>);

impl Suspects {
    /// Suspects `subject` of what was found, if anything was.
    pub fn add(&mut self, subject: Subject, findings: impl IntoIterator<Item = Finding>) {
        let names: BTreeSet<String> = findings.into_iter().map(|finding| finding.what).collect();
        if !names.is_empty() {
            self.0.push(Suspect { subject, names, found: Vec::new() });
        }
    }

    fn orders(&self) -> Vec<OrderId> {
        let order = |suspect: &Suspect| match suspect.subject {
            Subject::Order(id) => Some(id),
            _ => None,
        };
        self.0.iter().filter_map(order).collect()
    }
}

impl Doctor {
    /// Tells of what differs at every look.
    pub(super) async fn confirm(
        &self,
        mut suspects: Suspects,
        report: &mut Report,
    ) -> Result<(), AppError> {
        for wait in AGAIN_AFTER {
            if suspects.0.is_empty() {
                return Ok(());
            }
            self.ports.pause.pause(wait).await;
            self.look_again(&mut suspects).await?;
        }
        report.add(suspects.0.into_iter().flat_map(|suspect| suspect.found));
        Ok(())
    }

    /// Looks at each suspect by itself, and keeps what is found of it as before.
    async fn look_again(&self, suspects: &mut Suspects) -> Result<(), AppError> {
        let mut orders = self.look_at_orders(&suspects.orders()).await?;
        for suspect in &mut suspects.0 {
            let found = self.look(&suspect.subject, &mut orders).await?;
            let again = found.into_iter().filter(|found| suspect.names.contains(&found.what));
            suspect.found = again.collect();
            suspect.names = suspect.found.iter().map(|found| found.what.clone()).collect();
        }
        suspects.0.retain(|suspect| !suspect.found.is_empty());
        Ok(())
    }

    async fn look(
        &self,
        subject: &Subject,
        orders: &mut BTreeMap<OrderId, Vec<Finding>>,
    ) -> Result<Vec<Finding>, AppError> {
        match subject {
            Subject::LogEnd => Ok(self.look_at_log_end().await?.into_iter().collect()),
            Subject::Events(after) => Ok(self.look_at_events(*after).await?.into_iter().collect()),
            Subject::Consumers => Ok(self.look_at_consumers().await?),
            Subject::Order(id) => Ok(orders.remove(id).unwrap_or_default()),
            Subject::Key(key, order) => {
                Ok(self.look_at_key(key, *order).await?.into_iter().collect())
            }
            Subject::Saga(id) => Ok(self.look_at_saga(*id).await?.into_iter().collect()),
            Subject::Stock(stock) => self.look_at_stock(stock).await,
            Subject::Uses(promotion, customer) => {
                let found = self.look_at_uses(*promotion, customer.as_deref()).await?;
                Ok(found.into_iter().collect())
            }
            Subject::Product(id) => self.look_at_product(*id).await,
            Subject::Unshown(after) => Ok(self.look_at_unshown(*after).await?.0),
            Subject::Categories => self.look_at_categories().await,
        }
    }
}
