//! Imports of catalogue files, as they are told of.

use std::sync::Arc;

use async_trait::async_trait;

use super::PortError;
use crate::domain::shared::{ImportId, Timestamp, Version};

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportStatus {
    /// Lines are being read.
    Running,
    /// All lines were read.
    Completed,
    /// It broke off; what was counted is in.
    Failed,
}

/// A line that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// Which, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
}

/// An import and what came of it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// Which.
    pub id: ImportId,
    /// How far it is.
    pub status: ImportStatus,
    /// Lines that made something new.
    pub created: u64,
    /// Lines that changed something.
    pub updated: u64,
    /// Lines that said what is so already.
    pub unchanged: u64,
    /// Lines that were not taken.
    pub failed: u64,
    /// The first of those, in order.
    pub errors: Vec<ImportError>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it last told.
    pub updated_at: Timestamp,
    /// How often it was saved.
    pub version: Version,
}

impl ImportReport {
    /// The most bad lines that are kept with their reasons; all are counted.
    pub const MAX_ERRORS: usize = 1_000;
}

/// Imports, to be read.
#[async_trait]
pub trait ImportQueries: Send + Sync {
    /// An import.
    async fn import(&self, id: ImportId) -> Result<Option<Arc<ImportReport>>, PortError>;
}
