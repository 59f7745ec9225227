use std::process::ExitCode;

use super::Failure;
use super::args::Sandbox;

/// Runs the sandbox gateway until it is told to stop.
pub(super) async fn run(sandbox: Sandbox) -> Result<ExitCode, Failure> {
    let (address, server) =
        crate::bootstrap::sandbox(sandbox.bind, &sandbox.ledger, sandbox.delay)?;
    println!("sandbox payment gateway at http://{address}, ledger {}", sandbox.ledger.display());
    tokio::select! {
        ended = server => ended?,
        () = super::serve::told_to_stop() => {}
    }
    Ok(ExitCode::SUCCESS)
}
