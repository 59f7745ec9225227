//! The contract of `PaymentGateway` and `SandboxLedger`, over every form of the sandbox.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ecicomm::adapters::sandbox::{SandboxGateway, SandboxLedgerPlace, SandboxSettings};
use ecicomm::domain::shared::{Currency, Money, OrderId, PaymentId, RefundId, Span, Timestamp};
use ecicomm::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, LedgerKind, LedgerRow, PaymentGateway,
    RefundOutcome, RefundRequest, SandboxLedger, VoidOutcome,
};
use ecicomm::ports::system::Clock;
use futures_util::future::join_all;
use tokio::time::{self, Instant};
use uuid::Uuid;

/// How long the fresh gateways take for a slow charge.
const SLOW: Span = Span::millis(60);
/// A client that waits no longer than this never sees a slow answer.
const PATIENCE: Duration = Duration::from_millis(20);

/// A gateway without a past, with its ledger.
struct Fresh {
    gateway: Arc<dyn PaymentGateway>,
    ledger: Arc<dyn SandboxLedger>,
    /// What must live as long: a folder, a server.
    _keep: Box<dyn std::any::Any>,
}

/// Time as the runtime passes it, so that a paused one repeats.
struct RuntimeClock(Instant);

impl Clock for RuntimeClock {
    fn now(&self) -> Timestamp {
        let micros = i64::try_from(self.0.elapsed().as_micros()).unwrap();
        Timestamp::from_micros(1_760_000_000_000_000 + micros)
    }
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn sandbox(place: SandboxLedgerPlace) -> Arc<SandboxGateway> {
    let settings = SandboxSettings { slow: SLOW, ..SandboxSettings::new(place) };
    let clock = Arc::new(RuntimeClock(Instant::now()));
    Arc::new(SandboxGateway::try_new(clock, settings).unwrap())
}

fn in_memory() -> Fresh {
    let gateway = sandbox(SandboxLedgerPlace::Memory);
    Fresh { gateway: gateway.clone(), ledger: gateway, _keep: Box::new(()) }
}

fn in_a_file() -> Fresh {
    let folder = Folder(std::env::temp_dir().join(format!("ecicomm-ledger-{}", Uuid::now_v7())));
    std::fs::create_dir(&folder.0).unwrap();
    let gateway = sandbox(SandboxLedgerPlace::File(folder.0.join("ledger.ndjson")));
    Fresh { gateway: gateway.clone(), ledger: gateway, _keep: Box::new(folder) }
}

#[cfg(feature = "remote")]
mod process {
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    use actix_web::dev::ServerHandle;
    use ecicomm::adapters::sandbox::http::{Delay, serve};
    use ecicomm::adapters::sandbox_client::SandboxClient;

    use super::*;

    struct Running(ServerHandle, Option<JoinHandle<()>>);

    impl Drop for Running {
        fn drop(&mut self) {
            // Asking is enough; the server's own thread does the stopping.
            drop(self.0.stop(false));
            if let Some(thread) = self.1.take() {
                thread.join().unwrap();
            }
        }
    }

    pub fn remote() -> Fresh {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (sender, receiver) = std::sync::mpsc::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let gateway = sandbox(SandboxLedgerPlace::Memory);
                let server = serve(listener, gateway, Delay::millis(0..=2)).unwrap();
                sender.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let running = Running(receiver.recv().unwrap(), Some(thread));
        let client = Arc::new(SandboxClient::try_new(&base).unwrap());
        Fresh { gateway: client.clone(), ledger: client, _keep: Box::new(running) }
    }
}

fn payment() -> PaymentId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    PaymentId::new(Uuid::from_u128(u128::from(NEXT.fetch_add(1, Ordering::Relaxed))))
}

fn order_of(payment: PaymentId) -> OrderId {
    OrderId::new(Uuid::from_u128(payment.uuid().as_u128() | 1 << 100))
}

fn refund_id(number: u128) -> RefundId {
    RefundId::new(Uuid::from_u128(number | 1 << 101))
}

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

fn charge(token: &str) -> ChargeRequest {
    let payment = payment();
    ChargeRequest { payment, order: order_of(payment), amount: usd(1_000), token: token.to_owned() }
}

fn refund_of(charge: &ChargeRequest, number: u128, amount: i64) -> RefundRequest {
    RefundRequest {
        refund: refund_id(number),
        payment: charge.payment,
        order: charge.order,
        amount: usd(amount),
    }
}

impl Fresh {
    async fn rows(&self, order: OrderId) -> Vec<LedgerRow> {
        self.ledger.rows(Some(order), None, 100).await.unwrap().items
    }

    async fn kinds(&self, charge: &ChargeRequest) -> Vec<LedgerKind> {
        self.rows(charge.order).await.iter().map(|row| row.kind).collect()
    }

    async fn captured(&self) -> ChargeRequest {
        let request = charge("pm_card_visa");
        assert_eq!(self.gateway.charge(&request).await.unwrap(), ChargeOutcome::Captured);
        request
    }

    /// Charges with a client that gives up.
    async fn charge_in_vain(&self, request: &ChargeRequest) {
        let answer = time::timeout(PATIENCE, self.gateway.charge(request)).await;
        assert!(answer.is_err(), "answered {answer:?}");
    }

    /// Lets so much time pass that every slow charge so far has come to its end: a later one is
    /// answered no sooner.
    async fn slow_ones_end(&self) {
        let later = self.gateway.charge(&charge("pm_sandbox_slow")).await;
        assert_eq!(later.unwrap(), ChargeOutcome::Captured);
    }
}

async fn a_good_card_is_authorised_and_captured_in_two_rows(fresh: Fresh) {
    let request = fresh.captured().await;
    let rows = fresh.rows(request.order).await;
    let kinds: Vec<_> = rows.iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [LedgerKind::Authorised, LedgerKind::Captured]);
    for row in rows {
        assert_eq!((row.payment, row.order), (request.payment, request.order));
        assert_eq!(row.amount, request.amount);
        assert_eq!(row.idempotency_key, request.payment.to_string());
    }
}

async fn declines_tell_their_reason_and_take_nothing(fresh: Fresh) {
    for (token, code) in [
        ("pm_card_chargeDeclined", "card_declined"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_nobody_knows", "invalid_token"),
    ] {
        let request = charge(token);
        let outcome = fresh.gateway.charge(&request).await.unwrap();
        assert_eq!(outcome, ChargeOutcome::Declined { reason: code.to_owned() });
        assert_eq!(fresh.kinds(&request).await, [LedgerKind::Declined]);
    }
}

async fn a_key_that_is_repeated_moves_money_once(fresh: Fresh) {
    for token in ["pm_card_visa", "pm_card_chargeDeclined"] {
        let request = charge(token);
        let first = fresh.gateway.charge(&request).await.unwrap();
        let rows = fresh.rows(request.order).await;
        assert_eq!(fresh.gateway.charge(&request).await.unwrap(), first);
        assert_eq!(fresh.rows(request.order).await, rows);
    }
}

async fn a_key_that_is_sent_many_times_at_once_moves_money_once(fresh: Fresh) {
    let request = charge("pm_card_visa");
    let answers = join_all((0..16).map(|_| fresh.gateway.charge(&request))).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(ChargeOutcome::Captured))));
    assert_eq!(fresh.kinds(&request).await, [LedgerKind::Authorised, LedgerKind::Captured]);
}

async fn a_key_with_other_parameters_is_an_error_and_moves_nothing(fresh: Fresh) {
    let request = fresh.captured().await;
    let dearer = ChargeRequest { amount: usd(2_000), ..request.clone() };
    let card = ChargeRequest { token: "pm_card_other".to_owned(), ..request.clone() };
    let order = ChargeRequest { order: order_of(payment()), ..request.clone() };
    for other in [dearer, card, order] {
        assert!(fresh.gateway.charge(&other).await.is_err(), "{other:?}");
    }
    assert_eq!(fresh.kinds(&request).await.len(), 2);
}

async fn nothing_and_less_than_nothing_are_not_charged(fresh: Fresh) {
    for amount in [0, -1] {
        let request = ChargeRequest { amount: usd(amount), ..charge("pm_card_visa") };
        let outcome = fresh.gateway.charge(&request).await.unwrap();
        assert_eq!(outcome, ChargeOutcome::Declined { reason: "invalid_amount".to_owned() });
    }
}

async fn a_buyer_who_must_act_is_charged_after_that(fresh: Fresh) {
    let request = charge("pm_card_authenticationRequired");
    let asked = fresh.gateway.charge(&request).await.unwrap();
    assert!(matches!(asked, ChargeOutcome::RequiresAction { .. }), "{asked:?}");
    let record = fresh.gateway.look_up(request.payment).await.unwrap();
    assert_eq!(record, ChargeRecord::Ended(asked));
    assert_eq!(fresh.kinds(&request).await, []);
    for _ in 0..2 {
        let outcome = fresh.gateway.resume(request.payment).await.unwrap();
        assert_eq!(outcome, ChargeOutcome::Captured);
    }
    assert_eq!(fresh.kinds(&request).await, [LedgerKind::Authorised, LedgerKind::Captured]);
}

async fn a_payment_nobody_charged_cannot_be_resumed(fresh: Fresh) {
    assert!(fresh.gateway.resume(payment()).await.is_err());
}

async fn a_look_up_tells_how_a_charge_ended(fresh: Fresh) {
    let request = fresh.captured().await;
    let record = fresh.gateway.look_up(request.payment).await.unwrap();
    assert_eq!(record, ChargeRecord::Ended(ChargeOutcome::Captured));
    assert_eq!(fresh.gateway.look_up(payment()).await.unwrap(), ChargeRecord::Unknown);
}

async fn a_silent_capture_is_found_by_looking_it_up(fresh: Fresh) {
    let request = charge("pm_sandbox_timeout_then_captured");
    for _ in 0..2 {
        fresh.charge_in_vain(&request).await;
        let record = fresh.gateway.look_up(request.payment).await.unwrap();
        assert_eq!(record, ChargeRecord::Ended(ChargeOutcome::Captured));
    }
    assert_eq!(fresh.kinds(&request).await, [LedgerKind::Authorised, LedgerKind::Captured]);
}

async fn a_lost_charge_is_unknown_until_it_is_called_off(fresh: Fresh) {
    let request = charge("pm_sandbox_timeout_not_captured");
    fresh.charge_in_vain(&request).await;
    assert_eq!(fresh.gateway.look_up(request.payment).await.unwrap(), ChargeRecord::Unknown);
    assert_eq!(fresh.kinds(&request).await, []);
    for _ in 0..2 {
        let voided = fresh.gateway.void(request.payment, request.order).await.unwrap();
        assert_eq!(voided, VoidOutcome::Voided);
    }
    assert_eq!(fresh.gateway.look_up(request.payment).await.unwrap(), ChargeRecord::Voided);
    assert_eq!(fresh.kinds(&request).await, [LedgerKind::Voided]);
}

async fn a_slow_charge_is_under_way_and_then_captured(fresh: Fresh) {
    let request = charge("pm_sandbox_slow");
    fresh.charge_in_vain(&request).await;
    assert_eq!(fresh.gateway.look_up(request.payment).await.unwrap(), ChargeRecord::Processing);
    fresh.slow_ones_end().await;
    let record = fresh.gateway.look_up(request.payment).await.unwrap();
    assert_eq!(record, ChargeRecord::Ended(ChargeOutcome::Captured));
    assert_eq!(fresh.kinds(&request).await, [LedgerKind::Authorised, LedgerKind::Captured]);
}

async fn a_slow_charge_answers_whoever_waits(fresh: Fresh) {
    let request = charge("pm_sandbox_slow");
    let answers = join_all((0..3).map(|_| fresh.gateway.charge(&request))).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(ChargeOutcome::Captured))));
    assert_eq!(fresh.kinds(&request).await, [LedgerKind::Authorised, LedgerKind::Captured]);
}

async fn a_charge_that_arrives_after_its_void_is_refused(fresh: Fresh) {
    for token in ["pm_card_visa", "pm_sandbox_slow", "pm_card_authenticationRequired"] {
        let request = charge(token);
        let voided = fresh.gateway.void(request.payment, request.order).await.unwrap();
        assert_eq!(voided, VoidOutcome::Voided);
        let outcome = fresh.gateway.charge(&request).await.unwrap();
        assert!(matches!(outcome, ChargeOutcome::Declined { .. }), "{token}: {outcome:?}");
        assert_eq!(fresh.kinds(&request).await, [LedgerKind::Voided]);
    }
}

async fn what_is_under_way_can_be_called_off(fresh: Fresh) {
    for token in ["pm_sandbox_slow", "pm_card_authenticationRequired"] {
        let request = charge(token);
        let asked = time::timeout(PATIENCE, fresh.gateway.charge(&request)).await;
        assert!(!matches!(asked, Ok(Ok(ChargeOutcome::Captured))), "{token}");
        let voided = fresh.gateway.void(request.payment, request.order).await.unwrap();
        assert_eq!(voided, VoidOutcome::Voided, "{token}");
        fresh.slow_ones_end().await;
        assert_eq!(fresh.gateway.look_up(request.payment).await.unwrap(), ChargeRecord::Voided);
        let resumed = fresh.gateway.resume(request.payment).await.unwrap();
        assert!(matches!(resumed, ChargeOutcome::Declined { .. }), "{token}: {resumed:?}");
        assert_eq!(fresh.kinds(&request).await, [LedgerKind::Voided]);
    }
}

async fn what_was_captured_cannot_be_called_off(fresh: Fresh) {
    let request = fresh.captured().await;
    let voided = fresh.gateway.void(request.payment, request.order).await.unwrap();
    assert_eq!(voided, VoidOutcome::AlreadyCaptured);
    assert_eq!(fresh.kinds(&request).await.len(), 2);
}

async fn refunds_that_are_repeated_pay_back_once(fresh: Fresh) {
    let request = fresh.captured().await;
    let refund = refund_of(&request, 1, 300);
    for _ in 0..2 {
        assert_eq!(fresh.gateway.refund(&refund).await.unwrap(), RefundOutcome::Refunded);
    }
    let rows = fresh.rows(request.order).await;
    assert_eq!(rows.len(), 3);
    let last = rows.last().unwrap();
    assert_eq!((last.kind, last.amount), (LedgerKind::Refunded, usd(300)));
    assert_eq!(last.idempotency_key, refund.refund.to_string());
    assert!(fresh.gateway.refund(&refund_of(&request, 1, 301)).await.is_err());
}

async fn refunds_at_once_never_exceed_the_capture(fresh: Fresh) {
    let request = fresh.captured().await;
    let refunds: Vec<_> = (0..8).map(|number| refund_of(&request, 10 + number, 300)).collect();
    let answers = join_all(refunds.iter().map(|refund| fresh.gateway.refund(refund))).await;
    let paid = answers.iter().filter(|answer| matches!(answer, Ok(RefundOutcome::Refunded)));
    assert_eq!(paid.count(), 3);
    let refused = answers.iter().filter(|a| matches!(a, Ok(RefundOutcome::Refused { .. })));
    assert_eq!(refused.count(), 5);
    let rows = fresh.rows(request.order).await;
    let back: i64 = rows
        .iter()
        .filter(|row| row.kind == LedgerKind::Refunded)
        .map(|row| row.amount.amount())
        .sum();
    assert_eq!(back, 900);
}

async fn what_was_never_captured_is_not_paid_back(fresh: Fresh) {
    let declined = charge("pm_card_chargeDeclined");
    fresh.gateway.charge(&declined).await.unwrap();
    let unknown = charge("pm_card_visa");
    for request in [declined, unknown] {
        let outcome = fresh.gateway.refund(&refund_of(&request, 30, 1)).await.unwrap();
        assert!(matches!(outcome, RefundOutcome::Refused { .. }), "{outcome:?}");
    }
}

async fn refunds_of_nothing_less_or_other_money_are_refused(fresh: Fresh) {
    let request = fresh.captured().await;
    let euro = Money::new(10, Currency::try_new("EUR").unwrap());
    for (number, amount) in [(40, usd(0)), (41, usd(-5)), (42, euro)] {
        let refund = RefundRequest { amount, ..refund_of(&request, number, 1) };
        let outcome = fresh.gateway.refund(&refund).await.unwrap();
        assert!(matches!(outcome, RefundOutcome::Refused { .. }), "{amount:?}: {outcome:?}");
    }
}

async fn the_ledger_is_paged_without_gap_or_repeat(fresh: Fresh) {
    let mut requests = Vec::new();
    for _ in 0..5 {
        requests.push(fresh.captured().await);
    }
    let all = fresh.ledger.rows(None, None, 100).await.unwrap();
    assert_eq!((all.items.len(), all.next), (10, None));
    assert!(all.items.is_sorted_by_key(|row| row.at));
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = fresh.ledger.rows(None, after, 3).await.unwrap();
        paged.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(paged, all.items);
    let of_one = fresh.ledger.rows(Some(requests[2].order), None, 1).await.unwrap();
    let rest = fresh.ledger.rows(Some(requests[2].order), of_one.next, 10).await.unwrap();
    assert_eq!(rest.items.len(), 1);
    assert_eq!(rest.items[0].kind, LedgerKind::Captured);
}

/// One list: every case, over every form.
macro_rules! contract {
    ($($case:ident,)*) => {
        mod memory {
            $(#[tokio::test(start_paused = true)]
            async fn $case() {
                super::$case(super::in_memory()).await;
            })*
        }

        mod file {
            $(#[tokio::test(start_paused = true)]
            async fn $case() {
                super::$case(super::in_a_file()).await;
            })*
        }

        #[cfg(feature = "remote")]
        mod http {
            $(#[tokio::test]
            async fn $case() {
                super::$case(super::process::remote()).await;
            })*
        }
    };
}

contract! {
    a_good_card_is_authorised_and_captured_in_two_rows,
    declines_tell_their_reason_and_take_nothing,
    a_key_that_is_repeated_moves_money_once,
    a_key_that_is_sent_many_times_at_once_moves_money_once,
    a_key_with_other_parameters_is_an_error_and_moves_nothing,
    nothing_and_less_than_nothing_are_not_charged,
    a_buyer_who_must_act_is_charged_after_that,
    a_payment_nobody_charged_cannot_be_resumed,
    a_look_up_tells_how_a_charge_ended,
    a_silent_capture_is_found_by_looking_it_up,
    a_lost_charge_is_unknown_until_it_is_called_off,
    a_slow_charge_is_under_way_and_then_captured,
    a_slow_charge_answers_whoever_waits,
    a_charge_that_arrives_after_its_void_is_refused,
    what_is_under_way_can_be_called_off,
    what_was_captured_cannot_be_called_off,
    refunds_that_are_repeated_pay_back_once,
    refunds_at_once_never_exceed_the_capture,
    what_was_never_captured_is_not_paid_back,
    refunds_of_nothing_less_or_other_money_are_refused,
    the_ledger_is_paged_without_gap_or_repeat,
}
