//! A listener between a shop and Redis, which keeps what scripts are called with, and breaks.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A way to a server.
pub struct Way {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    /// The port that new connections lead to.
    to: Mutex<u16>,
    /// The last call of a script, as it was sent.
    called: Mutex<Vec<u8>>,
    breaks: AtomicBool,
    broken: AtomicU32,
}

impl Way {
    /// A way to the server of this machine at `port`.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            to: Mutex::new(port),
            called: Mutex::default(),
            breaks: AtomicBool::new(false),
            broken: AtomicU32::new(0),
        });
        tokio::spawn(listen(listener, shared.clone()));
        Self { address, shared }
    }

    /// Its own port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Where it begins.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Has the connections that come lead to another server. Those that there are stay.
    pub fn lead_to(&self, port: u16) {
        *self.shared.to.lock().unwrap() = port;
    }

    /// Ends the connection over which the next answer of a script comes, before it is told.
    pub fn break_once(&self) {
        self.shared.breaks.store(true, Ordering::SeqCst);
    }

    /// How often it broke.
    pub fn broken(&self) -> u32 {
        self.shared.broken.load(Ordering::SeqCst)
    }

    /// The last call of a script, as it was sent.
    pub fn called(&self) -> Vec<u8> {
        self.shared.called.lock().unwrap().clone()
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let to = *shared.to.lock().unwrap();
        let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { continue };
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        // Either side may end a connection at any moment, which ends this.
        tokio::spawn(pass(client, server, shared.clone()));
    }
}

/// Passes on what both sides say, until it ends or breaks. All that tests send and are told fits in
/// one packet.
async fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    shared: Arc<Shared>,
) -> std::io::Result<()> {
    let (mut asked, mut told) = (vec![0; 64 * 1_024], vec![0; 64 * 1_024]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let call = &asked[..read?];
                if call.is_empty() {
                    return Ok(());
                }
                shared.hear(call);
                server.write_all(call).await?;
            }
            read = server.read(&mut told) => {
                let answer = &told[..read?];
                if answer.is_empty() || shared.is_broken_by(answer) {
                    return Ok(());
                }
                client.write_all(answer).await?;
            }
        }
    }
}

impl Shared {
    fn hear(&self, call: &[u8]) {
        if call.windows(7).any(|word| word == b"EVALSHA") {
            *self.called.lock().unwrap() = call.to_vec();
        }
    }

    /// Scripts alone answer a number here.
    fn is_broken_by(&self, answer: &[u8]) -> bool {
        let breaks = answer.starts_with(b":") && self.breaks.swap(false, Ordering::SeqCst);
        self.broken.fetch_add(u32::from(breaks), Ordering::SeqCst);
        breaks
    }
}
