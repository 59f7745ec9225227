use super::{
    LineProgress, Note, Order, OrderChange, OrderError, OrderEvent, OrderLine, Payment, Phase,
    Refund, RefundState, Return, Shipment, UnitsOf,
};
use crate::domain::shared::{LineId, Money, Quantity, RefundId, ReturnId, ShipmentId, Timestamp};

/// Sending, arriving and coming back.
impl Order {
    /// Hands units to a carrier: those asked for, or all that are left. Nothing is sent once its
    /// payment will never happen; an invoice that waits may be.
    pub fn ship(
        &self,
        id: ShipmentId,
        asked: Option<&[UnitsOf]>,
        (carrier, tracking): (Option<String>, Option<String>),
        at: Timestamp,
    ) -> Result<OrderChange, OrderError> {
        let payable = self.payments().iter().any(Payment::is_open);
        if self.phase() != Phase::Confirmed
            || !payable
            || self.shipments().len() >= Self::MAX_ENTRIES
        {
            return self.refuse("shipped");
        }
        let units = self.choose(asked, "shipped", OrderLine::unshipped)?;
        let shipment =
            Shipment { id, units, carrier, tracking, shipped_at: at, delivered_at: None };
        Ok(self.then(vec![OrderEvent::Shipped(shipment)]))
    }

    /// A shipment arrived.
    pub fn deliver(&self, id: ShipmentId, at: Timestamp) -> Result<OrderChange, OrderError> {
        let shipment = self.shipments().iter().find(|shipment| shipment.id == id);
        if shipment.ok_or(OrderError::NoSuch("shipment"))?.delivered_at.is_some() {
            return self.refuse("delivered");
        }
        Ok(self.then(vec![OrderEvent::Delivered(id, at)]))
    }

    /// The buyer sends units back: those asked for, or all that were shipped.
    pub fn request_return(
        &self,
        id: ReturnId,
        asked: Option<&[UnitsOf]>,
        reason: String,
        at: Timestamp,
    ) -> Result<OrderChange, OrderError> {
        if self.phase() != Phase::Confirmed || self.shipments().is_empty() {
            return self.refuse("returned");
        }
        if self.returns().len() >= Self::MAX_ENTRIES {
            return self.refuse("returned");
        }
        let left = |_: &OrderLine, progress: &LineProgress| {
            progress.shipped.saturating_sub(progress.returning)
        };
        let units = self.choose(asked, "returned", left)?;
        let asked =
            Return { id, units, reason, requested_at: at, received_at: None, restocked: false };
        Ok(self.then(vec![OrderEvent::ReturnRequested(asked)]))
    }

    /// A return arrived. What its units are worth goes back under `refund`, as far as it was paid.
    pub fn receive_return(
        &self,
        id: ReturnId,
        restock: bool,
        refund: RefundId,
        at: Timestamp,
    ) -> Result<OrderChange, OrderError> {
        let found = self.returns().iter().find(|asked| asked.id == id);
        let found = found.ok_or(OrderError::NoSuch("return"))?;
        if found.received_at.is_some() {
            return self.refuse("received");
        }
        let mut events = vec![OrderEvent::ReturnReceived(id, restock, at)];
        let worth = self.worth_of(&found.units);
        let payment = self.payments().iter().find(|payment| !self.refundable(payment).is_zero());
        if let Some(payment) = payment {
            let left = self.refundable(payment);
            let amount = Money::new(worth.amount().min(left.amount()), left.currency());
            if !amount.is_zero() {
                events.push(OrderEvent::RefundRequested(Refund {
                    id: refund,
                    payment: payment.id,
                    amount,
                    reason: Some("return received".to_owned()),
                    state: RefundState::Pending,
                    requested_at: at,
                }));
            }
        }
        Ok(self.then(events))
    }

    /// Staff write something down.
    pub fn note(&self, note: Note) -> Result<OrderChange, OrderError> {
        if self.notes().len() >= Self::MAX_ENTRIES {
            return self.refuse("noted");
        }
        Ok(self.then(vec![OrderEvent::Noted(note)]))
    }

    /// What units that come back are worth: their shares of the lines' totals and taxes.
    fn worth_of(&self, units: &[UnitsOf]) -> Money {
        let amount = units.iter().fold(0_i64, |sum, part| {
            let value = self.line(part.line).and_then(|(line, progress)| {
                line.value_of(progress.returned, part.quantity.units())
            });
            sum.saturating_add(value.map_or(0, Money::amount))
        });
        Money::new(amount, self.placed().currency)
    }

    /// The units asked for, summed per line and checked against what `left` allows; or all of it.
    fn choose(
        &self,
        asked: Option<&[UnitsOf]>,
        action: &'static str,
        left: impl Fn(&OrderLine, &LineProgress) -> u32,
    ) -> Result<Vec<UnitsOf>, OrderError> {
        let mut chosen: Vec<UnitsOf> = Vec::new();
        let Some(asked) = asked else {
            let all = self.lines().filter_map(|(line, progress)| {
                let quantity = Quantity::try_new(i64::from(left(line, progress))).ok()?;
                Some(UnitsOf { line: line.id, quantity })
            });
            chosen.extend(all);
            return if chosen.is_empty() { self.refuse(action) } else { Ok(chosen) };
        };
        for part in asked {
            let before = units_in(&chosen, part.line);
            let (line, progress) = self.line(part.line).ok_or(OrderError::NoSuch("line"))?;
            let available = left(line, progress).saturating_sub(before);
            if part.quantity.units() > available {
                return Err(OrderError::TooManyUnits {
                    sku: line.sku.as_str().to_owned(),
                    left: available,
                    action,
                });
            }
            match chosen.iter_mut().find(|known| known.line == part.line) {
                Some(known) => {
                    known.quantity = known
                        .quantity
                        .plus(part.quantity)
                        .map_err(|_| OrderError::NoSuch("line"))?;
                }
                None => chosen.push(*part),
            }
        }
        if chosen.is_empty() {
            return Err(OrderError::Nothing(action));
        }
        Ok(chosen)
    }
}

fn units_in(chosen: &[UnitsOf], line: LineId) -> u32 {
    chosen.iter().find(|part| part.line == line).map_or(0, |part| part.quantity.units())
}
