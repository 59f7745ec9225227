use std::collections::BTreeMap;

use ecicomm::ports::payment::LedgerKind;
use serde_json::Value;

use super::{Checker, Left, amount, items, text};

/// What the provider's ledger says of one payment.
#[derive(Debug, Default)]
struct Account {
    order: String,
    authorised: Vec<i64>,
    captured: Vec<i64>,
    /// By the refund's key.
    refunded: BTreeMap<String, i64>,
    refunds: usize,
    voided: usize,
}

impl Account {
    fn taken(&self) -> i64 {
        self.captured.iter().sum()
    }

    fn balance(&self) -> i64 {
        self.taken() - self.refunded.values().sum::<i64>()
    }
}

impl Checker<'_> {
    /// I5, I6: the provider's ledger and the orders tell the same of every payment, and each was
    /// taken once at most.
    pub(super) fn money(&self, left: &Left) {
        let accounts = accounts_of(left);
        for (payment, account) in &accounts {
            self.sound(payment, account, left);
        }
        let (mut ledger, mut shop) = (0, 0);
        for (id, order) in &left.orders {
            let empty = Account::default();
            for payment in items(order, "payments") {
                let account = accounts.get(text(payment, "id")).unwrap_or(&empty);
                self.agree(id, order, account);
                ledger += account.balance();
            }
            let sums = &order["payment"];
            shop += amount(&sums["captured"]) - amount(&sums["refunded"]);
        }
        let all: i64 = accounts.values().map(Account::balance).sum();
        self.verdict.check("I5", ledger == shop && all == shop, || {
            format!("the provider kept {all}, {ledger} of it for orders, which say {shop}")
        });
    }

    /// What a provider must be able to say of any payment.
    fn sound(&self, payment: &str, account: &Account, left: &Left) {
        let once = account.captured.len() <= 1 && account.authorised.len() <= 1;
        self.verdict.check("I6", once, || format!("{payment} was taken twice: {account:?}"));
        self.verdict.check("I5", account.balance() >= 0, || {
            format!("more went back on {payment} than was taken: {account:?}")
        });
        let once = account.refunds == account.refunded.len();
        self.verdict.check("I5", once, || format!("a refund was paid twice: {account:?}"));
        let known = left.orders.contains_key(&account.order);
        self.verdict.check("I6", known || account.balance() == 0, || {
            format!("{payment} was taken for no order: {account:?}")
        });
        let either = account.voided == 0 || account.captured.is_empty();
        self.verdict.check("I6", either, || format!("voided and taken: {account:?}"));
    }

    /// What the shop says of an order's money against what the provider says.
    fn agree(&self, id: &str, order: &Value, account: &Account) {
        let (status, taken) = (text(order, "status"), account.taken());
        self.verdict.check("I5", taken == amount(&order["payment"]["captured"]), || {
            format!("order {id} has {} captured, the provider {taken}", order["payment"])
        });
        let right = match status {
            "pending" | "failed" => account.balance() == 0,
            "cancelled" => account.balance() == 0 && taken == amount(&order["total"]),
            _ => taken == amount(&order["total"]),
        };
        self.verdict.check("I6", right, || format!("order {id} is {status}: {account:?}"));
        let paid = items(order, "refunds").filter(|refund| refund["status"] == "paid");
        let paid: BTreeMap<String, i64> =
            paid.map(|refund| (text(refund, "id").to_owned(), amount(&refund["amount"]))).collect();
        self.verdict.check("I5", paid == account.refunded, || {
            format!("order {id} paid back {paid:?}, the provider {:?}", account.refunded)
        });
    }
}

fn accounts_of(left: &Left) -> BTreeMap<String, Account> {
    let mut accounts: BTreeMap<String, Account> = BTreeMap::new();
    for row in &left.ledger {
        let account = accounts.entry(row.payment.to_string()).or_default();
        account.order = row.order.to_string();
        let amount = row.amount.amount();
        match row.kind {
            LedgerKind::Authorised => account.authorised.push(amount),
            LedgerKind::Captured => account.captured.push(amount),
            LedgerKind::Declined => {}
            LedgerKind::Voided => account.voided += 1,
            LedgerKind::Refunded => {
                account.refunds += 1;
                account.refunded.insert(row.idempotency_key.clone(), amount);
            }
        }
    }
    accounts
}
