use std::sync::Arc;

use super::CartService;
use super::quote::too_large;
use crate::app::AppError;
use crate::domain::pricing::{Shipping, ShippingOption, shipping_options};
use crate::domain::shared::{Address, CartId, ShippingCode, Version};
use crate::ports::cart::CartView;
use crate::ports::idempotency::Refusal;

impl CartService {
    /// Sets where the cart is sent to.
    pub async fn ship_to(
        &self,
        id: CartId,
        address: Address,
        expected: Option<Version>,
    ) -> Result<Arc<CartView>, AppError> {
        self.change(
            id,
            expected,
            |cart, now| Ok(cart.ship_to(address.clone(), now)),
            |_, _, _| Ok(()),
        )
        .await
    }

    /// The ways the cart can be sent, each at the price that choosing it would show.
    pub async fn shipping_options(&self, id: CartId) -> Result<Vec<ShippingOption>, AppError> {
        let now = self.ports.clock.now();
        let cart = self.load(id, now).await?;
        let (_, quote) = self.view((*cart).clone(), now).await?;
        shipping_options(&quote.basket, &quote.rules).map_err(too_large)
    }

    /// Chooses how the cart is sent; refused where that option does not apply to it.
    pub async fn choose_shipping(
        &self,
        id: CartId,
        option: ShippingCode,
        expected: Option<Version>,
    ) -> Result<Arc<CartView>, AppError> {
        self.change(
            id,
            expected,
            |cart, now| Ok(cart.choose_shipping(option.clone(), now)),
            |_, view, _| match view.priced.shipping() {
                Shipping::NoneApplies => Err(AppError::refused(Refusal::NoShippingOption)),
                Shipping::ChoiceGone { code } => {
                    Err(AppError::refused(Refusal::ShippingOptionGone { code: code.to_string() }))
                }
                Shipping::Charged(_) | Shipping::NotNeeded => Ok(()),
            },
        )
        .await
    }
}
