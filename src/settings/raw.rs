use std::collections::HashMap;

use config::{Config, Environment, File, FileFormat, Value, ValueKind};
use serde::Deserialize;

use super::SettingsError;

/// The built-in settings.
const DEFAULTS: &str = include_str!("../../config/default.toml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSettings {
    pub profile: String,
    pub data: Option<String>,
    pub demo: Option<bool>,
    #[serde(default)]
    pub admin: Admin,
    #[serde(default)]
    pub secrets: Secrets,
    #[serde(default)]
    pub auth: Auth,
    pub limits: Limits,
    #[serde(default)]
    pub management: Management,
    pub http: Http,
    pub shop: Shop,
    pub payment: Payment,
    pub orders: Orders,
    pub jobs: Jobs,
    pub memory: Memory,
    pub postgres: Postgres,
    pub redis: Redis,
    pub log: Log,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Admin {
    pub email: Option<String>,
    pub password: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Secrets {
    pub signing_key: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Auth {
    pub require_totp: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Jobs {
    pub serve: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub rate: i64,
    pub burst: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Management {
    pub bind: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Http {
    pub bind: String,
    pub workers: i64,
    pub max_connections: i64,
    pub max_json_bytes: i64,
    pub max_import_bytes: i64,
    pub request_timeout_seconds: i64,
    pub upload_timeout_seconds: i64,
    pub drain_seconds: i64,
    pub trusted_proxies: i64,
    pub behind_tls: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shop {
    pub currency: Option<String>,
    pub country: String,
    pub prices_include_tax: bool,
    pub locations: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Payment {
    pub sandbox_url: Option<String>,
    pub timeout_ms: i64,
    pub give_up_seconds: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Orders {
    pub hold_minutes: i64,
    pub sweep_seconds: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Memory {
    pub max_carts: i64,
    pub keep_events: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Postgres {
    pub max_connections: i64,
    pub min_connections: i64,
    pub idle_seconds: i64,
    pub acquire_timeout_ms: i64,
    pub statement_timeout_ms: i64,
    pub lock_timeout_ms: i64,
    pub shown_products: i64,
    pub replica_lag_ms: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Redis {
    pub cluster: bool,
    pub max_connections: i64,
    pub timeout_ms: i64,
    pub prefix: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Log {
    pub filter: String,
    pub format: String,
}

impl RawSettings {
    /// `variables` over the file that `ECICOMM_CONFIG` names over the built-in settings.
    pub fn load(variables: &HashMap<String, String>) -> Result<Self, SettingsError> {
        let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = variables.get("ECICOMM_CONFIG").filter(|path| !path.is_empty()) {
            if let Err(error) = std::fs::metadata(path) {
                return Err(SettingsError::new("ECICOMM_CONFIG", format!("{path}: {error}")));
            }
            builder = builder.add_source(File::new(path, FileFormat::Toml));
        }
        // An empty variable is one that is not set, as compose files write them.
        let ours: HashMap<String, String> = variables
            .iter()
            .filter(|(name, value)| name.starts_with("ECICOMM__") && !value.is_empty())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let environment = Environment::with_prefix("ECICOMM")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(false)
            .source(Some(ours));
        let built = builder.add_source(environment).build().map_err(|error| explain(&error))?;
        built.try_deserialize().map_err(|error| explain(&error))
    }
}

/// Settings that have no built-in value.
const WITHOUT_DEFAULT: [&str; 9] = [
    "data",
    "demo",
    "admin.email",
    "admin.password",
    "secrets.signing_key",
    "auth.require_totp",
    "management.bind",
    "payment.sandbox_url",
    "shop.currency",
];

/// Every setting, as the environment spells it.
pub(super) fn names() -> Result<Vec<String>, SettingsError> {
    let defaults = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    let defaults = defaults.build().map_err(|error| explain(&error))?;
    let sections: HashMap<String, Value> =
        defaults.try_deserialize().map_err(|error| explain(&error))?;
    let mut names: Vec<String> = WITHOUT_DEFAULT.into_iter().map(variable).collect();
    for (section, value) in sections {
        match value.kind {
            ValueKind::Table(table) => {
                names.extend(table.keys().map(|key| variable(&format!("{section}.{key}"))));
            }
            _ => names.push(variable(&section)),
        }
    }
    names.sort();
    Ok(names)
}

/// Tells a failure of the library by the key as the environment spells it.
fn explain(error: &config::ConfigError) -> SettingsError {
    use config::ConfigError;
    match error {
        ConfigError::Type { key: Some(key), unexpected, expected, .. } => {
            SettingsError::new(&variable(key), format!("{unexpected} is not {expected}"))
        }
        ConfigError::At { key: Some(key), error, .. } => {
            let text = error.to_string();
            // The library names the section of a key that it does not know, and the key in the
            // text.
            match text.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
                Some(field) => {
                    let name = variable(&format!("{key}.{field}"));
                    SettingsError::new(&name, "is no setting; see config/default.toml")
                }
                None => SettingsError::new(&variable(key), text),
            }
        }
        ConfigError::NotFound(key) => SettingsError::new(&variable(key), "is missing"),
        ConfigError::FileParse { uri, cause } => SettingsError::new(
            "ECICOMM_CONFIG",
            format!("{} cannot be read: {cause}", uri.as_deref().unwrap_or("the file")),
        ),
        other => {
            let text = other.to_string();
            let key = text.split('`').nth(1).map_or("ECICOMM__*".to_owned(), variable);
            SettingsError::new(&key, text)
        }
    }
}

fn variable(key: &str) -> String {
    format!("ECICOMM__{}", key.to_uppercase().replace('.', "__"))
}
