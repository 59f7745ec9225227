//! A running server, reached by its API.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use reqwest::{Body, Client, Method, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::progress::Progress;
use super::source::Source;
use super::summary::Imported;
use super::{Failure, demo};
use crate::adapters::record::catalog_file::FileFormat;

const CONNECT: Duration = Duration::from_secs(5);
/// How long the server may be silent while it works.
const SILENCE: Duration = Duration::from_mins(10);
/// How often an import that goes on is asked after.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// A server and who asks it.
pub(super) struct Server {
    http: Client,
    base: Url,
    token: Option<String>,
}

#[derive(Deserialize)]
struct ImportAnswer {
    id: String,
    status: String,
    created: u64,
    updated: u64,
    unchanged: u64,
    failed: u64,
    errors: Vec<ImportErrorAnswer>,
}

#[derive(Deserialize)]
struct ImportErrorAnswer {
    line: u64,
    reason: String,
}

#[derive(Deserialize)]
struct ListAnswer {
    items: Vec<Value>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct ReindexAnswer {
    products: u64,
}

#[derive(Default, Deserialize)]
struct ProblemAnswer {
    #[serde(default)]
    detail: String,
    #[serde(default)]
    errors: Vec<ProblemField>,
}

#[derive(Deserialize)]
struct ProblemField {
    #[serde(default)]
    pointer: String,
    #[serde(default)]
    detail: String,
}

impl From<ImportAnswer> for Imported {
    fn from(answer: ImportAnswer) -> Self {
        Self {
            completed: answer.status == "completed",
            created: answer.created,
            updated: answer.updated,
            unchanged: answer.unchanged,
            failed: answer.failed,
            errors: answer.errors.into_iter().map(|e| (e.line, e.reason)).collect(),
        }
    }
}

impl Server {
    /// The server at `url`, asked with `token`. Connects at first use.
    pub fn try_new(url: &str, token: Option<&str>) -> Result<Self, Failure> {
        let base = base_of(url)?;
        // Another may have been installed before; either will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().connect_timeout(CONNECT).read_timeout(SILENCE).build();
        let http = http.map_err(|error| Failure::new(chain(&error)))?;
        Ok(Self { http, base, token: token.map(str::to_owned) })
    }

    /// Sends a catalogue file, and waits until all of it is in.
    pub async fn import(&self, source: Source, set_stock: bool) -> Result<Imported, Failure> {
        let format = source.format();
        let broken = Arc::new(OnceLock::new());
        let begin = (source, Progress::on_stderr(), broken.clone());
        let pieces = stream::unfold(begin, |(mut source, mut progress, broken)| async move {
            let piece = source.next().await;
            progress.tell(Instant::now(), || format!("{} sent", source.share()));
            match &piece {
                None => progress.end(),
                Some(Err(error)) => {
                    progress.end();
                    broken.get_or_init(|| error.to_string());
                }
                Some(Ok(_)) => {}
            }
            piece.map(|piece| (piece, (source, progress, broken)))
        });
        let sent = self.import_body(Body::wrap_stream(pieces), format, set_stock).await;
        match broken.get() {
            // Else the server would be blamed for a body that ended early.
            Some(reason) => Err(Failure::new(format!("the file cannot be read: {reason}"))),
            None => sent,
        }
    }

    async fn import_body(
        &self,
        body: impl Into<Body>,
        format: FileFormat,
        set_stock: bool,
    ) -> Result<Imported, Failure> {
        let path = if set_stock { "admin/imports?stock=set" } else { "admin/imports" };
        let request = self.request(Method::POST, path)?;
        let request = request.header("content-type", format.media_type()).body(body);
        let mut answer: ImportAnswer = self.json(request).await?;
        let mut progress = Progress::on_stderr();
        while answer.status == "running" {
            tokio::time::sleep(ASK_EVERY).await;
            answer = self.get(&format!("admin/imports/{}", answer.id)).await?;
            let lines = answer.created + answer.updated + answer.unchanged + answer.failed;
            progress.tell(Instant::now(), || format!("{lines} lines in"));
        }
        progress.end();
        Ok(answer.into())
    }

    /// Fills the shop with the demo. One that has products is left alone, unless by `force`.
    pub async fn seed(&self, force: bool) -> Result<Imported, Failure> {
        let known: ListAnswer = self.get("admin/products?limit=1").await?;
        if !known.items.is_empty() && !force {
            return Err(demo::not_empty());
        }
        let imported = self.import_body(demo::CATALOG, FileFormat::Ndjson, false).await?;
        let names = self.promotion_names().await?;
        let promotions: Vec<Value> =
            serde_json::from_str(demo::PROMOTIONS).map_err(Failure::new)?;
        for promotion in promotions {
            if name_of(&promotion).is_none_or(|name| !names.contains(name)) {
                let request = self.request(Method::POST, "admin/promotions")?.json(&promotion);
                self.send(request).await?;
            }
        }
        Ok(imported)
    }

    async fn promotion_names(&self) -> Result<BTreeSet<String>, Failure> {
        let mut names = BTreeSet::new();
        let mut cursor = String::new();
        loop {
            let path = format!("admin/promotions?limit=100{cursor}");
            let page: ListAnswer = self.get(&path).await?;
            names.extend(page.items.iter().filter_map(name_of).map(str::to_owned));
            match page.next_cursor {
                // Cursors are made of characters that an address may hold.
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(names),
            }
        }
    }

    /// Writes the catalogue; how many bytes that was. A reader that goes away ends it early.
    pub async fn export(&self, out: &mut impl Write) -> Result<u64, Failure> {
        let request = self.request(Method::GET, "admin/exports/products")?;
        let mut pieces = self.send(request).await?.bytes_stream();
        let mut progress = Progress::on_stderr();
        let mut bytes = 0_u64;
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|error| {
                progress.end();
                Failure::new(format!("the export broke off: {}", chain(&error)))
            })?;
            match out.write_all(&piece) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(bytes),
                written => written?,
            }
            bytes = bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            progress.tell(Instant::now(), || format!("{bytes} bytes"));
        }
        progress.end();
        out.flush()?;
        Ok(bytes)
    }

    /// Rebuilds the search index; how many products it has.
    pub async fn reindex(&self) -> Result<u64, Failure> {
        let request = self.request(Method::POST, "admin/search/reindex")?;
        self.json::<ReindexAnswer>(request).await.map(|answer| answer.products)
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.json(self.request(Method::GET, path)?).await
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let read = self.send(request).await?.json().await;
        read.map_err(|error| Failure::new(format!("the server's answer: {}", chain(&error))))
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let url = self.base.join("api/v1/").and_then(|api| api.join(path)).map_err(Failure::new)?;
        let request = self.http.request(method, url);
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    /// Sends a request, and tells a refusal as the server explains it.
    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let sent = request.send().await;
        let response = sent.map_err(|error| {
            Failure::new(format!("{} does not answer: {}", self.base, chain(&error.without_url())))
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let problem = response.json().await.unwrap_or_default();
        Err(Failure::new(refusal(status, &problem)))
    }
}

fn name_of(promotion: &Value) -> Option<&str> {
    promotion.get("name").and_then(Value::as_str)
}

/// The address that the API's paths go behind.
fn base_of(url: &str) -> Result<Url, Failure> {
    let wrong = || {
        Failure::usage(format!("'{url}' is no address of a server, such as http://127.0.0.1:8080"))
    };
    let mut base = Url::parse(url).map_err(|_| wrong())?;
    if !matches!(base.scheme(), "http" | "https") {
        return Err(wrong());
    }
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    base.set_query(None);
    base.set_fragment(None);
    Ok(base)
}

fn refusal(status: StatusCode, problem: &ProblemAnswer) -> String {
    let mut parts = vec![format!("the server answers {status}")];
    if !problem.detail.is_empty() {
        parts.push(problem.detail.clone());
    }
    parts.extend(problem.errors.iter().map(|part| format!("{} {}", part.pointer, part.detail)));
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        let hint = "sign in at POST /api/v1/auth/login and pass the access_token by ECICOMM_TOKEN";
        parts.push(hint.to_owned());
    }
    parts.join("; ")
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests;
