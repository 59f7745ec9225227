//! What stops the start although each value by itself is well-formed.

use std::collections::HashMap;

use super::raw::{self, RawSettings};
use super::servers::Urls;
use super::{Profile, SettingsError};

/// Settings that are spelt with one underscore where they have two, which is easily typed. Others
/// that begin with `ECICOMM_` are not ours: platforms make some up for a service of that name.
pub(super) fn misspelt(variables: &HashMap<String, String>) -> Result<(), SettingsError> {
    for name in raw::names()? {
        let flat = name.replace("__", "_");
        if variables.contains_key(&flat) {
            let problem = format!("is no setting; {name} is, with two underscores");
            return Err(SettingsError::new(&flat, problem));
        }
    }
    Ok(())
}

/// Variables that select a server which this version cannot use. Running without it in silence
/// would keep in memory what its owner believes is kept there.
const SERVERS: [(&str, &str); 6] = [
    ("OPENSEARCH_URL", "OpenSearch"),
    ("S3_BUCKET", "S3"),
    ("SAGEMAKER_ENDPOINT", "SageMaker"),
    ("SMTP_URL", "mail"),
    ("STRIPE_API_KEY", "Stripe"),
    ("OIDC_ISSUER", "OpenID Connect"),
];

pub(super) fn servers(variables: &HashMap<String, String>) -> Result<(), SettingsError> {
    for (name, what) in SERVERS {
        if variables.get(name).is_some_and(|value| !value.is_empty()) {
            let problem =
                format!("{what} is not available in this version; unset it to go on without");
            return Err(SettingsError::new(name, problem));
        }
    }
    Ok(())
}

/// What this build cannot do yet, and what the production profile does not take.
pub(super) fn what_is_missing(
    raw: &RawSettings,
    urls: Urls<'_>,
    profile: Profile,
) -> Result<(), SettingsError> {
    if raw.data.is_some() && urls.database.is_some() {
        let problem = "a shop is in a folder or in Postgres; unset this or DATABASE_URL";
        return Err(SettingsError::new("ECICOMM__DATA", problem));
    }
    if urls.replica.is_some() && urls.database.is_none() {
        let problem = "lists are read from a replica of the database that everything is in; set \
                       DATABASE_URL too, or unset this";
        return Err(SettingsError::new("DATABASE_READ_URL", problem));
    }
    if !raw.jobs.serve && urls.database.is_none() {
        let problem =
            "nothing but the server works on a shop that is not in Postgres; leave it true";
        return Err(SettingsError::new("ECICOMM__JOBS__SERVE", problem));
    }
    if urls.redis.is_some() && urls.database.is_none() {
        let problem = "carts are in Redis where products and orders are in Postgres; set \
                       DATABASE_URL too, or unset this";
        return Err(SettingsError::new("REDIS_URL", problem));
    }
    if raw.auth.require_totp == Some(true) {
        let problem = "one-time passwords are not available in this version; unset it";
        return Err(SettingsError::new("ECICOMM__AUTH__REQUIRE_TOTP", problem));
    }
    if profile == Profile::Production { not_for_production(raw, urls) } else { Ok(()) }
}

/// What is good for trying out alone.
fn not_for_production(raw: &RawSettings, urls: Urls<'_>) -> Result<(), SettingsError> {
    let refuse = |key, problem: &str| Err(SettingsError::new(key, problem));
    if raw.data.is_none() && urls.database.is_none() {
        let problem = "production needs a durable store; name a folder that keeps everything, or a \
                       Postgres database by DATABASE_URL";
        return refuse("ECICOMM__DATA", problem);
    }
    for (name, url) in [("DATABASE_URL", urls.database), ("DATABASE_READ_URL", urls.replica)] {
        if url.is_some_and(|url| !is_encrypted(url)) {
            let problem = "production speaks to nothing in plain text; add sslmode=verify-full \
                           and sslrootcert, or sslmode=require";
            return refuse(name, problem);
        }
    }
    let is_secured = |url: &str| url.trim().starts_with("rediss://");
    if urls.redis.is_some_and(|url| !url.split(',').all(is_secured)) {
        return refuse("REDIS_URL", "production speaks to nothing in plain text; use rediss://");
    }
    if raw.demo == Some(true) {
        return refuse("ECICOMM__DEMO", "a shop in production has no demo catalogue; unset it");
    }
    if raw.secrets.signing_key.is_none() {
        let problem = "production needs a key of its own, which is not kept beside what it guards; \
                       make one with `openssl rand -base64 48`";
        return refuse("ECICOMM__SECRETS__SIGNING_KEY", problem);
    }
    let plain = |url: &String| url.starts_with("http://");
    if raw.payment.sandbox_url.as_ref().is_some_and(plain) {
        let problem = "production speaks to nothing in plain text; use https";
        return refuse("ECICOMM__PAYMENT__SANDBOX_URL", problem);
    }
    if raw.auth.require_totp != Some(false) {
        let problem = "one-time passwords are not available in this version; set it to false to let \
                       administrators sign in by password alone";
        return refuse("ECICOMM__AUTH__REQUIRE_TOTP", problem);
    }
    Ok(())
}

/// Whether a Postgres URL asks for TLS. The last word on it counts, as it does for the driver.
fn is_encrypted(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let mut modes = query.split('&').filter_map(|pair| pair.split_once('='));
    let last = modes.rfind(|(key, _)| matches!(*key, "sslmode" | "ssl-mode"));
    last.is_some_and(|(_, mode)| matches!(mode, "require" | "verify-ca" | "verify-full"))
}
