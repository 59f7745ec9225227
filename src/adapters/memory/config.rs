use crate::domain::shared::{Availability, Currency, Location};

/// What the memory store has to know of the shop.
#[derive(Clone, Debug)]
pub struct MemoryConfig {
    /// The currency that a new shop starts with, US dollars where none is named; one that is kept
    /// stays in its own. Lists sort prices in it, and a product without a price in it is in no list.
    pub currency: Option<Currency>,
    /// Whether this process only looks at the shop. It then writes nothing when it starts.
    pub only_looks: bool,
    /// Whether prices contain their tax.
    pub prices_include_tax: bool,
    /// The location where stock of a new SKU begins, and the preferred one.
    pub location: Location,
    /// The units below which stock is shown as low.
    pub low_stock_below: i64,
    /// How many of the latest events are kept although every consumer is done with them, so that
    /// setting a consumer back replays them.
    pub keep_events: usize,
    /// How many events are kept at most. The oldest beyond go even where a consumer has not read
    /// them. The relay sees from the positions that some are missing, says so in the log, and has
    /// the consumer make up for them if it can: search does from the catalog, popularity cannot.
    pub max_events: usize,
    /// How many carts are kept at most, where they are kept with everything else. Where a new one
    /// does not fit, the one that would expire first goes.
    pub max_carts: usize,
}

impl MemoryConfig {
    /// What a shop has unless told otherwise, a new one in `currency`.
    pub fn new(currency: impl Into<Option<Currency>>) -> Self {
        Self {
            currency: currency.into(),
            only_looks: false,
            prices_include_tax: false,
            location: Location::main(),
            low_stock_below: Availability::LOW_STOCK_BELOW,
            keep_events: 10_000,
            max_events: 500_000,
            max_carts: 200_000,
        }
    }
}
