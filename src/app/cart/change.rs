use std::sync::Arc;

use super::{BasketSpec, CartService, Quote, quote};
use crate::app::AppError;
use crate::domain::cart::{Cart, CartError};
use crate::domain::shared::{CartId, Currency, Timestamp, Version};
use crate::ports::cart::{CartSaved, CartView};
use crate::ports::idempotency::Refusal;

impl CartService {
    /// A new, empty cart, in the shop's currency unless told otherwise.
    pub async fn create(&self, currency: Option<Currency>) -> Result<Arc<CartView>, AppError> {
        let now = self.ports.clock.now();
        let mut bits = [0_u8; 16];
        self.ports.secrets.fill(&mut bits);
        let id = CartId::new(uuid::Builder::from_random_bytes(bits).into_uuid());
        let cart = Cart::new(id, currency.unwrap_or(self.config.currency), None, now);
        let (view, _) = self.view(cart, now).await?;
        match self.ports.carts.save(view.cart.clone(), None, now).await? {
            CartSaved::Saved => Ok(view),
            CartSaved::Stale => Err(AppError::Contended("the cart")),
        }
    }

    /// A cart at today's prices. It remembers the total it shows.
    pub async fn get(&self, id: CartId) -> Result<Arc<CartView>, AppError> {
        for _ in 0..self.config.max_retries {
            let now = self.ports.clock.now();
            let cart = self.load(id, now).await?;
            let (view, _) = self.view((*cart).clone(), now).await?;
            if view.cart.version() == cart.version() {
                return Ok(view);
            }
            let saved = self.ports.carts.save(view.cart.clone(), Some(cart.version()), now);
            if saved.await? == CartSaved::Saved {
                return Ok(view);
            }
        }
        Err(AppError::Contended("the cart"))
    }

    pub(super) async fn load(&self, id: CartId, now: Timestamp) -> Result<Arc<Cart>, AppError> {
        self.ports.carts.cart(id, now).await?.ok_or(AppError::NotFound("cart"))
    }

    /// Loads, changes, prices, checks and keeps a cart. Where no version was asked for, a change
    /// that others overtook is made again on theirs, so that all of them take effect.
    pub(super) async fn change(
        &self,
        id: CartId,
        expected: Option<Version>,
        change: impl Fn(Cart, Timestamp) -> Result<Cart, AppError>,
        check: impl Fn(&Cart, &CartView, &Quote) -> Result<(), AppError>,
    ) -> Result<Arc<CartView>, AppError> {
        for _ in 0..self.config.max_retries {
            let now = self.ports.clock.now();
            let cart = self.load(id, now).await?;
            if expected.is_some_and(|version| version != cart.version()) {
                return Err(AppError::PreconditionFailed);
            }
            if self.ports.orders.order_of_cart(id).await?.is_some() {
                return Err(AppError::refused(Refusal::CartOrdered));
            }
            let (view, quote) = self.view(change((*cart).clone(), now)?, now).await?;
            check(&cart, &view, &quote)?;
            let saved = self.ports.carts.save(view.cart.clone(), Some(cart.version()), now);
            match saved.await? {
                CartSaved::Saved => return Ok(view),
                CartSaved::Stale if expected.is_some() => return Err(AppError::PreconditionFailed),
                CartSaved::Stale => {}
            }
        }
        Err(AppError::Contended("the cart"))
    }

    /// Prices a cart; the cart in the view remembers that total.
    pub(super) async fn view(
        &self,
        cart: Cart,
        now: Timestamp,
    ) -> Result<(Arc<CartView>, Quote), AppError> {
        let spec = BasketSpec {
            catalog: &*self.ports.storefront,
            rules: &*self.ports.storefront_rules,
            currency: cart.currency(),
            lines: cart.lines(),
            coupons: cart.coupons(),
            address: cart.shipping_address(),
            shipping: cart.shipping_option(),
            customer_key: None,
            at: now,
        };
        let quote = quote(&self.ports, &self.config, &spec).await?;
        let cart = Arc::new(cart.showing(quote.priced.total()));
        let view = CartView { cart, lines: quote.lines.clone(), priced: quote.priced.clone() };
        Ok((Arc::new(view), quote))
    }
}

/// What a refused change of a cart means.
pub(super) fn refused(error: CartError) -> AppError {
    match error {
        CartError::NoSuchLine => AppError::NotFound("cart line"),
        CartError::Quantity(error) => AppError::invalid("/quantity", error.to_string()),
        CartError::TooManyLines | CartError::TooManyCoupons => {
            AppError::invalid("", error.to_string())
        }
    }
}
