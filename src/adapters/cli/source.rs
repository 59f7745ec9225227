use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use tokio::sync::mpsc;

use super::Failure;
use super::progress::share;
use crate::adapters::record::catalog_file::FileFormat;

/// How many bytes are handed on at once.
const PIECE_BYTES: usize = 64 * 1024;
/// How many pieces are read ahead.
const PIECES: usize = 8;
/// What a gzip file begins with.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// A catalogue file on disk, read and unpacked by a thread of its own.
pub struct Source {
    format: FileFormat,
    total: u64,
    read: Arc<AtomicU64>,
    pieces: mpsc::Receiver<io::Result<Vec<u8>>>,
}

impl Source {
    /// Opens a file. What it is written in is told by its name, else by its first bytes.
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let told = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
        let file = File::open(path).map_err(told)?;
        let total = file.metadata().map_err(told)?.len();
        let read = Arc::new(AtomicU64::new(0));
        let counted = Counted { file, read: read.clone() };
        let mut plain = unpacked(BufReader::new(counted)).map_err(told)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let format = format_of(&name, plain.fill_buf().map_err(told)?);
        let (sender, pieces) = mpsc::channel(PIECES);
        tokio::task::spawn_blocking(move || hand_on(plain, &sender));
        Ok(Self { format, total, read, pieces })
    }

    /// What it is written in.
    pub fn format(&self) -> FileFormat {
        self.format
    }

    /// The next bytes, unpacked; nothing at the end.
    pub async fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        self.pieces.recv().await
    }

    /// How much of it was read.
    pub fn share(&self) -> String {
        share(self.read.load(Ordering::Relaxed), self.total)
    }
}

/// A file that counts what was read of it.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
        Ok(count)
    }
}

type Plain = Box<dyn BufRead + Send>;

/// What is in a file, unpacked where it is packed.
fn unpacked(mut file: BufReader<Counted>) -> io::Result<Plain> {
    if file.fill_buf()?.starts_with(GZIP) {
        return Ok(Box::new(BufReader::new(MultiGzDecoder::new(file))));
    }
    Ok(Box::new(file))
}

fn hand_on(mut plain: Plain, pieces: &mpsc::Sender<io::Result<Vec<u8>>>) {
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let sent = match plain.read(&mut piece) {
            Ok(0) => return,
            Ok(count) => {
                piece.truncate(count);
                pieces.blocking_send(Ok(piece))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let _ = pieces.blocking_send(Err(error));
                return;
            }
        };
        if sent.is_err() {
            return; // nobody reads on
        }
    }
}

/// What a file is written in: as its name says, compressed or not, else CSV unless it begins like
/// JSON.
pub(super) fn format_of(name: &str, head: &[u8]) -> FileFormat {
    let lower = name.to_ascii_lowercase();
    let bare = lower.strip_suffix(".gz").unwrap_or(&lower);
    match bare.rsplit_once('.').map(|(_, extension)| extension) {
        Some("csv") => return FileFormat::Csv,
        Some("ndjson" | "jsonl" | "json") => return FileFormat::Ndjson,
        _ => {}
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if head.is_empty() || head.starts_with(b"{") { FileFormat::Ndjson } else { FileFormat::Csv }
}
