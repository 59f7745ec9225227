use std::future::Future;
use std::io;

/// Hears from now on of being told to stop: by SIGTERM or an interrupt.
#[cfg(unix)]
pub(super) fn listen() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Hears from now on of being told to stop: by an interrupt.
#[cfg(not(unix))]
pub(super) fn listen() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Where interrupts cannot be heard, the process runs until it is ended.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
