use std::future;
use std::sync::Arc;

use async_trait::async_trait;
use ecicomm::domain::shared::{OrderId, PaymentId};
use ecicomm::ports::PortError;
use ecicomm::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, PaymentGateway, RefundOutcome, RefundRequest,
    VoidOutcome,
};
use tokio::sync::oneshot;

use crate::simulation::gate::Gate;
use crate::simulation::plan::Manner;
use crate::simulation::world::{Fate, Weight, pause};

/// The provider at the far end of a network. What was sent arrives although its sender is gone, and
/// perhaps much later; what the sender hears is another matter.
pub struct FaultyGateway {
    pub gate: Arc<Gate>,
    pub inner: Arc<dyn PaymentGateway>,
}

impl FaultyGateway {
    async fn send<T, F, W>(&self, op: &'static str, work: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(Arc<dyn PaymentGateway>) -> W,
        W: Future<Output = Result<T, PortError>> + Send + 'static,
    {
        let world = self.gate.world.clone();
        // Nothing moves while the provider is away, so few crashes are spent on that.
        let weight = if world.outage().is_none() { Weight::Saga } else { Weight::Any };
        let draw = self.gate.enter("gateway", op, weight).await;
        let outage = world.outage();
        if outage.is_some() {
            world.count(|tally| *tally.kinds.entry("outage").or_default() += 1);
        }
        let refused = draw.fate == Fate::Refused || outage == Some(Manner::Refuses);
        if refused {
            return self.gate.fail(op, Fate::Refused);
        }
        if draw.fate == Fate::RequestLost || outage == Some(Manner::Swallows) {
            return self.silence(op).await;
        }
        let late = draw.fate == Fate::Late;
        let there = if late { world.seconds(5, 90) } else { world.millis(5, 50) };
        let (answer, heard) = oneshot::channel();
        let call = work(self.inner.clone());
        let line = world.clone();
        tokio::spawn(async move {
            pause(there).await;
            let result = call.await;
            line.note(0, op, if late { "arrived late" } else { "arrived" }, 0);
            // Whoever asked may be gone.
            let _ = answer.send(result);
        });
        let result = match heard.await {
            Ok(result) => result,
            Err(_) => future::pending().await,
        };
        if draw.fate == Fate::AnswerLost || outage == Some(Manner::Mute) {
            return self.silence(op).await;
        }
        self.gate.leave(op, draw, result).await
    }

    /// Nothing is heard, until the caller gives up.
    async fn silence<T>(&self, op: &'static str) -> T {
        self.gate.world.note(self.gate.process, op, "silence", 0);
        future::pending().await
    }
}

#[async_trait]
impl PaymentGateway for FaultyGateway {
    async fn charge(&self, request: &ChargeRequest) -> Result<ChargeOutcome, PortError> {
        let request = request.clone();
        let work = |inner: Arc<dyn PaymentGateway>| async move { inner.charge(&request).await };
        self.send("charge", work).await
    }

    async fn resume(&self, payment: PaymentId) -> Result<ChargeOutcome, PortError> {
        let work = move |inner: Arc<dyn PaymentGateway>| async move { inner.resume(payment).await };
        self.send("resume charge", work).await
    }

    async fn look_up(&self, payment: PaymentId) -> Result<ChargeRecord, PortError> {
        let work =
            move |inner: Arc<dyn PaymentGateway>| async move { inner.look_up(payment).await };
        self.send("look up charge", work).await
    }

    async fn void(&self, payment: PaymentId, order: OrderId) -> Result<VoidOutcome, PortError> {
        let work =
            move |inner: Arc<dyn PaymentGateway>| async move { inner.void(payment, order).await };
        self.send("void charge", work).await
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, PortError> {
        let request = request.clone();
        let work = |inner: Arc<dyn PaymentGateway>| async move { inner.refund(&request).await };
        self.send("refund", work).await
    }
}
