//! What servers say of a dependency in trouble: that they leave it alone, and no longer do.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Client;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time;

use super::fleet::{Fleet, Troubled};
use super::report::Report;

/// How long it takes from the begin of trouble until a server leaves the dependency alone.
pub const OPENED: &str = "breaker open";
/// How long it takes from the end of trouble until a server calls the dependency as ever.
pub const CLOSED: &str = "breaker closed";
/// How long either may take.
const OPENS_WITHIN: Duration = Duration::from_secs(5);
const CLOSES_WITHIN: Duration = Duration::from_secs(10);
/// How often a server is asked, and how long it may take to answer.
const LOOK: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks every server how a dependency does.
#[derive(Clone)]
pub struct Watcher {
    http: Client,
    servers: Vec<SocketAddr>,
    /// As servers call it.
    dependency: &'static str,
}

impl Watcher {
    /// Of the servers that are up.
    pub fn new(fleet: &Fleet, troubled: Troubled) -> Self {
        let dependency = match troubled {
            Troubled::Payment => "payment",
            Troubled::Redis => "redis",
        };
        let http = Client::builder().no_proxy().build().unwrap();
        Self { http, servers: fleet.addresses(), dependency }
    }

    /// Looks from now on until every server leaves the dependency alone.
    pub fn opening(&self) -> Looking {
        self.look(OPENED, |state| state != "well", OPENS_WITHIN)
    }

    /// Looks from now on until every server has called it with success.
    pub fn closing(&self) -> Looking {
        self.look(CLOSED, |state| state == "well", CLOSES_WITHIN)
    }

    fn look(&self, what: &'static str, is_so: fn(&str) -> bool, within: Duration) -> Looking {
        let watcher = self.clone();
        let seen = async move {
            let servers = watcher.servers.iter();
            join_all(servers.map(|server| watcher.first(*server, is_so, within))).await
        };
        Looking { what, within, seen: tokio::spawn(seen) }
    }

    /// How long it takes until a server says so; none where it does not in time.
    async fn first(
        &self,
        server: SocketAddr,
        is_so: fn(&str) -> bool,
        within: Duration,
    ) -> Option<Duration> {
        let began = Instant::now();
        while began.elapsed() <= within {
            if self.state(server).await.is_some_and(|state| is_so(&state)) {
                return Some(began.elapsed());
            }
            time::sleep(LOOK).await;
        }
        None
    }

    /// How a server says that the dependency does; none where it does not say.
    async fn state(&self, server: SocketAddr) -> Option<String> {
        let asked = self.http.get(format!("http://{server}/ready")).timeout(PATIENCE).send();
        let ready: Value = asked.await.ok()?.json().await.ok()?;
        let mut all = ready["dependencies"].as_array()?.iter();
        let found = all.find(|one| one["name"] == self.dependency)?;
        found["state"].as_str().map(str::to_owned)
    }
}

/// A look that goes on beside everything else.
pub struct Looking {
    what: &'static str,
    within: Duration,
    seen: JoinHandle<Vec<Option<Duration>>>,
}

impl Looking {
    /// Waits for it and notes how long each server took. In a run in full each must have been in
    /// time.
    pub async fn note(self, trouble: &str, full: bool, report: &mut Report) {
        let seen = self.seen.await.unwrap();
        report.timed(self.what, seen.iter().copied().flatten());
        let late = seen.iter().filter(|took| took.is_none()).count();
        if full {
            report.verdict.check("E8", late == 0, || {
                format!("{trouble}: no {} within {:?}, on {late} servers", self.what, self.within)
            });
        }
    }
}
