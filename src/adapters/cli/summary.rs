use crate::ports::imports::{ImportReport, ImportStatus};

/// What came of an import, here or on a server.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Whether all lines were read.
    pub completed: bool,
    /// Lines that made something new.
    pub created: u64,
    /// Lines that changed something.
    pub updated: u64,
    /// Lines that said what is so already.
    pub unchanged: u64,
    /// Lines that were not taken.
    pub failed: u64,
    /// The first of those by number, each with the reason.
    pub errors: Vec<(u64, String)>,
}

impl From<&ImportReport> for Imported {
    fn from(report: &ImportReport) -> Self {
        Self {
            completed: report.status == ImportStatus::Completed,
            created: report.created,
            updated: report.updated,
            unchanged: report.unchanged,
            failed: report.failed,
            errors: report.errors.iter().map(|e| (e.line, e.reason.clone())).collect(),
        }
    }
}

impl Imported {
    /// The counts in one line.
    pub fn counts(&self) -> String {
        let Self { created, updated, unchanged, failed, .. } = self;
        let counts =
            format!("{created} created, {updated} updated, {unchanged} unchanged, {failed} failed");
        if self.completed { counts } else { format!("broken off: {counts}") }
    }

    /// The lines that were not taken, each in a line.
    pub fn bad_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.errors.iter().map(|(number, reason)| format!("line {number}: {reason}")).collect();
        let told = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        let more = self.failed.saturating_sub(told);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        lines
    }

    /// What a command that imported ends with: 0, 3 where some lines were not taken, or 1 where the
    /// import broke off.
    pub fn exit_code(&self) -> u8 {
        match (self.completed, self.failed) {
            (false, _) => 1,
            (true, 0) => 0,
            (true, _) => 3,
        }
    }
}
