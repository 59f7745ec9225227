//! The sandbox as a process of its own, which several servers share.
//!
//! Its surface is small and private: [`crate::adapters::record`] holds the bodies. It takes no
//! credentials, so it listens where the caller says and nowhere else.

use std::net::TcpListener;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::StatusCode;
use actix_web::{App, HttpResponse, HttpServer, ResponseError, web};
use serde::{Deserialize, Serialize};
use tokio::time;
use uuid::Uuid;

use super::SandboxGateway;
use crate::adapters::record::{
    ChargeRecordBody, ChargeRequestBody, LedgerPageBody, OutcomeBody, RefundOutcomeBody,
    RefundRequestBody, VoidOutcomeBody, VoidRequestBody,
};
use crate::domain::shared::{OrderId, PaymentId};
use crate::ports::payment::{PaymentGateway, SandboxLedger};
use crate::ports::{PortError, PortErrorKind};

/// A page of the ledger has at most so many rows.
const MOST_ROWS: usize = 1_000;

/// How long an answer takes, as on a real network.
#[derive(Clone, Debug)]
pub struct Delay(RangeInclusive<u64>);

impl Delay {
    /// Between these many milliseconds; the same twice is a fixed delay, and zero none.
    pub fn millis(range: RangeInclusive<u64>) -> Self {
        Self(range)
    }

    /// Waits half of a delay: once on the way in, once on the way out.
    async fn half(&self) {
        let mut bytes = [0; 8];
        if getrandom::fill(&mut bytes).is_err() {
            return;
        }
        let (least, most) = (*self.0.start(), *self.0.end());
        let width = most.saturating_sub(least).saturating_add(1);
        let millis = least.saturating_add(u64::from_le_bytes(bytes) % width);
        if millis > 0 {
            time::sleep(Duration::from_micros(millis.saturating_mul(500))).await;
        }
    }
}

#[derive(Clone)]
struct Service {
    gateway: Arc<SandboxGateway>,
    delay: Delay,
}

/// Serves the gateway on `listener` until it is stopped.
pub fn serve(
    listener: TcpListener,
    gateway: Arc<SandboxGateway>,
    delay: Delay,
) -> std::io::Result<Server> {
    let service = Service { gateway, delay };
    let server = HttpServer::new(move || {
        App::new().app_data(web::Data::new(service.clone())).configure(routes)
    });
    // Charges that are never answered must not hold up the end.
    Ok(server.workers(2).shutdown_timeout(1).listen(listener)?.run())
}

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/charges", web::post().to(charge))
        .route("/payments/{id}", web::get().to(look_up))
        .route("/payments/{id}/resume", web::post().to(resume))
        .route("/payments/{id}/void", web::post().to(void))
        .route("/refunds", web::post().to(refund))
        .route("/ledger", web::get().to(ledger));
}

/// A port's failure as an answer.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Failure(#[from] PortError);

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        match self.0.kind() {
            PortErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
            PortErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            PortErrorKind::Corrupt => StatusCode::BAD_REQUEST,
            PortErrorKind::Conflict | PortErrorKind::Internal => StatusCode::CONFLICT,
        }
    }
}

impl Service {
    /// Answers after the delay; what it says stands in the ledger before.
    async fn answer<T: Serialize, U: Into<T>>(
        &self,
        call: impl Future<Output = Result<U, PortError>>,
    ) -> Result<HttpResponse, Failure> {
        self.delay.half().await;
        let body: T = call.await?.into();
        self.delay.half().await;
        Ok(HttpResponse::Ok().json(body))
    }
}

async fn charge(
    service: web::Data<Service>,
    body: web::Json<ChargeRequestBody>,
) -> Result<HttpResponse, Failure> {
    let request = body.request()?;
    service.answer::<OutcomeBody, _>(service.gateway.charge(&request)).await
}

async fn resume(service: web::Data<Service>, id: web::Path<Uuid>) -> Result<HttpResponse, Failure> {
    let payment = PaymentId::new(id.into_inner());
    service.answer::<OutcomeBody, _>(service.gateway.resume(payment)).await
}

async fn look_up(
    service: web::Data<Service>,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Failure> {
    let payment = PaymentId::new(id.into_inner());
    service.answer::<ChargeRecordBody, _>(service.gateway.look_up(payment)).await
}

async fn void(
    service: web::Data<Service>,
    id: web::Path<Uuid>,
    body: web::Json<VoidRequestBody>,
) -> Result<HttpResponse, Failure> {
    let (payment, order) = (PaymentId::new(id.into_inner()), OrderId::new(body.order_id));
    service.answer::<VoidOutcomeBody, _>(service.gateway.void(payment, order)).await
}

async fn refund(
    service: web::Data<Service>,
    body: web::Json<RefundRequestBody>,
) -> Result<HttpResponse, Failure> {
    let request = body.request()?;
    service.answer::<RefundOutcomeBody, _>(service.gateway.refund(&request)).await
}

#[derive(Deserialize)]
struct LedgerQuery {
    order_id: Option<Uuid>,
    after: Option<u64>,
    limit: Option<usize>,
}

async fn ledger(
    service: web::Data<Service>,
    query: web::Query<LedgerQuery>,
) -> Result<HttpResponse, Failure> {
    let limit = query.limit.unwrap_or(MOST_ROWS).min(MOST_ROWS);
    let order = query.order_id.map(OrderId::new);
    let page = service.gateway.rows(order, query.after, limit).await?;
    Ok(HttpResponse::Ok().json(LedgerPageBody::from(&page)))
}
