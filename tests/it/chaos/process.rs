//! The command as processes of its own: started, found ready, killed.
//!
//! None outlives the test: a process is killed when its handle is dropped, and, where `setpriv` is
//! there to ask for it, by the system when the thread that started it ends in whatever way. So
//! processes are started on the test's own thread alone.

use std::ffi::OsString;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tokio::time;

use super::abrupt::FarEnd;
use super::verdict::Verdict;

/// Between two looks at something that another process does.
pub const LOOK: Duration = Duration::from_millis(2);
/// How long a process may take to start, or to stop when it was asked to.
const PATIENCE: Duration = Duration::from_mins(1);
/// How much of a log is shown.
const TAIL: usize = 4_000;

/// A folder that goes when it is dropped, unless the run went wrong: then its place is told.
pub struct Temporary(PathBuf, Verdict);

impl Temporary {
    pub fn new(name: &str, verdict: &Verdict) -> Self {
        let path =
            std::env::temp_dir().join(format!("ecicomm-chaos-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path, verdict.clone())
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if std::thread::panicking() || self.1.violations() > 0 {
            eprintln!("what the processes wrote is left in {}", self.0.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// What a process is started with.
pub struct Call {
    pub args: Vec<OsString>,
    pub variables: Vec<(&'static str, String)>,
    /// Where everything that it says goes.
    pub log: PathBuf,
}

impl Call {
    /// The process, with nothing of this one's environment.
    fn command(&self) -> Command {
        let program = env!("CARGO_BIN_EXE_ecicomm");
        let mut command = if dies_with_parent() {
            let mut command = Command::new("setpriv");
            command.args(["--pdeathsig", "KILL", program]);
            command
        } else {
            Command::new(program)
        };
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.args(&self.args).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs it to its end: how it ended, and what it said.
    pub fn run(&self) -> (ExitStatus, String) {
        let mut command = self.command();
        self.write_to_log(&mut command);
        let status = command.status().unwrap();
        (status, tail(&self.log))
    }

    fn write_to_log(&self, command: &mut Command) {
        let log = File::create(&self.log).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
    }
}

/// A process that serves.
pub struct Process {
    child: Child,
    log: PathBuf,
    pub address: SocketAddr,
}

impl Process {
    /// Starts a process and waits until it has said where it listens.
    pub async fn start(call: &Call) -> Self {
        let mut command = call.command();
        call.write_to_log(&mut command);
        let mut child = command.spawn().unwrap();
        let began = Instant::now();
        loop {
            if let Some(address) = address_in(&call.log) {
                return Self { child, log: call.log.clone(), address };
            }
            let ended = child.try_wait().unwrap();
            let on_time = ended.is_none() && began.elapsed() < PATIENCE;
            if !on_time {
                let _ = child.kill();
                let _ = child.wait();
                panic!("it did not start, {ended:?}: {}", tail(&call.log));
            }
            time::sleep(LOOK).await;
        }
    }

    /// Its end of a connection that it took from `client`, where the system tells.
    pub fn end_of(&self, client: SocketAddr) -> Option<FarEnd> {
        FarEnd::of(self.child.id(), self.address, client)
    }

    /// Ends it as a power cut would, as far as the process is concerned.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop, as the platform does.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    /// Waits until it has stopped; what it said.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, tail(&self.log));
            }
            assert!(began.elapsed() < PATIENCE, "it does not stop: {}", tail(&self.log));
            time::sleep(LOOK).await;
        }
    }

    /// The last of what it said.
    pub fn said(&self) -> String {
        tail(&self.log)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in the first whole line that names one.
fn address_in(log: &Path) -> Option<SocketAddr> {
    let text = std::fs::read_to_string(log).ok()?;
    let (_, rest) = text.split_once(" http://")?;
    let (line, _) = rest.split_once('\n')?;
    line.split([',', '/', ' ']).next()?.parse().ok()
}

fn tail(log: &Path) -> String {
    let bytes = std::fs::read(log).unwrap_or_default();
    let from = bytes.len().saturating_sub(TAIL);
    String::from_utf8_lossy(&bytes[from..]).into_owned()
}

/// Whether the system can be asked to end a process with its parent.
fn dies_with_parent() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let tried = Command::new("setpriv").args(["--pdeathsig", "KILL", "true"]).output();
        tried.is_ok_and(|output| output.status.success())
    })
}
