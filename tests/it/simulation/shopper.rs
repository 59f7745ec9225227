//! Shoppers: they fill carts, order, pay or fail to, come back, change their minds.

use std::sync::Arc;
use std::time::Duration;

use ecicomm::app::cart::{AddItem, ItemRef};
use ecicomm::app::order::{BasketSource, PlaceOrderCommand, Placement};
use ecicomm::app::{AppError, Shop};
use ecicomm::domain::order::{Order, PaymentMethod, PaymentState};
use ecicomm::domain::shared::{CartId, CouponCode, Email, OrderId, Quantity, Sku};
use ecicomm::ports::idempotency::{KeyClaim, Outcome, Refusal};
use tokio::time;

use super::client::{Client, tail};
use super::plan::{RUSHES, rush_at};
use super::setup::{CODE_FOR_TEN, CODE_ONCE_EACH, GOODS, address, billed_as};

/// How long a shopper asks after a payment whose outcome is open.
const POLLS: u32 = 30;

/// How often each shopper orders in a day at least.
const LEAST: u32 = 18;

pub struct Shopper {
    client: Client,
    email: Email,
    orders: Vec<OrderId>,
    ordered: u32,
}

impl Shopper {
    pub fn new(client: Client) -> Self {
        let email = Email::try_new(&format!("shopper{}@example.com", client.id)).unwrap();
        Self { client, email, orders: Vec::new(), ordered: 0 }
    }

    /// A day of a shopper.
    pub async fn live(mut self) {
        for rush in 0..RUSHES {
            self.client.world.until(rush_at(rush)).await;
            self.client.think(0, 15_000).await;
            let wanted = if rush + 1 == RUSHES { LEAST.saturating_sub(self.ordered) } else { 0 };
            for _ in 0..wanted.max(u32::try_from(self.client.rng.between(2, 5)).unwrap()) {
                self.check_out().await;
                self.client.think(500, 30_000).await;
            }
            self.ask_again().await;
            self.client.think(60_000, 300_000).await;
            self.look_after_orders().await;
        }
    }

    async fn check_out(&mut self) {
        let cart = if self.client.rng.percent(80) { self.fill_cart().await } else { None };
        let source = match cart {
            Some(id) => BasketSource::Cart { id, version: None },
            // What works while carts are away, too.
            None => BasketSource::Lines(vec![self.wish(), self.wish()]),
        };
        let method = self.method();
        let command = PlaceOrderCommand {
            source,
            expected_total: None,
            email: self.email.clone(),
            shipping_address: Some(address()),
            // Tells the orders of this wish from all others.
            billing_address: Some(billed_as(&format!("{}, {}", self.email.as_str(), self.ordered))),
            shipping_option: None,
            method,
            customer: None,
        };
        self.client.think(100, 5_000).await;
        let outcome = self.order(command.clone()).await;
        let declined = matches!(&outcome, Some(Outcome::Refused(Refusal::PaymentDeclined { .. })));
        if declined && self.client.rng.percent(60) {
            // Another card, under another key.
            let method = PaymentMethod::Card { token: "pm_card_visa".to_owned() };
            self.order(PlaceOrderCommand { method, ..command }).await;
        }
    }

    /// One or two units of something, mostly of what everyone wants.
    fn wish(&mut self) -> (Sku, Quantity) {
        let all: u32 = GOODS.iter().map(|good| good.heat).sum();
        let mut left = u32::try_from(self.client.rng.below(u64::from(all))).unwrap();
        let mut chosen = &GOODS[0];
        for good in &GOODS {
            chosen = good;
            if left < good.heat {
                break;
            }
            left -= good.heat;
        }
        let units = if self.client.rng.percent(80) { 1 } else { 2 };
        (Sku::try_new(chosen.sku).unwrap(), Quantity::try_new(units).unwrap())
    }

    fn method(&mut self) -> PaymentMethod {
        let token = match self.client.rng.below(100) {
            0..50 => "pm_card_visa",
            50..57 => "pm_card_chargeDeclined",
            57..60 => "pm_card_chargeDeclinedInsufficientFunds",
            60..61 => "pm_nobody_knows",
            61..74 => "pm_card_authenticationRequired",
            74..81 => "pm_sandbox_timeout_then_captured",
            81..86 => "pm_sandbox_timeout_not_captured",
            86..92 => "pm_sandbox_slow",
            _ => return PaymentMethod::Invoice,
        };
        PaymentMethod::Card { token: token.to_owned() }
    }

    async fn fill_cart(&mut self) -> Option<CartId> {
        let made = self.client.ask("create cart", 8, |shop| async move {
            Ok(shop.carts.create(None).await?.cart.id())
        });
        let cart = made.await?.ok()?;
        let sent = self.client.ask("ship to", 8, move |shop| async move {
            shop.carts.ship_to(cart, address(), None).await
        });
        sent.await?.ok()?;
        let wishes: Vec<_> = (0..self.client.rng.between(1, 3)).map(|_| self.wish()).collect();
        if self.client.rng.percent(20) {
            self.add_at_once(cart, &wishes).await;
        } else {
            for wish in wishes {
                self.add(cart, wish).await;
            }
        }
        if self.client.rng.percent(35) {
            let code = *self.client.rng.pick(&[CODE_FOR_TEN, CODE_ONCE_EACH]);
            let code = CouponCode::try_new(code).unwrap();
            let added = self.client.ask("add coupon", 4, move |shop| {
                let code = code.clone();
                async move { shop.carts.add_coupon(cart, code, None).await }
            });
            added.await;
        }
        let read =
            self.client.ask("read cart", 8, move |shop| async move { shop.carts.get(cart).await });
        let view = read.await?.ok()?;
        (!view.lines.is_empty()).then_some(cart)
    }

    async fn add(&mut self, cart: CartId, (sku, quantity): (Sku, Quantity)) {
        let added = self.client.ask("add to cart", 6, move |shop| {
            let item = AddItem { what: ItemRef::Sku(sku.clone()), quantity };
            async move { shop.carts.add(cart, item, None).await }
        });
        added.await;
    }

    /// Adds from several windows at once. Whatever was acknowledged must be in the cart after, and
    /// no more than was asked for.
    async fn add_at_once(&mut self, cart: CartId, wishes: &[(Sku, Quantity)]) {
        let items: Vec<AddItem> = wishes
            .iter()
            .map(|(sku, quantity)| AddItem { what: ItemRef::Sku(sku.clone()), quantity: *quantity })
            .collect();
        let times = i64::try_from(items.len()).unwrap();
        let answers = self.client.at_once("add at once", times, |index, shop| {
            let item = items[index].clone();
            async move { shop.carts.add(cart, item, None).await }
        });
        let answers = answers.await;
        let read =
            self.client.ask("read cart", 8, move |shop| async move { shop.carts.get(cart).await });
        let Some(Ok(view)) = read.await else { return };
        for (sku, _) in wishes {
            let of_sku = || wishes.iter().zip(&answers).filter(|((wished, _), _)| wished == sku);
            let units =
                |taken: i64, (_, quantity): &(Sku, Quantity)| taken + i64::from(quantity.units());
            let most = of_sku().map(|(wish, _)| wish).fold(0, units);
            let least = of_sku().filter(|(_, answer)| matches!(answer, Ok(Ok(_))));
            let least = least.map(|(wish, _)| wish).fold(0, units);
            let line = view.lines.iter().find(|line| line.line.sku == *sku);
            let there = line.map_or(0, |line| i64::from(line.line.quantity.units()));
            self.client.world.check((least..=most).contains(&there), || {
                format!("a cart has {there} of {sku}, not {least} to {most}")
            });
        }
    }

    /// Orders, and asks until the outcome is known or interest is lost.
    async fn order(&mut self, command: PlaceOrderCommand) -> Option<Outcome> {
        let key = self.client.key();
        self.client.book.open(&key, Some(command.clone()));
        self.client.world.count(|tally| tally.checkouts += 1);
        self.ordered += 1;
        let mut known = None;
        if self.client.rng.percent(10) {
            known = self.order_at_once(&command, &key).await;
            self.client.world.count(|tally| tally.answered += u64::from(known.is_some()));
        }
        let (mut acted, mut answered) = (false, false);
        for poll in 0..POLLS {
            if known.is_some() {
                break;
            }
            let answer = self.send(&command, &key).await;
            if answer.is_some() && !std::mem::replace(&mut answered, true) {
                self.client.world.count(|tally| tally.answered += 1);
            }
            match answer {
                Some(Ok(placement)) if !placement.pending => {
                    self.client.book.acknowledge(&key, &placement.outcome);
                    known = Some(placement.outcome);
                }
                Some(Ok(placement)) => {
                    let Outcome::Order(order) = placement.outcome else { continue };
                    self.client.book.saw(self.client.id, &order);
                    if !acted && wants_action(&order) {
                        acted = true;
                        if !self.act(&order).await {
                            return None;
                        }
                    }
                    self.client.think(500, 4_000).await;
                }
                Some(Err(error)) => {
                    self.client.world.check(!matches!(error, AppError::KeyReused), || {
                        format!("K4: {:?} was taken for another request", key.id)
                    });
                    return None;
                }
                None => self.client.think(1_000, 1_000 + 500 * i64::from(poll)).await,
            }
        }
        if matches!(known, Some(Outcome::Order(_))) && self.client.rng.percent(6) {
            self.order_again(&command).await;
        }
        self.took_note_of(known.as_ref()).await;
        known
    }

    /// The cart that became an order, ordered once more, as from a page that was left open.
    async fn order_again(&mut self, command: &PlaceOrderCommand) {
        let BasketSource::Cart { .. } = command.source else { return };
        let key = self.client.key();
        self.client.book.open(&key, Some(command.clone()));
        for _ in 0..POLLS {
            match self.send(command, &key).await {
                Some(Ok(placement)) if !placement.pending => {
                    self.client.book.acknowledge(&key, &placement.outcome);
                    let refused = placement.outcome == Outcome::Refused(Refusal::CartOrdered);
                    self.client.world.check(refused, || {
                        format!("an ordered cart was ordered again: {:?}", placement.outcome)
                    });
                    return;
                }
                Some(Err(_)) => return,
                Some(Ok(_)) | None => self.client.think(1_000, 4_000).await,
            }
        }
    }

    async fn send(
        &mut self,
        command: &PlaceOrderCommand,
        key: &KeyClaim,
    ) -> Option<Result<Placement, AppError>> {
        let (command, key) = (command.clone(), key.clone());
        let placed = self.client.ask("place order", 5, move |shop: Arc<Shop>| {
            let (command, key) = (command.clone(), key.clone());
            async move { shop.orders.place(command, key).await }
        });
        placed.await
    }

    /// The same order several times at the same moment, as impatient fingers do.
    async fn order_at_once(
        &mut self,
        command: &PlaceOrderCommand,
        key: &KeyClaim,
    ) -> Option<Outcome> {
        let times = self.client.rng.between(3, 5);
        let answers = self.client.at_once("order at once", times, |_, shop| {
            let (command, key) = (command.clone(), key.clone());
            async move { shop.orders.place(command, key).await }
        });
        let mut known = None;
        for answer in answers.await {
            if let Ok(Ok(Placement { outcome, pending: false, .. })) = answer {
                self.client.book.acknowledge(key, &outcome);
                known = Some(outcome);
            }
        }
        known
    }

    async fn took_note_of(&mut self, outcome: Option<&Outcome>) {
        match outcome {
            Some(Outcome::Order(order)) => {
                self.orders.push(order.id());
                if self.client.rng.percent(12) {
                    self.client.think(100, 20_000).await;
                    self.cancel(order.id()).await;
                }
            }
            Some(Outcome::Refused(refusal)) => {
                let name = name_of(refusal);
                self.client.world.count(|tally| *tally.refused.entry(name).or_default() += 1);
            }
            Some(Outcome::Stock(_)) | None => {}
        }
    }

    /// Does what the bank asks: soon, at the last moment, or never. Whether it goes on.
    async fn act(&mut self, order: &Order) -> bool {
        let placed = order.placed().at;
        match self.client.rng.below(10) {
            0..5 => self.client.think(1_000, 60_000).await,
            5..8 => {
                let end = placed.plus(ecicomm::domain::shared::Span::minutes(30));
                let early = self.client.rng.between(-2_500_000, 4_000_000);
                let wait = end.since(self.client.world.now()).as_micros() + early;
                let wait = u64::try_from(wait).unwrap_or(0);
                time::sleep(Duration::from_micros(wait)).await;
            }
            _ => return false,
        }
        let (id, key) = (order.id(), self.client.key());
        self.client.book.open(&key, None);
        let sent = key.clone();
        let confirmed = self.client.ask("confirm payment", 12, move |shop| {
            let key = sent.clone();
            async move { shop.orders.confirm_payment(id, key).await }
        });
        if let Some(Ok(placement)) = confirmed.await
            && !placement.pending
        {
            self.client.book.acknowledge(&key, &placement.outcome);
        }
        true
    }

    async fn cancel(&mut self, id: OrderId) {
        let done = self.client.keyed("cancel order", move |shop, key| async move {
            shop.orders.cancel(id, "changed my mind".to_owned(), key).await
        });
        if let Some(Outcome::Order(_)) = done.await {
            self.client.world.count(|tally| tally.cancelled += 1);
        }
    }

    /// Repeats old requests: the answers must be the old ones. Under the same key another request
    /// is refused.
    async fn ask_again(&mut self) {
        let mine = self.client.promises();
        for _ in 0..3.min(mine.len()) {
            let promise = self.client.rng.pick(&mine).clone();
            let (Some(command), Some(_)) = (promise.command, promise.answer) else { continue };
            if let Some(Ok(placement)) = self.send(&command, &promise.key).await {
                self.client.world.check(!placement.pending, || {
                    format!("K4: {:?} was final and is pending", promise.key.id)
                });
                self.client.book.acknowledge(&promise.key, &placement.outcome);
            }
            let other = KeyClaim { fingerprint: [9; 32], ..promise.key.clone() };
            let answer = self.send(&command, &other).await;
            let refused = matches!(answer, None | Some(Err(AppError::KeyReused)));
            self.client.world.check(refused, || {
                format!("K5: {:?} served another request: {answer:?}", promise.key.id)
            });
        }
    }

    /// Reads old orders; sends some of what came back.
    async fn look_after_orders(&mut self) {
        for id in self.orders.clone() {
            if !self.client.rng.percent(40) {
                continue;
            }
            let Some(order) = self.client.order(id).await else { continue };
            self.client.world.note(self.client.id, "looks at order", order.status().as_str(), {
                tail(&id.to_string())
            });
            if order.shipments().is_empty() || !self.client.rng.percent(50) {
                continue;
            }
            let units = self.client.rng.percent(50).then(|| {
                let line = &order.placed().lines[0];
                vec![(line.sku.clone(), Quantity::try_new(1).unwrap())]
            });
            let done = self.client.keyed("request return", move |shop, key| {
                let units = units.clone();
                async move {
                    shop.orders.request_return(id, "too big".to_owned(), units, key).await
                }
            });
            if let Some(Outcome::Order(_)) = done.await {
                self.client.world.count(|tally| tally.returns += 1);
            }
        }
    }
}

fn wants_action(order: &Order) -> bool {
    let last = order.payments().last();
    last.is_some_and(|payment| matches!(payment.state, PaymentState::RequiresAction { .. }))
}

fn name_of(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::InsufficientStock { .. } => "insufficient_stock",
        Refusal::StockBelowZero { .. } => "stock_below_zero",
        Refusal::ProductUnavailable { .. } => "product_unavailable",
        Refusal::CartChanged { .. } => "cart_changed",
        Refusal::CartOrdered => "cart_ordered",
        Refusal::CouponNotApplicable { .. } => "coupon_not_applicable",
        Refusal::NoShippingOption | Refusal::ShippingOptionGone { .. } => "no_shipping_option",
        Refusal::PaymentDeclined { .. } => "payment_declined",
        Refusal::OrderFailed { .. } => "order_failed",
        Refusal::InvalidTransition { .. } => "invalid_transition",
        Refusal::Duplicate { .. } => "duplicate",
        Refusal::InUse { .. } => "in_use",
    }
}
