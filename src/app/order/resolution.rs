use super::OrderService;
use super::aftersale::with_refunds;
use super::update::refused;
use crate::app::{Answered, AppError};
use crate::domain::order::{
    CheckoutState, Effect, OrderChange, Resolution, STOCK_LOST, Saga, SagaPlan,
};
use crate::domain::shared::{OrderId, RefundId, Timestamp};
use crate::ports::idempotency::{KeyClaim, Outcome, Refusal};
use crate::ports::store::{SagaStep, Write};

impl OrderService {
    /// Staff deal with a refund that the provider refused, so that the order needs no attention any
    /// more. Of an order whose stock was gone when its money came, the checkout goes on to its end.
    pub async fn resolve_refund(
        &self,
        id: OrderId,
        refund: RefundId,
        resolution: Resolution,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        self.write(id, key, |order, checkout, now| {
            let again = RefundId::new(self.ports.ids.next());
            let change = order.resolve_refund(refund, resolution, again, now).map_err(refused)?;
            let after = change.order.clone();
            let write = match checkout {
                Some(checkout) => go_on(checkout, change, resolution, again, now),
                None => Write::UpdateOrder(Box::new(with_refunds(change, now))),
            };
            Ok((after, write))
        })
        .await
    }
}

/// The checkout's next step: it pays back once more, or it ends as one that gave everything back.
fn go_on(
    checkout: Saga,
    change: OrderChange,
    resolution: Resolution,
    again: RefundId,
    now: Timestamp,
) -> Write {
    let change = Some(change);
    if resolution == Resolution::Retry {
        let plan = SagaPlan::Checkout(CheckoutState::PayingBack { refund: again });
        let saga = checkout.advance(plan, &[Effect::RefundAgreed], now);
        return Write::StepSaga(Box::new(SagaStep { change, saga, outcome: None }));
    }
    let effects = [Effect::RefundPaid, Effect::Compensated];
    let saga = checkout.advance(SagaPlan::Checkout(CheckoutState::Compensated), &effects, now);
    let refusal = Refusal::OrderFailed { reason: STOCK_LOST.to_owned() };
    let outcome = Some(Outcome::Refused(refusal));
    Write::CompensateOrder(Box::new(SagaStep { change, saga, outcome }))
}
