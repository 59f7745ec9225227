//! Commands on a running server, over its API.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Body, Client, RequestBuilder, Response};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::args::{Export, Import, Target};
use super::progress::Progress;
use super::{Failure, demo, file};
use crate::adapters::record::catalog_file::FileFormat;

/// The exit status of an import in which some lines were refused and the rest went in.
const PARTLY: u8 = 3;
/// How many chunks of a file wait to be sent.
const AHEAD: usize = 4;
/// How often a running import is asked about.
const ASK_EVERY: Duration = Duration::from_millis(300);

#[derive(Deserialize)]
struct Job {
    id: String,
    status: String,
    created: u64,
    updated: u64,
    unchanged: u64,
    failed: u64,
    errors: Vec<BadLine>,
}

#[derive(Deserialize)]
struct BadLine {
    line: u64,
    reason: String,
}

#[derive(Deserialize)]
struct Problem {
    title: String,
    detail: Option<String>,
}

/// A server with the token to use there.
struct Remote<'a> {
    client: Client,
    base: &'a str,
    token: &'a str,
}

impl<'a> Remote<'a> {
    fn new(server: &'a str, target: &'a Target) -> Result<Self, Failure> {
        let token = target.token.as_deref();
        let token =
            token.ok_or("a server wants to know who asks: give --token or ECICOMM_TOKEN")?;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().connect_timeout(Duration::from_secs(10)).build()?;
        Ok(Self { client, base: server.trim_end_matches('/'), token })
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.base)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let answer = request.bearer_auth(self.token).send().await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let told = match answer.json::<Problem>().await {
            Ok(Problem { title, detail: Some(detail) }) => format!("{title}: {detail}"),
            Ok(Problem { title, detail: None }) => title,
            Err(_) => "no reason given".to_owned(),
        };
        Err(format!("the server refused with {status}: {told}").into())
    }

    async fn upload(&self, path: &str, media_type: &str, body: Body) -> Result<Job, Failure> {
        let request =
            self.client.post(self.url(path)).header("content-type", media_type).body(body);
        let mut job: Job = self.send(request).await?.json().await?;
        let mut progress = Progress::new("lines imported");
        while job.status == "running" {
            tokio::time::sleep(ASK_EVERY).await;
            let request = self.client.get(self.url(&format!("/admin/imports/{}", job.id)));
            job = self.send(request).await?.json().await?;
            progress.tell(job.created + job.updated + job.unchanged + job.failed);
        }
        progress.end();
        Ok(job)
    }
}

fn tell(job: &Job) -> ExitCode {
    println!(
        "{}: {} created, {} updated, {} unchanged, {} refused",
        job.status, job.created, job.updated, job.unchanged, job.failed
    );
    for bad in job.errors.iter().take(20) {
        println!("  line {}: {}", bad.line, bad.reason);
    }
    match job.status.as_str() {
        "completed" if job.failed == 0 => ExitCode::SUCCESS,
        "completed" => ExitCode::from(PARTLY),
        _ => ExitCode::FAILURE,
    }
}

/// A file as a body, read on a thread of its own and a few chunks ahead at most.
fn body_of(mut file: Box<dyn Read + Send>) -> Body {
    let (chunks, mut sent) = mpsc::channel::<Result<Vec<u8>, std::io::Error>>(AHEAD);
    std::thread::spawn(move || {
        loop {
            let mut chunk = vec![0_u8; 128 * 1024];
            let read = match file.read(&mut chunk) {
                Ok(0) => return,
                Ok(read) => read,
                Err(error) => {
                    let _ = chunks.blocking_send(Err(error));
                    return;
                }
            };
            chunk.truncate(read);
            if chunks.blocking_send(Ok(chunk)).is_err() {
                return;
            }
        }
    });
    Body::wrap_stream(futures_util::stream::poll_fn(move |context| sent.poll_recv(context)))
}

pub(super) async fn import(server: &str, import: &Import) -> Result<ExitCode, Failure> {
    let remote = Remote::new(server, &import.target)?;
    let format = FileFormat::of_file_name(&import.file.to_string_lossy());
    let path = if import.set_stock { "/admin/imports?stock=set" } else { "/admin/imports" };
    let body = body_of(file::open(&import.file)?);
    Ok(tell(&remote.upload(path, format.media_type(), body).await?))
}

pub(super) async fn export(server: &str, export: &Export) -> Result<ExitCode, Failure> {
    let remote = Remote::new(server, &export.target)?;
    let request = remote.client.get(remote.url("/admin/exports/products"));
    let mut chunks = remote.send(request).await?.bytes_stream();
    let mut out: Box<dyn Write> = match &export.file {
        Some(path) => Box::new(std::fs::File::create(path)?),
        None => Box::new(std::io::stdout()),
    };
    while let Some(chunk) = chunks.next().await {
        out.write_all(&chunk?)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn seed(server: &str, target: &Target) -> Result<ExitCode, Failure> {
    let remote = Remote::new(server, target)?;
    let job = remote.upload("/admin/imports", "application/x-ndjson", demo::CATALOG.into()).await?;
    for promotion in demo::promotions()? {
        let request = remote.client.post(remote.url("/admin/promotions"));
        let request =
            request.header("content-type", "application/json").body(promotion.to_string());
        if let Err(refused) = remote.send(request).await {
            eprintln!("a promotion was left out: {refused}");
        }
    }
    Ok(tell(&job))
}

pub(super) async fn reindex(server: &str, target: &Target) -> Result<ExitCode, Failure> {
    let remote = Remote::new(server, target)?;
    remote.send(remote.client.post(remote.url("/admin/search/reindex"))).await?;
    println!("the index was built anew");
    Ok(ExitCode::SUCCESS)
}
