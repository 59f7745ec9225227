use std::process::ExitCode;
use std::time::Instant;

use super::progress::Progress;
use super::{Failure, say};
use crate::app::operations::{Doctor, Finding, Repaired, Report};
use crate::bootstrap;
use crate::ports::store::CommitError;
use crate::settings::Settings;

/// Examines the configured store, mends it where that is asked for, and ends with 1 where anything
/// disagrees.
pub(super) async fn run(settings: &Settings, repair: bool) -> Result<ExitCode, Failure> {
    let agrees = if repair {
        mend(&bootstrap::build(settings).await?.doctor).await?
    } else {
        examine(&bootstrap::build_to_look(settings).await?.doctor).await?
    };
    if settings.data.is_none() && settings.database.is_none() {
        say("The store is memory, which is empty at start: there was nothing to disagree.");
    }
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn examine(doctor: &Doctor) -> Result<bool, Failure> {
    let mut progress = Progress::on_stderr();
    let looked = &mut |what: &str, count| {
        progress.tell(Instant::now(), || format!("{count} {what} looked at"));
    };
    let report = doctor.examine(looked).await?;
    progress.end();
    for line in told(&report) {
        say(line);
    }
    Ok(report.agrees())
}

async fn mend(doctor: &Doctor) -> Result<bool, Failure> {
    let mut progress = Progress::on_stderr();
    let looked = &mut |what: &str, count| {
        progress.tell(Instant::now(), || format!("{count} {what} looked at"));
    };
    // Each is told when it is done, so that what was done is known though the rest fails.
    let done = doctor.repair(looked, &mut |finding| say(mended(finding))).await?;
    progress.end();
    for line in outcome(&done) {
        say(line);
    }
    Ok(is_well(&done))
}

/// Whether nothing is left, and nothing failed.
pub(super) fn is_well(done: &Repaired) -> bool {
    done.after.agrees() && done.refused.is_empty()
}

/// What was mended.
pub(super) fn mended(finding: &Finding) -> String {
    let Finding { what, expected, found, .. } = finding;
    format!("repaired {what}: found {found}, now {expected}")
}

/// What mending came to, in lines: the shop before it, and after it where that is another.
pub(super) fn outcome(done: &Repaired) -> Vec<String> {
    if done.before.agrees() {
        return told(&done.after);
    }
    let mut lines = vec!["before:".to_owned()];
    lines.extend(told(&done.before));
    lines.push(match done.refused.len() {
        0 => format!("{} repaired; after:", done.mended),
        left => format!("{} repaired, {left} not; after:", done.mended),
    });
    lines.extend(told(&done.after));
    lines.extend(done.refused.iter().map(|(what, why)| match why {
        CommitError::Refused(why) => {
            format!("{what} was not repaired: {why}; where the shop is at work, try again")
        }
        CommitError::Port(why) => {
            format!("{what} was not repaired, as the store failed: {why}; try again")
        }
    }));
    lines
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
