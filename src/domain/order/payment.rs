use crate::domain::shared::{Money, PaymentId};

/// How an order is paid.
#[derive(Clone, PartialEq, Eq)]
pub enum PaymentMethod {
    /// By card: a token that the payment provider gave the shopper's browser. The card's number
    /// never comes here.
    Card {
        /// The provider's token.
        token: String,
    },
    /// On an invoice: the order is confirmed unpaid, and staff say when the money came.
    Invoice,
}

impl std::fmt::Debug for PaymentMethod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Card { .. } => "Card(..)",
            Self::Invoice => "Invoice",
        })
    }
}

/// Where a payment stands with its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// Nothing is known yet.
    Pending,
    /// The buyer must act first, as for 3-D Secure.
    RequiresAction {
        /// What to do: usually an address to visit.
        next_action: String,
    },
    /// The provider did not answer; it may or may not have happened.
    Unknown,
    /// The money is held, not taken.
    Authorized,
    /// The money was taken.
    Captured,
    /// It will never happen.
    Voided,
    /// The provider refused.
    Declined {
        /// The provider's reason, as a code.
        reason: String,
    },
}

/// One payment of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Its id, which is also its idempotency key at the provider.
    pub id: PaymentId,
    /// How it is paid.
    pub method: PaymentMethod,
    /// What is to be paid.
    pub amount: Money,
    /// Where it stands.
    pub state: PaymentState,
}

impl Payment {
    /// What was taken so far.
    pub fn captured(&self) -> Money {
        if self.state == PaymentState::Captured {
            return self.amount;
        }
        Money::zero(self.amount.currency())
    }

    /// What is held or was taken.
    pub fn authorized(&self) -> Money {
        if matches!(self.state, PaymentState::Authorized | PaymentState::Captured) {
            return self.amount;
        }
        Money::zero(self.amount.currency())
    }

    /// Whether the provider may still take money for it, or has.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, PaymentState::Voided | PaymentState::Declined { .. })
    }
}
