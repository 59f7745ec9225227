use super::OrderService;
use super::update::refused;
use crate::app::{Answered, AppError, FieldError};
use crate::domain::inventory::StockEventKind;
use crate::domain::order::{
    Note, Order, OrderChange, OrderError, OrderEvent, OrderLine, Saga, UnitsOf,
};
use crate::domain::shared::{
    Allocation, Money, OrderId, PaymentId, Quantity, RefundId, ReturnId, ShipmentId, Sku, Timestamp,
};
use crate::ports::idempotency::KeyClaim;
use crate::ports::store::{OrderUpdate, Restock};

/// Units of SKUs, as a request names them.
pub type UnitsBySku = Vec<(Sku, Quantity)>;

impl OrderService {
    /// Calls the whole order off before anything of it was sent: its units and its uses of
    /// promotions come back at once, its money as soon as the provider pays it back.
    pub async fn cancel(
        &self,
        id: OrderId,
        reason: String,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        self.update(id, key, |order, now| {
            let refund = RefundId::new(self.ports.ids.next());
            let change = order.cancel(reason.clone(), refund, now).map_err(refused)?;
            let stock = order.placed().lines.iter().flat_map(|line| line.stock.clone());
            let restock = stock
                .map(|allocation| Restock { allocation, kind: StockEventKind::Cancelled })
                .collect();
            Ok(OrderUpdate { restock, give_back_uses: true, ..with_refunds(change, now) })
        })
        .await
    }

    /// Hands units to a carrier: those named, or all that are left.
    pub async fn ship(
        &self,
        id: OrderId,
        units: Option<UnitsBySku>,
        (carrier, tracking): (Option<String>, Option<String>),
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        self.update(id, key, |order, now| {
            let units = units.as_ref().map(|units| by_line(order, units)).transpose()?;
            let shipment = ShipmentId::new(self.ports.ids.next());
            let sent_by = (carrier.clone(), tracking.clone());
            plain(order.ship(shipment, units.as_deref(), sent_by, now))
        })
        .await
    }

    /// A shipment arrived.
    pub async fn deliver(
        &self,
        id: OrderId,
        shipment: ShipmentId,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        self.update(id, key, |order, now| plain(order.deliver(shipment, now))).await
    }

    /// The buyer sends units back: those named, or all that were shipped.
    pub async fn request_return(
        &self,
        id: OrderId,
        reason: String,
        units: Option<UnitsBySku>,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        self.update(id, key, |order, now| {
            let units = units.as_ref().map(|units| by_line(order, units)).transpose()?;
            let asked = ReturnId::new(self.ports.ids.next());
            plain(order.request_return(asked, units.as_deref(), reason.clone(), now))
        })
        .await
    }

    /// A return arrived: its units go back on sale unless told not to, and what they are worth goes
    /// back to the buyer.
    pub async fn receive_return(
        &self,
        id: OrderId,
        asked: ReturnId,
        restock: bool,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        self.update(id, key, |order, now| {
            let refund = RefundId::new(self.ports.ids.next());
            let change = order.receive_return(asked, restock, refund, now).map_err(refused)?;
            let units = order.returns().iter().find(|found| found.id == asked);
            let units = units.filter(|_| restock).map(|found| found.units.as_slice());
            let restock = restocked(order, units.unwrap_or_default());
            Ok(OrderUpdate { restock, ..with_refunds(change, now) })
        })
        .await
    }

    /// Staff pay money back.
    pub async fn refund(
        &self,
        id: OrderId,
        amount: Money,
        reason: Option<String>,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        self.update(id, key, |order, now| {
            let refund = RefundId::new(self.ports.ids.next());
            let change = order.request_refund(refund, amount, reason.clone(), now);
            Ok(with_refunds(change.map_err(refused)?, now))
        })
        .await
    }

    /// Staff say that an invoice was paid.
    pub async fn capture_invoice(
        &self,
        id: OrderId,
        payment: PaymentId,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        self.update(id, key, |order, now| plain(order.capture_invoice(payment, now))).await
    }

    /// Staff say that an invoice will never be paid.
    pub async fn void_invoice(
        &self,
        id: OrderId,
        payment: PaymentId,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        self.update(id, key, |order, now| plain(order.void_invoice(payment, now))).await
    }

    /// Staff write something down.
    pub async fn note(
        &self,
        id: OrderId,
        text: String,
        author: String,
        key: KeyClaim,
    ) -> Result<Answered, AppError> {
        self.update(id, key, |order, at| {
            plain(order.note(Note { text: text.clone(), author: author.clone(), at }))
        })
        .await
    }
}

fn plain(change: Result<OrderChange, OrderError>) -> Result<OrderUpdate, AppError> {
    let change = change.map_err(refused)?;
    Ok(OrderUpdate { change, restock: Vec::new(), give_back_uses: false, sagas: Vec::new() })
}

/// A change with a saga for every refund that it agrees to.
pub(super) fn with_refunds(change: OrderChange, now: Timestamp) -> OrderUpdate {
    let order = change.order.id();
    let sagas = change.events.iter().filter_map(|event| match event {
        OrderEvent::RefundRequested(refund) | OrderEvent::RefundReplaced(_, refund) => {
            Some(Saga::refund(order, refund.id, now))
        }
        _ => None,
    });
    let sagas = sagas.collect();
    OrderUpdate { change, restock: Vec::new(), give_back_uses: false, sagas }
}

fn by_line(order: &Order, units: &[(Sku, Quantity)]) -> Result<Vec<UnitsOf>, AppError> {
    let line_of = |sku: &Sku| order.placed().lines.iter().find(|line| line.sku == *sku);
    units
        .iter()
        .enumerate()
        .map(|(index, (sku, quantity))| {
            let line = line_of(sku).ok_or_else(|| {
                let detail = format!("The order has no line with the SKU {sku}.");
                AppError::Unknown(vec![FieldError::new(format!("/lines/{index}/sku"), detail)])
            })?;
            Ok(UnitsOf { line: line.id, quantity: *quantity })
        })
        .collect()
}

/// The stock that units of lines came from, first location first.
fn restocked(order: &Order, units: &[UnitsOf]) -> Vec<Restock> {
    let mut restock = Vec::new();
    for part in units {
        let Some((line, progress)) = order.line(part.line) else { continue };
        let before = progress.returned;
        for allocation in share_of(line, before, part.quantity.units()) {
            restock.push(Restock { allocation, kind: StockEventKind::Returned });
        }
    }
    restock
}

/// What `units` of a line took from stock, passing over what the first `before` units took.
fn share_of(line: &OrderLine, before: u32, units: u32) -> Vec<Allocation> {
    let mut skus: Vec<&Sku> = Vec::new();
    for allocation in &line.stock {
        if !skus.contains(&&allocation.sku) {
            skus.push(&allocation.sku);
        }
    }
    let mut share = Vec::new();
    for sku in skus {
        let taken = line.stock.iter().filter(|allocation| allocation.sku == *sku);
        let total: u32 = taken.clone().map(|allocation| allocation.quantity.units()).sum();
        let per_unit = total / line.quantity.units();
        let (mut skip, mut wanted) =
            (before.saturating_mul(per_unit), units.saturating_mul(per_unit));
        for allocation in taken {
            let here = allocation.quantity.units();
            let usable = here.saturating_sub(skip);
            skip = skip.saturating_sub(here);
            let part = usable.min(wanted);
            wanted = wanted.saturating_sub(part);
            if let Ok(quantity) = Quantity::try_new(i64::from(part)) {
                share.push(Allocation { quantity, ..allocation.clone() });
            }
        }
    }
    share
}
