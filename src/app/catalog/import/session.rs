use std::sync::Arc;

use super::batch::{Batch, LineOutcome, Memory};
use super::{ImportLine, ImportOptions};
use crate::app::{AppError, Ports, ShopConfig};
use crate::domain::shared::{ImportId, Span, Version};
use crate::ports::imports::{ImportError, ImportReport, ImportStatus};
use crate::ports::store::{CommitError, Conflict, UnitOfWork, Write};

/// How many lines go in together.
const BATCH: usize = 200;
/// After how many lines the import tells of itself, and after how long at the latest while lines come.
const TELL_EVERY: u64 = 1_000;
const TELL_WITHIN: Span = Span::seconds(30);

/// An import under way. What was counted is in. Ends by [`Self::finish`] or [`Self::abort`]; one
/// that is dropped tells no more of itself, and so counts as failed in the end.
pub struct ImportSession {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
    options: ImportOptions,
    report: ImportReport,
    memory: Memory,
    waiting: Vec<(u64, Result<ImportLine, String>)>,
    untold: u64,
}

/// How a batch went.
type Outcomes = Vec<Result<LineOutcome, String>>;

impl ImportSession {
    pub(super) async fn begin(
        ports: Arc<Ports>,
        config: Arc<ShopConfig>,
        options: ImportOptions,
    ) -> Result<Self, AppError> {
        let at = ports.clock.now();
        let report = ImportReport {
            id: ImportId::new(ports.ids.next()),
            status: ImportStatus::Running,
            created: 0,
            updated: 0,
            unchanged: 0,
            failed: 0,
            errors: Vec::new(),
            started_at: at,
            updated_at: at,
            version: Version::FIRST,
        };
        let write = Write::SaveImport { report: Arc::new(report.clone()), expected: None };
        ports.store.commit(UnitOfWork::of(at, write)).await.map_err(AppError::of_commit)?;
        let memory = Memory::default();
        Ok(Self { ports, config, options, report, memory, waiting: Vec::new(), untold: 0 })
    }

    /// What the import is asked for by.
    pub fn id(&self) -> ImportId {
        self.report.id
    }

    /// What came of the lines that are in.
    pub fn report(&self) -> &ImportReport {
        &self.report
    }

    /// Takes a line, or why it could not be read; `number` counts from 1. Lines go in many at once,
    /// so what comes of this one may show only later. An error is a failure of the shop, not of the
    /// line.
    pub async fn push(
        &mut self,
        number: u64,
        line: Result<ImportLine, String>,
    ) -> Result<(), AppError> {
        self.waiting.push((number, line));
        if self.waiting.len() >= BATCH {
            self.flush().await?;
        }
        Ok(())
    }

    /// Takes the last lines in and ends the import.
    pub async fn finish(mut self) -> Result<Arc<ImportReport>, AppError> {
        self.flush().await?;
        self.report.status = ImportStatus::Completed;
        self.tell().await
    }

    /// Takes the last lines in and ends the import as failed: what follows cannot be read.
    pub async fn fail(mut self) -> Result<Arc<ImportReport>, AppError> {
        self.flush().await?;
        self.abort().await
    }

    /// Breaks the import off. What was counted stays in, what waits is dropped.
    pub async fn abort(mut self) -> Result<Arc<ImportReport>, AppError> {
        self.report.status = ImportStatus::Failed;
        self.tell().await
    }

    async fn flush(&mut self) -> Result<(), AppError> {
        let waiting = std::mem::take(&mut self.waiting);
        let good: Vec<&ImportLine> =
            waiting.iter().filter_map(|(_, line)| line.as_ref().ok()).collect();
        let outcomes = match self.together(&good).await? {
            Some(outcomes) => outcomes,
            None => self.one_by_one(&good).await?,
        };
        let mut outcomes = outcomes.into_iter();
        for (number, line) in &waiting {
            match line {
                Ok(_) => self.count(*number, outcomes.next()),
                Err(reason) => self.count(*number, Some(Err(reason.clone()))),
            }
        }
        if self.untold >= TELL_EVERY || self.silent_for() >= TELL_WITHIN {
            self.tell().await?;
        }
        Ok(())
    }

    /// All lines in one commit; nothing where the shop refused it.
    async fn together(&mut self, lines: &[&ImportLine]) -> Result<Option<Outcomes>, AppError> {
        match self.attempt(lines).await? {
            Ok(outcomes) => Ok(Some(outcomes)),
            Err(_) => Ok(None),
        }
    }

    /// Each line in a commit of its own, so that only those fail that cannot go in.
    async fn one_by_one(&mut self, lines: &[&ImportLine]) -> Result<Outcomes, AppError> {
        let mut outcomes = Vec::with_capacity(lines.len());
        for line in lines {
            outcomes.push(self.alone(line).await?);
        }
        Ok(outcomes)
    }

    async fn alone(&mut self, line: &ImportLine) -> Result<Result<LineOutcome, String>, AppError> {
        for _ in 0..=self.config.max_retries {
            match self.attempt(&[line]).await? {
                Ok(mut outcomes) => {
                    return Ok(outcomes.pop().unwrap_or(Ok(LineOutcome::Unchanged)));
                }
                Err(Conflict::BelowZero { sku }) => {
                    return Ok(Err(format!("stock of {sku} cannot be less than orders hold")));
                }
                // Someone else was faster; the line is decided anew on what is so now.
                Err(_) => {}
            }
        }
        Ok(Err("others changed the product at the same moment, again and again".to_owned()))
    }

    /// Plans and commits `lines`; what they came to, or why the commit was refused.
    async fn attempt(
        &mut self,
        lines: &[&ImportLine],
    ) -> Result<Result<Outcomes, Conflict>, AppError> {
        self.memory.slugs.forget();
        let world = (&*self.ports, &*self.config);
        let mut batch = Batch::load(lines, self.options, world, &mut self.memory).await?;
        let mut outcomes = Vec::with_capacity(lines.len());
        for line in lines {
            outcomes.push(batch.take(line).await?);
        }
        let (unit, groups) = batch.finish();
        if !unit.writes.is_empty() {
            match self.ports.store.commit(unit).await {
                Ok(()) => {}
                Err(CommitError::Refused(conflict)) => return Ok(Err(conflict)),
                Err(CommitError::Port(error)) => return Err(AppError::Port(error)),
            }
        }
        self.memory.groups.extend(groups);
        Ok(Ok(outcomes))
    }

    fn silent_for(&self) -> Span {
        self.ports.clock.now().since(self.report.updated_at)
    }

    fn count(&mut self, line: u64, outcome: Option<Result<LineOutcome, String>>) {
        let report = &mut self.report;
        self.untold = self.untold.saturating_add(1);
        let counter = match outcome {
            Some(Ok(LineOutcome::Created)) => &mut report.created,
            Some(Ok(LineOutcome::Updated)) => &mut report.updated,
            Some(Ok(LineOutcome::Unchanged)) => &mut report.unchanged,
            Some(Err(reason)) => {
                if report.errors.len() < ImportReport::MAX_ERRORS {
                    report.errors.push(ImportError { line, reason });
                }
                &mut report.failed
            }
            None => return,
        };
        *counter = counter.saturating_add(1);
    }

    /// Saves how far the import is.
    async fn tell(&mut self) -> Result<Arc<ImportReport>, AppError> {
        let expected = Some(self.report.version);
        self.report.version = self.report.version.next();
        self.report.updated_at = self.ports.clock.now();
        self.untold = 0;
        let report = Arc::new(self.report.clone());
        let write = Write::SaveImport { report: report.clone(), expected };
        let unit = UnitOfWork::of(self.report.updated_at, write);
        self.ports.store.commit(unit).await.map_err(AppError::of_commit)?;
        Ok(report)
    }
}
