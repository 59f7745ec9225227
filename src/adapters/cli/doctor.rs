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
    let report = shop
        .doctor
        .examine(&mut |checked| {
            progress.tell(checked.stock_events.saturating_add(checked.order_events))
        })
        .await?;
    progress.end();
    let checked = &report.checked;
    println!(
        "examined {} stock figures, {} orders, {} sagas, {} promotions, {} products",
        checked.stock, checked.orders, checked.sagas, checked.promotions, checked.products
    );
    for finding in &report.findings {
        println!("{} {}: {}", finding.what, finding.which, finding.detail);
    }
    if report.findings.is_empty() {
        println!("nothing disagrees");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}
