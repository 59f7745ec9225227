use std::sync::Arc;

use super::cart::CartService;
use super::catalog::{CatalogService, ImportService};
use super::customer::StaffService;
use super::inventory::InventoryService;
use super::operations::{
    Doctor, EventConsumer, Follower, PopularityConsumer, Relay, SearchConsumer,
};
use super::order::{OrderService, SagaRunner, Sweeper};
use super::pricing::PricingService;
use super::search::SearchService;
use super::{Ports, ShopConfig};

/// The whole shop: every use case over one set of ports.
#[derive(Clone)]
pub struct Shop {
    /// Products and categories.
    pub catalog: CatalogService,
    /// Imports of catalogue files.
    pub imports: ImportService,
    /// Promotions, taxes, shipping.
    pub pricing: PricingService,
    /// Finding products.
    pub search: SearchService,
    /// Members of staff.
    pub staff: StaffService,
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
    /// Hands events to consumers.
    pub relay: Relay,
    /// Hands events to what this process has for itself.
    pub follower: Arc<Follower>,
    /// Who of this process wants to hear of every event that any process commits.
    pub followers: Vec<Arc<dyn EventConsumer>>,
    /// Who wants to hear of events, once for all processes.
    pub consumers: Vec<Arc<dyn EventConsumer>>,
    /// Recomputes every counter.
    pub doctor: Doctor,
    /// What the use cases stand on.
    pub ports: Arc<Ports>,
    /// What the shop is set to.
    pub config: Arc<ShopConfig>,
}

impl Shop {
    /// The shop over these ports.
    pub fn new(ports: Ports, config: ShopConfig) -> Self {
        let (ports, config) = (Arc::new(ports), Arc::new(config));
        let search: Arc<dyn EventConsumer> =
            Arc::new(SearchConsumer::new(ports.clone(), config.clone()));
        let (mut consumers, mut followers): (Vec<Arc<dyn EventConsumer>>, Vec<_>) =
            (vec![Arc::new(PopularityConsumer::new(ports.clone()))], Vec::new());
        if config.own_index {
            followers.push(search);
        } else {
            consumers.push(search);
        }
        let runner = SagaRunner::new(ports.clone(), config.clone());
        Self {
            catalog: CatalogService::new(ports.clone(), config.clone()),
            imports: ImportService::new(ports.clone(), config.clone()),
            pricing: PricingService::new(ports.clone(), config.clone()),
            search: SearchService::new(ports.clone(), config.clone()),
            staff: StaffService::new(ports.clone(), config.clone()),
            carts: CartService::new(ports.clone(), config.clone()),
            orders: OrderService::new(ports.clone(), config.clone(), runner.clone()),
            inventory: InventoryService::new(ports.clone(), config.clone()),
            runner,
            sweeper: Sweeper::new(ports.clone(), config.clone()),
            relay: Relay::new(ports.clone(), config.clone()),
            follower: Arc::new(Follower::new(ports.clone())),
            followers,
            consumers,
            doctor: Doctor::new(ports.clone()),
            ports,
            config,
        }
    }
}
