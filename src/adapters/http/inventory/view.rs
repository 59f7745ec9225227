use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::adapters::http::values::Band;
use crate::adapters::record::rfc3339;
use crate::app::inventory::AvailabilityView;
use crate::domain::inventory::{StockEvent, StockEventKind, StockItem};
use crate::domain::shared::OrderId;

/// What a shopper is told of a SKU's stock, to the unit.
#[derive(Serialize, ToSchema)]
#[schema(as = SkuAvailability)]
pub struct AvailabilityBody<'a> {
    sku: &'a str,
    availability: Band,
    /// How many units can be bought now; null where stock does not matter.
    available: Option<i64>,
}

impl<'a> From<&'a AvailabilityView> for AvailabilityBody<'a> {
    fn from(view: &'a AvailabilityView) -> Self {
        Self {
            sku: view.sku.as_str(),
            availability: view.availability.into(),
            available: view.available,
        }
    }
}

/// What shoppers are told of several SKUs.
#[derive(Serialize, ToSchema)]
#[schema(as = SkuAvailabilities)]
pub struct AvailabilitiesBody<'a> {
    pub items: Vec<AvailabilityBody<'a>>,
}

/// The stock of a SKU, summed over its locations.
#[derive(Serialize, ToSchema)]
#[schema(as = Stock)]
pub struct StockBody<'a> {
    sku: &'a str,
    /// Units in the house that no confirmed order owns.
    on_hand: i64,
    /// Units held for orders under way.
    reserved: i64,
    /// Units that can be sold; null where stock does not matter.
    available: Option<i64>,
    locations: Vec<StockLocationBody<'a>>,
}

/// The stock of a SKU at one location.
#[derive(Serialize, ToSchema)]
#[schema(as = StockLocation)]
pub struct StockLocationBody<'a> {
    location: &'a str,
    on_hand: i64,
    reserved: i64,
    available: Option<i64>,
    /// What `expected_version` names.
    version: u64,
}

/// Units that can be sold, unless stock does not matter.
fn available(item: &StockItem) -> Option<i64> {
    let untracked = item.policy() == crate::domain::shared::StockPolicy::Untracked;
    (!untracked).then(|| item.available())
}

impl<'a> StockBody<'a> {
    /// The stock of one SKU; none where `items` is empty.
    pub fn of(items: &'a [StockItem]) -> Option<Self> {
        let first = items.first()?;
        let sum =
            |part: fn(&StockItem) -> i64| items.iter().map(part).fold(0_i64, i64::saturating_add);
        Some(Self {
            sku: first.sku().as_str(),
            on_hand: sum(StockItem::on_hand),
            reserved: sum(StockItem::reserved),
            available: items
                .iter()
                .map(available)
                .try_fold(0_i64, |all, units| Some(all.saturating_add(units?))),
            locations: items.iter().map(StockLocationBody::from).collect(),
        })
    }
}

impl<'a> From<&'a StockItem> for StockLocationBody<'a> {
    fn from(item: &'a StockItem) -> Self {
        Self {
            location: item.location().as_str(),
            on_hand: item.on_hand(),
            reserved: item.reserved(),
            available: available(item),
            version: item.version().number(),
        }
    }
}

/// One entry of the ledger of a SKU.
#[derive(Serialize, ToSchema)]
#[schema(as = StockEvent)]
pub struct StockEventBody<'a> {
    kind: StockEventKindBody,
    /// Negative only for an adjustment.
    quantity: i64,
    location: &'a str,
    /// The order that caused it.
    order_id: Option<Uuid>,
    reason: Option<&'a str>,
    #[schema(format = DateTime)]
    at: String,
}

/// What happened to stock.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StockEventKind)]
pub enum StockEventKindBody {
    /// On hand up.
    Received,
    /// Reserved up.
    Reserved,
    /// Reserved down.
    Released,
    /// Reserved down.
    Expired,
    /// Reserved and on hand down.
    Committed,
    /// On hand up.
    Cancelled,
    /// On hand up.
    Returned,
    /// On hand by a signed quantity.
    Adjusted,
}

impl From<StockEventKind> for StockEventKindBody {
    fn from(kind: StockEventKind) -> Self {
        match kind {
            StockEventKind::Received => Self::Received,
            StockEventKind::Reserved => Self::Reserved,
            StockEventKind::Released => Self::Released,
            StockEventKind::Expired => Self::Expired,
            StockEventKind::Committed => Self::Committed,
            StockEventKind::Cancelled => Self::Cancelled,
            StockEventKind::Returned => Self::Returned,
            StockEventKind::Adjusted => Self::Adjusted,
        }
    }
}

impl<'a> From<&'a StockEvent> for StockEventBody<'a> {
    fn from(event: &'a StockEvent) -> Self {
        Self {
            kind: event.kind.into(),
            quantity: event.quantity,
            location: event.location.as_str(),
            order_id: event.order.map(OrderId::uuid),
            reason: event.reason.as_deref(),
            at: rfc3339(event.at),
        }
    }
}
