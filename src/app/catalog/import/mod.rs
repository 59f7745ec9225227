//! Imports of catalogue files.
//!
//! Lines come one by one, already read by whoever knows the format, and go in many to a commit. A
//! line that is wrong is reported and never stops the rest; a line that says what is so already
//! changes nothing. Never reads a file or knows a format.

mod apply;
mod batch;
mod line;
mod session;
mod stock;

use std::sync::Arc;

pub use line::{Given, ImportLine};
pub use session::ImportSession;

use crate::app::{AppError, Ports, ShopConfig};
use crate::domain::shared::{ImportId, Span};
use crate::ports::imports::{ImportReport, ImportStatus};

/// How a catalogue file is to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Whether the stock of known SKUs is set to what the lines say, by an adjustment. Else only
    /// new SKUs take their stock from the file.
    pub set_stock: bool,
}

/// Begins imports and tells of them.
#[derive(Clone)]
pub struct ImportService {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
}

impl ImportService {
    /// How long an import may tell nothing of itself.
    pub const LOST_AFTER: Span = Span::minutes(10);

    /// The use cases over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, config }
    }

    /// Begins an import: from now on it can be asked for.
    pub async fn begin(&self, options: ImportOptions) -> Result<ImportSession, AppError> {
        ImportSession::begin(self.ports.clone(), self.config.clone(), options).await
    }

    /// How far an import is. One that says it runs and has told nothing for [`Self::LOST_AFTER`] has
    /// failed: its process died, or its sender is silent. It may still be heard of again.
    pub async fn report(&self, id: ImportId) -> Result<Arc<ImportReport>, AppError> {
        let found = self.ports.imports.import(id).await?;
        let report = found.ok_or(AppError::NotFound("import"))?;
        let silent = self.ports.clock.now().since(report.updated_at);
        if report.status == ImportStatus::Running && silent >= Self::LOST_AFTER {
            return Ok(Arc::new(ImportReport {
                status: ImportStatus::Failed,
                ..(*report).clone()
            }));
        }
        Ok(report)
    }
}
