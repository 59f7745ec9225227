use std::process::ExitCode;

use super::args::SandboxArgs;
use super::{Failure, say};
use crate::bootstrap;

/// Runs the sandbox gateway until the process is told to stop.
pub(super) async fn run(args: &SandboxArgs) -> Result<ExitCode, Failure> {
    let delay = (args.delay.least, args.delay.most);
    let (address, server) = bootstrap::sandbox(args.bind, &args.ledger, delay)?;
    say(format!("Sandbox payments at http://{address}, ledger in {}", args.ledger.display()));
    server.await?;
    Ok(ExitCode::SUCCESS)
}
