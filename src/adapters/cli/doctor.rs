use std::process::ExitCode;
use std::time::Instant;

use super::progress::Progress;
use super::{Failure, say};
use crate::app::operations::Report;
use crate::settings::Settings;

/// Examines the configured store, and ends with 1 where anything disagrees.
pub(super) async fn run(settings: &Settings) -> Result<ExitCode, Failure> {
    let shop = crate::bootstrap::build(settings).await?;
    let mut progress = Progress::on_stderr();
    let report = shop
        .doctor
        .examine(&mut |what, count| {
            progress.tell(Instant::now(), || format!("{count} {what} looked at"));
        })
        .await?;
    progress.end();
    for line in told(&report) {
        say(line);
    }
    if settings.data.is_none() && settings.database.is_none() {
        say("The store is memory, which is empty at start: there was nothing to disagree.");
    }
    Ok(if report.agrees() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What an examination came to, in lines.
pub(super) fn told(report: &Report) -> Vec<String> {
    let mut lines: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    if report.further > 0 {
        lines.push(format!("and {} more findings", report.further));
    }
    lines.extend(report.unchecked.iter().map(|what| format!("not checked: {what}")));
    let counts = report.checked.counts().map(|(what, count)| format!("{count} {what}"));
    lines.push(format!("looked at {}", counts.join(", ")));
    let told = u64::try_from(report.findings.len()).unwrap_or(u64::MAX);
    lines.push(match told.saturating_add(report.further) {
        0 => "everything agrees".to_owned(),
        1 => "1 finding".to_owned(),
        all => format!("{all} findings"),
    });
    lines
}
