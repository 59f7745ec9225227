use std::sync::Arc;

use super::cart::CartService;
use super::inventory::InventoryService;
use super::order::{OrderService, SagaRunner, Sweeper};
use super::{Ports, ShopConfig};

/// The whole shop: every use case over one set of ports.
#[derive(Clone)]
pub struct Shop {
    /// Carts.
    pub carts: CartService,
    /// Orders.
    pub orders: OrderService,
    /// Stock.
    pub inventory: InventoryService,
    /// Drives sagas in the background.
    pub runner: SagaRunner,
    /// Lets go of what ran out of time.
    pub sweeper: Sweeper,
    /// What the use cases stand on.
    pub ports: Arc<Ports>,
    /// What the shop is set to.
    pub config: Arc<ShopConfig>,
}

impl Shop {
    /// The shop over these ports.
    pub fn new(ports: Ports, config: ShopConfig) -> Self {
        let (ports, config) = (Arc::new(ports), Arc::new(config));
        Self {
            carts: CartService::new(ports.clone(), config.clone()),
            orders: OrderService::new(ports.clone(), config.clone()),
            inventory: InventoryService::new(ports.clone(), config.clone()),
            runner: SagaRunner::new(ports.clone(), config.clone()),
            sweeper: Sweeper::new(ports.clone(), config.clone()),
            ports,
            config,
        }
    }
}
