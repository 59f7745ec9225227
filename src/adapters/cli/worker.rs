use std::process::ExitCode;
use std::sync::Arc;

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
    let stopped = stop::listen()?;
    bootstrap::migrate(&settings).await?;
    let mut shop = bootstrap::build(&settings).await?;
    // Nobody searches here.
    shop.followers.clear();
    let jobs = bootstrap::jobs(&Arc::new(shop));
    say("working");
    stopped.await;
    jobs.stop().await;
    Ok(ExitCode::SUCCESS)
}
