//! What is kept beside the events is made what these tell: the functions of the migrations `mend`
//! and `doctor`.

use uuid::Uuid;

use super::saga::SagaRow;
use super::{Answer, Draft, senseless, unchanged};
use crate::adapters::postgres::convert::{number, saves, sku_key, time};
use crate::adapters::postgres::fault::Fault;
use crate::domain::inventory::{ReservationState, StockItem};
use crate::domain::order::{Order, PromotionUse, Saga};
use crate::domain::shared::{
    CartId, CategoryId, CustomerId, Location, OrderId, ProductId, PromotionId, Sku, Version,
};
use crate::ports::idempotency::{KeyId, Outcome};
use crate::ports::store::Conflict;
use crate::ports::upkeep::{OrderRow, Repair};

/// Runs a function that mends.
macro_rules! mended {
    ($draft:expr, $function:literal, $($argument:expr),* $(,)?) => {{
        let answer = sqlx::query_as!(
            Answer,
            "SELECT refusal, subject, amount, current_setting('ecicomm.shown', true) AS shown FROM "
                + $function,
            $($argument),*
        )
        .fetch_one(&mut *$draft.connection)
        .await?;
        $draft.passed(answer)
    }};
}

impl Draft<'_> {
    pub(super) async fn mend(&mut self, repair: &Repair) -> Result<(), Fault> {
        // It works out anew what it mends, from however many events that takes.
        self.allow_long().await?;
        match repair {
            Repair::Stock { found, told } => self.mend_stock(found.as_ref(), told).await,
            Repair::Reservation { order, sku, location, found, told } => {
                self.mend_reservation(*order, (sku, location), *found, *told).await
            }
            Repair::Settle { order, version, end } => {
                self.settle_over(*order, *version, *end).await
            }
            Repair::Order { found, told } => self.mend_order(found, told).await,
            Repair::Uses { promotion, customer_key, found, told } => {
                self.mend_uses(*promotion, customer_key.as_deref(), *found, *told).await
            }
            Repair::Sold { product, found, told, as_of } => {
                self.mend_sold(*product, (*found, *told), *as_of).await
            }
            Repair::Saga { told } => self.mend_saga(told).await,
            Repair::Head { found, told } => self.mend_head(*found, *told).await,
            Repair::Events { lost } => self.mend_events(lost).await,
            Repair::Lease { of } => self.end_lease(of).await,
            Repair::Unshown { product } => self.show_unshown(*product).await,
            Repair::View { product, found } => self.mend_view(product, *found).await,
            Repair::Category { id, .. } => self.mend_category(*id).await,
            Repair::Key { id, order, outcome } => self.mend_key(id, *order, outcome).await,
        }
    }

    async fn mend_stock(
        &mut self,
        found: Option<&StockItem>,
        told: &StockItem,
    ) -> Result<(), Fault> {
        mended!(
            self,
            "mend_stock($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            self.moment.clock,
            sku_key(told.sku()),
            told.sku().as_str(),
            told.location().as_str(),
            found.map(StockItem::on_hand),
            found.map(StockItem::reserved),
            found.map(|found| saves(found.version())),
            told.on_hand(),
            told.reserved(),
            saves(told.version()),
        )
    }

    async fn mend_reservation(
        &mut self,
        order: OrderId,
        (sku, location): (&Sku, &Location),
        found: ReservationState,
        told: ReservationState,
    ) -> Result<(), Fault> {
        mended!(
            self,
            "mend_reservation($1, $2, $3, $4, $5)",
            order.uuid(),
            sku_key(sku),
            location.as_str(),
            found.as_str(),
            told.as_str(),
        )
    }

    async fn settle_over(
        &mut self,
        order: OrderId,
        version: Version,
        end: ReservationState,
    ) -> Result<(), Fault> {
        if !matches!(end, ReservationState::Committed | ReservationState::Released) {
            return Err(senseless("what an order holds ends as committed or released"));
        }
        mended!(
            self,
            "settle_over($1, $2, $3, $4)",
            self.moment.clock,
            order.uuid(),
            saves(version),
            end.as_str(),
        )
    }

    async fn mend_order(&mut self, found: &OrderRow, told: &Order) -> Result<(), Fault> {
        let row = OrderRow::of(told);
        if !found.is_placed_as(&row) {
            self.mend_placed(found, &row, told.id()).await?;
            if found.clone().placed_as(&row) == row {
                return Ok(());
            }
        }
        let (found_promotions, found_customers) = columns(&found.uses);
        let (promotions, customers) = columns(&row.uses);
        mended!(
            self,
            "mend_found_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            told.id().uuid(),
            saves(found.version),
            found.status,
            found.phase,
            found.cart.map(CartId::uuid),
            &found_promotions,
            &found_customers as &[&str],
            saves(row.version),
            row.status,
            row.phase,
            row.cart.map(CartId::uuid),
            &promotions,
            &customers as &[&str],
        )
    }

    /// What an order is found by that its first event told for good, so that nothing but what is
    /// kept can have moved.
    async fn mend_placed(
        &mut self,
        found: &OrderRow,
        told: &OrderRow,
        order: OrderId,
    ) -> Result<(), Fault> {
        let mended = sqlx::query!(
            "UPDATE orders SET number = $6, email = $7, customer = $8, placed_at = $9
             WHERE id = $1 AND number = $2 AND email = $3 AND customer IS NOT DISTINCT FROM $4
                 AND placed_at = $5",
            order.uuid(),
            found.number,
            found.email.0,
            found.customer.map(CustomerId::uuid),
            time(found.placed_at),
            told.number,
            told.email.0,
            told.customer.map(CustomerId::uuid),
            time(told.placed_at),
        )
        .execute(&mut *self.connection)
        .await?;
        unchanged("order", mended.rows_affected())
    }

    async fn mend_saga(&mut self, told: &Saga) -> Result<(), Fault> {
        let row = SagaRow::of(told)?;
        mended!(
            self,
            "mend_saga($1, $2, $3, $4, $5, $6, $7)",
            row.kind,
            row.order,
            row.refund,
            row.version,
            row.due,
            row.over,
            row.open,
        )
    }

    async fn mend_uses(
        &mut self,
        promotion: PromotionId,
        customer_key: Option<&str>,
        found: u32,
        told: u32,
    ) -> Result<(), Fault> {
        mended!(
            self,
            "mend_uses($1, $2, $3, $4)",
            promotion.uuid(),
            customer_key,
            i64::from(found),
            i64::from(told),
        )
    }

    async fn mend_sold(
        &mut self,
        product: ProductId,
        (found, told): (u64, u64),
        as_of: u64,
    ) -> Result<(), Fault> {
        mended!(
            self,
            "mend_sold($1, $2, $3, $4, $5)",
            self.moment.clock,
            product.uuid(),
            number(found),
            number(told),
            number(as_of),
        )
    }

    /// Shows a product of which it was not kept how. Whoever moves stock shows what hangs on it,
    /// and finds the product only once this is committed; so its stock is locked first.
    async fn show_unshown(&mut self, product: ProductId) -> Result<(), Fault> {
        let stock = sqlx::query_scalar!(
            "SELECT sku_key FROM stock
             WHERE sku_key IN (
                 SELECT v.sku_key FROM variants v WHERE v.product = $1
                 UNION ALL
                 SELECT b.part FROM variants v JOIN bundle_parts b ON b.bundle = v.sku_key
                 WHERE v.product = $1
             )
             ORDER BY sku_key, location FOR UPDATE",
            product.uuid(),
        );
        stock.fetch_all(&mut *self.connection).await?;
        let begun = sqlx::query!(
            "INSERT INTO product_views (product, version, bands, sold)
             SELECT id, 0, '{}', 0 FROM products WHERE id = $1
             ON CONFLICT (product) DO NOTHING",
            product.uuid(),
        )
        .execute(&mut *self.connection)
        .await?;
        unchanged("product", begun.rows_affected())?;
        let answer = sqlx::query_as!(
            Answer,
            "SELECT NULL::text AS refusal, NULL::text AS subject, NULL::bigint AS amount,
                current_setting('ecicomm.shown', true) AS shown
             FROM show_product($1, true, now_by($2))",
            product.uuid(),
            self.moment.clock,
        )
        .fetch_one(&mut *self.connection)
        .await?;
        self.passed(answer)
    }

    async fn mend_category(&mut self, id: CategoryId) -> Result<(), Fault> {
        mended!(self, "mend_category($1, $2)", self.moment.clock, id.uuid())
    }

    async fn mend_key(
        &mut self,
        id: &KeyId,
        order: OrderId,
        outcome: &Outcome,
    ) -> Result<(), Fault> {
        let told = sqlx::query!(
            "UPDATE idempotency_keys SET record = $4::text::jsonb, order_id = NULL
             WHERE principal = $1 AND key = $2 AND order_id = $3",
            id.principal,
            id.key,
            order.uuid(),
            self.outcome_json(outcome)?,
        )
        .execute(&mut *self.connection)
        .await?;
        if told.rows_affected() == 0 { Err(Conflict::Stale("key").into()) } else { Ok(()) }
    }
}

/// Uses of promotions, column by column.
fn columns(uses: &[PromotionUse]) -> (Vec<Uuid>, Vec<&str>) {
    uses.iter().map(|used| (used.promotion.uuid(), used.customer_key.as_str())).unzip()
}
