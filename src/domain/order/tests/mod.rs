//! Orders to try things on: builders that say only what a test is about.

use uuid::Uuid;

use super::*;
use crate::domain::shared::*;

mod aftersale;
mod money;
mod number;
mod properties;
mod saga;
mod transitions;

const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

fn later(seconds: i64) -> Timestamp {
    NOW.plus(Span::seconds(seconds))
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn order_id() -> OrderId {
    OrderId::new(uuid(1))
}

fn payment_id() -> PaymentId {
    PaymentId::new(uuid(2))
}

fn refund_id(number: u128) -> RefundId {
    RefundId::new(uuid(number))
}

fn shipment_id(number: u128) -> ShipmentId {
    ShipmentId::new(uuid(number))
}

fn return_id(number: u128) -> ReturnId {
    ReturnId::new(uuid(number))
}

fn line_id(number: u128) -> LineId {
    LineId::new(uuid(number))
}

fn quantity(units: u32) -> Quantity {
    Quantity::try_new(i64::from(units)).unwrap()
}

fn units(line: u128, count: u32) -> UnitsOf {
    UnitsOf { line: line_id(line), quantity: quantity(count) }
}

fn card() -> PaymentMethod {
    PaymentMethod::Card { token: "pm_card_visa".to_owned() }
}

/// A line that nothing was taken off, with `tax` on top.
fn line(number: u128, unit_price: i64, count: u32, tax: i64) -> OrderLine {
    let total = usd(unit_price).times(count).unwrap();
    OrderLine {
        id: line_id(number),
        product: ProductId::new(uuid(number)),
        variant: VariantId::new(uuid(number)),
        sku: Sku::try_new(&format!("SKU-{number}")).unwrap(),
        title: format!("Thing {number}"),
        quantity: quantity(count),
        unit_price: usd(unit_price),
        discount: usd(0),
        total,
        tax: usd(tax),
        requires_shipping: true,
        stock: Vec::new(),
    }
}

fn placed(lines: Vec<OrderLine>, method: PaymentMethod) -> Placed {
    let sum =
        |part: fn(&OrderLine) -> Money| Money::sum(Currency::USD, lines.iter().map(part)).unwrap();
    let (subtotal, tax) = (sum(|line| line.total), sum(|line| line.tax));
    Placed {
        id: order_id(),
        number: OrderNumber::from_bits(7),
        origin: Origin::BuyNow,
        cart: None,
        customer: None,
        email: Email::try_new("ada@example.com").unwrap(),
        currency: Currency::USD,
        totals: Totals {
            subtotal,
            discount: usd(0),
            shipping: usd(0),
            tax,
            included_tax: usd(0),
            total: subtotal.plus(tax).unwrap(),
        },
        lines,
        coupons: Vec::new(),
        uses: Vec::new(),
        promotions: Vec::new(),
        tax_lines: Vec::new(),
        shipping_address: None,
        billing_address: None,
        shipping: None,
        payment: payment_id(),
        method,
        at: NOW,
    }
}

/// Three lamps at 10.00 and one desk at 70.00: 100.00 in all.
fn lamps_and_desk() -> Vec<OrderLine> {
    vec![line(1, 1_000, 3, 0), line(2, 7_000, 1, 0)]
}

/// A card order that waits for its payment.
fn pending() -> Order {
    Order::place(placed(lamps_and_desk(), card())).order
}

/// A card order that stands, its 100.00 taken.
fn confirmed() -> Order {
    after(pending().confirm(true, NOW))
}

/// An order on an invoice that stands unpaid.
fn invoiced() -> Order {
    after(Order::place(placed(lamps_and_desk(), PaymentMethod::Invoice)).order.confirm(false, NOW))
}

/// The order that a transition leads to, which must be allowed.
fn after(change: Result<OrderChange, OrderError>) -> Order {
    change.unwrap().order
}

fn ship(order: &Order, shipment: u128, asked: Option<&[UnitsOf]>) -> Order {
    after(order.ship(shipment_id(shipment), asked, (None, None), NOW))
}

fn deliver(order: &Order, shipment: u128) -> Order {
    after(order.deliver(shipment_id(shipment), NOW))
}

fn ask_back(order: &Order, asked: u128, parts: Option<&[UnitsOf]>) -> Order {
    after(order.request_return(return_id(asked), parts, "too dark".to_owned(), NOW))
}

/// The return arrived; what it is worth goes back under a refund of the return's number.
fn receive(order: &Order, asked: u128) -> Order {
    after(order.receive_return(return_id(asked), true, refund_id(asked), NOW))
}

fn refund(order: &Order, number: u128, amount: i64) -> Result<OrderChange, OrderError> {
    order.request_refund(refund_id(number), usd(amount), None, NOW)
}

fn refused_refund(order: &Order, number: u128) -> Order {
    after(order.refund_failed(refund_id(number), "card closed".to_owned(), NOW))
}

fn progress_of(order: &Order, number: u128) -> LineProgress {
    *order.line(line_id(number)).unwrap().1
}
