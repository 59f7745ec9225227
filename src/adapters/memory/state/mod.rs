//! What the shop remembers: facts, and the indexes that are kept with them.
//!
//! Knows how to keep an index in step with its fact, and nothing of conditions: whether a write may
//! happen is decided in `commit`.

mod cart;
mod catalog;
mod key;
mod log;
mod order;
mod pricing;
mod recall;
mod saga;
mod stock;
mod view;

use std::sync::Arc;

use super::map::Map;
use crate::adapters::record::Fact;
use crate::domain::customer::StaffMember;
use crate::domain::shared::{ImportId, StaffId};
use crate::ports::imports::ImportReport;

pub use cart::CartState;
pub use catalog::{CatalogState, KeptProduct, ListOrder, ListPlace, Shown};
pub use key::KeyTable;
pub use log::{ConsumerRow, LogState};
pub use order::OrderState;
pub use pricing::PricingState;
pub use recall::{Recall, reader};
pub use saga::SagaState;
pub use stock::StockState;

/// Everything. A clone shares all of it, so that a commit may change its own copy.
#[derive(Clone, Default)]
pub struct State {
    /// Products and categories, and how they are shown.
    pub catalog: CatalogState,
    /// Promotions, taxes, shipping.
    pub pricing: PricingState,
    /// Stock and reservations.
    pub stock: StockState,
    /// Orders.
    pub orders: OrderState,
    /// Work that spans commits.
    pub sagas: SagaState,
    /// Idempotency keys.
    pub keys: KeyTable,
    /// Events and their consumers.
    pub log: LogState,
    /// Members of staff.
    pub staff: Map<StaffId, Arc<StaffMember>>,
    /// Members by normalised e-mail.
    pub staff_emails: Map<String, StaffId>,
    /// Imports.
    pub imports: Map<ImportId, Arc<ImportReport>>,
    /// Secrets of the shop's own by name.
    pub secrets: Map<String, Arc<[u8]>>,
    /// Carts, of a shop that keeps them here.
    pub carts: CartState,
    /// What changed of staff, imports and secrets since facts were last taken.
    facts: Vec<Fact>,
}

impl State {
    /// Keeps a member of staff.
    pub fn put_staff(&mut self, member: Arc<StaffMember>) {
        if let Some(known) = self.staff.get(&member.id) {
            self.staff_emails.remove_mut(&known.email.normalised());
        }
        self.facts.push(Fact::Staff(member.clone()));
        self.staff_emails.insert_mut(member.email.normalised(), member.id);
        self.staff.insert_mut(member.id, member);
    }

    /// Keeps how far an import is.
    pub fn put_import(&mut self, report: Arc<ImportReport>) {
        self.facts.push(Fact::Import(report.clone()));
        self.imports.insert_mut(report.id, report);
    }

    /// Keeps a secret.
    pub fn put_secret(&mut self, name: String, value: Arc<[u8]>) {
        self.facts.push(Fact::Secret(name.clone(), value.clone()));
        self.secrets.insert_mut(name, value);
    }

    /// What changed since this was last asked. What follows from other facts is not told.
    pub fn take_facts(&mut self) -> Vec<Fact> {
        let mut taken = std::mem::take(&mut self.facts);
        for part in [
            &mut self.catalog.facts,
            &mut self.pricing.facts,
            &mut self.stock.facts,
            &mut self.orders.facts,
            &mut self.sagas.facts,
            &mut self.keys.facts,
            &mut self.log.facts,
            &mut self.carts.facts,
        ] {
            taken.append(part);
        }
        taken
    }
}

#[cfg(test)]
mod tests;
