use super::{Answer, Draft, senseless};
use crate::adapters::postgres::anew::Anew;
use crate::adapters::postgres::convert::sku_key;
use crate::adapters::postgres::fault::Fault;
use crate::domain::inventory::StockEventKind;
use crate::domain::shared::OrderId;
use crate::ports::store::{Conflict, Restock, StockMovement};

impl Draft<'_> {
    pub(super) async fn move_stock(&mut self, movement: &StockMovement) -> Result<(), Fault> {
        match movement.kind {
            StockEventKind::Received if movement.quantity > 0 => {}
            StockEventKind::Adjusted => {}
            _ => return Err(senseless("stock is moved by hand as received or adjusted")),
        }
        let answer = sqlx::query_as!(
            Answer,
            "SELECT refusal, subject, amount, current_setting('ecicomm.shown', true) AS shown FROM move_stock($1, $2, $3, $4, $5, $6, $7, $8)",
            self.moment.clock,
            sku_key(&movement.sku),
            movement.sku.as_str(),
            movement.location.as_str(),
            kind_name(movement.kind),
            movement.quantity,
            movement.reason,
            movement.expected.map(super::super::convert::saves),
        )
        .fetch_one(&mut *self.connection)
        .await?;
        self.passed(answer)
    }

    pub(super) async fn restock(&mut self, order: OrderId, restock: &Restock) -> Result<(), Fault> {
        if !matches!(restock.kind, StockEventKind::Cancelled | StockEventKind::Returned) {
            return Err(senseless("units come back as cancelled or returned"));
        }
        let back = &restock.allocation;
        let booked = sqlx::query_scalar!(
            "SELECT current_setting('ecicomm.shown', true) FROM restock($1, $2, $3, $4, $5, $6, $7)",
            self.moment.clock,
            sku_key(&back.sku),
            back.sku.as_str(),
            back.location.as_str(),
            kind_name(restock.kind),
            i64::from(back.quantity.units()),
            order.uuid(),
        );
        let shown = booked.fetch_one(&mut *self.connection).await?;
        self.anew = Anew::told(shown.as_deref())?;
        Ok(())
    }

    pub(super) async fn expire_reservations(&mut self, order: OrderId) -> Result<(), Fault> {
        let ended = sqlx::query!(
            r#"SELECT expired AS "expired!", current_setting('ecicomm.shown', true) AS shown
            FROM settle_reservations($1, 'expired', true, now_by($2)) AS expired"#,
            order.uuid(),
            self.moment.clock,
        )
        .fetch_one(&mut *self.connection)
        .await?;
        self.anew = Anew::told(ended.shown.as_deref())?;
        if ended.expired == 0 { Err(Conflict::ReservationLost.into()) } else { Ok(()) }
    }
}

/// The name of a kind of stock event in the database.
fn kind_name(kind: StockEventKind) -> &'static str {
    match kind {
        StockEventKind::Received => "received",
        StockEventKind::Reserved => "reserved",
        StockEventKind::Released => "released",
        StockEventKind::Expired => "expired",
        StockEventKind::Committed => "committed",
        StockEventKind::Cancelled => "cancelled",
        StockEventKind::Returned => "returned",
        StockEventKind::Adjusted => "adjusted",
    }
}
