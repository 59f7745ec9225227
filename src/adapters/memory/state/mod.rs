//! What the shop remembers: facts, and the indexes that are kept with them.
//!
//! Knows how to keep an index in step with its fact, and nothing of conditions: whether a write may
//! happen is decided in `commit`.

mod catalog;
mod key;
mod log;
mod order;
mod pricing;
mod saga;
mod stock;
mod view;

use std::sync::Arc;

use super::map::Map;
use crate::domain::customer::StaffMember;
use crate::domain::shared::{ImportId, StaffId};
use crate::ports::imports::ImportReport;

pub use catalog::{CatalogState, KeptProduct, ListOrder, ListPlace, Shown};
pub use key::KeyTable;
pub use log::{ConsumerRow, LogState};
pub use order::OrderState;
pub use pricing::PricingState;
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
}
