use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;

use super::args::ServeArgs;
use super::local::{load, reindex};
use super::{Failure, demo, password, say, stop};
use crate::app::Shop;
use crate::app::catalog::ImportOptions;
use crate::bootstrap;
use crate::settings::{Profile, Settings};

/// The administrator of a demo shop that is told of none.
const DEMO_ADMINISTRATOR: &str = "admin@example.com";

/// Where a folder keeps the password that was made up for its first administrator.
const PASSWORD_FILE: &str = "admin-password";

/// How staff sign in, as far as the start knows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SignIn {
    /// With a password that was made up now.
    MadeUp {
        /// The address.
        email: String,
        /// The password.
        password: String,
        /// Whether a file keeps it.
        is_kept: bool,
    },
    /// With a password that was made up at an earlier start, and is in a file.
    MadeUpBefore {
        /// The address.
        email: String,
        /// The file.
        file: PathBuf,
    },
    /// As the settings say.
    AsSet {
        /// The address.
        email: String,
    },
    /// Not at all.
    Nobody,
}

/// Runs the shop until the process is told to stop.
pub(super) async fn run(args: &ServeArgs, mut settings: Settings) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    settings.http.bind = args.bind.unwrap_or(settings.http.bind);
    for warning in settings.warnings() {
        tracing::warn!("{warning}");
    }
    let stopped = stop::listen()?.shared();
    if settings.database.is_some() {
        bootstrap::migrate(&settings).await?;
    }
    let shop = Arc::new(bootstrap::build(&settings).await?);
    shop.pricing.set_up().await?;
    // Before the long work, so that an address which is taken is told at once.
    let (address, server) =
        bootstrap::http(shop.clone(), &settings, stopped.clone()).map_err(|error| {
            Failure::new(format!("cannot listen on {}: {error}", settings.http.bind))
        })?;
    let filled = fill(&shop, args.import.as_deref(), &settings);
    let ready = async { tokio::try_join!(filled, administrator(&shop, &settings)) };
    let sign_in = tokio::select! {
        ready = ready => ready?.1,
        () = stopped => {
            say("stopped before it served".to_owned());
            return Ok(ExitCode::SUCCESS);
        }
    };
    let jobs =
        if settings.serve_works { bootstrap::jobs(&shop) } else { bootstrap::own_jobs(&shop) };
    tracing::debug!(elapsed_ms = millis(began), "ready to serve");
    for line in welcome(address, &sign_in, kept_in(&settings).as_deref()) {
        say(line);
    }
    let ended = server.await;
    jobs.stop().await;
    ended?;
    Ok(ExitCode::SUCCESS)
}

/// Loads what is to be loaded, and has it found before the first request.
async fn fill(shop: &Shop, import: Option<&Path>, settings: &Settings) -> Result<(), Failure> {
    let began = Instant::now();
    if let Some(path) = import {
        let imported = load(shop, path, ImportOptions::default()).await?;
        say(format!("{}: {}", path.display(), imported.counts()));
        for line in imported.bad_lines() {
            say(format!("  {line}"));
        }
        if !imported.completed {
            return Err(Failure::new(format!("{} could not be read", path.display())));
        }
    }
    if settings.demo && demo::is_empty(shop).await? {
        demo::fill(shop).await?;
        tracing::debug!(elapsed_ms = millis(began), "demo shop filled");
    }
    // What is committed from here on reaches the index by its events.
    shop.follower.skip().await?;
    let indexed = reindex(shop).await?;
    tracing::debug!(elapsed_ms = millis(began), products = indexed, "search index built");
    Ok(())
}

/// Makes the first administrator where the settings name one, or the shop is a demo.
async fn administrator(shop: &Shop, settings: &Settings) -> Result<SignIn, Failure> {
    let told = settings.administrator.as_ref();
    let demo = settings.demo && settings.profile == Profile::Local;
    let email = match told {
        Some(told) => told.email.as_str(),
        None if demo => DEMO_ADMINISTRATOR,
        None => return Ok(SignIn::Nobody),
    };
    let email = email.to_owned();
    if let Some(set) = told.and_then(|told| told.password.as_ref()) {
        shop.staff.ensure_administrator(&email, set.reveal()).await?;
        return Ok(SignIn::AsSet { email });
    }
    let password = password::made_up(shop.ports.secrets.as_ref());
    let file = settings.data.as_ref().map(|folder| folder.join(PASSWORD_FILE));
    if shop.staff.ensure_administrator(&email, &password).await? {
        if let Some(file) = &file {
            password::keep(file, &password)?;
        }
        return Ok(SignIn::MadeUp { email, password, is_kept: file.is_some() });
    }
    Ok(match file.filter(|file| file.exists()) {
        Some(file) => SignIn::MadeUpBefore { email, file },
        None => SignIn::AsSet { email },
    })
}

/// Where the shop keeps everything; none where it forgets.
fn kept_in(settings: &Settings) -> Option<String> {
    let folder = settings.data.as_ref().map(|folder| folder.display().to_string());
    folder.or_else(|| settings.database.as_ref().map(|_| "Postgres".to_owned()))
}

/// Where to look, in lines. Printed once: the password is nowhere else.
pub(super) fn welcome(address: SocketAddr, sign_in: &SignIn, kept_in: Option<&str>) -> Vec<String> {
    let mut lines = vec![
        format!("ECIComm serves http://{address}"),
        format!("  Try it:   http://{address}/docs"),
        format!("  Products: http://{address}/api/v1/products"),
    ];
    lines.extend(match sign_in {
        SignIn::MadeUp { email, password, is_kept } => vec![
            format!("  Staff:    POST /api/v1/auth/login as {email} with the password {password}"),
            if *is_kept {
                format!("            (made up now, and kept in its {PASSWORD_FILE})")
            } else {
                "            (made up now and shown only here)".to_owned()
            },
        ],
        SignIn::MadeUpBefore { email, file } => vec![
            format!("  Staff:    POST /api/v1/auth/login as {email} with the password in"),
            format!("            {}", file.display()),
        ],
        SignIn::AsSet { email } => {
            vec![format!("  Staff:    POST /api/v1/auth/login as {email} with the password set")]
        }
        SignIn::Nobody => vec![
            "  Staff:    nobody can sign in; set ECICOMM__ADMIN__EMAIL and \
             ECICOMM__ADMIN__PASSWORD"
                .to_owned(),
        ],
    });
    lines.push(match kept_in {
        Some(place) => format!("  Kept in:  {place}, and there again after a restart"),
        None => "  MEMORY MODE: everything is forgotten when this process ends.".to_owned(),
    });
    lines
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
