//! The API over HTTP: routes, what requests and answers look like, and everything that a client may
//! get wrong.
//!
//! Routes and their documentation come from one list ([`routes`]), and a request that the document
//! does not know never reaches a handler. A handler reads a request into a command, hands it to a
//! use case and renders what that answers; it decides nothing. Nothing here may log a query, a body
//! or a secret, and no cause of a failure may reach a client.
//!
//! - `front` is what every request passes: ids, limits, access, problem documents, headers, the log.
//! - `input` are the parts of requests, read as strictly as their schemas say.
//! - `metrics` is what is read at an address of its own.
//! - `openapi` completes the document with what all operations share.
//! - the folders named like contexts hold their handlers, bodies and views.

mod access;
mod auth;
mod cart;
mod catalog;
mod conditions;
mod cursor;
mod etag;
mod front;
mod idempotency;
mod input;
mod inventory;
mod json;
mod media;
mod merge;
mod metrics;
mod objects;
mod openapi;
mod operations;
mod order;
mod page;
mod path;
mod pricing;
mod problem;
mod process;
mod query;
mod rendered;
mod respond;
mod routes;
mod search;
mod server;
mod settings;
mod values;

use std::sync::{Arc, OnceLock};

use actix_web::http::header::HeaderValue;
use actix_web::web::Bytes;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::JoinError;
use tokio::time::timeout;

use crate::app::{AppError, Shop};
use crate::ports::catalog::ReadContext;

use problem::{Code, Problem};

pub use openapi::document;
pub use routes::{configure, configure_both};
pub use server::{MetricsServer, Server, serve};
pub use settings::HttpSettings;

/// What all requests share.
struct State {
    shop: Arc<Shop>,
    settings: HttpSettings,
    table: access::Table,
    document: OnceLock<Bytes>,
    rendered: rendered::Rendered,
    /// How long others may keep a page.
    page_caching: HeaderValue,
    readiness: process::Readiness,
    /// Where the shop was made.
    runtime: Option<Handle>,
    /// Room for work that goes on though its client goes away.
    room: Arc<Semaphore>,
    limit: Option<front::Limit>,
    requests: metrics::Requests,
    gauges: metrics::StoreGauges,
}

impl State {
    fn new(shop: Arc<Shop>, settings: HttpSettings) -> Self {
        let (table, now) = (access::Table::of(&openapi::assembled()), shop.ports.clock.now());
        Self {
            requests: metrics::Requests::of(&table),
            gauges: metrics::StoreGauges::default(),
            limit: shop.ports.limits.clone().map(|limits| front::Limit::new(limits, now)),
            shop,
            runtime: Handle::try_current().ok(),
            room: Arc::new(Semaphore::new(settings.max_detached)),
            table,
            page_caching: respond::public_for(settings.page_max_age_seconds),
            document: OnceLock::new(),
            rendered: rendered::Rendered::new(settings.rendered_bytes),
            readiness: process::Readiness::default(),
            settings,
        }
    }

    /// The API document. Made when it is first asked for, so that the start need not wait for it.
    fn document(&self) -> &Bytes {
        self.document.get_or_init(|| openapi::document().to_string().into())
    }

    /// Does `work` where the shop was made, though its client goes away, until the time of a request is
    /// over. Work that asks a database often would else change threads twice for each question.
    async fn detached<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, AppError>> + Send + 'static,
    ) -> Result<T, Problem> {
        let Some(runtime) = &self.runtime else { return Ok(work.await?) };
        let Ok(place) = self.room.clone().try_acquire_owned() else {
            let detail = "Too many checkouts are under way; try again in a moment.";
            return Err(Problem::new(Code::Unavailable, detail).retry_after(1));
        };
        let limit = self.settings.request_deadline;
        let bounded = async move {
            let _place = place;
            timeout(limit, work).await
        };
        let done = runtime.spawn(bounded).await;
        let ended = |error: JoinError| {
            Problem::new(Code::Internal, "Try again later.").caused_by(error.to_string())
        };
        let in_time = done.map_err(ended)?.map_err(|_| front::late())?;
        Ok(in_time?)
    }

    /// The circumstances of a reader of whom nothing is known.
    fn context(&self) -> ReadContext {
        self.shop.config.read_context(self.shop.ports.clock.now())
    }
}
