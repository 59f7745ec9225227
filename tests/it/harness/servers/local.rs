use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{PATIENCE, look, programs};

/// Starts the server once for each line it reads, and tells when one began and when one ended. When
/// there is nothing more to read, which is when the test process is gone, it ends the server and
/// removes the folder. So servers end with the test process, whichever thread started them; should
/// this script be killed itself, the server is told by the kernel, where `setpriv` can ask for it.
const KEEPER: &str = r#"
folder=$1
ending=$2
shift 2
while read -r _; do
    (
        "$@" >>"$folder/log" 2>&1 &
        echo "$!" >"$folder/pid"
        echo "began $!"
        wait
        : >"$folder/pid"
        echo ended
    ) &
done
read -r server <"$folder/pid"
kill "-$ending" "$server"
kill -CONT "$server"
wait
rm -rf "$folder"
"#;

/// How a program is run as a server.
pub struct Plan {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The user that it runs as, where that must be another.
    pub user: Option<&'static str>,
    /// The signal that ends it at once and in order. A shell starts what runs beside it with `INT`
    /// and `QUIT` ignored, so it must be one that the program handles.
    pub ending: &'static str,
    /// The folder that is its own, and goes with it.
    pub folder: PathBuf,
    /// Whether the server with this process id answers.
    pub ready: Box<dyn Fn(u32) -> bool + Send>,
}

/// A server that runs as a process of this machine.
pub struct Local(Mutex<Kept>);

struct Kept {
    plan: Plan,
    keeper: Child,
    orders: Option<ChildStdin>,
    news: Receiver<News>,
    /// The server's process, while it runs.
    running: Option<u32>,
}

enum News {
    Began(u32),
    Ended,
}

impl Local {
    /// Starts a server; `None` where it ends at once, as it does where its port was taken.
    pub fn try_start(plan: Plan) -> Option<Self> {
        let mut command = Command::new("sh");
        command
            .args(["-c", KEEPER, "keeper"])
            .arg(&plan.folder)
            .arg(plan.ending)
            .args(words(&plan));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // A group of its own, so that Ctrl-C ends the tests, and then this.
        command.process_group(0).current_dir("/");
        let mut keeper = command.spawn().expect("sh should start");
        let orders = keeper.stdin.take();
        let lines = BufReader::new(keeper.stdout.take().expect("it is piped")).lines();
        let (tell, news) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let began = line.strip_prefix("began ").and_then(|id| id.parse().ok());
                // Nobody listens any more once the server was dropped.
                let _ = tell.send(began.map_or(News::Ended, News::Began));
            }
        });
        let mut kept = Kept { plan, keeper, orders, news, running: None };
        kept.start_once().then(|| Self(Mutex::new(kept)))
    }

    /// Starts it again.
    pub fn start(&self) {
        let mut kept = self.kept();
        assert!(kept.running.is_none(), "the server runs already");
        // What is left of the one before may hold what this one needs for a moment.
        let started = look(|| kept.start_once().then_some(()));
        assert!(started.is_some(), "the server does not start again: {}", kept.log());
    }

    /// Ends it at once.
    pub fn kill(&self) {
        let mut kept = self.kept();
        if let Some(id) = kept.running.take() {
            send("KILL", id);
            let ended = kept.news.recv_timeout(PATIENCE);
            assert!(matches!(ended, Ok(News::Ended)), "the server did not end");
        }
    }

    /// Sends its first process a signal, and for a stop its children too, which else would answer.
    pub fn signal(&self, name: &str) {
        if let Some(id) = self.kept().running {
            send(name, id);
            let _ =
                Command::new("pkill").args([&format!("-{name}"), "-P", &id.to_string()]).status();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Starts the server and waits until it answers; `false` where it ends instead.
    fn start_once(&mut self) -> bool {
        let orders = self.orders.as_mut().expect("the keeper listens until the end");
        orders.write_all(b"start\n").expect("the keeper should listen");
        let Ok(News::Began(id)) = self.news.recv_timeout(PATIENCE) else {
            panic!("the server was not started: {}", self.log());
        };
        let outcome = look(|| match self.news.try_recv() {
            Err(TryRecvError::Empty) => (self.plan.ready)(id).then_some(true),
            _ => Some(false),
        });
        let answers = outcome.unwrap_or_else(|| panic!("the server is silent: {}", self.log()));
        self.running = answers.then_some(id);
        answers
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.plan.folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.orders.take();
        let _ = self.keeper.wait();
    }
}

/// The plan's command under its user, told of the keeper's death where that can be had.
fn words(plan: &Plan) -> Vec<String> {
    let mut words = Vec::new();
    if programs::on_path("setpriv").is_some() {
        words.extend(["setpriv", "--pdeathsig", plan.ending].map(str::to_owned));
        if let Some(user) = plan.user {
            words.extend([format!("--reuid={user}"), format!("--regid={user}")]);
            words.extend(["--init-groups", "--"].map(str::to_owned));
        }
    } else if let Some(user) = plan.user {
        words.extend(["runuser", "-u", user, "--"].map(str::to_owned));
    }
    words.extend(plan.command.iter().cloned());
    words
}

fn send(signal: &str, id: u32) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &id.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "process {id} should take {signal}");
}

/// A new folder for a server, which `user` may enter.
pub fn new_folder(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = format!("ecicomm-it-{}-{name}-{number}", std::process::id());
    let folder = std::env::temp_dir().join(folder);
    // One that is there is of a process of long ago.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).expect("the folder for temporary files should be writable");
    folder
}

/// Gives a folder to another user.
pub fn give_to(user: &str, folder: &Path) {
    let given = Command::new("chown").arg(user).arg(folder).status();
    assert!(given.is_ok_and(|status| status.success()), "{folder:?} should go to {user}");
}
