//! Carts: what shoppers gather, priced anew at every look.
//!
//! Holds no stock, and trusts no price it was told: both are looked up at every read and write.

mod change;
mod coupons;
mod lines;
mod quote;
mod shipping;

use std::sync::Arc;

use super::{Ports, ShopConfig};

pub(super) use lines::refusal_of;
pub use lines::{AddItem, ItemRef};
pub(super) use quote::{BasketSpec, Quote, quote};

/// The use cases of carts. Each answers the cart as it then is.
#[derive(Clone)]
pub struct CartService {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
}

impl CartService {
    /// The use cases over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, config }
    }
}
