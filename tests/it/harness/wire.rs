//! A listener between a shop and Postgres that hears what is said.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What a connection said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It asked for a statement to be run.
    Statement(Statement),
    /// It asked for one to be prepared, which it does once.
    Prepared,
    /// It waits for the answer.
    RoundTrip,
    /// It asked whether the server is there, and for nothing else.
    Tried,
}

/// A statement with its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    pub text: String,
    /// As `Parse` told their types and `Bind` their values: see `pgbench`.
    pub types: Vec<u32>,
    pub bound: Vec<u8>,
}

/// What was said, by which connection.
type Heard = Arc<Mutex<Vec<(u32, Said)>>>;

/// The way to a server, with an ear to it.
pub struct Wire {
    address: SocketAddr,
    said: Heard,
    held: watch::Sender<bool>,
    silent: Arc<Silent>,
}

/// Which connections are mute.
#[derive(Default)]
struct Silent {
    /// How many were made.
    made: AtomicU32,
    /// So many of the first are mute.
    first: AtomicU32,
}

impl Wire {
    /// A way to a database, and the URL that takes it. Of what is encrypted nothing could be heard.
    pub async fn before(url: &str) -> (Self, String) {
        // From behind whom to what, as in `user:password@host:port/name`.
        let (before, server) = url.rsplit_once('@').unwrap();
        let (server, name) = server.split_once('/').unwrap();
        let wire = Self::to(server).await;
        let mark = if name.contains('?') { '&' } else { '?' };
        let url = format!("{before}@{}/{name}{mark}sslmode=disable", wire.address);
        (wire, url)
    }

    /// A way to the server at `target`, as in `127.0.0.1:5432`.
    async fn to(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            address: listener.local_addr().unwrap(),
            said: Arc::default(),
            held: watch::Sender::new(false),
            silent: Arc::default(),
        };
        let heard = (wire.said.clone(), wire.held.subscribe(), wire.silent.clone());
        tokio::spawn(listen(listener, target.to_owned(), heard));
        wire
    }

    /// Whether what the server answers is kept from the clients, until it is not any more.
    pub fn hold_answers(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// From now on the connections that there are stay open and pass on no answer, as where the way to
    /// a server broke and nobody says so. Those that come pass on all.
    pub fn silence(&self) {
        let made = self.silent.made.load(Ordering::SeqCst);
        self.silent.first.store(made, Ordering::SeqCst);
    }

    /// What was said since the last look, by each connection in order.
    pub fn take(&self) -> Vec<(u32, Said)> {
        std::mem::take(&mut *self.said.lock().unwrap())
    }
}

async fn listen(
    listener: TcpListener,
    target: String,
    (said, held, silent): (Heard, watch::Receiver<bool>, Arc<Silent>),
) {
    for number in 0.. {
        let Ok((client, _)) = listener.accept().await else { return };
        silent.made.store(number + 1, Ordering::SeqCst);
        let server = TcpStream::connect(&target).await.unwrap();
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        // Either side may end a connection at any moment, which ends this.
        tokio::spawn(answers(from_server, to_client, held.clone(), (number, silent.clone())));
        let (said, known, bound) = (said.clone(), HashMap::new(), Statement::default());
        let hear = Ear { number, said, known, bound, asked: false };
        tokio::spawn(async move {
            let _ = hear.pass(from_client, to_server).await;
        });
    }
}

/// Passes on what the server says, while it may.
async fn answers(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut held: watch::Receiver<bool>,
    (number, silent): (u32, Arc<Silent>),
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer).await?;
        // Once nobody can say that it may, it ends.
        if read == 0 || held.wait_for(|held| !held).await.is_err() {
            return Ok(());
        }
        if number >= silent.first.load(Ordering::SeqCst) {
            to.write_all(&buffer[..read]).await?;
        }
    }
}

/// Hears one connection.
struct Ear {
    number: u32,
    said: Heard,
    known: HashMap<String, Statement>,
    bound: Statement,
    /// Whether it asked for anything since it last waited.
    asked: bool,
}

/// The code of a request for TLS, after which the client begins anew.
const TLS: u32 = 80_877_103;

impl Ear {
    /// Passes on what the client says, message by message: a length, itself included, and before it
    /// in all but the first a letter. See "Message Formats" in the manual of Postgres.
    async fn pass(
        mut self,
        mut from: OwnedReadHalf,
        mut to: OwnedWriteHalf,
    ) -> std::io::Result<()> {
        loop {
            let first = message(&mut from).await?;
            to.write_all(&[&length(&first)[..], &first].concat()).await?;
            if first.get(..4) != Some(&TLS.to_be_bytes()) {
                break;
            }
        }
        loop {
            let kind = from.read_u8().await?;
            let body = message(&mut from).await?;
            self.hear(kind, &body);
            to.write_all(&[&[kind], &length(&body)[..], &body].concat()).await?;
        }
    }

    fn hear(&mut self, kind: u8, body: &[u8]) {
        let mut texts = body.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let mut text = || texts.next().unwrap_or_default().into_owned();
        match kind {
            b'P' => {
                let (name, text) = (text(), text());
                let told = body.get(name.len() + text.len() + 4..).unwrap_or_default();
                let types = told.chunks_exact(4).map(|oid| oid.try_into().unwrap());
                let types = types.map(u32::from_be_bytes).collect();
                self.known.insert(name, Statement { text, types, bound: Vec::new() });
                self.asked = true;
                self.say(Said::Prepared);
            }
            b'B' => {
                let (portal, name) = (text(), text());
                self.asked = true;
                self.bound = self.known.get(&name).cloned().unwrap_or_default();
                self.bound.bound = body[portal.len() + name.len() + 2..].to_vec();
            }
            b'E' => self.say(Said::Statement(self.bound.clone())),
            b'Q' => {
                self.say(Said::Statement(Statement { text: text(), ..Statement::default() }));
                self.say(Said::RoundTrip);
            }
            b'S' if self.asked => {
                self.asked = false;
                self.say(Said::RoundTrip);
            }
            b'S' => self.say(Said::Tried),
            _ => {}
        }
    }

    fn say(&self, what: Said) {
        self.said.lock().unwrap().push((self.number, what));
    }
}

fn length(body: &[u8]) -> [u8; 4] {
    u32::try_from(body.len() + 4).unwrap().to_be_bytes()
}

async fn message(from: &mut OwnedReadHalf) -> std::io::Result<Vec<u8>> {
    let length = from.read_u32().await?;
    let mut body = vec![0; usize::try_from(length).unwrap().saturating_sub(4)];
    from.read_exact(&mut body).await?;
    Ok(body)
}
