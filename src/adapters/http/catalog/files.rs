use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

use crate::adapters::http::json::{check_head, unreadable};
use crate::adapters::http::path::At;
use crate::adapters::http::problem::{Code, Problem};
use crate::adapters::http::query::{FromQuery, Params, Query};
use crate::adapters::http::{State, respond};
use crate::adapters::record::catalog_file::{CatalogLoader, FileFormat, render_line};
use crate::adapters::record::rfc3339;
use crate::app::AppError;
use crate::app::catalog::{CatalogService, ImportOptions};
use crate::domain::shared::{ImportId, ProductId};
use crate::ports::PortError;
use crate::ports::catalog::Page;
use crate::ports::imports::{ImportError, ImportReport, ImportStatus};

/// The media types of catalogue files.
const FORMATS: &[&str] = &["application/x-ndjson", "text/csv"];
/// How many products are read at once for an export.
const PAGE: usize = 200;
/// How many pieces of a file wait between the connection and the import.
const PIECES: usize = 8;

/// How an import takes what the file says.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportParams {
    /// `set` to set the stock of known SKUs too; else only new ones take theirs from the file.
    #[param(inline, value_type = Option<StockChoice>)]
    stock: Option<bool>,
}

/// What an import does with stock.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it only describes the parameter")]
pub enum StockChoice {
    /// By an adjustment.
    #[schema(rename = "set")]
    Set,
}

impl FromQuery for ImportParams {
    fn read(params: &mut Params) -> Self {
        Self { stock: params.choice("stock", &[("set", true)]) }
    }
}

/// An import and what came of it so far.
#[derive(Serialize, ToSchema)]
#[schema(as = Import)]
pub struct ImportBody<'a> {
    id: Uuid,
    status: ImportStatusBody,
    /// Lines that made something new.
    created: u64,
    /// Lines that changed something.
    updated: u64,
    /// Lines that said what is so already.
    unchanged: u64,
    /// Lines that were not taken.
    failed: u64,
    /// The first thousand of those, in order.
    errors: Vec<ImportErrorBody<'a>>,
    #[schema(format = DateTime)]
    started_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// How far an import is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ImportStatus)]
pub enum ImportStatusBody {
    /// Lines are being read.
    Running,
    /// All lines were read.
    Completed,
    /// It broke off; what was counted is in.
    Failed,
}

/// A line that was not taken.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportError)]
pub struct ImportErrorBody<'a> {
    /// Which, from 1.
    line: u64,
    reason: &'a str,
}

impl<'a> From<&'a ImportReport> for ImportBody<'a> {
    fn from(report: &'a ImportReport) -> Self {
        let error =
            |error: &'a ImportError| ImportErrorBody { line: error.line, reason: &error.reason };
        Self {
            id: report.id.uuid(),
            status: match report.status {
                ImportStatus::Running => ImportStatusBody::Running,
                ImportStatus::Completed => ImportStatusBody::Completed,
                ImportStatus::Failed => ImportStatusBody::Failed,
            },
            created: report.created,
            updated: report.updated,
            unchanged: report.unchanged,
            failed: report.failed,
            errors: report.errors.iter().map(error).collect(),
            started_at: rfc3339(report.started_at),
            updated_at: rfc3339(report.updated_at),
        }
    }
}

/// Import a catalogue file
///
/// The good lines go in, each bad one is reported. A second import of the same file changes
/// nothing.
#[utoipa::path(
    tag = "admin: catalog", params(ImportParams),
    extensions(("x-permission" = json!("catalog:import")), ("x-upload" = json!(true))),
    request_body(content((FileBody = "application/x-ndjson"), (FileBody = "text/csv"))),
    responses((status = 202, description = "The import.", body = ImportBody)),
)]
#[post("/imports")]
pub async fn import_catalog(
    state: Data<State>,
    request: HttpRequest,
    query: Query<ImportParams>,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    check_head(&request, FORMATS)?;
    let media = request.headers().get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    let format = media.and_then(FileFormat::of_media_type).unwrap_or(FileFormat::Ndjson);
    let options = ImportOptions { set_stock: query.0.stock.unwrap_or(false) };
    let loader = CatalogLoader::begin(&state.shop.imports, format, options).await?;
    let report = load(loader, payload, state.settings.import_limit).await?;
    let response = respond::json(StatusCode::ACCEPTED, &ImportBody::from(&*report))?;
    Ok(respond::located(response, &format!("/api/v1/admin/imports/{}", report.id)))
}

/// A catalogue file, as the document describes it: bytes that are read line by line, of which any
/// may be wrong.
pub struct FileBody;

impl PartialSchema for FileBody {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(SchemaType::AnyValue).build()))
    }
}

impl ToSchema for FileBody {
    fn name() -> std::borrow::Cow<'static, str> {
        "in.File".into()
    }
}

/// A piece of a file, or its end.
enum Piece {
    Bytes(Bytes),
    End,
}

/// Feeds the body to an import that runs by itself: where the client goes away, or the deadline
/// passes, it still ends as failed and is not left running for ever.
async fn load(
    loader: CatalogLoader,
    mut payload: Payload,
    limit: u64,
) -> Result<Arc<ImportReport>, Problem> {
    let (sender, receiver) = mpsc::channel(PIECES);
    let import = tokio::spawn(run(loader, receiver));
    let mut taken = 0_u64;
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|error| unreadable().caused_by(error.to_string()))?;
        taken = taken.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
        if taken > limit {
            let detail = format!("Send at most {limit} bytes at once.");
            return Err(Problem::new(Code::ContentTooLarge, detail));
        }
        if sender.send(Piece::Bytes(piece)).await.is_err() {
            break; // the import failed, and its own answer tells why
        }
    }
    let _ = sender.send(Piece::End).await;
    drop(sender);
    match import.await {
        Ok(report) => Ok(report?),
        Err(error) => Err(Problem::from(PortError::internal(error))),
    }
}

async fn run(
    mut loader: CatalogLoader,
    mut pieces: mpsc::Receiver<Piece>,
) -> Result<Arc<ImportReport>, AppError> {
    loop {
        let taken = match pieces.recv().await {
            Some(Piece::Bytes(bytes)) => loader.push(&bytes).await,
            Some(Piece::End) => return loader.finish().await,
            None => return loader.abort().await,
        };
        if let Err(error) = taken {
            if let Err(second) = loader.abort().await {
                tracing::warn!(error = %second, "an import that failed could not be told so");
            }
            return Err(error);
        }
    }
}

/// Get an import
///
/// One that runs and told nothing of itself for ten minutes is failed: what it ran in is gone.
#[utoipa::path(
    tag = "admin: catalog", extensions(("x-permission" = json!("catalog:import"))),
    responses((status = 200, description = "The import.", body = ImportBody)),
)]
#[get("/imports/{id}")]
pub async fn get_import(state: Data<State>, id: At<ImportId>) -> Result<HttpResponse, Problem> {
    let report = state.shop.imports.report(id.0).await?;
    respond::ok(&ImportBody::from(&*report))
}

/// Export the catalog
///
/// As a catalogue file, a variant a line; importing it here changes nothing.
#[utoipa::path(
    tag = "admin: catalog",
    extensions(("x-permission" = json!("catalog:import")), ("x-upload" = json!(true))),
    responses((
        status = 200, description = "NDJSON.", body = String, content_type = "application/x-ndjson",
    )),
)]
#[get("/exports/products")]
pub async fn export_products(state: Data<State>) -> Result<HttpResponse, Problem> {
    let catalog = state.shop.catalog.clone();
    let (first, next) = lines(&catalog, None).await?;
    let rest = stream::try_unfold((catalog, next), |(catalog, after)| async move {
        let Some(after) = after else { return Ok(None) };
        let (text, next) = lines(&catalog, Some(after)).await.map_err(|error| {
            tracing::error!(%error, "an export broke off");
            error
        })?;
        Ok::<_, AppError>(Some((text, (catalog, next))))
    });
    let whole = stream::once(async { Ok(first) }).chain(rest);
    let whole = whole.map(|piece| piece.map_err(|error| std::io::Error::other(error.to_string())));
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, FileFormat::Ndjson.media_type()))
        .streaming(whole))
}

/// The lines of a page of products, and where to go on.
async fn lines(
    catalog: &CatalogService,
    after: Option<ProductId>,
) -> Result<(Bytes, Option<ProductId>), AppError> {
    let Page { items, next } = catalog.export(after, PAGE).await?;
    let mut text = String::new();
    for line in &items {
        text.push_str(&render_line(line));
        text.push('\n');
    }
    Ok((text.into(), next))
}
