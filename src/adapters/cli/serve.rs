use std::process::ExitCode;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::args::Serve;
use super::{Failure, demo, file};
use crate::app::Shop;
use crate::domain::shared::Email;
use crate::settings::{Administrator, Settings};

/// The first administrator of a demo shop that was told of none.
const DEMO_ADMINISTRATOR: &str = "admin@example.com";

/// Runs the shop until it is told to stop.
pub(super) async fn run(serve: Serve, mut settings: Settings) -> Result<ExitCode, Failure> {
    if let Some(bind) = serve.bind {
        settings.http.bind = bind;
    }
    let shop = Arc::new(crate::bootstrap::build(&settings).await?);
    shop.pricing.set_up().await?;
    let (filled, sign_in) =
        tokio::join!(fill(&shop, &serve, &settings), administrator(&shop, &settings));
    filled?;
    let sign_in = sign_in?;
    let jobs = crate::bootstrap::jobs(&shop);
    let (address, server) = crate::bootstrap::http(shop.clone(), &settings, told_to_stop())?;
    welcome(&address.to_string(), sign_in.as_deref());
    let served = server.await;
    jobs.stop().await;
    served?;
    Ok(ExitCode::SUCCESS)
}

/// Loads the catalogue that was named, and the demo into a shop that is empty; then everything is in
/// the index before the first request.
async fn fill(shop: &Arc<Shop>, serve: &Serve, settings: &Settings) -> Result<(), Failure> {
    if let Some(path) = &serve.import {
        let report = file::load(shop, path).await?;
        println!("{}: {}", path.display(), file::summary(&report));
    } else if settings.demo && shop.ports.catalog.scan(None, None, 1).await?.items.is_empty() {
        demo::fill(shop).await?;
    }
    shop.search.reindex(&mut |_| {}).await?;
    Ok(())
}

/// Makes the first administrator, where the settings name one or the shop is a demo. What is
/// answered tells people how to sign in.
async fn administrator(shop: &Shop, settings: &Settings) -> Result<Option<String>, Failure> {
    let told = match (&settings.administrator, settings.demo) {
        (Some(told), _) => told.clone(),
        (None, true) => {
            Administrator { email: Email::try_new(DEMO_ADMINISTRATOR)?, password: None }
        }
        (None, false) => return Ok(None),
    };
    let email = told.email.as_str();
    if let Some(password) = &told.password {
        shop.staff.ensure_administrator(email, password.reveal()).await?;
        return Ok(Some(format!("sign in as {email} with the password that was set")));
    }
    let mut chance = [0_u8; 15];
    shop.ports.secrets.fill(&mut chance);
    // Chance alone may lack a kind of character that passwords must have.
    let password = format!("{}-aA1", URL_SAFE_NO_PAD.encode(chance));
    if shop.staff.ensure_administrator(email, &password).await? {
        return Ok(Some(format!("sign in as {email} with the password {password}")));
    }
    Ok(None)
}

fn welcome(address: &str, sign_in: Option<&str>) {
    println!("ECIComm listens at http://{address}");
    println!("  try it     http://{address}/docs");
    println!("  products   http://{address}/api/v1/products");
    match sign_in {
        Some(how) => println!("  staff      {how}"),
        None => println!(
            "  staff      nobody can sign in: set ECICOMM__ADMIN__EMAIL and ECICOMM__ADMIN__PASSWORD"
        ),
    }
    println!("  MEMORY     everything is forgotten when this process ends");
}

/// Waits for SIGTERM or an interrupt.
pub(super) async fn told_to_stop() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
