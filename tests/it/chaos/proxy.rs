//! A TCP proxy before the payment provider, which can be told to misbehave.
//!
//! What it does to a connection begins and ends with the connection: when the manner changes, those
//! that stand are cut.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time;

/// How long the place of a listener that was given up may be taken before that counts as a fault of
/// the test.
const BIND_TRIES: u32 = 500;
const BUFFER: usize = 16 * 1024;
/// What is no answer of any protocol.
const NONSENSE: [u8; 8] = [0x00, 0xff, 0x15, 0x03, 0x80, 0x0a, 0x00, 0xfe];
const FAILED: &[u8] =
    b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// How the proxy treats connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// As if it were not there.
    Pass,
    /// Nobody listens.
    Refuse,
    /// What is sent is read, and nothing ever answers.
    BlackHole,
    /// Every request is answered by 500, and never heard of.
    Fail,
    /// Answers take so much longer.
    Slow(Duration),
    /// The request is carried out, the answer is no HTTP.
    Garbage,
    /// The request is carried out, the connection breaks in the middle of its answer.
    Reset,
    /// The request is carried out, no answer ever comes.
    Mute,
    /// Connections that ask for refunds are cut before they are heard.
    NoRefunds,
}

/// A proxy that runs until it is dropped.
pub struct Proxy {
    pub address: SocketAddr,
    manner: watch::Sender<Manner>,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// A proxy that passes everything to `upstream`.
    pub async fn before(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind(place()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (manner, told) = watch::channel(Manner::Pass);
        let listening = tokio::spawn(listen(listener, address, upstream, told));
        Self { address, manner, listening }
    }

    /// From now on connections are treated so.
    pub fn treat(&self, manner: Manner) {
        self.manner.send_replace(manner);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Where to listen. Linux has a loopback address that no connection out of this machine begins at,
/// so that the port is still free after nobody listened for a while.
fn place() -> SocketAddr {
    let host = if cfg!(target_os = "linux") { [127, 0, 0, 2] } else { [127, 0, 0, 1] };
    SocketAddr::from((host, 0))
}

async fn listen(
    first: TcpListener,
    address: SocketAddr,
    upstream: SocketAddr,
    mut told: watch::Receiver<Manner>,
) {
    let mut listener = Some(first);
    loop {
        let manner = *told.borrow_and_update();
        if manner == Manner::Refuse {
            listener = None;
            if told.changed().await.is_err() {
                return;
            }
            continue;
        }
        let open = match listener.take() {
            Some(open) => open,
            None => bind_again(address).await,
        };
        tokio::select! {
            accepted = open.accept() => {
                if let Ok((near, _)) = accepted {
                    tokio::spawn(connection(near, upstream, manner, told.clone()));
                }
            }
            changed = told.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
        listener = Some(open);
    }
}

async fn bind_again(address: SocketAddr) -> TcpListener {
    let mut last = None;
    for _ in 0..BIND_TRIES {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => last = Some(error),
        }
        time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{address} is taken: {last:?}");
}

/// Serves a connection until it ends or the manner changes.
async fn connection(
    near: TcpStream,
    upstream: SocketAddr,
    manner: Manner,
    mut told: watch::Receiver<Manner>,
) {
    // Whatever is left of it when it is dropped is thrown away, as when a host dies.
    let _ = near.set_zero_linger();
    let _ = near.set_nodelay(true);
    tokio::select! {
        _ = told.changed() => {}
        // Both ends learn of an error by the end of their connection.
        _ = serve(near, upstream, manner) => {}
    }
}

async fn serve(mut near: TcpStream, upstream: SocketAddr, manner: Manner) -> io::Result<()> {
    match manner {
        Manner::Refuse => return Ok(()),
        Manner::BlackHole => return swallow(&mut near).await,
        Manner::Fail => return fail(&mut near).await,
        _ => {}
    }
    let mut far = TcpStream::connect(upstream).await?;
    far.set_nodelay(true)?;
    if manner == Manner::Pass {
        tokio::io::copy_bidirectional(&mut near, &mut far).await?;
        return Ok(());
    }
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    tokio::select! {
        ended = requests(near_in, far_out, manner) => ended,
        ended = answers(far_in, near_out, manner) => ended,
    }
}

async fn swallow(near: &mut TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    while near.read(&mut buffer).await? > 0 {}
    Ok(())
}

async fn fail(near: &mut TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    if near.read(&mut buffer).await? > 0 {
        near.write_all(FAILED).await?;
        near.shutdown().await?;
        // What else was sent is read, so that the answer is not lost with it.
        swallow(near).await?;
    }
    Ok(())
}

/// What the shop says, on its way to the provider. A client that does not pipeline begins each
/// request with a read of its own.
async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    manner: Manner,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        if manner == Manner::NoRefunds && buffer[..length].starts_with(b"POST /refunds") {
            return Ok(());
        }
        to.write_all(&buffer[..length]).await?;
    }
}

/// What the provider says, on its way back.
async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    manner: Manner,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
        let answer = &buffer[..length];
        match manner {
            Manner::Mute => continue,
            Manner::Slow(pause) => time::sleep(pause).await,
            Manner::Garbage => return to.write_all(&NONSENSE).await,
            Manner::Reset => return to.write_all(&answer[..length / 2]).await,
            _ => {}
        }
        to.write_all(answer).await?;
    }
}
