use std::sync::Arc;

use crate::domain::shared::{Country, Currency, Location, Span, Timestamp};
use crate::ports::cart::Carts;
use crate::ports::catalog::{CatalogQueries, ReadContext};
use crate::ports::customer::StaffQueries;
use crate::ports::dependency::{ConnectionPool, Dependency};
use crate::ports::events::EventLog;
use crate::ports::idempotency::IdempotencyKeys;
use crate::ports::imports::ImportQueries;
use crate::ports::inventory::StockQueries;
use crate::ports::limits::RateLimits;
use crate::ports::order::{OrderQueries, Sagas};
use crate::ports::payment::{PaymentGateway, SandboxLedger};
use crate::ports::pricing::{PricingQueries, ShownRules};
use crate::ports::search::SearchIndex;
use crate::ports::store::Store;
use crate::ports::system::{AccessTokens, Clock, Ids, PasswordHasher, Pause, Secrets, Signer};
use crate::ports::upkeep::Upkeep;

/// Everything the use cases need of the outside, as the composition root chose it.
#[derive(Clone)]
pub struct Ports {
    /// Commits.
    pub store: Arc<dyn Store>,
    /// Products and categories, as they are: what is edited and what is sold goes by this.
    pub catalog: Arc<dyn CatalogQueries>,
    /// Products and categories for shoppers, who may see what another process changed a moment
    /// later.
    pub storefront: Arc<dyn CatalogQueries>,
    /// Promotions, taxes, shipping.
    pub pricing: Arc<dyn PricingQueries>,
    /// Promotions, taxes and shipping for shoppers, as `storefront` is for products.
    pub storefront_rules: Arc<dyn ShownRules>,
    /// Stock.
    pub stock: Arc<dyn StockQueries>,
    /// Orders.
    pub orders: Arc<dyn OrderQueries>,
    /// What pages of lists that nobody decides on are read from, where it is not the ports above.
    pub lists: Option<Lists>,
    /// Work that spans commits.
    pub sagas: Arc<dyn Sagas>,
    /// Idempotency keys.
    pub keys: Arc<dyn IdempotencyKeys>,
    /// Events and their consumers.
    pub events: Arc<dyn EventLog>,
    /// What the store keeps beside the facts.
    pub upkeep: Arc<dyn Upkeep>,
    /// Carts.
    pub carts: Arc<dyn Carts>,
    /// Imports.
    pub imports: Arc<dyn ImportQueries>,
    /// Members of staff.
    pub staff: Arc<dyn StaffQueries>,
    /// The search index.
    pub search: Arc<dyn SearchIndex>,
    /// The payment provider.
    pub gateway: Arc<dyn PaymentGateway>,
    /// The sandbox provider's own ledger, where that provider is in use.
    pub ledger: Option<Arc<dyn SandboxLedger>>,
    /// The connections of this process, of which there are only so many.
    pub pools: Vec<Arc<dyn ConnectionPool>>,
    /// How often clients may ask; as often as they like where there are none.
    pub limits: Option<Arc<dyn RateLimits>>,
    /// What else of the outside can be away, each behind one of the ports above.
    pub dependencies: Vec<Arc<dyn Dependency>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Waiting for it to pass.
    pub pause: Arc<dyn Pause>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Chance.
    pub secrets: Arc<dyn Secrets>,
    /// Signatures.
    pub signer: Arc<dyn Signer>,
    /// Access tokens.
    pub tokens: Arc<dyn AccessTokens>,
    /// Password hashes.
    pub hasher: Arc<dyn PasswordHasher>,
}

/// Pages for staff and exports, which may tell of the shop as it was a moment ago. Nothing is decided
/// on what they tell: a use case that reads and then writes asks the port that is not in here.
#[derive(Clone)]
pub struct Lists {
    /// All products.
    pub catalog: Arc<dyn CatalogQueries>,
    /// Promotions, taxes, shipping.
    pub pricing: Arc<dyn PricingQueries>,
    /// Stock and its ledger.
    pub stock: Arc<dyn StockQueries>,
    /// Orders.
    pub orders: Arc<dyn OrderQueries>,
}

impl Ports {
    /// Where products are listed for staff.
    pub(super) fn listed_products(&self) -> &dyn CatalogQueries {
        self.lists.as_ref().map_or(&*self.catalog, |lists| &*lists.catalog)
    }

    /// Where promotions, taxes and shipping are listed for staff.
    pub(super) fn listed_pricing(&self) -> &dyn PricingQueries {
        self.lists.as_ref().map_or(&*self.pricing, |lists| &*lists.pricing)
    }

    /// Where stock is listed for staff.
    pub(super) fn listed_stock(&self) -> &dyn StockQueries {
        self.lists.as_ref().map_or(&*self.stock, |lists| &*lists.stock)
    }

    /// Where orders are listed for staff.
    pub(super) fn listed_orders(&self) -> &dyn OrderQueries {
        self.lists.as_ref().map_or(&*self.orders, |lists| &*lists.orders)
    }
}

/// What a shop is set to.
#[derive(Clone, Debug)]
pub struct ShopConfig {
    /// The currency that carts and prices are in unless told otherwise.
    pub currency: Currency,
    /// Where a buyer without an address is taken to be.
    pub country: Country,
    /// The channel that sells.
    pub channel: Arc<str>,
    /// The language of texts.
    pub locale: Arc<str>,
    /// The location that receives stock unless told otherwise.
    pub location: Location,
    /// Where else stock may lie.
    pub other_locations: Vec<Location>,
    /// The name of this process in leases; unique among replicas.
    pub process: String,
    /// How long an order holds its stock while it is paid.
    pub hold: Span,
    /// How long a saga stays with a process that does not tell of itself. One that is at work tells
    /// of itself well before; see [`SagaRunner::renew`](super::order::SagaRunner::renew).
    pub lease: Span,
    /// After how long without an answer a payment is called off.
    pub give_up_payment_after: Span,
    /// How long after a payment without an answer the provider's record is asked.
    pub resolve_after: Span,
    /// How often what ran out of time is looked for.
    pub sweep_every: Span,
    /// How long a sign-in holds.
    pub access_token_lifetime: Span,
    /// What the flat shipping costs that a new shop starts with, in minor units of its currency.
    pub standard_shipping: i64,
    /// How often an optimistic write is tried again when others were faster.
    pub max_retries: u32,
    /// Whether the search index is this process's alone while others share the store: then every
    /// process hears of every event for its own.
    pub own_index: bool,
}

impl ShopConfig {
    /// What the seeds give, for a shop in US dollars.
    pub fn new(process: impl Into<String>) -> Self {
        Self {
            currency: Currency::USD,
            country: Country::US,
            channel: "default".into(),
            locale: "en".into(),
            location: Location::main(),
            other_locations: Vec::new(),
            process: process.into(),
            hold: Span::minutes(30),
            lease: Span::seconds(5),
            give_up_payment_after: Span::seconds(20),
            resolve_after: Span::millis(500),
            sweep_every: Span::seconds(10),
            access_token_lifetime: Span::minutes(15),
            standard_shipping: 500,
            max_retries: 64,
            own_index: false,
        }
    }

    /// Every location of the shop, the one that receives stock first.
    pub fn locations(&self) -> impl Iterator<Item = &Location> {
        std::iter::once(&self.location).chain(&self.other_locations)
    }

    /// The circumstances of a reader of whom nothing is known.
    pub fn read_context(&self, at: Timestamp) -> ReadContext {
        ReadContext {
            channel: self.channel.clone(),
            currency: self.currency,
            country: self.country,
            locale: self.locale.clone(),
            groups: Arc::default(),
            at,
        }
    }
}
