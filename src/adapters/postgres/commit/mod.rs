//! Units of work on the database.
//!
//! One step of a checkout is one statement, which is a transaction of its own; everything else is a
//! transaction, each write of which checks its condition in the statement that applies it. A unit
//! that lost a race is tried again from the start, a bounded number of times and for a bounded time.
//!
//! Never reads to decide: what a unit may do is settled by the conditions of its statements.

mod catalog;
mod consumer;
mod key;
mod mend;
mod mend_log;
mod order;
mod pricing;
mod product;
mod saga;
mod shop;
mod stock;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use product::product_rows;
pub use saga::SagaRow;

use futures_util::FutureExt as _;
use sqlx::postgres::PgConnection;

use super::anew::Anew;
use super::config::PostgresConfig;
use super::convert::Moment;
use super::fault::{Fault, conflict};
use super::session::{Sessions, Undone};
use super::turns::Turns;
use crate::domain::shared::ProductId;
use crate::ports::PortError;
use crate::ports::store::{CommitError, Conflict, Write};

/// How often a unit that loses races is tried.
const TRIES: u32 = 8;

/// How long a change of the tree may take: with many products below a category it shows them all
/// anew. And a repair, which works out anew what it mends.
const LONG_LIMIT: Duration = Duration::from_mins(1);

/// The pause after the first lost race; it doubles, and chance takes up to all of it away.
const PAUSE: Duration = Duration::from_millis(4);

/// A unit of work, and what it is applied by.
pub struct Unit {
    /// The shop.
    pub config: Arc<PostgresConfig>,
    /// When it was decided.
    pub moment: Moment,
    /// Its writes, in order.
    pub writes: Vec<Write>,
}

/// Applies a unit of work in its turn. What it showed anew.
pub async fn commit(sessions: &Sessions, turns: &Turns, unit: Unit) -> Result<Anew, CommitError> {
    let unit = Arc::new(unit);
    let turn = tokio::select! {
        biased;
        turn = turns.take(&unit.writes) => turn,
        // Those before it may be waiting for an answer that never comes.
        away = sessions.lost() => Err(away),
    };
    let _turn = turn.map_err(|fault| fault.of_write(false))?;
    // A lock that nobody lets go of is waited for once or twice, and not as often as races are lost.
    let (began, limit) = (Instant::now(), limit(&unit));
    let mut tries = 0;
    loop {
        tries += 1;
        let applied = apply(sessions, unit.clone(), tries > 1).await;
        let undone = match applied {
            Ok(anew) => return Ok(anew),
            Err(undone) => undone,
        };
        if !undone.fault.is_lost_race() || tries >= TRIES || began.elapsed() >= limit {
            return Err(undone.fault.of_write(undone.sent));
        }
        tracing::debug!(fault = %undone.fault, tries, "a unit of work lost a race");
        tokio::time::sleep(pause(tries)).await;
    }
}

/// A pause that no two losers of one race share.
fn pause(tries: u32) -> Duration {
    let mut bits = [0_u8; 2];
    // Without chance the pause is the longest, and still ends.
    let share = getrandom::fill(&mut bits).map_or(u32::MAX, |()| u16::from_le_bytes(bits).into());
    let longest = PAUSE.saturating_mul(1 << tries.min(6));
    longest.mul_f64(f64::from(share % 1_024) / 1_024.0)
}

/// Applies a unit once; `careful` after a try that lost a race.
async fn apply(sessions: &Sessions, unit: Arc<Unit>, careful: bool) -> Result<Anew, Undone> {
    let mut session = sessions.open().await.map_err(Undone::before)?;
    session.allow(extra_time(&unit.writes));
    let alone = matches!(unit.writes.as_slice(), [write] if is_one_statement(write));
    if alone {
        // The statement is its own commit.
        let applied = session.run(|connection| apply_all(connection, unit, careful).boxed()).await;
        return applied.map_err(|fault| Undone { fault, sent: true });
    }
    session.transact(|connection| apply_all(connection, unit, careful).boxed()).await
}

/// After how long a unit that loses races is not tried again.
fn limit(unit: &Unit) -> Duration {
    unit.config.statement_timeout + extra_time(&unit.writes)
}

/// How much longer than one statement a unit may take.
fn extra_time(writes: &[Write]) -> Duration {
    let is_long = |write: &Write| matches!(write, Write::SaveCategory { .. } | Write::Mend(_));
    let long = writes.iter().any(is_long);
    let each = Duration::from_millis(100);
    let each = each.saturating_mul(u32::try_from(writes.len()).unwrap_or(u32::MAX));
    if long { each + LONG_LIMIT } else { each }
}

async fn apply_all(
    connection: &mut PgConnection,
    unit: Arc<Unit>,
    careful: bool,
) -> Result<Anew, Fault> {
    let (config, moment, anew) = (&*unit.config, unit.moment, Anew::default());
    let mut draft = Draft { connection, config, moment, careful, anew };
    let mut left = unit.writes.as_slice();
    while let Some((write, behind)) = left.split_first() {
        let moved = popularity(left);
        if moved.is_empty() {
            draft.apply(write).await?;
            left = behind;
        } else {
            left = &left[moved.len()..];
            draft.add_popularity(&moved).await?;
        }
    }
    Ok(draft.anew)
}

/// The popularity that the first writes move, which are one statement together.
fn popularity(writes: &[Write]) -> Vec<(ProductId, i64)> {
    let moved = writes.iter().map_while(|write| match write {
        Write::AddPopularity { product, units } => Some((*product, *units)),
        _ => None,
    });
    moved.collect()
}

/// Whether a write is one statement, which commits by itself.
fn is_one_statement(write: &Write) -> bool {
    use Write as W;
    matches!(
        write,
        W::PlaceOrder(_)
            | W::StepSaga(_)
            | W::ConfirmOrder(_)
            | W::CompensateOrder(_)
            | W::SaveProduct { .. }
            | W::AddPopularity { .. }
            | W::MoveStock(_)
            | W::FinishKey { .. }
    )
}

/// A unit of work that is being applied.
struct Draft<'a> {
    connection: &'a mut PgConnection,
    config: &'a PostgresConfig,
    moment: Moment,
    /// Whether to look for what is refused seldom, before it is met.
    careful: bool,
    /// What its writes showed anew so far.
    anew: Anew,
}

impl Draft<'_> {
    /// Passes where the write was applied, and keeps what it showed anew.
    fn passed(&mut self, answer: Answer) -> Result<(), Fault> {
        if let Some(refusal) = answer.refusal {
            let subject = answer.subject.unwrap_or_default();
            return Err(conflict(&refusal, &subject, answer.amount.unwrap_or(0))?.into());
        }
        self.anew = Anew::told(answer.shown.as_deref())?;
        Ok(())
    }

    async fn apply(&mut self, write: &Write) -> Result<(), Fault> {
        use Write as W;
        if shows_rules(write) {
            self.anew = Anew::All;
        }
        match write {
            W::SaveProduct { product, expected } => self.save_product(product, *expected).await,
            W::AddPopularity { product, units } => self.add_popularity(&[(*product, *units)]).await,
            W::SaveCategory { category, expected } => self.save_category(category, *expected).await,
            W::DeleteCategory { id, expected } => self.delete_category(*id, *expected).await,
            W::SavePromotion { promotion, expected } => {
                self.save_promotion(promotion, *expected).await
            }
            W::DeletePromotion { id, expected } => self.delete_promotion(*id, *expected).await,
            W::SaveTaxRate { tax_rate, expected } => self.save_tax_rate(tax_rate, *expected).await,
            W::DeleteTaxRate { id, expected } => self.delete_tax_rate(*id, *expected).await,
            W::SaveShippingMethod { method, expected } => self.save_method(method, *expected).await,
            W::DeleteShippingMethod { id, expected } => self.delete_method(*id, *expected).await,
            W::MoveStock(movement) => self.move_stock(movement).await,
            W::PlaceOrder(placing) => self.place_order(placing).await,
            W::StepSaga(step) => self.step_saga(step, None).await,
            W::ConfirmOrder(step) => self.step_saga(step, Some("commit")).await,
            W::CompensateOrder(step) => self.step_saga(step, Some("release")).await,
            W::UpdateOrder(update) => self.update_order(update).await,
            W::ExpireReservations { order } => self.expire_reservations(*order).await,
            W::FinishKey { claim, outcome } => self.finish_key(claim, outcome).await,
            W::PruneKeys { most } => self.prune_keys(*most).await,
            W::AdvanceConsumer { consumer, from, to, park } => {
                self.advance_consumer(consumer, (*from, *to), park).await
            }
            W::SettleParked { consumer, position, outcome } => {
                self.settle_parked(consumer, *position, outcome).await
            }
            W::SaveStaff { member, expected } => self.save_staff(member, *expected).await,
            W::SaveImport { report, expected } => self.save_import(report, *expected).await,
            W::PutSecret { name, value } => self.put_secret(name, value).await,
            W::Mend(repair) => self.mend(repair).await,
        }
    }
}

/// Whether a write changes rules of prices, which carts are shown by.
fn shows_rules(write: &Write) -> bool {
    use Write as W;
    matches!(
        write,
        W::SavePromotion { .. }
            | W::DeletePromotion { .. }
            | W::SaveTaxRate { .. }
            | W::DeleteTaxRate { .. }
            | W::SaveShippingMethod { .. }
            | W::DeleteShippingMethod { .. }
    )
}

/// What a function of `migrations/` answers: nothing where it applied the write.
struct Answer {
    refusal: Option<String>,
    subject: Option<String>,
    amount: Option<i64>,
    /// What the transaction showed anew so far.
    shown: Option<String>,
}

/// Passes where something was written: what was kept has the version that the write was decided on.
fn unchanged(what: &'static str, rows: u64) -> Result<(), Fault> {
    if rows == 0 { Err(Conflict::Stale(what).into()) } else { Ok(()) }
}

/// A write that no use case can have meant.
fn senseless(what: &'static str) -> Fault {
    PortError::internal(what).into()
}
