//! Setting up what baskets cost: promotions, tax rates, shipping methods.
//!
//! Never prices anything: that is the one function of the domain. Orders keep what they froze of a
//! promotion, so nothing here reaches back into them.

mod draft;
mod promotion;
mod set_up;
mod shipping;
mod tax;

use std::sync::Arc;

pub use draft::{
    PromotionDraft, PromotionType, ShippingMethodDraft, ShippingType, SubtotalStepDraft,
    TaxRateDraft, WeightStepDraft,
};

use super::faults::Faults;
use super::{AppError, Ports, ShopConfig};
use crate::domain::shared::Invalid;
use crate::ports::store::{UnitOfWork, Write};

/// Promotions, tax rates and shipping methods, written and read.
#[derive(Clone)]
pub struct PricingService {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
}

impl PricingService {
    /// The use cases over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, config }
    }

    async fn commit(&self, write: Write) -> Result<(), AppError> {
        let unit = UnitOfWork::of(self.ports.clock.now(), write);
        self.ports.store.commit(unit).await.map_err(AppError::of_commit)
    }
}

/// Notes what the domain says of parts that do not go together.
fn note_parts<T>(
    checked: Result<T, Vec<(&'static str, Invalid)>>,
    pointer: impl Fn(&'static str) -> String,
    faults: &mut Faults,
) -> Option<T> {
    match checked {
        Ok(value) => Some(value),
        Err(errors) => {
            for (field, error) in errors {
                faults.add(pointer(field), error.to_string());
            }
            None
        }
    }
}
