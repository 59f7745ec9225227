use std::process::ExitCode;

use super::Failure;
use super::progress::Progress;
use crate::settings::Settings;

/// Recomputes every counter of the configured store and says what disagrees.
pub(super) async fn run(settings: Settings) -> Result<ExitCode, Failure> {
    let shop = crate::bootstrap::build(&settings).await?;
    eprintln!(
        "this version keeps a shop in memory, so what is examined here is a new and empty one"
    );
    let mut progress = Progress::new("figures recomputed");
    let report = shop.doctor.examine(&mut |_, count| progress.tell(count)).await?;
    progress.end();
    let counts = report.checked.counts().map(|(what, count)| format!("{count} {what}"));
    println!("examined {}", counts.join(", "));
    for finding in &report.findings {
        println!("{}: expected {}, found {}", finding.what, finding.expected, finding.found);
        println!("  {}", finding.advice);
    }
    if report.further > 0 {
        println!("and {} more", report.further);
    }
    for what in &report.unchecked {
        println!("not examined: {what}");
    }
    if report.agrees() {
        println!("nothing disagrees");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}
