//! A shop in a folder, worked on by one process after the other.

use std::path::{Path, PathBuf};

use super::{FILE, Serving, Temporary, ecicomm, run, told};

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("ecicomm-it-{}-folder-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn shop(&self) -> PathBuf {
        self.0.join("shop.redb")
    }

    /// Runs a command on it.
    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        run(&[args, &["--data", self.path()]].concat())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_folder_is_filled_examined_and_written_out_without_a_server() {
    let folder = Folder::new("commands");
    let (code, out, err) = folder.run(&["seed"]);
    assert_eq!(code, Some(0), "{err}");
    let created: usize = out.split(' ').next().unwrap().parse().unwrap();
    assert!(created > 100 && out.contains("0 failed"), "{out}");
    let (code, _, err) = folder.run(&["seed"]);
    assert!(code == Some(2) && err.contains("--force"), "{code:?} {err}");
    let (code, out, err) = folder.run(&["seed", "--force"]);
    assert!(code == Some(0) && out.starts_with("0 created, 0 updated, "), "{out}{err}");

    let (code, lines, err) = folder.run(&["export"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(lines.lines().count(), created, "a line a variant");
    let file = Temporary::new("export.ndjson", b"");
    let (code, out, err) = folder.run(&["export", file.path()]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains(&format!("{} bytes", lines.len())), "{out}");
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), lines);
    let (code, out, err) = folder.run(&["import", "--set-stock", file.path()]);
    let unchanged = format!("0 created, 0 updated, {created} unchanged, 0 failed");
    assert!(code == Some(0) && out.starts_with(&unchanged), "{out}{err}");

    let (code, out, err) = folder.run(&["doctor"]);
    assert!(code == Some(0) && out.contains("everything agrees"), "{out}{err}");
    let (code, out, _) = folder.run(&["reindex"]);
    assert!(code == Some(0) && out.ends_with("products indexed\n"), "{out}");
    let serving = Serving::start(&["--data", folder.path()]);
    assert!(serving.said.contains(&format!("Kept in:  {}", folder.path())), "{}", serving.said);
    let (status, found) = serving.ask("GET", "/api/v1/search?q=lamp", "");
    assert!(status == 200 && found["total"].as_u64().unwrap() > 0, "{found}");
    assert_eq!(serving.stop(), (Some(0), String::new()));
}

#[test]
fn a_folder_is_of_one_process_at_a_time() {
    let folder = Folder::new("taken");
    let file = Temporary::new("taken.ndjson", FILE.as_bytes());
    let serving = Serving::start(&["--data", folder.path(), "--import", file.path()]);
    let taken = format!("{} is in use by another ecicomm", folder.shop().display());
    let others = [&["doctor"][..], &["export"], &["seed"], &["reindex"], &["import", file.path()]];
    for args in others.into_iter().chain([&["serve", "--bind", "127.0.0.1:0"][..]]) {
        let (code, out, err) = folder.run(args);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{args:?}: {err}");
        assert!(err.contains(&taken) && err.contains("another folder"), "{args:?}: {err}");
    }
    let (status, products) = serving.ask("GET", "/api/v1/products", "");
    assert_eq!((status, products["items"].as_array().unwrap().len()), (200, 2));
    assert_eq!(serving.stop().0, Some(0));
    let (code, lines, err) = folder.run(&["export"]);
    assert_eq!((code, lines.lines().count()), (Some(0), 2), "it can be had again: {err}");
}

/// The command that names a damaged folder, whatever it was to do.
fn all_name(folder: &Folder, what: &Path) {
    let name = what.display().to_string();
    for args in [&["doctor"][..], &["export"], &["serve", "--bind", "127.0.0.1:0"]] {
        let (code, out, err) = folder.run(args);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{args:?}: {err}");
        assert!(err.contains(&name) && err.contains("damaged"), "{args:?}: {err}");
        assert!(err.contains("restore it from a backup"), "{args:?}: {err}");
    }
}

#[test]
fn a_damaged_file_is_named_whatever_is_damaged_of_it() {
    let folder = Folder::new("damaged");
    let file = Temporary::new("damaged.ndjson", FILE.as_bytes());
    assert_eq!(folder.run(&["import", file.path()]).0, Some(3));
    let sound = std::fs::read(folder.shop()).unwrap();

    std::fs::write(folder.shop(), b"a letter to the editor, and no shop at all").unwrap();
    all_name(&folder, &folder.shop());
    // A byte in each page but the first, which has the header.
    let mut bytes = sound.clone();
    bytes.iter_mut().skip(4_096 + 100).step_by(4_096).for_each(|byte| *byte ^= 0x55);
    std::fs::write(folder.shop(), &bytes).unwrap();
    all_name(&folder, &folder.shop());
    std::fs::write(folder.shop(), &sound[..sound.len() / 2]).unwrap();
    all_name(&folder, &folder.shop());
    std::fs::write(folder.shop(), b"").unwrap();
    all_name(&folder, &folder.shop());

    std::fs::write(folder.shop(), &sound).unwrap();
    let (code, out, err) = folder.run(&["doctor"]);
    assert_eq!(code, Some(0), "the backup is whole: {out}{err}");
}

#[test]
fn a_folder_keeps_its_currency_whatever_others_are_set_to() {
    let folder = Folder::new("currency");
    let file = Temporary::new("currency.ndjson", FILE.as_bytes());
    let set_to = |code: &str, args: &[&str]| {
        let mut command = ecicomm(&[args, &["--data", folder.path()]].concat());
        told(command.env("ECICOMM__SHOP__CURRENCY", code).output().unwrap())
    };
    // Who only looks at a new shop settles nothing.
    assert_eq!(folder.run(&["doctor"]).0, Some(0));
    let (code, out, err) = set_to("EUR", &["import", file.path()]);
    assert_eq!(code, Some(3), "{out}{err}");
    for args in [&["doctor"][..], &["export"], &["import", file.path()]] {
        let (code, out, err) = set_to("USD", args);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{args:?}: {err}");
        for part in ["ECICOMM__SHOP__CURRENCY is USD", "this shop is in EUR"] {
            assert!(err.contains(part), "{args:?}: {err}");
        }
    }
    assert_eq!(folder.run(&["doctor"]).0, Some(0));
    let (code, lines, err) = folder.run(&["export"]);
    assert_eq!((code, lines.matches("\"EUR\"").count()), (Some(0), 2), "{lines}{err}");
    let serving = Serving::start(&["--data", folder.path()]);
    let (status, products) = serving.ask("GET", "/api/v1/products", "");
    assert_eq!((status, products["items"].as_array().unwrap().len()), (200, 2), "{products}");
    let (status, cart) = serving.ask("POST", "/api/v1/carts", "{}");
    assert_eq!((status, &cart["currency"]), (201, &serde_json::json!("EUR")), "{cart}");
    assert_eq!(serving.stop().0, Some(0));
}

#[test]
fn the_server_of_this_machine_is_asked_whether_it_lives() {
    let folder = Folder::new("health");
    let file = Temporary::new("health.ndjson", FILE.as_bytes());
    let serving = Serving::start(&["--data", folder.path(), "--import", file.path()]);
    let address = serving.address.clone();
    let ask = |address: &str| {
        told(ecicomm(&["health"]).env("ECICOMM__HTTP__BIND", address).output().unwrap())
    };
    assert_eq!(ask(&address), (Some(0), "well\n".to_owned(), String::new()));
    let everywhere = format!("0.0.0.0:{}", address.rsplit(':').next().unwrap());
    assert_eq!(ask(&everywhere).0, Some(0));
    assert_eq!(serving.stop().0, Some(0));
    let (code, out, err) = ask(&address);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.starts_with(&format!("ecicomm: {address}: ")), "{err}");
}
