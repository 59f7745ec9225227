//! A unit of work on a private copy of the state: each write checks its condition and applies.
//!
//! Never publishes, and never undoes: where a write is refused, the whole copy is thrown away.

mod catalog;
mod consumer;
mod key;
mod mend;
mod order;
mod place;
mod pricing;
mod shop;
mod stock;

use std::collections::BTreeSet;

use super::config::MemoryConfig;
use super::state::State;
use crate::domain::shared::{ProductId, Sku, Timestamp, Version};
use crate::ports::PortError;
use crate::ports::catalog::ReadContext;
use crate::ports::events::{Aggregate, EventBody};
use crate::ports::store::{CommitError, Conflict, Unique, Write};

/// A copy of the state that a unit of work is being applied to.
pub struct Draft<'a> {
    state: &'a mut State,
    config: &'a MemoryConfig,
    reader: &'a ReadContext,
    /// Products whose view may have to change.
    changed: BTreeSet<ProductId>,
    /// SKUs whose band may have been crossed.
    moved: BTreeSet<Sku>,
    /// Whether everything that is shown has to be worked out anew.
    anew: bool,
}

impl<'a> Draft<'a> {
    /// A copy before the first write. `reader` is who lists are made for, at the unit's time.
    pub fn new(state: &'a mut State, config: &'a MemoryConfig, reader: &'a ReadContext) -> Self {
        Self {
            state,
            config,
            reader,
            changed: BTreeSet::new(),
            moved: BTreeSet::new(),
            anew: false,
        }
    }

    /// Applies one write, or says why it may not be.
    pub fn apply(&mut self, write: Write) -> Result<(), CommitError> {
        use Write as W;
        match write {
            W::SaveProduct { product, expected } => self.save_product(product, expected)?,
            W::AddPopularity { product, units } => self.add_popularity(product, units),
            W::SaveCategory { category, expected } => self.save_category(category, expected)?,
            W::DeleteCategory { id, expected } => self.delete_category(id, expected)?,
            W::SavePromotion { promotion, expected } => self.save_promotion(promotion, expected)?,
            W::DeletePromotion { id, expected } => self.delete_promotion(id, expected)?,
            W::SaveTaxRate { tax_rate, expected } => self.save_tax_rate(tax_rate, expected)?,
            W::DeleteTaxRate { id, expected } => self.delete_tax_rate(id, expected)?,
            W::SaveShippingMethod { method, expected } => self.save_method(method, expected)?,
            W::DeleteShippingMethod { id, expected } => self.delete_method(id, expected)?,
            W::MoveStock(movement) => self.move_stock(movement)?,
            W::PlaceOrder(placing) => self.place_order(*placing)?,
            W::StepSaga(step) => self.step_saga(*step)?,
            W::ConfirmOrder(step) => self.confirm_order(*step)?,
            W::CompensateOrder(step) => self.compensate_order(*step)?,
            W::UpdateOrder(update) => self.update_order(*update)?,
            W::ExpireReservations { order } => self.expire_reservations(order)?,
            W::FinishKey { claim, outcome } => self.finish_key(claim, outcome)?,
            W::PruneKeys { most } => self.prune_keys(most),
            W::AdvanceConsumer { consumer, from, to, park } => {
                self.advance_consumer(consumer, (from, to), park)?;
            }
            W::SettleParked { consumer, position, outcome } => {
                self.settle_parked(consumer, position, outcome)?;
            }
            W::SaveStaff { member, expected } => self.save_staff(member, expected)?,
            W::SaveImport { report, expected } => self.save_import(report, expected)?,
            W::PutSecret { name, value } => self.put_secret(name, value)?,
            W::Mend(repair) => self.mend(*repair)?,
        }
        Ok(())
    }

    /// Brings up to date what follows from the writes: views, lists, the length of the log.
    pub fn finish(mut self) {
        let low_below = self.config.low_stock_below;
        if self.anew {
            self.state.show_anew(self.reader, low_below);
        }
        for sku in &self.moved {
            for product in self.state.catalog.touched_by(sku) {
                if self.state.band_moved(product, sku, low_below) {
                    self.changed.insert(product);
                }
            }
        }
        for product in &self.changed {
            self.state.refresh(*product, self.reader, low_below);
        }
        self.state.log.trim(self.config);
    }

    fn at(&self) -> Timestamp {
        self.reader.at
    }

    fn emit(&mut self, aggregate: Aggregate, body: EventBody) {
        let at = self.at();
        self.state.log.push(aggregate, at, body);
    }
}

/// Passes where a thing still has the version that the write was decided on, or is still absent.
fn unchanged(
    what: &'static str,
    kept: Option<Version>,
    expected: Option<Version>,
) -> Result<(), Conflict> {
    if kept == expected { Ok(()) } else { Err(Conflict::Stale(what)) }
}

/// Passes where nobody has a value, or only the one who is saved.
fn free<T: PartialEq>(
    owner: Option<&T>,
    saved: &T,
    unique: Unique,
    value: &str,
) -> Result<(), Conflict> {
    match owner {
        Some(other) if other != saved => Err(Conflict::Taken(unique, value.to_owned())),
        _ => Ok(()),
    }
}

/// A write that no use case can have meant.
fn senseless(what: &'static str) -> CommitError {
    PortError::internal(what).into()
}
