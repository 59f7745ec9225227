use std::collections::BTreeMap;

use serde_json::Value;

use super::super::book::{Kind, Promise};
use super::super::client::Answer;
use super::super::shopper::is_final;
use super::{Checker, Left, text};

/// How many keys are asked once more at the end.
const REPEATED: usize = 1_000;
/// What an order never changes after it was placed.
const FROZEN: [&str; 12] = [
    "number",
    "email",
    "currency",
    "coupons",
    "shipping_address",
    "subtotal",
    "discount_total",
    "shipping_total",
    "tax_total",
    "total",
    "placed_at",
    "confirmed_at",
];
/// The same of a line.
const LINE: [&str; 7] = ["id", "sku", "quantity", "unit_price", "discount", "total", "tax"];

impl Checker<'_> {
    /// I4, I10: what was acknowledged stands, what was refused does not.
    pub(super) fn promises(&self, left: &Left) {
        let mut by_wish: BTreeMap<&str, &Value> = BTreeMap::new();
        for order in left.orders.values() {
            by_wish.insert(text(&order["shipping_address"], "line1"), order);
        }
        for promise in &left.promises {
            let Kind::Order { wish } = promise.kind else { continue };
            let Some(answer) = &promise.answer else { continue };
            let kept = by_wish.get(format!("wish {wish}").as_str()).copied();
            match answer.status {
                201 => self.stands(&answer.json(), kept),
                402 => self.came_to_nothing(answer, kept),
                _ if answer.code() == "order_failed" => self.came_to_nothing(answer, kept),
                // Refused before anything was held.
                _ => self.verdict.check("I4", kept.is_none(), || {
                    format!("{} although there is {kept:?}", answer.text())
                }),
            }
        }
    }

    fn stands(&self, told: &Value, kept: Option<&Value>) {
        let same = kept.is_some_and(|kept| {
            let frozen = FROZEN.iter().all(|name| told[*name] == kept[*name]);
            let lines = |order: &Value| -> Vec<Value> {
                let lines = super::items(order, "lines");
                lines.flat_map(|line| LINE.map(|name| line[name].clone())).collect()
            };
            frozen && told["id"] == kept["id"] && lines(told) == lines(kept) && super::stands(kept)
        });
        self.verdict.check("I4", same, || format!("acknowledged {told}, kept {kept:?}"));
    }

    fn came_to_nothing(&self, answer: &Answer, kept: Option<&Value>) {
        let failed = kept.is_some_and(|kept| text(kept, "status") == "failed");
        self.verdict.check("I4", failed, || format!("{}, kept {kept:?}", answer.text()));
    }

    /// I10: keys that were answered say the same today, byte for byte.
    pub(super) async fn repeat(&self, left: &Left) {
        let answered = |promise: &&Promise| promise.answer.is_some();
        let known: Vec<&Promise> = left.promises.iter().filter(answered).collect();
        let step = known.len().div_ceil(REPEATED).max(1);
        for promise in known.into_iter().step_by(step) {
            let Some(first) = &promise.answer else { continue };
            let mut request = promise.request.clone();
            // The token of the time may be over by now; it is the same member of staff.
            request.bearer = request.bearer.map(|_| self.bearer.clone());
            let again = self.caller.ask(&request).await;
            let same = is_final(&again)
                && again.replayed
                && (first.status, &first.bytes) == (again.status, &again.bytes);
            self.verdict.check("I10", same, || {
                format!("{:?}: {} and today {}", request.key, first.text(), again.text())
            });
        }
    }
}
