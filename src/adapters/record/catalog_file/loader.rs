use std::sync::Arc;

use super::{FileFormat, LineReader, ReadLine};
use crate::app::AppError;
use crate::app::catalog::{ImportOptions, ImportService, ImportSession};
use crate::domain::shared::ImportId;
use crate::ports::imports::ImportReport;

/// A catalogue file on its way in: bytes are pushed as they come. Ends by [`Self::finish`] or
/// [`Self::abort`].
pub struct CatalogLoader {
    lines: LineReader,
    session: ImportSession,
}

impl CatalogLoader {
    /// Begins an import of a file in `format`.
    pub async fn begin(
        imports: &ImportService,
        format: FileFormat,
        options: ImportOptions,
    ) -> Result<Self, AppError> {
        let session = imports.begin(options).await?;
        Ok(Self { lines: LineReader::new(format), session })
    }

    /// What the import is asked for by.
    pub fn id(&self) -> ImportId {
        self.session.id()
    }

    /// What came of the lines that are in.
    pub fn report(&self) -> &ImportReport {
        self.session.report()
    }

    /// Takes the next bytes of the file.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), AppError> {
        for ReadLine { number, line } in self.lines.push(bytes) {
            self.session.push(number, line).await?;
        }
        Ok(())
    }

    /// Takes the end of the file, and answers what came of all of it. A file whose header is wrong
    /// failed as a whole.
    pub async fn finish(self) -> Result<Arc<ImportReport>, AppError> {
        let Self { mut lines, mut session } = self;
        for ReadLine { number, line } in lines.finish() {
            session.push(number, line).await?;
        }
        if lines.is_broken() {
            return session.fail().await;
        }
        session.finish().await
    }

    /// Breaks the import off. What was counted stays in.
    pub async fn abort(self) -> Result<Arc<ImportReport>, AppError> {
        self.session.abort().await
    }
}
