//! A shop of this machine that no server runs at the moment.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use super::progress::Progress;
use super::source::Source;
use super::summary::Imported;
use super::{Failure, demo};
use crate::adapters::record::catalog_file::{CatalogLoader, render_line};
use crate::app::Shop;
use crate::app::catalog::ImportOptions;
use crate::settings::Settings;

/// How many products are read at once for an export.
const PAGE: usize = 200;

/// The shop that the settings name.
pub(super) struct Local(Shop);

impl Local {
    /// Opens the shop, which nothing else may have open.
    pub(super) async fn open(settings: &Settings) -> Result<Self, Failure> {
        let shop = crate::bootstrap::build(settings).await?;
        shop.pricing.set_up().await?;
        Ok(Self(shop))
    }

    /// Imports a catalogue file.
    pub(super) async fn import(&self, path: &Path, set_stock: bool) -> Result<Imported, Failure> {
        load(&self.0, path, ImportOptions { set_stock }).await
    }

    /// Fills the shop with the demo catalogue; `force` where it has products already.
    pub(super) async fn seed(&self, force: bool) -> Result<Imported, Failure> {
        if !force && !demo::is_empty(&self.0).await? {
            return Err(demo::not_empty());
        }
        demo::fill(&self.0).await
    }

    /// Writes the catalogue, a variant a line; how many bytes that were.
    pub(super) async fn export(&self, to: &mut impl Write) -> Result<u64, Failure> {
        let (mut after, mut bytes) = (None, 0_u64);
        loop {
            let page = self.0.catalog.export(after, PAGE).await?;
            for line in &page.items {
                let line = render_line(line) + "\n";
                to.write_all(line.as_bytes())?;
                bytes = bytes.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
            }
            after = page.next;
            if after.is_none() {
                to.flush()?;
                return Ok(bytes);
            }
        }
    }

    /// Builds the search index anew; how many products are in it.
    pub(super) async fn reindex(&self) -> Result<u64, Failure> {
        reindex(&self.0).await
    }
}

/// Builds the search index of a shop anew, and tells of it as it goes.
pub(super) async fn reindex(shop: &Shop) -> Result<u64, Failure> {
    let mut progress = Progress::on_stderr();
    let told = &mut |count: u64| progress.tell(Instant::now(), || format!("{count} indexed"));
    let indexed = shop.search.reindex(told).await?;
    progress.end();
    Ok(indexed)
}

/// Imports a file into a shop of this process, and tells of it as it goes.
pub(super) async fn load(
    shop: &Shop,
    path: &Path,
    options: ImportOptions,
) -> Result<Imported, Failure> {
    let mut source = Source::open(path)?;
    let mut loader = CatalogLoader::begin(&shop.imports, source.format(), options).await?;
    let mut progress = Progress::on_stderr();
    while let Some(piece) = source.next().await {
        match piece {
            Ok(piece) => loader.push(&piece).await?,
            Err(error) => {
                progress.end();
                loader.abort().await?;
                return Err(Failure::new(format!("{}: {error}", path.display())));
            }
        }
        let report = loader.report();
        let lines = report.created + report.updated + report.unchanged + report.failed;
        progress.tell(Instant::now(), || format!("{} read, {lines} lines in", source.share()));
    }
    let report = loader.finish().await?;
    progress.end();
    Ok(Imported::from(&*report))
}
