use ecicomm::domain::inventory::{Reservation, ReservationState};
use ecicomm::domain::order::{
    CheckoutState, Effect, Lease, Order, OrderChange, OrderLine, OrderNumber, Origin,
    PaymentMethod, Placed, PromotionUse, Saga, SagaPlan, Totals,
};
use ecicomm::domain::pricing::UsageLimits;
use ecicomm::domain::shared::{Allocation, Currency, LineId, Location, PaymentId, Span, Timestamp};
use ecicomm::ports::idempotency::{KeyClaim, KeyId};
use ecicomm::ports::store::{PlaceOrder, SagaStep, UseToTake, Write};
use uuid::Uuid;

use super::{
    at, cart_id, customer_id, email, order_id, product_id, promotion_id, sku, units, usd,
    variant_id,
};

/// How long a placed order holds its stock.
pub const HOLD: Span = Span::minutes(30);

/// An order to be: of one unit of `SKU-1` for 10 dollars, paid on an invoice.
pub struct OrderBuilder {
    pub placed: Placed,
    limits: UsageLimits,
    key: Option<KeyClaim>,
}

/// The plain order of this number.
pub fn order(number: u128) -> OrderBuilder {
    let totals = Totals {
        subtotal: usd(1_000),
        discount: usd(0),
        shipping: usd(0),
        tax: usd(0),
        included_tax: usd(0),
        total: usd(1_000),
    };
    let placed = Placed {
        id: order_id(number),
        number: OrderNumber::from_bits(u64::try_from(number).unwrap()),
        origin: Origin::BuyNow,
        cart: None,
        customer: None,
        email: email("buyer@example.com"),
        currency: Currency::USD,
        lines: vec![line("SKU-1", 1, &Location::main())],
        totals,
        coupons: Vec::new(),
        uses: Vec::new(),
        promotions: Vec::new(),
        tax_lines: Vec::new(),
        shipping_address: None,
        billing_address: None,
        shipping: None,
        payment: PaymentId::new(Uuid::from_u128(number)),
        method: PaymentMethod::Invoice,
        at: at(0),
    };
    OrderBuilder { placed, limits: UsageLimits::default(), key: None }
}

fn line(code: &str, quantity: i64, location: &Location) -> OrderLine {
    let taken =
        Allocation { sku: sku(code), location: location.clone(), quantity: units(quantity) };
    OrderLine {
        id: LineId::new(Uuid::from_u128(1)),
        product: product_id(1),
        variant: variant_id(1),
        sku: sku(code),
        title: format!("Title of {code}"),
        quantity: units(quantity),
        unit_price: usd(1_000),
        discount: usd(0),
        total: usd(1_000 * quantity),
        tax: usd(0),
        requires_shipping: true,
        stock: vec![taken],
    }
}

impl OrderBuilder {
    /// Buys these instead, from the main location.
    pub fn of(self, lines: &[(&str, i64)]) -> Self {
        self.of_at(&Location::main(), lines)
    }

    /// Buys these instead, from a location.
    pub fn of_at(mut self, location: &Location, lines: &[(&str, i64)]) -> Self {
        let numbered = (1..).zip(lines).map(|(number, (code, quantity))| OrderLine {
            id: LineId::new(Uuid::from_u128(number)),
            ..line(code, *quantity, location)
        });
        self.placed.lines = numbered.collect();
        self
    }

    /// Buys what is never counted, as downloads are.
    pub fn of_downloads(mut self) -> Self {
        self.placed.lines[0].stock.clear();
        self
    }

    pub fn of_cart(mut self, number: u128) -> Self {
        self.placed.origin = Origin::Cart;
        self.placed.cart = Some(cart_id(number));
        self
    }

    pub fn by(mut self, address: &str) -> Self {
        self.placed.email = email(address);
        self
    }

    pub fn by_customer(mut self, number: u128) -> Self {
        self.placed.customer = Some(customer_id(number));
        self
    }

    pub fn placed_at(mut self, at: Timestamp) -> Self {
        self.placed.at = at;
        self
    }

    /// Uses a promotion, while it is used fewer times than `limits` say.
    pub fn using(mut self, promotion: u128, limits: UsageLimits) -> Self {
        let customer_key = self.placed.email.normalised();
        self.placed.uses.push(PromotionUse { promotion: promotion_id(promotion), customer_key });
        self.limits = limits;
        self
    }

    pub fn under(mut self, key: KeyClaim) -> Self {
        self.key = Some(key);
        self
    }

    /// The order as it is right after it was placed.
    pub fn build(&self) -> Order {
        Order::place(self.placed.clone()).order
    }

    /// The first step of its checkout, by the process `test`, which has it for five seconds.
    pub fn placing(self) -> PlaceOrder {
        let (id, now) = (self.placed.id, self.placed.at);
        let held = |taken: &Allocation| Reservation {
            order: id,
            sku: taken.sku.clone(),
            location: taken.location.clone(),
            quantity: taken.quantity,
            state: ReservationState::Held,
            held_until: now.plus(HOLD),
        };
        let stock = self.placed.lines.iter().flat_map(|line| &line.stock);
        let limits = self.limits;
        let uses = self.placed.uses.iter().cloned().map(|used| UseToTake { used, limits });
        PlaceOrder {
            reservations: stock.map(held).collect(),
            uses: uses.collect(),
            saga: Saga::checkout(id, lease("test", now.plus(Span::seconds(5))), now),
            key: self.key,
            change: Order::place(self.placed),
        }
    }

    pub fn place(self) -> Write {
        Write::PlaceOrder(Box::new(self.placing()))
    }

    /// The second step, where the provider does not answer.
    pub fn waiting(self, now: Timestamp) -> SagaStep {
        let change = self.build().payment_unknown(now).unwrap();
        let resolving = CheckoutState::Resolving { since: now };
        self.step(change, resolving, &[Effect::PaymentUnknown], now)
    }

    /// The second step, where the order is confirmed.
    pub fn confirming(self, now: Timestamp) -> SagaStep {
        let change = self.build().confirm(false, now).unwrap();
        self.step(change, CheckoutState::Confirmed, &[Effect::Confirmed], now)
    }

    pub fn confirm(self, now: Timestamp) -> Write {
        Write::ConfirmOrder(Box::new(self.confirming(now)))
    }

    /// The second step, where the order comes to nothing.
    pub fn compensating(self, now: Timestamp) -> SagaStep {
        let change = self.build().fail("payment_declined", now).unwrap();
        let effects = [Effect::PaymentFailed, Effect::Compensated];
        self.step(change, CheckoutState::Compensated, &effects, now)
    }

    pub fn compensate(self, now: Timestamp) -> Write {
        Write::CompensateOrder(Box::new(self.compensating(now)))
    }

    fn step(
        self,
        change: OrderChange,
        state: CheckoutState,
        effects: &[Effect],
        now: Timestamp,
    ) -> SagaStep {
        let saga = self.placing().saga.advance(SagaPlan::Checkout(state), effects, now);
        SagaStep { change: Some(change), saga, outcome: None }
    }
}

pub fn lease(owner: &str, until: Timestamp) -> Lease {
    Lease { owner: owner.to_owned(), until }
}

/// An idempotency key of a caller, with a fingerprint of its own.
pub fn key(name: &str) -> KeyClaim {
    let mut fingerprint = [0; 32];
    for (slot, byte) in fingerprint.iter_mut().zip(name.bytes()) {
        *slot = byte;
    }
    KeyClaim {
        id: KeyId { principal: "caller".to_owned(), key: format!("{name}-0123456789abcdef") },
        fingerprint,
    }
}
