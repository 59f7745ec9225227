use super::PricingError;
use crate::domain::shared::{Money, Quantity};

/// Why units cannot be refunded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundError {
    /// More units than were bought and not refunded yet.
    #[error("only {left} units are left to refund")]
    TooMany {
        /// How many are left.
        left: u32,
    },
    /// The share cannot be told.
    #[error(transparent)]
    Pricing(#[from] PricingError),
}

/// What `returning` more units are worth, of a line for whose `bought` units the buyer paid `paid`
/// (its total and the tax on top, [`super::PricedLine::paid`]), `before` of which were refunded
/// already.
///
/// Shares are counted from the line's first unit on: all units up to a number are worth their part
/// of `paid` rounded down, and a refund is worth the difference it makes. So refunding in any steps
/// never pays more than is due, and refunding all units pays exactly `paid`.
pub fn refund_share(
    paid: Money,
    bought: Quantity,
    before: u32,
    returning: Quantity,
) -> Result<Money, RefundError> {
    let left = bought.units().saturating_sub(before);
    if returning.units() > left {
        return Err(RefundError::TooMany { left });
    }
    let after = worth(paid, bought, before + returning.units())?;
    let already = worth(paid, bought, before)?;
    Ok(after.minus(already).map_err(PricingError::from)?)
}

/// What the first `units` of a line are worth.
fn worth(paid: Money, bought: Quantity, units: u32) -> Result<Money, PricingError> {
    let share = i128::from(paid.amount()) * i128::from(units) / i128::from(bought.units());
    let amount = i64::try_from(share).map_err(|_| PricingError::Overflow)?;
    Ok(Money::new(amount, paid.currency()))
}
