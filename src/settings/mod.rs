//! Settings: raw ones from files and the environment, parsed into checked ones.
//!
//! A wrong setting stops the start with the key's name and what to do. Secrets never show in
//! `Debug`.

mod raw;
mod refuse;
mod servers;
mod warn;

use std::fmt;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use crate::domain::customer::Password;
use crate::domain::shared::{Country, Currency, Email, Location, Span};
use crate::ports::limits::Policy;
use raw::RawSettings;
use servers::Urls;
pub use servers::{Database, Redis, Replica};

/// What the shop runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// For trying out and developing.
    Local,
    /// For selling: refuses what is only good for trying out.
    Production,
}

/// A value that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// The API's listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Where it listens.
    pub bind: SocketAddr,
    /// Threads that answer; one per core at least.
    pub workers: usize,
    /// The most connections at once.
    pub max_connections: usize,
    /// The largest JSON body in bytes.
    pub max_json_bytes: usize,
    /// The largest catalogue file in bytes.
    pub max_import_bytes: u64,
    /// How long a JSON request may take as a whole.
    pub request_timeout: Span,
    /// How long an upload may take as a whole.
    pub upload_timeout: Span,
    /// How long a stopping server still takes requests.
    pub drain: Span,
    /// How many proxies before the server are believed about who asked them.
    pub trusted_proxies: usize,
    /// Whether clients speak TLS to the load balancer.
    pub behind_tls: bool,
}

/// What holds for the whole shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfShop {
    /// The currency that a new shop starts with; one that is there must be in it. Where absent a
    /// shop is in its own, and a new one in US dollars.
    pub currency: Option<Currency>,
    /// Where a buyer without an address is taken to be.
    pub country: Country,
    /// Whether prices contain their tax.
    pub prices_include_tax: bool,
}

/// Where stock lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locations {
    /// The location that receives stock unless told otherwise.
    pub first: Location,
    /// The others.
    pub others: Vec<Location>,
}

/// The payment provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The sandbox gateway's process; inside this one where absent.
    pub sandbox_url: Option<String>,
    /// How long an answer is waited for.
    pub timeout: Span,
    /// After how long without an answer a payment is called off.
    pub give_up: Span,
}

/// The first administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Administrator {
    /// What they sign in with.
    pub email: Email,
    /// Their password; made up and printed where absent.
    pub password: Option<Secret>,
}

/// Checked settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What the shop runs as.
    pub profile: Profile,
    /// The folder that keeps everything; memory, which forgets, where absent.
    pub data: Option<PathBuf>,
    /// The database that keeps everything, shared by all replicas.
    pub database: Option<Database>,
    /// The Redis that keeps carts; the store does where absent.
    pub redis: Option<Redis>,
    /// Whether an empty shop is filled with the demo catalogue.
    pub demo: bool,
    /// The first administrator, made where there is none.
    pub administrator: Option<Administrator>,
    /// Whether a server also does the work that no request waits for, as a worker does.
    pub serve_works: bool,
    /// What tokens and cursors are signed under; made up and kept in the store where absent.
    pub signing_key: Option<Secret>,
    /// The API's listener.
    pub http: Http,
    /// Where metrics are read; nowhere where absent.
    pub management: Option<SocketAddr>,
    /// How often one client may ask; as often as it likes where absent.
    pub limits: Option<Policy>,
    /// What holds for the whole shop.
    pub shop: OfShop,
    /// Where stock lies; the first receives what nothing else is said of.
    pub locations: Locations,
    /// The payment provider.
    pub payment: Payment,
    /// How long an order holds its stock.
    pub hold: Span,
    /// How often what ran out of time is looked for.
    pub sweep_every: Span,
    /// The most carts in memory.
    pub max_carts: usize,
    /// How many events are kept.
    pub keep_events: usize,
    /// What is logged.
    pub log_filter: String,
    /// Whether logs are JSON.
    pub log_json: bool,
}

/// A setting that stops the start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct SettingsError {
    /// The key, as the environment spells it.
    pub key: String,
    /// What is wrong and what to do.
    pub problem: String,
}

impl SettingsError {
    fn new(key: &str, problem: impl Into<String>) -> Self {
        Self { key: key.to_owned(), problem: problem.into() }
    }
}

impl Settings {
    /// Settings of the environment over the file named by `ECICOMM_CONFIG` over the built-in ones.
    pub fn load() -> Result<Self, SettingsError> {
        Self::from_variables(&std::env::vars().collect())
    }

    /// The same, with the folder that the command names in the place of `ECICOMM__DATA`.
    pub fn load_with_data(data: Option<&Path>) -> Result<Self, SettingsError> {
        let mut variables: std::collections::HashMap<_, _> = std::env::vars().collect();
        if let Some(folder) = data {
            let folder = folder.to_str().ok_or_else(|| {
                SettingsError::new("--data", "is no text in UTF-8; give the folder another name")
            })?;
            variables.insert("ECICOMM__DATA".to_owned(), folder.to_owned());
        }
        Self::from_variables(&variables)
    }

    /// Settings of `variables` over the built-in ones.
    pub fn from_variables(
        variables: &std::collections::HashMap<String, String>,
    ) -> Result<Self, SettingsError> {
        refuse::servers(variables)?;
        refuse::misspelt(variables)?;
        Self::check(RawSettings::load(variables)?, Urls::of(variables))
    }

    /// Everything in memory, an empty shop, a free port: what tests start from. Needs no file.
    pub fn in_memory() -> Result<Self, SettingsError> {
        let mut settings = Self::from_variables(&std::collections::HashMap::new())?;
        settings.demo = false;
        settings.http.bind = SocketAddr::from(([127, 0, 0, 1], 0));
        Ok(settings)
    }

    fn check(raw: RawSettings, urls: Urls<'_>) -> Result<Self, SettingsError> {
        let profile = match raw.profile.as_str() {
            "local" => Profile::Local,
            "production" => Profile::Production,
            other => {
                let problem = format!("'{other}' is no profile; use local or production");
                return Err(SettingsError::new("ECICOMM__PROFILE", problem));
            }
        };
        refuse::what_is_missing(&raw, urls, profile)?;
        let settings = Self {
            profile,
            demo: raw.demo.unwrap_or(raw.data.is_none() && urls.database.is_none()),
            database: servers::postgres(urls, &raw.postgres)?,
            redis: servers::redis(urls.redis, &raw.redis)?,
            data: raw.data.as_deref().map(PathBuf::from),
            administrator: administrator(&raw)?,
            signing_key: signing_key(&raw)?,
            http: http(&raw.http)?,
            management: raw.management.bind.as_deref().map(management).transpose()?,
            limits: limits(&raw.limits)?,
            shop: OfShop {
                currency: raw.shop.currency.as_deref().map(currency).transpose()?,
                country: Country::try_new(&raw.shop.country)
                    .map_err(|e| SettingsError::new("ECICOMM__SHOP__COUNTRY", e.to_string()))?,
                prices_include_tax: raw.shop.prices_include_tax,
            },
            locations: locations(&raw.shop.locations)?,
            payment: payment(&raw.payment)?,
            hold: Span::minutes(between(
                "ECICOMM__ORDERS__HOLD_MINUTES",
                raw.orders.hold_minutes,
                1,
                1_440,
            )?),
            sweep_every: Span::seconds(between(
                "ECICOMM__ORDERS__SWEEP_SECONDS",
                raw.orders.sweep_seconds,
                1,
                3_600,
            )?),
            serve_works: raw.jobs.serve,
            max_carts: size("ECICOMM__MEMORY__MAX_CARTS", raw.memory.max_carts, 1, 100_000_000)?,
            keep_events: size(
                "ECICOMM__MEMORY__KEEP_EVENTS",
                raw.memory.keep_events,
                1_000,
                100_000_000,
            )?,
            log_filter: raw.log.filter,
            log_json: match raw.log.format.as_str() {
                "text" => false,
                "json" => true,
                other => {
                    let problem = format!("'{other}' is no format; use text or json");
                    return Err(SettingsError::new("ECICOMM__LOG__FORMAT", problem));
                }
            },
        };
        settings.outlast_payment()?;
        Ok(settings)
    }

    /// A request that ends before the payment provider may answer would tell its buyer of a fault
    /// where the order is only pending.
    fn outlast_payment(&self) -> Result<(), SettingsError> {
        let least = self.payment.timeout.as_micros().saturating_add(1_000_000);
        if self.http.request_timeout.as_micros() >= least {
            return Ok(());
        }
        let problem = "must be longer than ECICOMM__PAYMENT__TIMEOUT_MS by a second or more";
        Err(SettingsError::new("ECICOMM__HTTP__REQUEST_TIMEOUT_SECONDS", problem))
    }
}

fn currency(code: &str) -> Result<Currency, SettingsError> {
    Currency::try_new(code)
        .map_err(|error| SettingsError::new("ECICOMM__SHOP__CURRENCY", error.to_string()))
}

fn administrator(raw: &RawSettings) -> Result<Option<Administrator>, SettingsError> {
    let Some(email) = &raw.admin.email else {
        if raw.admin.password.is_some() {
            let problem = "is needed where ECICOMM__ADMIN__PASSWORD is set";
            return Err(SettingsError::new("ECICOMM__ADMIN__EMAIL", problem));
        }
        return Ok(None);
    };
    let email = Email::try_new(email)
        .map_err(|error| SettingsError::new("ECICOMM__ADMIN__EMAIL", error.to_string()))?;
    let password = raw.admin.password.as_deref();
    if let Some(Err(faults)) = password.map(Password::try_new) {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let problem = format!("the password must {}", faults.join(" and must "));
        return Err(SettingsError::new("ECICOMM__ADMIN__PASSWORD", problem));
    }
    Ok(Some(Administrator { email, password: raw.admin.password.clone().map(Secret) }))
}

fn signing_key(raw: &RawSettings) -> Result<Option<Secret>, SettingsError> {
    let Some(key) = &raw.secrets.signing_key else { return Ok(None) };
    let distinct = key.chars().collect::<std::collections::BTreeSet<_>>().len();
    if key.chars().count() < 32 || distinct < 8 {
        let problem = "must be random and have 32 characters or more; make one with \
                       `openssl rand -base64 48`";
        return Err(SettingsError::new("ECICOMM__SECRETS__SIGNING_KEY", problem));
    }
    Ok(Some(Secret(key.clone())))
}

fn http(raw: &raw::Http) -> Result<Http, SettingsError> {
    let bind = raw.bind.parse().map_err(|_| {
        let problem = format!("'{}' is no address; use one such as 127.0.0.1:8080", raw.bind);
        SettingsError::new("ECICOMM__HTTP__BIND", problem)
    })?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let workers = size("ECICOMM__HTTP__WORKERS", raw.workers, 0, 1_024)?;
    let seconds = |key, value, least, most| between(key, value, least, most).map(Span::seconds);
    Ok(Http {
        bind,
        workers: if workers == 0 { cores } else { workers },
        max_connections: size("ECICOMM__HTTP__MAX_CONNECTIONS", raw.max_connections, 1, 1_000_000)?,
        max_json_bytes: size(
            "ECICOMM__HTTP__MAX_JSON_BYTES",
            raw.max_json_bytes,
            1_024,
            16_777_216,
        )?,
        max_import_bytes: u64::try_from(between(
            "ECICOMM__HTTP__MAX_IMPORT_BYTES",
            raw.max_import_bytes,
            1_024,
            i64::MAX,
        )?)
        .unwrap_or(u64::MAX),
        request_timeout: seconds(
            "ECICOMM__HTTP__REQUEST_TIMEOUT_SECONDS",
            raw.request_timeout_seconds,
            1,
            600,
        )?,
        upload_timeout: seconds(
            "ECICOMM__HTTP__UPLOAD_TIMEOUT_SECONDS",
            raw.upload_timeout_seconds,
            1,
            86_400,
        )?,
        drain: seconds("ECICOMM__HTTP__DRAIN_SECONDS", raw.drain_seconds, 0, 60)?,
        trusted_proxies: size("ECICOMM__HTTP__TRUSTED_PROXIES", raw.trusted_proxies, 0, 16)?,
        behind_tls: raw.behind_tls,
    })
}

fn management(bind: &str) -> Result<SocketAddr, SettingsError> {
    bind.parse().map_err(|_| {
        let problem = format!("'{bind}' is no address; use one such as 127.0.0.1:9090");
        SettingsError::new("ECICOMM__MANAGEMENT__BIND", problem)
    })
}

/// The rate of 0 limits nobody, whatever the burst.
fn limits(raw: &raw::Limits) -> Result<Option<Policy>, SettingsError> {
    let count = |key, value, least| -> Result<Option<NonZeroU32>, SettingsError> {
        let checked = between(key, value, least, 1_000_000)?;
        Ok(u32::try_from(checked).ok().and_then(NonZeroU32::new))
    };
    let rate = count("ECICOMM__LIMITS__RATE", raw.rate, 0)?;
    let burst = count("ECICOMM__LIMITS__BURST", raw.burst, i64::from(rate.is_some()))?;
    Ok(rate.zip(burst).map(|(rate, burst)| Policy::new(rate, burst)))
}

fn locations(raw: &str) -> Result<Locations, SettingsError> {
    let wrong = |problem| SettingsError::new("ECICOMM__SHOP__LOCATIONS", problem);
    let checked = |code: &str| {
        Location::try_new(code.trim()).map_err(|_| {
            wrong(format!(
                "'{code}' is no location; use codes of a-z, 0-9, _ and -, as in main,east"
            ))
        })
    };
    let (first, behind) = raw.split_once(',').map_or((raw, None), |(a, b)| (a, Some(b)));
    let first = checked(first)?;
    let mut others: Vec<Location> = Vec::new();
    for code in behind.into_iter().flat_map(|behind| behind.split(',')) {
        let location = checked(code)?;
        if location == first || others.contains(&location) {
            return Err(wrong(format!("'{code}' is named twice")));
        }
        others.push(location);
    }
    Ok(Locations { first, others })
}

fn payment(raw: &raw::Payment) -> Result<Payment, SettingsError> {
    if let Some(url) = &raw.sandbox_url
        && !(url.starts_with("http://") || url.starts_with("https://"))
    {
        let problem = format!("'{url}' is no address; use one such as http://127.0.0.1:8090");
        return Err(SettingsError::new("ECICOMM__PAYMENT__SANDBOX_URL", problem));
    }
    Ok(Payment {
        sandbox_url: raw.sandbox_url.clone(),
        timeout: Span::millis(between("ECICOMM__PAYMENT__TIMEOUT_MS", raw.timeout_ms, 50, 60_000)?),
        give_up: Span::seconds(between(
            "ECICOMM__PAYMENT__GIVE_UP_SECONDS",
            raw.give_up_seconds,
            1,
            3_600,
        )?),
    })
}

fn between(key: &str, value: i64, least: i64, most: i64) -> Result<i64, SettingsError> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(SettingsError::new(key, format!("{value} is not between {least} and {most}")))
}

fn size(key: &str, value: i64, least: i64, most: i64) -> Result<usize, SettingsError> {
    let checked = between(key, value, least, most)?;
    usize::try_from(checked).map_err(|_| SettingsError::new(key, "is too large for this machine"))
}

#[cfg(test)]
mod tests;
