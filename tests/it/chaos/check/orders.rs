use std::collections::BTreeSet;

use super::super::goods::{COUPON, COUPON_LIMIT};
use super::{Checker, Left, amount, items, stands, text};

impl Checker<'_> {
    /// I7, I13: every order ended, adds up, and has a number of its own, as has every refund; and
    /// what was wished for once was ordered once.
    pub(super) fn orders(&self, left: &Left) {
        let (mut numbers, mut refunds) = (BTreeSet::new(), BTreeSet::new());
        let mut wishes = BTreeSet::new();
        for (id, order) in &left.orders {
            let number = text(order, "number");
            self.verdict
                .check("I13", numbers.insert(number), || format!("two orders are number {number}"));
            for refund in items(order, "refunds") {
                self.verdict.check("I13", refunds.insert(text(refund, "id")), || {
                    format!("two refunds are {refund}")
                });
            }
            let wish = text(&order["shipping_address"], "line1");
            self.verdict.check("I10", !wish.is_empty() && wishes.insert(wish), || {
                format!("{wish} became order {id} and another one")
            });
            let status = text(order, "status");
            let over = !matches!(status, "pending" | "attention");
            self.verdict.check("I7", over, || format!("order {id} is {status}"));
            self.adds_up(id, order);
        }
        let used = left.orders.values().filter(|order| {
            let used = items(order, "coupons").any(|code| code.as_str() == Some(COUPON));
            used && stands(order) && text(order, "status") != "cancelled"
        });
        let used = u64::try_from(used.count()).unwrap();
        self.verdict.check("T-C09", used <= COUPON_LIMIT, || {
            format!("{used} orders used what {COUPON_LIMIT} may")
        });
    }

    /// I5 in each order: totals, lines and refunds agree to the cent.
    fn adds_up(&self, id: &str, order: &serde_json::Value) {
        let sum = |name: &str| amount(&order[name]);
        let total = sum("subtotal") - sum("discount_total") + sum("shipping_total");
        let lines: i64 = items(order, "lines").map(|line| amount(&line["total"])).sum();
        let paid = &order["payment"];
        let right = sum("total") == total + sum("tax_total")
            && lines == sum("subtotal") - sum("discount_total")
            && amount(&paid["refunded"]) <= amount(&paid["captured"]);
        self.verdict.check("I5", right, || format!("order {id} does not add up: {order}"));
    }
}
