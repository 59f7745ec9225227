use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::look;

/// A server in a container of its own. The container's first process only waits until nobody holds
/// its input any more, so that it ends with the test process; the server runs beside it and can be
/// killed and started again without losing its disk.
pub struct Container {
    name: String,
    /// What starts the server in the container, and what tells whether it answers.
    start: Vec<String>,
    ready: Vec<String>,
    /// The port of this machine that leads to it.
    pub port: u16,
    holder: Child,
}

impl Container {
    /// Whether a docker engine answers.
    pub fn engine() -> bool {
        static ANSWERS: OnceLock<bool> = OnceLock::new();
        *ANSWERS.get_or_init(|| {
            let mut ask = Command::new("docker");
            ask.args(["info", "--format", "{{.ServerVersion}}"]);
            ask.output().is_ok_and(|output| output.status.success())
        })
    }

    /// Starts a server of `image` that listens on `port`, and waits until it answers.
    pub fn run(image: &str, port: u16, start: &[&str], ready: &[&str]) -> Self {
        let own = super::free_port();
        let name = format!("ecicomm-it-{}-{own}", std::process::id());
        let publish = format!("127.0.0.1:{own}:{port}");
        let mut command = Command::new("docker");
        command.args(["run", "--rm", "-i", "--name", &name, "-p", &publish]);
        command.args(["-e", "POSTGRES_HOST_AUTH_METHOD=trust", "--entrypoint", "cat", image]);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let holder = command.spawn().expect("docker should start");
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let (start, ready) = (owned(start), owned(ready));
        let container = Self { name, start, ready, port: own, holder };
        let up = look(|| container.exec(&[], &["true".to_owned()]).then_some(()));
        assert!(up.is_some(), "the container of {image} did not start");
        container.start();
        container
    }

    /// Starts the server.
    pub fn start(&self) {
        assert!(self.exec(&["-d"], &self.start), "the server should start");
        let ready = look(|| self.exec(&[], &self.ready).then_some(()));
        assert!(ready.is_some(), "the server is silent");
    }

    /// Ends the server at once; the container stays.
    pub fn kill(&self) {
        // Every process but the first one, which the kernel keeps from signals of the container.
        let all = ["sh", "-c", "kill -9 -1"].map(str::to_owned);
        self.exec(&[], &all);
    }

    /// Stops everything in the container in its tracks.
    pub fn pause(&self) {
        docker(&["pause", &self.name]);
    }

    /// Lets it go on.
    pub fn resume(&self) {
        docker(&["unpause", &self.name]);
    }

    fn exec(&self, options: &[&str], words: &[String]) -> bool {
        let mut command = Command::new("docker");
        command.arg("exec").args(options).arg(&self.name).args(words);
        command.output().is_ok_and(|output| output.status.success())
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        docker(&["kill", &self.name]);
        let _ = self.holder.wait();
    }
}

fn docker(args: &[&str]) {
    let done = Command::new("docker").args(args).output();
    assert!(done.is_ok_and(|output| output.status.success()), "docker should {args:?}");
}
