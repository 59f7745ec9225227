use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use uuid::Uuid;

use super::anew::Anew;
use super::config::PostgresConfig;
use super::pool::life;
use super::shown::Shown;
use super::turns::Turns;
use crate::domain::inventory::{Reservation, ReservationState};
use crate::domain::order::{
    Lease, Order, OrderLine, OrderNumber, Origin, PaymentMethod, Placed, Saga, Totals,
};
use crate::domain::shared::{
    Allocation, Currency, Email, LineId, Location, Money, OrderId, PaymentId, ProductId, Quantity,
    Sku, Span, Timestamp, VariantId,
};
use crate::ports::PortError;
use crate::ports::store::{PlaceOrder, SagaStep, Write};

const CODES: &[crate::domain::shared::CouponCode] = &[];

type Rules = Arc<crate::domain::pricing::PricingRules>;

fn rules() -> Rules {
    Arc::new(crate::domain::pricing::PricingRules {
        promotions: Vec::new(),
        tax_rates: Vec::new(),
        shipping_methods: Vec::new(),
        prices_include_tax: false,
    })
}

/// One that hears of changes.
fn heard() -> Arc<Shown> {
    let shown = Shown::new(100);
    shown.heard(true);
    Arc::new(shown)
}

async fn read(shown: &Shown, reads: &AtomicU32) -> Rules {
    let reading = async {
        reads.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        Ok(rules())
    };
    shown.rules(CODES, reading).await.unwrap()
}

#[test]
fn what_a_transaction_showed_is_told_by_ids_or_as_all() {
    let [one, two] = [1, 2].map(|number| ProductId::new(Uuid::from_u128(number)));
    let told = format!("{},{}", one.uuid(), two.uuid());
    assert_eq!(Anew::told(Some(&told)).unwrap(), Anew::Products(vec![one, two]));
    assert_eq!(Anew::told(Some("all")).unwrap(), Anew::All);
    assert_eq!(Anew::told(Some("")).unwrap(), Anew::default());
    assert_eq!(Anew::told(None).unwrap(), Anew::default());
    assert!(Anew::told(Some("nonsense")).is_err());
}

#[tokio::test]
async fn of_many_who_want_something_at_once_one_reads_it() {
    let (shown, reads) = (heard(), Arc::new(AtomicU32::new(0)));
    let readers = (0..64).map(|_| {
        let (shown, reads) = (shown.clone(), reads.clone());
        tokio::spawn(async move { read(&shown, &reads).await })
    });
    for reader in readers.collect::<Vec<_>>() {
        reader.await.unwrap();
    }
    assert_eq!(reads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_was_read_before_a_change_is_never_found_after_it() {
    let (shown, reads) = (heard(), AtomicU32::new(0));
    let go_on = Arc::new(Notify::new());
    let slow = tokio::spawn({
        let (shown, go_on) = (shown.clone(), go_on.clone());
        async move {
            let reading = async {
                go_on.notified().await;
                Ok::<_, PortError>(rules())
            };
            shown.rules(CODES, reading).await.unwrap()
        }
    });
    tokio::task::yield_now().await;
    shown.outdate(&Anew::All);
    go_on.notify_one();
    let stale = slow.await.unwrap();
    let fresh = read(&shown, &reads).await;
    assert_eq!(reads.load(Ordering::SeqCst), 1);
    assert!(!Arc::ptr_eq(&stale, &fresh));
    read(&shown, &reads).await;
    assert_eq!(reads.load(Ordering::SeqCst), 1, "it is known by then");
}

#[tokio::test]
async fn while_nothing_is_heard_nothing_is_taken_from_memory() {
    let (shown, reads) = (heard(), AtomicU32::new(0));
    read(&shown, &reads).await;
    shown.heard(false);
    for count in 2..4 {
        read(&shown, &reads).await;
        assert_eq!(reads.load(Ordering::SeqCst), count);
    }
    shown.heard(true);
    read(&shown, &reads).await;
    read(&shown, &reads).await;
    assert_eq!(reads.load(Ordering::SeqCst), 4, "what changed meanwhile is unknown");
}

#[tokio::test]
async fn a_failed_reading_is_told_to_all_and_kept_by_none() {
    let (shown, reads) = (heard(), AtomicU32::new(0));
    let failing = async { Err::<Rules, _>(PortError::unavailable("away")) };
    assert!(shown.rules(CODES, failing).await.is_err());
    read(&shown, &reads).await;
    assert_eq!(reads.load(Ordering::SeqCst), 1);
}

#[test]
fn connections_that_were_opened_in_one_moment_end_in_many() {
    let lives =
        [0, 1, 1_500, 120_000].map(|micros| life(Duration::from_micros(micros)).as_millis());
    assert_eq!(lives, [600_000, 600_001, 601_500, 600_000]);
    assert!(life(Duration::MAX) < Duration::from_mins(12));
}

/// An order of a bundle, of which stock is kept of a part alone.
fn of_a_bundle(id: OrderId, now: Timestamp) -> Placed {
    let one = Quantity::try_new(1).unwrap();
    let price = Money::new(1_000, Currency::USD);
    let none = Money::new(0, Currency::USD);
    let sku = |raw| Sku::try_new(raw).unwrap();
    let line = OrderLine {
        id: LineId::new(Uuid::from_u128(1)),
        product: ProductId::new(Uuid::from_u128(1)),
        variant: VariantId::new(Uuid::from_u128(1)),
        sku: sku("SET"),
        title: "A set".to_owned(),
        quantity: one,
        unit_price: price,
        discount: none,
        total: price,
        tax: none,
        requires_shipping: true,
        stock: vec![Allocation { sku: sku("PART"), location: Location::main(), quantity: one }],
    };
    Placed {
        id,
        number: OrderNumber::from_bits(1),
        origin: Origin::BuyNow,
        cart: None,
        customer: None,
        email: Email::try_new("ada@example.com").unwrap(),
        currency: Currency::USD,
        lines: vec![line],
        totals: Totals {
            subtotal: price,
            discount: none,
            shipping: none,
            tax: none,
            included_tax: none,
            total: price,
        },
        coupons: Vec::new(),
        uses: Vec::new(),
        promotions: Vec::new(),
        tax_lines: Vec::new(),
        shipping_address: None,
        billing_address: None,
        shipping: None,
        payment: PaymentId::new(Uuid::from_u128(1)),
        method: PaymentMethod::Invoice,
        at: now,
    }
}

#[tokio::test(start_paused = true)]
async fn who_ends_an_order_of_a_bundle_queues_with_those_who_buy_its_parts() {
    let (id, now) = (OrderId::new(Uuid::from_u128(1)), Timestamp::from_micros(0));
    let change = Order::place(of_a_bundle(id, now));
    let held = change.order.placed().lines[0].stock[0].clone();
    let lease = Lease { owner: "test".to_owned(), until: now.plus(Span::seconds(5)) };
    let saga = Saga::checkout(id, lease, now);
    let place = [Write::PlaceOrder(Box::new(PlaceOrder {
        change: change.clone(),
        reservations: vec![Reservation {
            order: id,
            sku: held.sku,
            location: held.location,
            quantity: held.quantity,
            state: ReservationState::Held,
            held_until: now.plus(Span::minutes(30)),
        }],
        uses: Vec::new(),
        saga: saga.clone(),
        key: None,
    }))];
    let step =
        || Box::new(SagaStep { change: Some(change.clone()), saga: saga.clone(), outcome: None });
    // Of four connections two may be at the stock of one SKU.
    let config = PostgresConfig { max_connections: 4, ..PostgresConfig::new("", Currency::USD) };
    let turns = Turns::new(&config);
    for end in [[Write::ConfirmOrder(step())], [Write::CompensateOrder(step())]] {
        let buyers = [turns.take(&place).await.unwrap(), turns.take(&place).await.unwrap()];
        assert!(turns.take(&end).await.is_err(), "it should wait for its turn");
        drop(buyers);
        assert!(turns.take(&end).await.is_ok(), "it should have its turn");
    }
}
