use std::sync::Arc;

use super::PricingService;
use crate::app::AppError;
use crate::domain::pricing::{Coverage, ShippingMethod, ShippingMethodParts, ShippingStrategy};
use crate::domain::shared::{Money, ShippingCode, ShippingMethodId, TaxCategory, Version};
use crate::ports::PortError;
use crate::ports::store::{CommitError, Conflict, Unique, UnitOfWork, Write};

impl PricingService {
    /// Makes a new shop ready to sell: flat shipping `standard` to everywhere, where the shop has
    /// no shipping method at all. Whether it made one.
    pub async fn set_up(&self) -> Result<bool, AppError> {
        if !self.ports.pricing.shipping_methods(None, 1).await?.items.is_empty() {
            return Ok(false);
        }
        let method = Arc::new(self.standard_shipping()?);
        let write = Write::SaveShippingMethod { method, expected: None };
        match self.ports.store.commit(UnitOfWork::of(self.ports.clock.now(), write)).await {
            Ok(()) => Ok(true),
            // Another process set the shop up at the same moment.
            Err(CommitError::Refused(Conflict::Taken(Unique::ShippingCode, _))) => Ok(false),
            Err(error) => Err(AppError::of_commit(error)),
        }
    }

    fn standard_shipping(&self) -> Result<ShippingMethod, PortError> {
        let price = Money::new(self.config.standard_shipping, self.config.currency);
        ShippingMethod::try_new(ShippingMethodParts {
            id: ShippingMethodId::new(self.ports.ids.next()),
            code: ShippingCode::try_new("standard").map_err(PortError::internal)?,
            name: "Standard shipping".to_owned(),
            coverage: Coverage::Worldwide,
            strategy: ShippingStrategy::Flat { price },
            tax_category: TaxCategory::default(),
            active: true,
            version: Version::FIRST,
        })
        .map_err(|errors| PortError::internal(format!("standard shipping: {errors:?}")))
    }
}
