use std::collections::BTreeMap;

use ecicomm::domain::order::{Order, PaymentMethod, Phase, RefundState};
use ecicomm::domain::shared::{OrderId, PaymentId};
use ecicomm::ports::payment::{LedgerKind, LedgerRow, SandboxLedger};

use super::{Checker, Left};

/// What the provider's ledger says of one payment.
#[derive(Debug, Default)]
struct Account {
    order: Option<OrderId>,
    authorised: Vec<i64>,
    captured: Vec<i64>,
    /// By the refund's key.
    refunded: BTreeMap<String, i64>,
    refunds: usize,
    voided: usize,
}

impl Account {
    fn balance(&self) -> i64 {
        self.captured.iter().sum::<i64>() - self.refunded.values().sum::<i64>()
    }
}

impl Checker<'_> {
    /// I5, I6: the provider's ledger and the orders tell the same of every payment, and each was
    /// taken once at most.
    pub(super) async fn money(&self, left: &Left) {
        let rows = self.cluster.backend.sandbox.rows(None, None, 1_000_000).await.unwrap().items;
        let accounts = accounts_of(&rows);
        for (payment, account) in &accounts {
            self.sound(*payment, account, left);
        }
        let (mut ledger, mut shop) = (0, 0);
        for known in left.orders.values() {
            let order = &known.order;
            if order.placed().method == PaymentMethod::Invoice {
                continue;
            }
            let empty = Account::default();
            let account = accounts.get(&order.placed().payment).unwrap_or(&empty);
            self.agree(order, account);
            ledger += account.balance();
            shop += order.captured().amount() - order.refunded().amount();
        }
        self.world.check(ledger == shop, || {
            format!("I5: the provider kept {ledger}, the orders say {shop}")
        });
    }

    /// What a provider must be able to say of any payment.
    fn sound(&self, payment: PaymentId, account: &Account, left: &Left) {
        let once = account.captured.len() <= 1 && account.authorised.len() <= 1;
        self.world.check(once, || format!("I6: {payment} was taken twice: {account:?}"));
        self.world.check(account.balance() >= 0, || {
            format!("I5: more went back than was taken: {account:?}")
        });
        self.world.check(account.refunds == account.refunded.len(), || {
            format!("I5: a refund was paid twice: {account:?}")
        });
        let known = account.order.is_some_and(|order| left.orders.contains_key(&order));
        self.world.check(known || account.balance() == 0, || {
            format!("I6: {payment} was taken for no order: {account:?}")
        });
        let final_void = account.voided == 0 || account.captured.is_empty();
        self.world.check(final_void, || format!("I6: {payment} was voided and taken: {account:?}"));
    }

    /// What the shop says of a card payment against what the provider says.
    fn agree(&self, order: &Order, account: &Account) {
        let id = order.id();
        let taken: i64 = account.captured.iter().sum();
        self.world.check(taken == order.captured().amount(), || {
            format!("I5: {id} has {} captured, the provider {taken}", order.captured())
        });
        let total = order.placed().totals.total.amount();
        let right = match order.phase() {
            Phase::Confirmed | Phase::Cancelled => taken == total,
            Phase::Failed | Phase::Pending => account.balance() == 0,
        };
        self.world.check(right, || format!("I6: {id} is {:?}: {account:?}", order.phase()));
        let mut paid = BTreeMap::new();
        for refund in order.refunds() {
            if refund.state == RefundState::Paid {
                paid.insert(refund.id.to_string(), refund.amount.amount());
            }
        }
        self.world.check(paid == account.refunded, || {
            format!("I5: {id} paid back {paid:?}, the provider {:?}", account.refunded)
        });
        let cancelled = order.phase() == Phase::Cancelled;
        self.world.check(!cancelled || account.balance() == 0, || {
            format!("I5: {id} was cancelled and {} was kept", account.balance())
        });
    }
}

fn accounts_of(rows: &[LedgerRow]) -> BTreeMap<PaymentId, Account> {
    let mut accounts: BTreeMap<PaymentId, Account> = BTreeMap::new();
    for row in rows {
        let account = accounts.entry(row.payment).or_default();
        account.order.get_or_insert(row.order);
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
