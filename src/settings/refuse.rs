//! What stops the start although each value by itself is well-formed.

use std::collections::HashMap;

use super::raw::{self, RawSettings};
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
const SERVERS: [(&str, &str); 9] = [
    ("DATABASE_URL", "Postgres"),
    ("DATABASE_READ_URL", "Postgres"),
    ("REDIS_URL", "Redis"),
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
pub(super) fn what_is_missing(raw: &RawSettings, profile: Profile) -> Result<(), SettingsError> {
    if raw.data.is_some() {
        let problem = "a durable folder is not available in this version; unset it to run in memory, \
                       which forgets at exit";
        return Err(SettingsError::new("ECICOMM__DATA", problem));
    }
    if raw.limits.rate.is_some_and(|rate| rate != 0) {
        let problem = "requests are not limited in this version; set it to 0 or unset it";
        return Err(SettingsError::new("ECICOMM__LIMITS__RATE", problem));
    }
    if raw.management.bind.is_some() {
        let problem = "there are no metrics in this version; unset it";
        return Err(SettingsError::new("ECICOMM__MANAGEMENT__BIND", problem));
    }
    if raw.auth.require_totp == Some(true) {
        let problem = "one-time passwords are not available in this version; unset it";
        return Err(SettingsError::new("ECICOMM__AUTH__REQUIRE_TOTP", problem));
    }
    if profile == Profile::Production {
        let problem =
            "production needs a durable store, and this version has memory alone; use local";
        return Err(SettingsError::new("ECICOMM__PROFILE", problem));
    }
    Ok(())
}
