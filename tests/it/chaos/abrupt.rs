//! Connections that break: what a client leaves behind that is gone, and not one that is done.
//!
//! A connection that its client closes in order tells the server no more than that nothing else will
//! be asked on it: the server goes on with its handler, and answers into the void. Only of one that
//! breaks it learns that nobody is there, and drops its handler where it stands.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::client::Request;

/// A request on a connection of its own, which breaks when this is dropped.
pub struct Abrupt(TcpStream);

impl Abrupt {
    /// Sends it to the server at an address.
    pub async fn send(request: &Request, address: SocketAddr) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_zero_linger()?;
        stream.write_all(written(request).as_bytes()).await?;
        Ok(Self(stream))
    }

    /// Where it was sent from.
    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().unwrap()
    }

    /// Returns when the answer begins, or when the server hangs up.
    pub async fn answered(self) {
        let _ = self.0.readable().await;
    }
}

/// A request as it goes over the wire. The client beside this one sends the same path and the same
/// body, which is what a key is bound to.
fn written(request: &Request) -> String {
    let method = if request.post { "POST" } else { "GET" };
    let body = request.body.as_deref().unwrap_or_default();
    let mut text = format!("{method} /api/v1{} HTTP/1.1\r\nhost: shop\r\n", request.path);
    let bearer = request.bearer.as_ref().map(|token| format!("Bearer {token}"));
    for (name, value) in [
        ("idempotency-key", &request.key),
        ("x-order-token", &request.order_token),
        ("authorization", &bearer),
    ] {
        if let Some(value) = value {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
    }
    let length = body.len();
    write!(text, "content-type: application/json\r\ncontent-length: {length}\r\n\r\n").unwrap();
    text + body
}

/// A server's end of a connection, by which is seen when the server lets go of it. It does so only
/// once it has dropped the handler.
pub struct FarEnd {
    process: u32,
    /// As the files of the process are listed.
    name: String,
}

impl FarEnd {
    /// What the process that listens at `server` has of a connection that was taken from `client`;
    /// none on a system that does not tell.
    pub fn of(process: u32, server: SocketAddr, client: SocketAddr) -> Option<Self> {
        let ends = [in_table(server)?, in_table(client)?];
        let table = std::fs::read_to_string(format!("/proc/{process}/net/tcp")).ok()?;
        let number = table.lines().find_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let [_, near, far, ..] = columns[..] else { return None };
            let number = columns.get(9).copied()?;
            ([near, far] == ends).then_some(number)
        })?;
        Some(Self { process, name: format!("socket:[{number}]") })
    }

    /// Whether the server still holds it.
    pub fn is_held(&self) -> bool {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.process)).unwrap();
        let mut names = files.flatten().filter_map(|file| std::fs::read_link(file.path()).ok());
        names.any(|name| name.as_path() == Path::new(&self.name))
    }
}

/// An address as the system's table of connections has it; none of the other table's.
fn in_table(address: SocketAddr) -> Option<String> {
    let SocketAddr::V4(address) = address else { return None };
    let host = u32::from_ne_bytes(address.ip().octets());
    Some(format!("{host:08X}:{:04X}", address.port()))
}
