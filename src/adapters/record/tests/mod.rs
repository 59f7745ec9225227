mod any;
mod damage;
mod golden;
mod round_trip;

use uuid::Uuid;

use super::*;
use crate::domain::shared::{Currency, Money, OrderId, PaymentId, Timestamp};
use crate::ports::payment::{LedgerKind, LedgerRow};

#[test]
fn a_moment_reads_back_to_the_microsecond() {
    for micros in [0, 1, 1_760_000_000_123_456, -1] {
        let at = Timestamp::from_micros(micros);
        assert_eq!(parse_rfc3339(&rfc3339(at)).unwrap(), at);
    }
    assert_eq!(rfc3339(Timestamp::from_micros(1_500_000)), "1970-01-01T00:00:01.500000Z");
    assert!(parse_rfc3339("yesterday").is_err());
    for beyond in ["9999-12-31T23:59:60Z", "9999-12-31T23:59:59-23:59", "0000-01-01T00:00:00+00:01"]
    {
        assert!(parse_rfc3339(beyond).is_err(), "{beyond}");
    }
    assert!(parse_rfc3339("9999-12-31T23:59:59.999999Z").is_ok());
}

#[test]
fn a_row_of_the_ledger_has_the_published_form_and_reads_back() {
    let row = LedgerRow {
        at: Timestamp::from_micros(0),
        kind: LedgerKind::Captured,
        payment: PaymentId::new(Uuid::from_u128(1)),
        order: OrderId::new(Uuid::from_u128(2)),
        idempotency_key: "key".to_owned(),
        amount: Money::new(1999, Currency::USD),
    };
    let text = serde_json::to_string(&LedgerRowRecord::from(&row)).unwrap();
    assert_eq!(
        text,
        concat!(
            r#"{"at":"1970-01-01T00:00:00.000000Z","kind":"captured","#,
            r#""payment_id":"00000000-0000-0000-0000-000000000001","#,
            r#""order_id":"00000000-0000-0000-0000-000000000002","#,
            r#""idempotency_key":"key","amount":{"amount":1999,"currency":"USD"}}"#
        )
    );
    let record: LedgerRowRecord = serde_json::from_str(&text).unwrap();
    assert_eq!(record.row().unwrap(), row);
}

#[test]
fn a_row_in_no_known_currency_is_corrupt() {
    let record = MoneyRecord { amount: 1, currency: "XXX".to_owned() };
    assert_eq!(record.money().unwrap_err().kind(), crate::ports::PortErrorKind::Corrupt);
}
