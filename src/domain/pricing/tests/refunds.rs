use super::*;
use proptest::prelude::*;

fn units(number: i64) -> Quantity {
    Quantity::try_new(number).unwrap()
}

#[test]
fn units_returned_one_by_one_are_worth_the_whole() {
    let one = |before| refund_share(usd(1000), units(3), before, Quantity::ONE).unwrap();
    assert_eq!([one(0), one(1), one(2)], [usd(333), usd(333), usd(334)]);
    assert_eq!(refund_share(usd(1000), units(3), 0, units(3)), Ok(usd(1000)));
    assert_eq!(refund_share(usd(1000), units(3), 1, units(2)), Ok(usd(667)));
}

#[test]
fn no_more_units_are_refunded_than_were_bought() {
    let too_many = |before, returning| refund_share(usd(1000), units(3), before, units(returning));
    assert_eq!(too_many(0, 4), Err(RefundError::TooMany { left: 3 }));
    assert_eq!(too_many(2, 2), Err(RefundError::TooMany { left: 1 }));
    assert_eq!(too_many(3, 1), Err(RefundError::TooMany { left: 0 }));
    assert_eq!(too_many(u32::MAX, 1), Err(RefundError::TooMany { left: 0 }));
}

#[test]
fn the_tax_on_top_is_refunded_with_its_units() {
    let mut rules = shop(vec![promotion(1, percent("10"))]);
    rules.tax_rates = vec![tax(1, "8")];
    let priced = price(&basket(vec![line(1, 333, 3)]), &rules).unwrap();
    let paid = priced.lines()[0].paid().unwrap();
    assert_eq!(paid, usd(899 + 72));
    assert_eq!(refund_share(paid, units(3), 0, Quantity::ONE), Ok(usd(323)));
}

#[test]
fn the_largest_line_is_refunded_without_overflow() {
    let most = usd(i64::MAX);
    assert_eq!(refund_share(most, units(1_000_000), 0, units(1_000_000)), Ok(most));
}

proptest! {
    #[test]
    fn returning_in_any_steps_sums_exactly_to_what_was_paid(
        paid in 0_i64..=i64::MAX,
        steps in proptest::collection::vec(1_i64..2_000, 1..40),
    ) {
        let bought = units(steps.iter().sum());
        let mut before = 0;
        let mut refunded = usd(0);
        for step in steps {
            let share = refund_share(usd(paid), bought, before, units(step)).unwrap();
            prop_assert!(!share.is_negative());
            refunded = refunded.plus(share).unwrap();
            before += units(step).units();
            let due = i128::from(paid) * i128::from(before) / i128::from(bought.units());
            prop_assert!(i128::from(refunded.amount()) <= due);
        }
        prop_assert_eq!(refunded, usd(paid));
    }
}
