use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::aftersale::{RefundBody, ReturnBody, ShipmentBody};
use crate::adapters::http::cart::{PromotionBody, TaxLineBody};
use crate::adapters::http::input::{CurrencyIn, In};
use crate::adapters::http::values::{AddressBody, MoneyBody};
use crate::adapters::record::rfc3339;
use crate::domain::order::{
    LineProgress, Note, Order, OrderLine, OrderStatus, Payment, PaymentMethod, PaymentState,
    PaymentStatus, ShippingChoice,
};

/// An order, its lines and prices frozen.
#[derive(Serialize, ToSchema)]
#[schema(as = Order)]
pub struct OrderBody<'a> {
    id: Uuid,
    version: u64,
    /// What people call it by.
    #[schema(example = "7K3M9Q2XPA")]
    number: String,
    #[schema(value_type = OrderStatusBody)]
    status: &'static str,
    /// Why it was cancelled, or came to nothing.
    reason: Option<&'a str>,
    /// Why a person must act.
    attention: Option<String>,
    email: &'a str,
    currency: CurrencyIn,
    lines: Vec<OrderLineBody<'a>>,
    /// The coupons that it was bought with.
    coupons: Vec<&'a str>,
    promotions: Vec<PromotionBody<'a>>,
    shipping_address: Option<AddressBody<'a>>,
    billing_address: Option<AddressBody<'a>>,
    /// How it is sent; null where nothing is sent.
    shipping_option: Option<ShippingChoiceBody<'a>>,
    subtotal: MoneyBody,
    discount_total: MoneyBody,
    shipping_total: MoneyBody,
    tax_total: MoneyBody,
    included_tax_total: MoneyBody,
    tax_lines: Vec<TaxLineBody<'a>>,
    /// `subtotal` − `discount_total` + `shipping_total` + `tax_total`.
    total: MoneyBody,
    payment: PaymentSumBody<'a>,
    /// Each payment on its own.
    payments: Vec<PaymentBody>,
    shipments: Vec<ShipmentBody<'a>>,
    returns: Vec<ReturnBody<'a>>,
    refunds: Vec<RefundBody<'a>>,
    #[schema(format = DateTime)]
    placed_at: String,
    #[schema(format = DateTime)]
    confirmed_at: Option<String>,
    #[schema(format = DateTime)]
    updated_at: String,
    /// What opens the order to its buyer, as `X-Order-Token`; told when it is placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    access_token: Option<String>,
    /// What staff wrote down; told to staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    notes: Option<Vec<NoteBody<'a>>>,
}

/// What an order is, derived from its lines.
#[derive(ToSchema)]
#[schema(as = OrderStatus, rename_all = "snake_case")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
pub enum OrderStatusBody {
    /// Its payment is under way.
    Pending,
    /// It stands; nothing was sent yet.
    Confirmed,
    PartiallyShipped,
    Shipped,
    Delivered,
    /// Called off before it was sent.
    Cancelled,
    PartiallyReturned,
    Returned,
    /// Nothing charged, nothing held.
    Failed,
    /// A person must act.
    Attention,
}

/// A line of an order.
#[derive(Serialize, ToSchema)]
#[schema(as = OrderLine)]
pub struct OrderLineBody<'a> {
    id: Uuid,
    variant_id: Uuid,
    product_id: Uuid,
    sku: &'a str,
    title: &'a str,
    quantity: u32,
    unit_price: MoneyBody,
    discount: MoneyBody,
    /// `unit_price` × `quantity` − `discount`.
    total: MoneyBody,
    /// Tax on top of `total`.
    tax: MoneyBody,
    /// Units that will not be sent.
    cancelled: u32,
    /// Units that were sent.
    shipped: u32,
    /// Units that arrived.
    delivered: u32,
    /// Units that came back.
    returned: u32,
}

/// How an order is sent.
#[derive(Serialize, ToSchema)]
#[schema(as = ShippingChoice)]
pub struct ShippingChoiceBody<'a> {
    code: &'a str,
    name: &'a str,
}

/// Where the money of an order stands.
#[derive(Serialize, ToSchema)]
#[schema(as = PaymentSum)]
pub struct PaymentSumBody<'a> {
    #[schema(value_type = PaymentStatusBody)]
    status: &'static str,
    authorized: MoneyBody,
    captured: MoneyBody,
    refunded: MoneyBody,
    /// What the buyer must do, usually an address to visit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    next_action: Option<&'a str>,
}

/// Where money stands.
#[derive(ToSchema)]
#[schema(as = PaymentStatus, rename_all = "snake_case")]
#[expect(dead_code, reason = "it only describes the names that the domain gives")]
pub enum PaymentStatusBody {
    Pending,
    RequiresAction,
    Authorized,
    Captured,
    PartiallyRefunded,
    Refunded,
    Voided,
    Declined,
    Unknown,
}

/// A payment.
#[derive(Serialize, ToSchema)]
#[schema(as = Payment)]
pub struct PaymentBody {
    id: Uuid,
    method: PaymentMethodBody,
    amount: MoneyBody,
    status: PaymentStateBody,
}

/// How something is paid.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentMethod)]
pub enum PaymentMethodBody {
    Card,
    Invoice,
}

/// Where one payment stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentState)]
pub enum PaymentStateBody {
    Pending,
    RequiresAction,
    Unknown,
    Authorized,
    Captured,
    Voided,
    Declined,
}

/// Something that staff wrote down.
#[derive(Serialize, ToSchema)]
#[schema(as = Note)]
pub struct NoteBody<'a> {
    text: &'a str,
    /// The id of the member who wrote it.
    author: &'a str,
    #[schema(format = DateTime)]
    at: String,
}

impl<'a> OrderBody<'a> {
    /// The order as its buyer sees it.
    pub fn of(order: &'a Order) -> Self {
        let (placed, totals) = (order.placed(), order.placed().totals);
        Self {
            id: order.id().uuid(),
            version: order.version().number(),
            number: placed.number.to_string(),
            status: OrderStatus::as_str(order.status()),
            reason: order.reason(),
            attention: order.attention(),
            email: placed.email.as_str(),
            currency: In(placed.currency),
            lines: order.lines().map(OrderLineBody::from).collect(),
            coupons: placed.coupons.iter().map(String::as_str).collect(),
            promotions: placed
                .promotions
                .iter()
                .map(|p| {
                    PromotionBody::new(p.promotion.uuid(), &p.name, p.code.as_deref(), p.amount)
                })
                .collect(),
            shipping_address: placed.shipping_address.as_ref().map(AddressBody::from),
            billing_address: placed.billing_address.as_ref().map(AddressBody::from),
            shipping_option: placed.shipping.as_ref().map(ShippingChoiceBody::from),
            subtotal: MoneyBody(totals.subtotal),
            discount_total: MoneyBody(totals.discount),
            shipping_total: MoneyBody(totals.shipping),
            tax_total: MoneyBody(totals.tax),
            included_tax_total: MoneyBody(totals.included_tax),
            tax_lines: placed
                .tax_lines
                .iter()
                .map(|tax| TaxLineBody::new(&tax.name, tax.rate_ppm, tax.amount, tax.included))
                .collect(),
            total: MoneyBody(totals.total),
            payment: PaymentSumBody::from(order),
            payments: order.payments().iter().map(PaymentBody::from).collect(),
            shipments: order.shipments().iter().map(|s| ShipmentBody::of(s, order)).collect(),
            returns: order.returns().iter().map(|r| ReturnBody::of(r, order)).collect(),
            refunds: order.refunds().iter().map(RefundBody::from).collect(),
            placed_at: rfc3339(placed.at),
            confirmed_at: order.confirmed_at().map(rfc3339),
            updated_at: rfc3339(order.updated_at()),
            access_token: None,
            notes: None,
        }
    }

    /// The same with the token that opens it.
    pub fn with_token(self, access_token: String) -> Self {
        Self { access_token: Some(access_token), ..self }
    }

    /// The same as staff see it.
    pub fn with_notes(self, order: &'a Order) -> Self {
        Self { notes: Some(order.notes().iter().map(NoteBody::from).collect()), ..self }
    }
}

impl<'a> From<(&'a OrderLine, &LineProgress)> for OrderLineBody<'a> {
    fn from((line, progress): (&'a OrderLine, &LineProgress)) -> Self {
        Self {
            id: line.id.uuid(),
            variant_id: line.variant.uuid(),
            product_id: line.product.uuid(),
            sku: line.sku.as_str(),
            title: &line.title,
            quantity: line.quantity.units(),
            unit_price: MoneyBody(line.unit_price),
            discount: MoneyBody(line.discount),
            total: MoneyBody(line.total),
            tax: MoneyBody(line.tax),
            cancelled: progress.cancelled,
            shipped: progress.shipped,
            delivered: progress.delivered,
            returned: progress.returned,
        }
    }
}

impl<'a> From<&'a ShippingChoice> for ShippingChoiceBody<'a> {
    fn from(choice: &'a ShippingChoice) -> Self {
        Self { code: &choice.code, name: &choice.name }
    }
}

impl<'a> From<&'a Order> for PaymentSumBody<'a> {
    fn from(order: &'a Order) -> Self {
        let next_action = order.payments().iter().find_map(|payment| match &payment.state {
            PaymentState::RequiresAction { next_action } => Some(next_action.as_str()),
            _ => None,
        });
        Self {
            status: PaymentStatus::as_str(order.payment_status()),
            authorized: MoneyBody(order.authorized()),
            captured: MoneyBody(order.captured()),
            refunded: MoneyBody(order.refunded()),
            next_action,
        }
    }
}

impl From<&Payment> for PaymentBody {
    fn from(payment: &Payment) -> Self {
        let method = match payment.method {
            PaymentMethod::Card { .. } => PaymentMethodBody::Card,
            PaymentMethod::Invoice => PaymentMethodBody::Invoice,
        };
        let status = match payment.state {
            PaymentState::Pending => PaymentStateBody::Pending,
            PaymentState::RequiresAction { .. } => PaymentStateBody::RequiresAction,
            PaymentState::Unknown => PaymentStateBody::Unknown,
            PaymentState::Authorized => PaymentStateBody::Authorized,
            PaymentState::Captured => PaymentStateBody::Captured,
            PaymentState::Voided => PaymentStateBody::Voided,
            PaymentState::Declined { .. } => PaymentStateBody::Declined,
        };
        Self { id: payment.id.uuid(), method, amount: MoneyBody(payment.amount), status }
    }
}

impl<'a> From<&'a Note> for NoteBody<'a> {
    fn from(note: &'a Note) -> Self {
        Self { text: &note.text, author: &note.author, at: rfc3339(note.at) }
    }
}
