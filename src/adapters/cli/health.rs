use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use super::{Failure, say};
use crate::settings::Settings;

/// How long the server has for each part of its answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// More than the answer has, so that nothing can keep this reading.
const MOST: u64 = 16 * 1024;

/// Asks the server of this machine whether it lives; for images that have nothing else to ask with.
pub(super) fn run(settings: &Settings) -> Result<ExitCode, Failure> {
    let address = here(settings.http.bind);
    let told = |error: std::io::Error| Failure::new(format!("{address}: {error}"));
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE).map_err(told)?;
    connection.set_read_timeout(Some(PATIENCE)).map_err(told)?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).map_err(told)?;
    let mut answer = String::new();
    connection.take(MOST).read_to_string(&mut answer).map_err(told)?;
    let status = answer.split(' ').nth(1).unwrap_or("no status");
    if status == "200" {
        say("well");
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::new(format!("{address} answers {status}")))
}

/// Where a server that listens on `bind` is reached from its own machine.
pub(super) fn here(bind: SocketAddr) -> SocketAddr {
    let address = match bind.ip() {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    };
    SocketAddr::new(address, bind.port())
}
