//! The sandbox gateway in a process of its own, reached over HTTP.
//!
//! Never retries: whoever asks holds the idempotency key and decides.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::adapters::record::{
    ChargeRecordBody, ChargeRequestBody, LedgerPageBody, OutcomeBody, RefundOutcomeBody,
    RefundRequestBody, VoidOutcomeBody, VoidRequestBody,
};
use crate::domain::shared::{OrderId, PaymentId};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::payment::{
    ChargeOutcome, ChargeRecord, ChargeRequest, LedgerRow, PaymentGateway, RefundOutcome,
    RefundRequest, SandboxLedger, VoidOutcome,
};

const CONNECT: Duration = Duration::from_secs(2);
/// A bound of last resort; the decorator around this one is stricter.
const WHOLE: Duration = Duration::from_mins(1);

/// A client of `ecicomm sandbox`.
#[derive(Debug)]
pub struct SandboxClient {
    http: Client,
    base: Url,
}

impl SandboxClient {
    /// A client of the process at `base`, such as `http://127.0.0.1:9090`. Connects at first use.
    pub fn try_new(base: &str) -> Result<Self, PortError> {
        let mut base = Url::parse(base).map_err(PortError::internal)?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        // Fails where the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().connect_timeout(CONNECT).timeout(WHOLE).no_proxy();
        Ok(Self { http: http.build().map_err(PortError::internal)?, base })
    }

    fn url(&self, path: &str) -> Result<Url, PortError> {
        self.base.join(path).map_err(PortError::internal)
    }
}

/// Sends a request and reads its answer. Only a connection that never stood says that nothing was
/// done.
async fn ask<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, PortError> {
    let sent = request.send().await;
    let response = sent.map_err(|error| {
        if error.is_connect() { PortError::unavailable(error) } else { PortError::timeout(error) }
    })?;
    match response.status() {
        status if status.is_success() => response.json().await.map_err(PortError::timeout),
        StatusCode::SERVICE_UNAVAILABLE => Err(PortError::unavailable("the sandbox is away")),
        status if status.is_client_error() => {
            let detail = response.text().await.unwrap_or_default();
            Err(PortError::internal(format!("the sandbox answers {status}: {detail}")))
        }
        status => Err(PortError::timeout(format!("the sandbox answers {status}"))),
    }
}

#[async_trait]
impl PaymentGateway for SandboxClient {
    async fn charge(&self, request: &ChargeRequest) -> Result<ChargeOutcome, PortError> {
        let request = self.http.post(self.url("charges")?).json(&ChargeRequestBody::from(request));
        ask::<OutcomeBody>(request).await.map(ChargeOutcome::from)
    }

    async fn resume(&self, payment: PaymentId) -> Result<ChargeOutcome, PortError> {
        let url = self.url(&format!("payments/{payment}/resume"))?;
        ask::<OutcomeBody>(self.http.post(url)).await.map(ChargeOutcome::from)
    }

    async fn look_up(&self, payment: PaymentId) -> Result<ChargeRecord, PortError> {
        let url = self.url(&format!("payments/{payment}"))?;
        ask::<ChargeRecordBody>(self.http.get(url)).await.map(ChargeRecord::from)
    }

    async fn void(&self, payment: PaymentId, order: OrderId) -> Result<VoidOutcome, PortError> {
        let url = self.url(&format!("payments/{payment}/void"))?;
        let request = self.http.post(url).json(&VoidRequestBody { order_id: order.uuid() });
        ask::<VoidOutcomeBody>(request).await.map(VoidOutcome::from)
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, PortError> {
        let request = self.http.post(self.url("refunds")?).json(&RefundRequestBody::from(request));
        ask::<RefundOutcomeBody>(request).await.map(RefundOutcome::from)
    }
}

#[async_trait]
impl SandboxLedger for SandboxClient {
    async fn rows(
        &self,
        order: Option<OrderId>,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<LedgerRow, u64>, PortError> {
        let mut url = self.url("ledger")?;
        {
            let mut query = url.query_pairs_mut();
            query.append_pair("limit", &limit.to_string());
            if let Some(order) = order {
                query.append_pair("order_id", &order.to_string());
            }
            if let Some(after) = after {
                query.append_pair("after", &after.to_string());
            }
        }
        ask::<LedgerPageBody>(self.http.get(url)).await?.page()
    }
}
