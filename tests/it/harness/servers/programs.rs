use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

/// A program on the search path.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]);
    places.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Where `find` finds a program, if need be after its Debian package was installed.
pub fn installed(package: &str, find: impl Fn() -> Option<PathBuf>) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    if let Some(found) = find() {
        return found;
    }
    let _turn = ONE_AT_A_TIME.lock();
    if is_root() && on_path("apt-get").is_some() {
        apt_get(&["update"]);
        apt_get(&["install", "-y", "--no-install-recommends", package]);
    }
    find().unwrap_or_else(|| {
        panic!(
            "this test needs {package}: install it (Debian: apt-get install {package}), start a \
             docker engine, or name a server in the environment, see CONTRIBUTING.md"
        )
    })
}

fn apt_get(args: &[&str]) {
    let mut command = Command::new("apt-get");
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive");
    // What cannot be installed is told by who looks for the program next.
    let _ = command.output();
}

/// Whether this process may do everything.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
