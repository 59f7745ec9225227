use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::adapters::http::values::MoneyBody;
use crate::adapters::record::rfc3339;
use crate::domain::order::{Order, Refund, RefundState, Return, Shipment, UnitsOf};

/// Units of one line.
#[derive(Serialize, ToSchema)]
#[schema(as = Units)]
pub struct UnitsBody<'a> {
    sku: &'a str,
    quantity: u32,
}

/// Units handed to a carrier together.
#[derive(Serialize, ToSchema)]
#[schema(as = Shipment)]
pub struct ShipmentBody<'a> {
    id: Uuid,
    lines: Vec<UnitsBody<'a>>,
    carrier: Option<&'a str>,
    tracking: Option<&'a str>,
    #[schema(format = DateTime)]
    shipped_at: String,
    #[schema(format = DateTime)]
    delivered_at: Option<String>,
}

/// Units that the buyer sends back.
#[derive(Serialize, ToSchema)]
#[schema(as = Return)]
pub struct ReturnBody<'a> {
    id: Uuid,
    lines: Vec<UnitsBody<'a>>,
    reason: &'a str,
    #[schema(format = DateTime)]
    requested_at: String,
    #[schema(format = DateTime)]
    received_at: Option<String>,
    /// Whether its units went back on sale.
    restocked: bool,
}

/// Money that goes back to the buyer.
#[derive(Serialize, ToSchema)]
#[schema(as = Refund)]
pub struct RefundBody<'a> {
    id: Uuid,
    /// The payment that it goes back on.
    payment_id: Uuid,
    amount: MoneyBody,
    reason: Option<&'a str>,
    status: RefundStatusBody,
    #[schema(format = DateTime)]
    requested_at: String,
}

/// Where a refund stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RefundStatus)]
pub enum RefundStatusBody {
    /// Agreed, and not yet paid by the provider.
    Pending,
    Paid,
    /// The provider refuses; a person must act.
    Failed,
    /// It failed, and another was agreed in its place.
    Replaced,
    /// It failed, and staff decided that nothing goes back.
    Dropped,
}

fn lines<'a>(units: &[UnitsOf], order: &'a Order) -> Vec<UnitsBody<'a>> {
    let known = units.iter().filter_map(|part| Some((part, order.line(part.line)?.0)));
    let body = |(part, line): (&UnitsOf, &'a crate::domain::order::OrderLine)| UnitsBody {
        sku: line.sku.as_str(),
        quantity: part.quantity.units(),
    };
    known.map(body).collect()
}

impl<'a> ShipmentBody<'a> {
    /// A shipment of `order`.
    pub fn of(shipment: &'a Shipment, order: &'a Order) -> Self {
        Self {
            id: shipment.id.uuid(),
            lines: lines(&shipment.units, order),
            carrier: shipment.carrier.as_deref(),
            tracking: shipment.tracking.as_deref(),
            shipped_at: rfc3339(shipment.shipped_at),
            delivered_at: shipment.delivered_at.map(rfc3339),
        }
    }
}

impl<'a> ReturnBody<'a> {
    /// A return of `order`.
    pub fn of(asked: &'a Return, order: &'a Order) -> Self {
        Self {
            id: asked.id.uuid(),
            lines: lines(&asked.units, order),
            reason: &asked.reason,
            requested_at: rfc3339(asked.requested_at),
            received_at: asked.received_at.map(rfc3339),
            restocked: asked.restocked,
        }
    }
}

impl<'a> From<&'a Refund> for RefundBody<'a> {
    fn from(refund: &'a Refund) -> Self {
        let status = match refund.state {
            RefundState::Pending => RefundStatusBody::Pending,
            RefundState::Paid => RefundStatusBody::Paid,
            RefundState::Failed { .. } => RefundStatusBody::Failed,
            RefundState::Replaced => RefundStatusBody::Replaced,
            RefundState::Dropped => RefundStatusBody::Dropped,
        };
        Self {
            id: refund.id.uuid(),
            payment_id: refund.payment.uuid(),
            amount: MoneyBody(refund.amount),
            reason: refund.reason.as_deref(),
            status,
            requested_at: rfc3339(refund.requested_at),
        }
    }
}
