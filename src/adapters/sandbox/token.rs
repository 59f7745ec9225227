/// How the sandbox treats a card, told by its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Takes the money.
    Captures,
    /// Refuses, for this reason.
    Declines(&'static str),
    /// Takes the money after the buyer acted.
    AsksTheBuyer,
    /// Takes the money and never says so.
    CapturesInSilence,
    /// Loses the request and never answers.
    LosesIt,
    /// Takes the money after a while, whether anyone still waits or not.
    TakesTime,
    /// Takes the money, and refuses to pay any of it back for as long as this process lives: its
    /// ledger names no tokens.
    RefusesRefunds,
}

impl Behaviour {
    /// What the token stands for. One that nobody knows is declined.
    pub(super) fn of(token: &str) -> Self {
        match token {
            "pm_card_visa" => Self::Captures,
            "pm_card_chargeDeclined" => Self::Declines("card_declined"),
            "pm_card_chargeDeclinedInsufficientFunds" => Self::Declines("insufficient_funds"),
            "pm_card_authenticationRequired" => Self::AsksTheBuyer,
            "pm_card_refundFail" => Self::RefusesRefunds,
            "pm_sandbox_timeout_then_captured" => Self::CapturesInSilence,
            "pm_sandbox_timeout_not_captured" => Self::LosesIt,
            "pm_sandbox_slow" => Self::TakesTime,
            _ => Self::Declines("invalid_token"),
        }
    }
}
