use super::StockItem;
use crate::domain::shared::{Availability, Quantity, StockPolicy};

/// What can be sold of a SKU, or of a bundle of SKUs, over all its locations.
///
/// Each location is a ledger of its own, with a backorder limit of its own, and
/// [`allocate`](super::allocate) takes from each at most what that one has available, from several
/// where no one has enough. So figures are summed, and a location counts for nothing at worst:
/// backorders that wait at one take no units from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sellable {
    /// Stock does not matter.
    Unlimited,
    /// So many units.
    Units {
        /// On hand and held by no order.
        free: i64,
        /// That can be sold, backorders among them.
        available: i64,
    },
}

impl Sellable {
    /// Nothing can be sold.
    pub const NONE: Self = Self::Units { free: 0, available: 0 };

    /// What can be sold of a SKU under `policy`, of which there are `items`, one a location.
    pub fn of(policy: StockPolicy, items: &[StockItem]) -> Self {
        if policy == StockPolicy::Untracked {
            return Self::Unlimited;
        }
        let sum = |units: fn(&StockItem) -> i64| {
            items.iter().fold(0_i64, |sum, item| sum.saturating_add(units(item)))
        };
        Self::Units { free: sum(|item| item.free().max(0)), available: sum(StockItem::available) }
    }

    /// How often `each` units can be sold.
    pub fn sets_of(self, each: Quantity) -> Self {
        let each = i64::from(each.units());
        match self {
            Self::Unlimited => Self::Unlimited,
            Self::Units { free, available } => {
                Self::Units { free: free / each, available: available / each }
            }
        }
    }

    /// How often both can be sold together.
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unlimited, units) | (units, Self::Unlimited) => units,
            (
                Self::Units { free, available },
                Self::Units { free: other_free, available: other_available },
            ) => Self::Units {
                free: free.min(other_free),
                available: available.min(other_available),
            },
        }
    }

    /// How many can be sold; none where there is no limit.
    pub fn available(self) -> Option<i64> {
        match self {
            Self::Unlimited => None,
            Self::Units { available, .. } => Some(available),
        }
    }

    /// What a shopper is told; stock is low below `low_below` units.
    pub fn band(self, low_below: i64) -> Availability {
        let Self::Units { free, available } = self else { return Availability::InStock };
        let limit = u32::try_from(available.saturating_sub(free)).unwrap_or(u32::MAX);
        Availability::of(free, StockPolicy::Backorder { limit }, low_below)
    }
}
