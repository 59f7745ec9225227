use std::sync::Arc;

use super::CartService;
use super::change::refused;
use crate::app::AppError;
use crate::domain::cart::CartError;
use crate::domain::shared::{CartId, CouponCode, Version};
use crate::ports::cart::CartView;
use crate::ports::idempotency::Refusal;

impl CartService {
    /// Adds a coupon, if it takes something off this cart now.
    pub async fn add_coupon(
        &self,
        id: CartId,
        code: CouponCode,
        expected: Option<Version>,
    ) -> Result<Arc<CartView>, AppError> {
        self.change(
            id,
            expected,
            |cart, now| cart.add_coupon(code.clone(), now).map_err(refused),
            |_, view, _| match view.priced.coupon(&code).map(|coupon| &coupon.outcome) {
                Some(Err(reason)) => Err(AppError::refused(Refusal::CouponNotApplicable {
                    code: code.as_str().to_owned(),
                    reason: reason.to_string(),
                })),
                Some(Ok(_)) | None => Ok(()),
            },
        )
        .await
    }

    /// Takes a coupon out.
    pub async fn remove_coupon(
        &self,
        id: CartId,
        code: CouponCode,
        expected: Option<Version>,
    ) -> Result<Arc<CartView>, AppError> {
        self.change(
            id,
            expected,
            |cart, now| {
                cart.remove_coupon(&code, now).map_err(|error| match error {
                    CartError::NoSuchLine => AppError::NotFound("coupon"),
                    other => refused(other),
                })
            },
            |_, _, _| Ok(()),
        )
        .await
    }
}
