/// How a variant's stock limits its sale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StockPolicy {
    /// Only what is on hand is sold.
    #[default]
    Tracked,
    /// Up to `limit` units more than are on hand are sold.
    Backorder {
        /// How far the free units may fall below zero.
        limit: u32,
    },
    /// Stock does not matter, as for downloads; nothing is reserved.
    Untracked,
}

impl StockPolicy {
    /// How many units may be sold beyond what is on hand.
    pub fn limit(self) -> i64 {
        match self {
            Self::Tracked => 0,
            Self::Backorder { limit } => i64::from(limit),
            Self::Untracked => i64::MAX,
        }
    }
}

/// What a shopper is told of a variant's stock. It changes far less often than the figures do, so
/// that a sale touches a page only where the band changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Availability {
    /// None can be bought.
    OutOfStock,
    /// Can be bought; leaves when new stock comes.
    Backorder,
    /// A few are left.
    LowStock,
    /// Plenty.
    InStock,
}

impl Availability {
    /// The units below which stock is low, where nothing else is set.
    pub const LOW_STOCK_BELOW: i64 = 5;

    /// The band of `free` units (on hand less reserved) under `policy`; stock is low below
    /// `low_below` units.
    pub fn of(free: i64, policy: StockPolicy, low_below: i64) -> Self {
        if matches!(policy, StockPolicy::Untracked) {
            return Self::InStock;
        }
        if free >= low_below && free > 0 {
            return Self::InStock;
        }
        if free > 0 {
            return Self::LowStock;
        }
        if free.saturating_add(policy.limit()) > 0 {
            return Self::Backorder;
        }
        Self::OutOfStock
    }

    /// Whether a unit can be bought.
    pub const fn is_sellable(self) -> bool {
        !matches!(self, Self::OutOfStock)
    }
}
