use chrono::{DateTime, Utc};

use super::saga::SagaRow;
use super::{Answer, Draft, senseless};
use crate::adapters::postgres::convert::{json, retention, saves, sku_key, time};
use crate::adapters::postgres::fault::Fault;
use crate::domain::inventory::Reservation;
use crate::domain::order::{OrderChange, OrderEvent, Phase};
use crate::domain::shared::{CartId, CustomerId, Version};
use crate::ports::PortError;
use crate::ports::store::{OrderUpdate, PlaceOrder, UseToTake};

impl Draft<'_> {
    pub(super) async fn place_order(&mut self, placing: &PlaceOrder) -> Result<(), Fault> {
        let change = ChangeRow::of(&placing.change)?;
        if change.expected.is_some() {
            return Err(senseless("an order that is placed is a new one"));
        }
        let placed = placing.change.order.placed();
        let held = Held::of(&placing.reservations);
        let uses = Uses::of(&placing.uses);
        let saga = SagaRow::of(&placing.saga)?;
        let key = placing.key.as_ref();
        let answer = sqlx::query_as!(
            Answer,
            "SELECT refusal, subject, amount, current_setting('ecicomm.shown', true) AS shown FROM place_order(
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::text[]::jsonb[],
                $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31,
                $32, $33, $34::text::jsonb, $35, $36, $37
             )",
            self.careful,
            self.moment.clock,
            self.moment.at,
            retention(),
            placed.id.uuid(),
            change.version,
            placed.number.as_str(),
            placed.cart.map(CartId::uuid),
            placed.customer.map(CustomerId::uuid),
            placed.email.normalised(),
            change.status,
            change.phase,
            time(placed.at),
            &change.kinds as &[&str],
            &change.bodies,
            &held.keys,
            &held.locations as &[&str],
            &held.written as &[&str],
            &held.quantities,
            &held.until,
            &uses.promotions,
            &uses.customers as &[&str],
            &uses.total_limits as &[Option<i64>],
            &uses.customer_limits as &[Option<i64>],
            saga.kind,
            saga.order,
            saga.refund,
            saga.version,
            saga.due,
            saga.owner,
            saga.until,
            saga.over,
            saga.open,
            saga.json,
            key.map(|claim| claim.id.principal.as_str()),
            key.map(|claim| claim.id.key.as_str()),
            key.map(|claim| claim.fingerprint.as_slice()),
        )
        .fetch_one(&mut *self.connection)
        .await?;
        self.passed(answer)
    }

    pub(super) async fn update_order(&mut self, update: &OrderUpdate) -> Result<(), Fault> {
        let order = update.change.order.id();
        let change = ChangeRow::of(&update.change)?;
        let Some(expected) = change.expected else {
            return Err(senseless("an order that stands has a version"));
        };
        let changed = sqlx::query!(
            "SELECT change_order($1, $2, $3, $4, $5, $6::text[]::jsonb[], now_by($7))",
            order.uuid(),
            expected,
            change.status,
            change.phase,
            &change.kinds as &[&str],
            &change.bodies,
            self.moment.clock,
        );
        changed.fetch_one(&mut *self.connection).await?;
        // As when they are taken: uses are locked before stock.
        if update.give_back_uses {
            let given = sqlx::query!("SELECT give_back_uses($1)", order.uuid());
            given.fetch_one(&mut *self.connection).await?;
        }
        // The first locks the stock of all, in the order that everyone does.
        for restock in &update.restock {
            self.restock(order, restock).await?;
        }
        for saga in &update.sagas {
            self.begin_saga(saga).await?;
        }
        Ok(())
    }
}

/// What happens to an order, as the database takes it.
pub struct ChangeRow {
    pub expected: Option<i64>,
    pub version: i64,
    pub status: &'static str,
    pub phase: &'static str,
    pub kinds: Vec<&'static str>,
    pub bodies: Vec<String>,
}

impl ChangeRow {
    pub fn of(change: &OrderChange) -> Result<Self, Fault> {
        let OrderChange { order, expected, events } = change;
        let before = expected.map_or(0, Version::number);
        let told = u64::try_from(events.len()).unwrap_or(u64::MAX);
        if before.saturating_add(told) != order.version().number() {
            return Err(senseless("an order's version counts its events"));
        }
        if expected.is_none() && order.phase() == Phase::Failed {
            return Err(senseless("an order cannot begin failed"));
        }
        let bodies: Result<_, PortError> = events.iter().map(json).collect();
        Ok(Self {
            expected: expected.map(saves),
            version: saves(order.version()),
            status: order.status().as_str(),
            phase: order.phase().as_str(),
            kinds: events.iter().map(OrderEvent::name).collect(),
            bodies: bodies?,
        })
    }
}

/// Stock to hold, summed per SKU and location, in the order in which each first comes.
#[derive(Default)]
struct Held<'a> {
    keys: Vec<String>,
    locations: Vec<&'a str>,
    written: Vec<&'a str>,
    quantities: Vec<i64>,
    until: Vec<DateTime<Utc>>,
}

impl<'a> Held<'a> {
    fn of(reservations: &'a [Reservation]) -> Self {
        let mut held = Self::default();
        for asked in reservations {
            let (key, location) = (sku_key(&asked.sku), asked.location.as_str());
            let units = i64::from(asked.quantity.units());
            let mut known = held.keys.iter().zip(&held.locations).zip(&mut held.quantities);
            let same = known.find(|((known, at), _)| **known == key && **at == location);
            if let Some((_, sum)) = same {
                // More than there can be is more than there is.
                *sum = sum.saturating_add(units);
                continue;
            }
            held.keys.push(key);
            held.locations.push(location);
            held.written.push(asked.sku.as_str());
            held.quantities.push(units);
            held.until.push(time(asked.held_until));
        }
        held
    }
}

/// Uses to take, in an order that everyone locks them in.
struct Uses<'a> {
    promotions: Vec<uuid::Uuid>,
    customers: Vec<&'a str>,
    total_limits: Vec<Option<i64>>,
    customer_limits: Vec<Option<i64>>,
}

impl<'a> Uses<'a> {
    fn of(uses: &'a [UseToTake]) -> Self {
        let mut sorted: Vec<&UseToTake> = uses.iter().collect();
        sorted.sort_by_key(|wanted| (wanted.used.promotion, &wanted.used.customer_key));
        Self {
            promotions: sorted.iter().map(|wanted| wanted.used.promotion.uuid()).collect(),
            customers: sorted.iter().map(|wanted| wanted.used.customer_key.as_str()).collect(),
            total_limits: sorted.iter().map(|w| w.limits.total.map(i64::from)).collect(),
            customer_limits: sorted.iter().map(|w| w.limits.per_customer.map(i64::from)).collect(),
        }
    }
}
