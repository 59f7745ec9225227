//! Whether the money of an order adds up.

use super::Finding;
use super::order::name;
use crate::domain::order::{Order, OrderLine, Phase, TaxLine};
use crate::domain::shared::{Money, MoneyError};

const MEND_TOTALS: &str = "what was agreed never changes: compare it with the buyer's confirmation";
const MEND_REFUNDS: &str =
    "compare the order with the payment provider's record before paying more";

/// Every sum of an order that should agree and does not.
pub(super) fn adds_up(order: &Order) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(totals(order));
    findings.extend(order.placed().lines.iter().filter_map(|line| line_total(order, line)));
    findings.extend(refunds(order));
    findings
}

fn totals(order: &Order) -> Vec<Finding> {
    let placed = order.placed();
    let (totals, currency) = (&placed.totals, placed.currency);
    let lines = || placed.lines.iter();
    let taxes = |included: bool| {
        let of_kind = placed.tax_lines.iter().filter(move |line| line.included == included);
        Money::sum(currency, of_kind.map(|line: &TaxLine| line.amount))
    };
    let subtotal = lines()
        .map(subtotal)
        .collect::<Result<Vec<_>, _>>()
        .and_then(|all| Money::sum(currency, all));
    let due = order.payment(placed.payment).map_or(Money::zero(currency), |first| first.amount);
    let total = totals
        .subtotal
        .minus(totals.discount)
        .and_then(|rest| rest.plus(totals.shipping))
        .and_then(|rest| rest.plus(totals.tax));
    let rows = [
        ("total", total, totals.total),
        ("subtotal", subtotal, totals.subtotal),
        ("discount", Money::sum(currency, lines().map(|line| line.discount)), totals.discount),
        ("tax on top", taxes(false), totals.tax),
        ("tax that prices contain", taxes(true), totals.included_tax),
        ("amount of the first payment", Ok(totals.total), due),
    ];
    let compared = rows
        .into_iter()
        .map(|(part, sum, kept)| compare(format!("{part} of {}", name(order)), sum, kept));
    compared.flatten().collect()
}

fn subtotal(line: &OrderLine) -> Result<Money, MoneyError> {
    line.unit_price.times(line.quantity.units())
}

fn line_total(order: &Order, line: &OrderLine) -> Option<Finding> {
    let sum = subtotal(line).and_then(|sum| sum.minus(line.discount));
    compare(format!("total of the line {} of {}", line.sku, name(order)), sum, line.total)
}

fn compare(what: String, sum: Result<Money, MoneyError>, kept: Money) -> Option<Finding> {
    match sum {
        Ok(sum) if sum == kept => None,
        Ok(sum) => Some(Finding::new(what, sum, kept, MEND_TOTALS)),
        Err(error) => {
            let expected = format!("amounts that can be added ({error})");
            Some(Finding::new(what, expected, kept, MEND_TOTALS))
        }
    }
}

/// No more goes back than was taken, and of an order that failed all of it.
fn refunds(order: &Order) -> Vec<Finding> {
    let mut findings = Vec::new();
    for payment in order.payments() {
        let promised = order.refunds().iter().filter(|refund| refund.is_promised());
        let agreed = promised.filter(|refund| refund.payment == payment.id);
        let captured = payment.captured();
        let sum = Money::sum(captured.currency(), agreed.map(|refund| refund.amount));
        let fits = sum.is_ok_and(|sum| sum.amount() <= captured.amount());
        if !fits {
            let what = format!("refunds of {}", name(order));
            let found = sum.map_or_else(|error| error.to_string(), |sum| sum.to_string());
            findings.push(Finding::new(what, format!("at most {captured}"), found, MEND_REFUNDS));
        }
    }
    let (captured, refunded) = (order.captured(), order.refunded());
    if order.phase() == Phase::Failed && captured != refunded {
        let what = format!("money of {}, which failed", name(order));
        let expected = format!("all of {captured} paid back");
        findings.push(Finding::new(what, expected, refunded, MEND_REFUNDS));
    }
    findings
}
