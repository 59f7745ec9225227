use crate::domain::shared::{OrderId, RefundId, Span, Timestamp, Version};

/// One saga: an order has one checkout, and one for each refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SagaId {
    /// The checkout of an order.
    Checkout(OrderId),
    /// A refund of an order.
    Refund(OrderId, RefundId),
}

impl SagaId {
    /// The order it is about.
    pub const fn order(self) -> OrderId {
        match self {
            Self::Checkout(order) | Self::Refund(order, _) => order,
        }
    }
}

/// What a checkout has to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckoutState {
    /// Stock is held; the provider is to be asked for the money. Asking again is safe: the
    /// payment's id is the idempotency key.
    Paying,
    /// The provider did not answer: its own record has to tell.
    Resolving {
        /// Since when.
        since: Timestamp,
    },
    /// The buyer has to act, until the hold on the stock runs out.
    AwaitingBuyer {
        /// When it is given up.
        until: Timestamp,
    },
    /// The money was taken, the stock was lost: the money goes back. Compensation has begun.
    PayingBack {
        /// The refund's id and idempotency key.
        refund: RefundId,
    },
    /// The order stands.
    Confirmed,
    /// The order came to nothing, and nothing is charged or held.
    Compensated,
    /// The provider refuses to pay back: a person must act.
    NeedsAttention,
}

/// What a refund has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundJobState {
    /// The provider is to be asked. Asking again is safe.
    Paying,
    /// Paid.
    Paid,
    /// Refused: the order tells that a person must act, and what is done about it is another
    /// refund.
    NeedsAttention,
}

/// What a saga is about, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SagaPlan {
    /// Reserve, pay, confirm.
    Checkout(CheckoutState),
    /// Pay back.
    Refund(RefundJobState),
}

impl SagaPlan {
    /// What kind of saga it is of, and what that has to do next, for people and for figures.
    pub const fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::Checkout(state) => ("checkout", state.name()),
            Self::Refund(RefundJobState::Paying) => ("refund", "paying"),
            Self::Refund(RefundJobState::Paid) => ("refund", "paid"),
            Self::Refund(RefundJobState::NeedsAttention) => ("refund", "needs_attention"),
        }
    }
}

impl CheckoutState {
    const fn name(&self) -> &'static str {
        match self {
            Self::Paying => "paying",
            Self::Resolving { .. } => "resolving",
            Self::AwaitingBuyer { .. } => "awaiting_buyer",
            Self::PayingBack { .. } => "paying_back",
            Self::Confirmed => "confirmed",
            Self::Compensated => "compensated",
            Self::NeedsAttention => "needs_attention",
        }
    }
}

/// What a step of a saga did, written in the commit that did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The order was written, its stock reserved, its coupon uses taken.
    Reserved,
    /// The provider did not answer.
    PaymentUnknown,
    /// The buyer was asked to act.
    ActionRequired,
    /// The buyer acted; the provider is asked again.
    BuyerActed,
    /// The money was taken and the order confirmed; its stock left the house.
    Confirmed,
    /// The money was taken but the hold on the stock was lost. Compensation begins.
    StockLost,
    /// The provider refused, or the payment was called off. Compensation begins.
    PaymentFailed,
    /// Stock and coupon uses were given back and the order failed. Ends compensation.
    Compensated,
    /// A refund was agreed, or agreed anew after one was refused.
    RefundAgreed,
    /// A refund was paid.
    RefundPaid,
    /// A refund was refused: a person must act.
    RefundRefused,
}

/// One line of a saga's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// What was done.
    pub effect: Effect,
    /// When.
    pub at: Timestamp,
}

/// Who works on a saga, and until when nobody else may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The process.
    pub owner: String,
    /// Until when.
    pub until: Timestamp,
}

impl Lease {
    /// Nobody takes one for as long: leases are for seconds, and renewed.
    pub const LONGEST: Span = Span::days(1);

    /// Whether it ends so late that nobody can have meant it to. Until then it keeps everyone else
    /// from the work.
    pub fn is_endless(&self, now: Timestamp) -> bool {
        self.until > now.plus(Self::LONGEST)
    }
}

/// Work on an order that spans several commits and calls, and survives a crash between any two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saga {
    /// Which.
    pub id: SagaId,
    /// What it is about, and how far it is.
    pub plan: SagaPlan,
    /// How often it was saved; a save succeeds only while it still has this version.
    pub version: Version,
    /// How often the current state was tried in vain.
    pub attempts: u32,
    /// When it may be worked on next.
    pub due: Timestamp,
    /// Who works on it now.
    pub lease: Option<Lease>,
    /// What it did.
    pub journal: Vec<JournalEntry>,
}

impl Saga {
    /// The longest pause between two tries.
    pub const MAX_PAUSE: Span = Span::seconds(10);

    /// The checkout of an order that was just placed, leased to the process that placed it.
    pub fn checkout(order: OrderId, lease: Lease, at: Timestamp) -> Self {
        Self::new(SagaId::Checkout(order), SagaPlan::Checkout(CheckoutState::Paying), at)
            .journal(Effect::Reserved, at)
            .leased(lease)
    }

    /// A refund that was just agreed, due at once.
    pub fn refund(order: OrderId, refund: RefundId, at: Timestamp) -> Self {
        let plan = SagaPlan::Refund(RefundJobState::Paying);
        Self::new(SagaId::Refund(order, refund), plan, at).journal(Effect::RefundAgreed, at)
    }

    fn new(id: SagaId, plan: SagaPlan, at: Timestamp) -> Self {
        Self {
            id,
            plan,
            version: Version::FIRST,
            attempts: 0,
            due: at,
            lease: None,
            journal: Vec::new(),
        }
    }

    /// The saga in its next state, with what was done, due at once and free to be claimed.
    pub fn advance(self, plan: SagaPlan, effects: &[Effect], at: Timestamp) -> Self {
        let moved =
            Self { plan, attempts: 0, due: at, lease: None, version: self.version.next(), ..self };
        effects.iter().fold(moved, |saga, effect| saga.journal(*effect, at))
    }

    /// The saga after a try in vain: due again after a pause that doubles from a quarter of a
    /// second to [`Self::MAX_PAUSE`], of which `jitter` (0 to 1,000) thousandths of one half are
    /// added.
    pub fn retry(self, jitter: u32, at: Timestamp) -> Self {
        let base = 250_i64.saturating_mul(1_i64 << self.attempts.min(10));
        let pause = Span::millis(base).as_micros().min(Self::MAX_PAUSE.as_micros());
        let extra = (pause / 2).saturating_mul(i64::from(jitter.min(1_000))) / 1_000;
        Self {
            attempts: self.attempts.saturating_add(1),
            due: at.plus(Span::micros(pause / 2 + extra)),
            lease: None,
            version: self.version.next(),
            ..self
        }
    }

    /// The saga put off until `due`.
    pub fn waiting(self, due: Timestamp) -> Self {
        Self { due, ..self }
    }

    /// The saga in the hands of one process.
    pub fn leased(self, lease: Lease) -> Self {
        Self { lease: Some(lease), ..self }
    }

    /// Whether nothing is left to do.
    pub fn is_over(&self) -> bool {
        matches!(
            self.plan,
            SagaPlan::Checkout(
                CheckoutState::Confirmed
                    | CheckoutState::Compensated
                    | CheckoutState::NeedsAttention
            ) | SagaPlan::Refund(RefundJobState::Paid | RefundJobState::NeedsAttention)
        )
    }

    /// Whether a process may take it now.
    pub fn is_due(&self, now: Timestamp) -> bool {
        let free = self.lease.as_ref().is_none_or(|lease| lease.until <= now);
        !self.is_over() && free && self.due <= now
    }

    /// Whether the journal tells a history that can be: it begins with what made the saga, nothing
    /// but compensation follows where that began, money that was taken goes back before the rest is
    /// given back, and nothing follows the end.
    pub fn journal_is_legal(&self) -> bool {
        !self.journal.is_empty() && self.told().is_some()
    }

    /// Whether the journal tells a history that can be, up to its end.
    pub fn journal_is_over(&self) -> bool {
        matches!(self.told(), Some(Told::End))
    }

    /// What the journal tells; `None` where it cannot be.
    fn told(&self) -> Option<Told> {
        let start = match self.id {
            SagaId::Checkout(_) => Told::NoCheckout,
            SagaId::Refund(..) => Told::NoRefund,
        };
        self.journal.iter().try_fold(start, |told, entry| told.then(entry.effect))
    }

    /// An entry is never before the one that it follows: a step may be told by the time when its
    /// request came, or by a clock that is behind.
    fn journal(mut self, effect: Effect, at: Timestamp) -> Self {
        let at = self.journal.last().map_or(at, |last| last.at.max(at));
        self.journal.push(JournalEntry { effect, at });
        self
    }
}

/// What a journal has told so far.
#[derive(Clone, Copy)]
enum Told {
    /// Nothing of a checkout.
    NoCheckout,
    /// Stock is held, the money is asked for.
    Paying,
    /// The buyer was asked to act.
    Asking,
    /// Nothing was taken, nothing will be.
    Failing,
    /// Money was taken for stock that was lost.
    Owing,
    /// The provider refuses to pay it back: a person must act.
    Stuck,
    /// That money went back.
    PaidBack,
    /// Nothing of a refund.
    NoRefund,
    /// A refund was agreed.
    Refunding,
    /// All.
    End,
}

impl Told {
    /// What is told after `effect`; `None` where that cannot come next.
    fn then(self, effect: Effect) -> Option<Self> {
        use Effect as E;
        match (self, effect) {
            (Self::NoCheckout, E::Reserved)
            | (Self::Paying, E::PaymentUnknown)
            | (Self::Asking, E::BuyerActed) => Some(Self::Paying),
            (Self::Paying, E::ActionRequired) => Some(Self::Asking),
            (Self::Paying | Self::Asking, E::PaymentFailed) => Some(Self::Failing),
            (Self::Paying | Self::Asking, E::StockLost) => Some(Self::Owing),
            (Self::Owing | Self::Stuck, E::RefundPaid) => Some(Self::PaidBack),
            (Self::Owing, E::RefundRefused) => Some(Self::Stuck),
            (Self::Stuck, E::RefundAgreed) => Some(Self::Owing),
            (Self::NoRefund, E::RefundAgreed) => Some(Self::Refunding),
            (Self::Paying | Self::Asking, E::Confirmed)
            | (Self::Failing | Self::PaidBack, E::Compensated)
            | (Self::Refunding, E::RefundPaid | E::RefundRefused) => Some(Self::End),
            _ => None,
        }
    }
}
