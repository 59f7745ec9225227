use super::{Draft, senseless, unchanged};
use crate::domain::inventory::{
    Reservation, ReservationState, StockError, StockEvent, StockEventKind, StockItem,
};
use crate::domain::shared::{OrderId, StockPolicy};
use crate::ports::events::{Aggregate, EventBody};
use crate::ports::store::{CommitError, Conflict, Restock, StockMovement};

impl Draft<'_> {
    pub(super) fn move_stock(&mut self, movement: StockMovement) -> Result<(), CommitError> {
        match movement.kind {
            StockEventKind::Received if movement.quantity > 0 => {}
            StockEventKind::Adjusted => {}
            _ => return Err(senseless("stock is moved by hand as received or adjusted")),
        }
        let Some(owner) = self.state.catalog.skus.get(&movement.sku).copied() else {
            return Err(Conflict::NoStock(movement.sku).into());
        };
        let item = self.state.stock.item(&movement.sku, &movement.location).cloned();
        let known = item.is_some();
        let item = item.unwrap_or_else(|| {
            StockItem::new(movement.sku.clone(), movement.location.clone(), owner.policy)
        });
        if movement.expected.is_some() {
            unchanged("stock", Some(item.version()), movement.expected)?;
        }
        if !known {
            self.state.stock.add_item(item, &self.config.location);
        }
        let event = StockEvent {
            sku: movement.sku,
            location: movement.location,
            kind: movement.kind,
            quantity: movement.quantity,
            order: None,
            reason: movement.reason,
            at: self.at(),
        };
        Ok(self.book(event)?)
    }

    /// Books an event on figures, ledger and log. The location must know the SKU.
    fn book(&mut self, event: StockEvent) -> Result<(), Conflict> {
        match self.state.stock.book(&event) {
            Some(Ok(())) => {}
            Some(Err(StockError::OutOfStock { sku, available })) => {
                return Err(Conflict::OutOfStock { sku, available });
            }
            Some(Err(StockError::BelowZero { sku, .. })) => {
                return Err(Conflict::BelowZero { sku });
            }
            None => return Err(Conflict::NoStock(event.sku)),
        }
        self.moved.insert(event.sku.clone());
        let aggregate = Aggregate::Stock(event.sku.clone(), event.location.clone());
        self.emit(aggregate, EventBody::Stock(event));
        Ok(())
    }

    /// Holds stock for an order: summed per SKU and location, all or nothing.
    pub(super) fn reserve(
        &mut self,
        order: OrderId,
        asked: Vec<Reservation>,
    ) -> Result<(), Conflict> {
        let mut summed: Vec<Reservation> = Vec::new();
        for reservation in asked {
            let same = |known: &&mut Reservation| {
                known.sku == reservation.sku && known.location == reservation.location
            };
            match summed.iter_mut().find(same) {
                Some(known) => match known.quantity.plus(reservation.quantity) {
                    Ok(sum) => known.quantity = sum,
                    Err(_) => return Err(self.short_of(&reservation)),
                },
                None => summed.push(reservation),
            }
        }
        for reservation in &mut summed {
            let sold = self.state.catalog.skus.contains_key(&reservation.sku);
            if !sold || self.state.stock.item(&reservation.sku, &reservation.location).is_none() {
                return Err(Conflict::OutOfStock { sku: reservation.sku.clone(), available: 0 });
            }
            reservation.state = ReservationState::Held;
            self.book(self.event_of(reservation, StockEventKind::Reserved))?;
        }
        self.state.stock.put_reservations(order, summed);
        Ok(())
    }

    fn short_of(&self, reservation: &Reservation) -> Conflict {
        let item = self.state.stock.item(&reservation.sku, &reservation.location);
        let available = item.map_or(0, StockItem::available);
        Conflict::OutOfStock { sku: reservation.sku.clone(), available }
    }

    /// Turns every reservation of an order into a sale.
    pub(super) fn commit_reservations(&mut self, order: OrderId) -> Result<(), Conflict> {
        let reservations = self.reservations(order);
        if reservations.iter().any(|kept| kept.state != ReservationState::Held) {
            return Err(Conflict::ReservationLost);
        }
        let all = |_: &Reservation| true;
        self.settle(order, reservations, ReservationState::Committed, all)
    }

    /// Lets go of what an order still holds.
    pub(super) fn release_reservations(&mut self, order: OrderId) -> Result<(), Conflict> {
        let held = |kept: &Reservation| kept.state == ReservationState::Held;
        self.settle(order, self.reservations(order), ReservationState::Released, held)
    }

    /// Ends what an order still holds, of which there must be some.
    pub(super) fn end_held(
        &mut self,
        order: OrderId,
        end: ReservationState,
    ) -> Result<(), Conflict> {
        let held = |kept: &Reservation| kept.state == ReservationState::Held;
        let reservations = self.reservations(order);
        if !reservations.iter().any(held) {
            return Err(Conflict::ReservationLost);
        }
        self.settle(order, reservations, end, held)
    }

    pub(super) fn expire_reservations(&mut self, order: OrderId) -> Result<(), Conflict> {
        let now = self.at();
        let overdue =
            |kept: &Reservation| kept.state == ReservationState::Held && kept.held_until <= now;
        let reservations = self.reservations(order);
        if !reservations.iter().any(overdue) {
            return Err(Conflict::ReservationLost);
        }
        self.settle(order, reservations, ReservationState::Expired, overdue)
    }

    fn reservations(&self, order: OrderId) -> Vec<Reservation> {
        self.state.stock.reservations.get(&order).cloned().unwrap_or_default()
    }

    /// Ends those reservations that `which` says, and books it.
    fn settle(
        &mut self,
        order: OrderId,
        mut reservations: Vec<Reservation>,
        end: ReservationState,
        which: impl Fn(&Reservation) -> bool,
    ) -> Result<(), Conflict> {
        let kind = match end {
            ReservationState::Held => StockEventKind::Reserved,
            ReservationState::Committed => StockEventKind::Committed,
            ReservationState::Released => StockEventKind::Released,
            ReservationState::Expired => StockEventKind::Expired,
        };
        let mut ended = false;
        for reservation in reservations.iter_mut().filter(|kept| which(kept)) {
            self.book(self.event_of(reservation, kind))?;
            reservation.state = end;
            ended = true;
        }
        if ended {
            self.state.stock.put_reservations(order, reservations);
        }
        Ok(())
    }

    fn event_of(&self, reservation: &Reservation, kind: StockEventKind) -> StockEvent {
        StockEvent {
            sku: reservation.sku.clone(),
            location: reservation.location.clone(),
            kind,
            quantity: i64::from(reservation.quantity.units()),
            order: Some(reservation.order),
            reason: None,
            at: self.at(),
        }
    }

    /// Brings units back on hand, also of a SKU that nobody sells any more.
    pub(super) fn restock(&mut self, order: OrderId, restock: Restock) -> Result<(), CommitError> {
        if !matches!(restock.kind, StockEventKind::Cancelled | StockEventKind::Returned) {
            return Err(senseless("units come back as cancelled or returned"));
        }
        let (sku, location) = (restock.allocation.sku, restock.allocation.location);
        if self.state.stock.item(&sku, &location).is_none() {
            let owner = self.state.catalog.skus.get(&sku);
            let policy = owner.map_or(StockPolicy::Tracked, |owner| owner.policy);
            let item = StockItem::new(sku.clone(), location.clone(), policy);
            self.state.stock.add_item(item, &self.config.location);
        }
        let event = StockEvent {
            sku,
            location,
            kind: restock.kind,
            quantity: i64::from(restock.allocation.quantity.units()),
            order: Some(order),
            reason: None,
            at: self.at(),
        };
        Ok(self.book(event)?)
    }
}
