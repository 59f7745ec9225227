use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use uuid::Uuid;

use super::*;
use crate::domain::shared::{Currency, Money, OrderId, PaymentId, RefundId, Span, Timestamp};
use crate::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, LedgerKind, PaymentGateway, RefundOutcome,
    RefundRequest, SandboxLedger, VoidOutcome,
};
use crate::ports::system::Clock;
use crate::ports::{PortError, PortErrorKind};

/// A clock that is set by hand.
#[derive(Default)]
struct HandClock(AtomicI64);

impl HandClock {
    fn pass(&self, span: Span) {
        self.0.fetch_add(span.as_micros(), Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("ecicomm-sandbox-{}", Uuid::now_v7()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn ledger(&self) -> PathBuf {
        self.0.join("ledger.ndjson")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open(path: &Path, clock: &Arc<HandClock>) -> Result<SandboxGateway, PortError> {
    let place = SandboxLedgerPlace::File(path.to_owned());
    SandboxGateway::try_new(Arc::clone(clock) as Arc<dyn Clock>, SandboxSettings::new(place))
}

fn payment() -> PaymentId {
    PaymentId::new(Uuid::from_u128(1))
}

fn order() -> OrderId {
    OrderId::new(Uuid::from_u128(2))
}

fn charge(token: &str) -> ChargeRequest {
    ChargeRequest {
        payment: payment(),
        order: order(),
        amount: Money::new(1_000, Currency::USD),
        token: token.to_owned(),
    }
}

async fn kinds(gateway: &SandboxGateway) -> Vec<LedgerKind> {
    let page = gateway.rows(None, None, 100).await.unwrap();
    page.items.iter().map(|row| row.kind).collect()
}

#[tokio::test]
async fn a_charge_is_in_the_file_before_it_is_answered() {
    let (folder, clock) = (Folder::new(), Arc::default());
    let gateway = open(&folder.ledger(), &clock).unwrap();
    assert_eq!(gateway.charge(&charge("pm_card_visa")).await.unwrap(), ChargeOutcome::Captured);
    let text = fs::read_to_string(folder.ledger()).unwrap();
    let kinds: Vec<_> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["kind"].clone())
        .collect();
    assert_eq!(kinds, ["authorised", "captured"]);
}

#[tokio::test]
async fn a_restarted_gateway_answers_a_repeated_key_from_its_ledger() {
    let (folder, clock) = (Folder::new(), Arc::default());
    for _ in 0..3 {
        let gateway = open(&folder.ledger(), &clock).unwrap();
        let outcome = gateway.charge(&charge("pm_card_visa")).await.unwrap();
        assert_eq!(outcome, ChargeOutcome::Captured);
        assert_eq!(kinds(&gateway).await, [LedgerKind::Authorised, LedgerKind::Captured]);
    }
}

#[tokio::test]
async fn a_decline_keeps_its_reason_over_a_restart() {
    let (folder, clock) = (Folder::new(), Arc::default());
    for _ in 0..2 {
        let gateway = open(&folder.ledger(), &clock).unwrap();
        let outcome = gateway.charge(&charge("pm_card_chargeDeclined")).await.unwrap();
        assert_eq!(outcome, ChargeOutcome::Declined { reason: "card_declined".to_owned() });
        assert_eq!(kinds(&gateway).await, [LedgerKind::Declined]);
    }
}

#[tokio::test]
async fn refunds_are_counted_over_a_restart() {
    let (folder, clock) = (Folder::new(), Arc::default());
    let refund = |id: u128, amount: i64| RefundRequest {
        refund: RefundId::new(Uuid::from_u128(id)),
        payment: payment(),
        order: order(),
        amount: Money::new(amount, Currency::USD),
    };
    let gateway = open(&folder.ledger(), &clock).unwrap();
    gateway.charge(&charge("pm_card_visa")).await.unwrap();
    assert_eq!(gateway.refund(&refund(3, 600)).await.unwrap(), RefundOutcome::Refunded);
    let again = open(&folder.ledger(), &clock).unwrap();
    assert_eq!(again.refund(&refund(3, 600)).await.unwrap(), RefundOutcome::Refunded);
    let beyond = again.refund(&refund(4, 401)).await.unwrap();
    assert!(matches!(beyond, RefundOutcome::Refused { .. }), "{beyond:?}");
    assert_eq!(again.refund(&refund(4, 400)).await.unwrap(), RefundOutcome::Refunded);
}

#[tokio::test]
async fn a_charge_that_waits_for_the_buyer_goes_on_after_a_restart() {
    let (folder, clock) = (Folder::new(), Arc::default());
    let gateway = open(&folder.ledger(), &clock).unwrap();
    let outcome = gateway.charge(&charge("pm_card_authenticationRequired")).await.unwrap();
    assert!(matches!(outcome, ChargeOutcome::RequiresAction { .. }));
    let again = open(&folder.ledger(), &clock).unwrap();
    assert_eq!(again.resume(payment()).await.unwrap(), ChargeOutcome::Captured);
}

#[tokio::test(start_paused = true)]
async fn a_slow_charge_is_captured_when_due_though_nobody_waits() {
    let (folder, clock) = (Folder::new(), Arc::<HandClock>::default());
    let gateway = open(&folder.ledger(), &clock).unwrap();
    let request = charge("pm_sandbox_slow");
    let waited = std::time::Duration::from_secs(1);
    assert!(tokio::time::timeout(waited, gateway.charge(&request)).await.is_err());
    clock.pass(Span::millis(9_999));
    assert_eq!(gateway.look_up(payment()).await.unwrap(), ChargeRecord::Processing);
    clock.pass(Span::seconds(60));
    let again = open(&folder.ledger(), &clock).unwrap();
    let captured = ChargeRecord::Ended(ChargeOutcome::Captured);
    assert_eq!(again.look_up(payment()).await.unwrap(), captured);
    let page = again.rows(None, None, 10).await.unwrap();
    let at: Vec<_> = page.items.iter().map(|row| row.at.micros()).collect();
    assert_eq!(at, [10_000_000, 10_000_000], "captured when it was due, not when it was seen");
}

#[tokio::test]
async fn a_line_that_was_not_written_to_its_end_is_cut_off() {
    let (folder, clock) = (Folder::new(), Arc::default());
    let gateway = open(&folder.ledger(), &clock).unwrap();
    gateway.charge(&charge("pm_card_visa")).await.unwrap();
    let text = fs::read_to_string(folder.ledger()).unwrap();
    fs::write(folder.ledger(), format!("{text}{{\"at\":\"2026")).unwrap();
    let again = open(&folder.ledger(), &clock).unwrap();
    assert_eq!(again.void(payment(), order()).await.unwrap(), VoidOutcome::AlreadyCaptured);
    assert_eq!(fs::read_to_string(folder.ledger()).unwrap(), text);
}

#[tokio::test]
async fn an_authorisation_whose_capture_was_cut_off_is_captured_after_all() {
    let (folder, clock) = (Folder::new(), Arc::default());
    let gateway = open(&folder.ledger(), &clock).unwrap();
    gateway.charge(&charge("pm_card_visa")).await.unwrap();
    let text = fs::read_to_string(folder.ledger()).unwrap();
    let first = text.split_inclusive('\n').next().unwrap();
    fs::write(folder.ledger(), first).unwrap();
    let again = open(&folder.ledger(), &clock).unwrap();
    assert_eq!(again.charge(&charge("pm_card_visa")).await.unwrap(), ChargeOutcome::Captured);
    assert_eq!(fs::read_to_string(folder.ledger()).unwrap(), text);
}

#[test]
fn a_ledger_that_makes_no_sense_is_refused() {
    let (folder, clock) = (Folder::new(), Arc::default());
    fs::write(folder.ledger(), "{\"at\": \"yesterday\"}\n").unwrap();
    let error = open(&folder.ledger(), &clock).err().unwrap();
    assert_eq!(error.kind(), PortErrorKind::Corrupt);
}
