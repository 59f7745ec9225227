//! Stock as staff move it and as shoppers ask for it.

mod movement;
mod queries;

use std::sync::Arc;

use super::{Ports, ShopConfig};

pub use movement::MoveStockCommand;
pub use queries::AvailabilityView;
pub(in crate::app) use queries::policies;

/// The use cases of stock.
#[derive(Clone)]
pub struct InventoryService {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
}

impl InventoryService {
    /// The use cases over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, config }
    }
}
