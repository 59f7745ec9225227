use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::Failure;
use super::args::{Export, Import, Target};
use super::progress::Progress;
use crate::adapters::record::catalog_file::{CatalogLoader, FileFormat};
use crate::app::Shop;
use crate::app::catalog::ImportOptions;
use crate::ports::imports::ImportReport;

/// How much of a file is read at once.
const CHUNK: usize = 256 * 1024;

/// Opens a catalogue file; one that begins as gzip does is unpacked while it is read.
pub(super) fn open(path: &Path) -> Result<Box<dyn Read + Send>, Failure> {
    let named = |error| format!("{} cannot be read: {error}", path.display());
    let mut head = [0_u8; 2];
    let packed =
        File::open(path).map_err(named)?.read_exact(&mut head).is_ok() && head == [0x1f, 0x8b];
    let file = BufReader::with_capacity(CHUNK, File::open(path).map_err(named)?);
    if packed { Ok(Box::new(MultiGzDecoder::new(file))) } else { Ok(Box::new(file)) }
}

/// Loads a catalogue file into the shop of this process.
pub(super) async fn load(shop: &Shop, path: &Path) -> Result<Arc<ImportReport>, Failure> {
    let mut file = open(path)?;
    let format = FileFormat::of_file_name(&path.to_string_lossy());
    let mut loader =
        CatalogLoader::begin(&shop.imports, format, ImportOptions { set_stock: false }).await?;
    let mut progress = Progress::new("lines imported");
    let mut chunk = vec![0_u8; CHUNK];
    loop {
        let read = match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) => {
                loader.abort().await?;
                return Err(format!("{} breaks off: {error}", path.display()).into());
            }
        };
        loader.push(chunk.get(..read).unwrap_or_default()).await?;
        progress.tell(lines(loader.report()));
    }
    progress.end();
    Ok(loader.finish().await?)
}

fn lines(report: &ImportReport) -> u64 {
    let taken = report.created.saturating_add(report.updated);
    taken.saturating_add(report.unchanged).saturating_add(report.failed)
}

/// What came of an import, with the first bad lines by number.
pub(super) fn summary(report: &ImportReport) -> String {
    let mut text = format!(
        "{} created, {} updated, {} unchanged, {} refused",
        report.created, report.updated, report.unchanged, report.failed
    );
    for error in report.errors.iter().take(20) {
        text.push_str(&format!("\n  line {}: {}", error.line, error.reason));
    }
    let untold = report.failed.saturating_sub(20);
    if untold > 0 {
        text.push_str(&format!("\n  and {untold} more"));
    }
    text
}

const FORGETS: &str = "this version keeps a shop in memory, which forgets when the command ends: name a \
                       running server with --server URL, or load a file with `ecicomm serve --import FILE`";

pub(super) async fn import(import: Import) -> Result<ExitCode, Failure> {
    let Some(server) = &import.target.server else { return Err(FORGETS.into()) };
    with_server::import(server, &import).await
}

pub(super) async fn export(export: Export) -> Result<ExitCode, Failure> {
    let Some(server) = &export.target.server else { return Err(FORGETS.into()) };
    with_server::export(server, &export).await
}

pub(super) async fn seed(target: Target) -> Result<ExitCode, Failure> {
    let Some(server) = &target.server else { return Err(FORGETS.into()) };
    with_server::seed(server, &target).await
}

pub(super) async fn reindex(target: Target) -> Result<ExitCode, Failure> {
    let Some(server) = &target.server else { return Err(FORGETS.into()) };
    with_server::reindex(server, &target).await
}

#[cfg(feature = "remote")]
use super::remote as with_server;

#[cfg(not(feature = "remote"))]
mod with_server {
    //! A build that cannot speak to servers says so.

    use std::process::ExitCode;

    use super::super::Failure;
    use super::super::args::{Export, Import, Target};

    const MISSING: &str = "--server needs a build with the feature `remote`";

    pub async fn import(_: &str, _: &Import) -> Result<ExitCode, Failure> {
        Err(MISSING.into())
    }

    pub async fn export(_: &str, _: &Export) -> Result<ExitCode, Failure> {
        Err(MISSING.into())
    }

    pub async fn seed(_: &str, _: &Target) -> Result<ExitCode, Failure> {
        Err(MISSING.into())
    }

    pub async fn reindex(_: &str, _: &Target) -> Result<ExitCode, Failure> {
        Err(MISSING.into())
    }
}
