use std::process::ExitCode;
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::{Failure, say, stop};
use crate::bootstrap;
use crate::settings::{Settings, SettingsError};

/// Does the background work of a shop that other processes serve, until told to stop.
pub(super) async fn run(settings: Result<Settings, SettingsError>) -> Result<ExitCode, Failure> {
    let settings = settings?;
    if settings.database.is_none() {
        return Err(Failure::usage(
            "a worker shares its shop with servers, which only Postgres can be shared by; set \
             DATABASE_URL, or run `ecicomm serve`, which works by itself",
        ));
    }
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let stopped = stop::listen()?.shared();
    bootstrap::migrate(&settings).await?;
    let mut shop = bootstrap::build(&settings).await?;
    // Nobody searches here.
    shop.followers.clear();
    let shop = Arc::new(shop);
    let metrics = bootstrap::metrics(shop.clone(), &settings, stopped.clone());
    let metrics = metrics.map_err(|error| Failure::new(error.to_string()))?;
    let jobs = bootstrap::jobs(&shop);
    say("working");
    match metrics {
        Some(serving) => serving.await,
        None => stopped.await,
    }
    jobs.stop().await;
    Ok(ExitCode::SUCCESS)
}
