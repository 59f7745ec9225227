//! The server: listening, and stopping without losing a request.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::KeepAlive;
use actix_web::{App, HttpServer};
use futures_util::future::OptionFuture;

use super::routes::{configure_with, management_with};
use super::{HttpSettings, State};
use crate::app::Shop;

/// A server that listens and is about to serve.
pub struct Server {
    state: Arc<State>,
    address: SocketAddr,
    running: actix_web::dev::Server,
    /// What serves the metrics.
    beside: Option<actix_web::dev::Server>,
}

impl Server {
    /// Binds the address of `settings`. Requests wait until [`Self::run`] takes them.
    pub fn bind(shop: Arc<Shop>, settings: HttpSettings) -> io::Result<Self> {
        let state = Arc::new(State::new(shop, settings));
        let settings = &state.settings;
        let routes = configure_with(state.clone());
        let server = HttpServer::new(move || App::new().configure(routes.clone()))
            .workers(workers(settings.workers))
            .keep_alive(KeepAlive::Timeout(settings.keep_alive))
            .client_request_timeout(settings.head_timeout)
            .client_disconnect_timeout(Duration::from_secs(1))
            .max_connections(settings.max_connections)
            .backlog(settings.backlog)
            .shutdown_timeout(settings.shutdown_timeout.as_secs())
            .disable_signals()
            .bind(&settings.bind)?;
        let address = server.addrs().first().copied().ok_or(io::ErrorKind::AddrNotAvailable)?;
        let beside = settings.management.as_deref().map(|bind| management(&state, bind));
        let beside = beside.transpose()?;
        Ok(Self { address, running: server.run(), beside, state })
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` is over. Then it is not ready at once, goes on serving for the drain
    /// delay, takes no more connections, and ends with the last request under way, or when their
    /// time is over.
    pub async fn run(self, stop: impl Future<Output = ()>) -> io::Result<()> {
        let handle = self.running.handle();
        let state = self.state;
        let (beside, metrics) = (self.beside.as_ref().map(actix_web::dev::Server::handle), async {
            if let Some(Err(error)) = OptionFuture::from(self.beside).await {
                tracing::error!(%error, "metrics are served no longer");
            }
            std::future::pending::<()>().await;
        });
        let ended = tokio::select! {
            ended = self.running => ended,
            () = drain(&handle, &state, stop) => Ok(()),
            () = metrics => Ok(()),
        };
        if let Some(beside) = beside {
            // Nobody waits for a scrape; and it is no longer driven, so that this does not end.
            drop(beside.stop(false));
        }
        ended
    }
}

/// What serves the metrics alone, of a process that serves no shop.
pub struct MetricsServer(actix_web::dev::Server);

impl MetricsServer {
    /// Binds the management address of `settings`; none where they name none.
    pub fn bind(shop: Arc<Shop>, settings: HttpSettings) -> io::Result<Option<Self>> {
        let Some(bind) = settings.management.clone() else { return Ok(None) };
        let state = Arc::new(State::new(shop, settings));
        Ok(Some(Self(management(&state, &bind)?)))
    }

    /// Serves until `stop` is over. Without its metrics the process goes on.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let handle = self.0.handle();
        let mut stop = pin!(stop);
        let ended = tokio::select! {
            ended = self.0 => ended,
            () = &mut stop => {
                drop(handle.stop(false));
                return;
            }
        };
        if let Err(error) = ended {
            tracing::error!(%error, "metrics are served no longer");
            stop.await;
        }
    }
}

/// The server of the metrics, on one thread of its own.
fn management(state: &Arc<State>, bind: &str) -> io::Result<actix_web::dev::Server> {
    let routes = management_with(state.clone());
    let server = HttpServer::new(move || App::new().configure(routes.clone()))
        .workers(1)
        .client_request_timeout(state.settings.head_timeout)
        .client_disconnect_timeout(Duration::from_secs(1))
        .max_connections(64)
        .disable_signals()
        .bind(bind)
        .map_err(|error| io::Error::new(error.kind(), format!("metrics on {bind}: {error}")))?;
    if let Some(address) = server.addrs().first() {
        tracing::info!(%address, "serving metrics");
    }
    Ok(server.run())
}

async fn drain(handle: &ServerHandle, state: &State, stop: impl Future<Output = ()>) {
    stop.await;
    state.readiness.drain();
    tracing::info!(
        drain_ms = u64::try_from(state.settings.drain_delay.as_millis()).unwrap_or(u64::MAX),
        "stopping: no longer ready"
    );
    tokio::time::sleep(state.settings.drain_delay).await;
    handle.stop(true).await;
    tracing::info!("stopped");
}

/// As many threads as were asked for, else as there are cores.
fn workers(asked: usize) -> usize {
    if asked > 0 {
        return asked;
    }
    std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get)
}

/// Serves `shop` until `end` is over; tells the log where.
pub async fn serve(
    shop: Arc<Shop>,
    settings: HttpSettings,
    end: impl Future<Output = ()>,
) -> io::Result<()> {
    let server = Server::bind(shop, settings)?;
    tracing::info!(address = %server.address(), "serving");
    server.run(end).await
}
