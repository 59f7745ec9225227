//! The command as a process: what it prints, what it ends with, and a server from start to stop.

#[cfg(all(unix, feature = "redb"))]
mod folder;
#[cfg(all(unix, feature = "postgres", feature = "remote"))]
mod postgres;
#[cfg(all(unix, feature = "postgres", feature = "remote"))]
mod replica;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

#[cfg(feature = "redb")]
use ecicomm::adapters::record::{Fact, Journal as _, Written};
#[cfg(feature = "redb")]
use ecicomm::adapters::redb::RedbJournal;
#[cfg(feature = "redb")]
use ecicomm::domain::inventory::{StockEventKind, StockItem};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

#[cfg(feature = "redb")]
use crate::harness::told;

/// Two good lines around a bad one.
const FILE: &str = r#"{"sku":"A-1","name":"Anvil","price":1000,"stock":3}
{"sku":"A-2","name":"Bellows"}
{"sku":"A-3","name":"Candle","price":300,"stock":9}
"#;

/// The command, with nothing set.
fn ecicomm(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecicomm"));
    command.env_clear().args(args);
    command
}

fn run(args: &[&str]) -> (Option<i32>, String, String) {
    told(ecicomm(args).output().unwrap())
}

fn told(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A file that goes when it is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("ecicomm-it-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The status and the body of an answer from an address.
fn exchange(
    address: &str,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String) {
    let lines = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]);
    let more: String = lines.collect();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\
         {more}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// A process that runs until it is told to stop, and has said that it is up.
struct Running {
    process: Child,
    out: BufReader<ChildStdout>,
    /// What it said until it was up.
    said: String,
}

impl Running {
    /// Starts it, and waits until it has said one of these.
    fn start(mut command: Command, up: &[&str]) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        while !up.iter().any(|word| said.contains(word)) {
            assert_ne!(out.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        Self { process, out, said }
    }

    /// Tells it to stop, as the platform does; what it ends with, and what it said since.
    #[cfg(unix)]
    fn stop(mut self) -> (Option<i32>, String) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.process.wait().unwrap().code(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A server that was started and has said where it is.
struct Serving {
    running: Running,
    /// What it said until it served.
    said: String,
    address: String,
}

impl Serving {
    fn start(args: &[&str]) -> Self {
        Self::of(ecicomm(&[&["serve", "--bind", "127.0.0.1:0"], args].concat()))
    }

    fn start_with(args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = ecicomm(&[&["serve", "--bind", "127.0.0.1:0"], args].concat());
        command.envs(variables.iter().copied());
        Self::of(command)
    }

    /// The server that a command starts.
    fn of(command: Command) -> Self {
        let running = Running::start(command, &["MEMORY MODE", "Kept in:"]);
        let said = running.said.clone();
        let address = said.split("serves http://").nth(1).unwrap().lines().next().unwrap();
        Self { address: address.to_owned(), said, running }
    }

    /// The status and the body of an answer.
    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        self.ask_with(method, path, &[], body)
    }

    /// The same of a request with more headers.
    fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, Value) {
        let (status, body) = exchange(&self.address, (method, path), headers, body);
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// Signs in with the password that was made up.
    fn sign_in(&self) -> String {
        let words: Vec<&str> = self.said.split_whitespace().collect();
        let password = words.iter().find(|word| word.starts_with("Ec1-")).unwrap();
        let body = json!({"email": "admin@example.com", "password": password}).to_string();
        let (status, answer) = self.ask("POST", "/api/v1/auth/login", &body);
        assert_eq!(status, 200, "{answer}");
        answer["access_token"].as_str().unwrap().to_owned()
    }

    #[cfg(unix)]
    fn stop(self) -> (Option<i32>, String) {
        self.running.stop()
    }
}

/// A request whose body comes in chunks.
const CHUNKED: &str = "POST /api/v1/carts HTTP/1.1\r\nhost: shop\r\n\
    content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";

#[test]
fn a_body_without_end_is_not_read_for_ever() {
    let shop = Serving::start(&[]);
    let mut stream = TcpStream::connect(&shop.address).unwrap();
    stream.write_all(CHUNKED.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x1_0000));
    let began = Instant::now();
    while stream.write_all(chunk.as_bytes()).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(20), "it is still reading");
    }
}

#[test]
fn a_connection_goes_on_behind_a_body_in_chunks() {
    let shop = Serving::start(&[]);
    let mut stream = TcpStream::connect(&shop.address).unwrap();
    for _ in 0..3 {
        stream.write_all(format!("{CHUNKED}2\r\n{{}}\r\n0\r\n\r\n").as_bytes()).unwrap();
        let mut answers = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(answers.read_line(&mut head).unwrap(), 0, "it hung up: {head}");
        }
        assert!(head.starts_with("HTTP/1.1 201 "), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        answers.read_exact(&mut body).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn metrics_are_read_at_an_address_of_their_own_until_the_end() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let shop = Serving::start_with(&[], &[("ECICOMM__MANAGEMENT__BIND", &free)]);
    assert_eq!(shop.ask("GET", "/metrics", "").0, 404, "not where the public asks");
    assert_eq!(shop.ask("GET", "/api/v1/categories", "").0, 200);
    let (status, text) = exchange(&free, ("GET", "/metrics"), &[], "");
    assert_eq!(status, 200);
    let route = "method=\"GET\",route=\"/api/v1/categories\",status=\"2xx\"";
    let count = format!("ecicomm_http_request_duration_seconds_count{{{route}}} 1\n");
    assert!(text.contains(&count), "{text}");
    assert_eq!(exchange(&free, ("GET", "/api/v1/categories"), &[], "").0, 404);
    assert_eq!(shop.stop().0, Some(0));
    TcpStream::connect(&free).unwrap_err();
}

#[test]
fn metrics_at_an_address_that_is_taken_are_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = ecicomm(&["serve", "--bind", "127.0.0.1:0"]);
    let (code, _, error) =
        told(command.env("ECICOMM__MANAGEMENT__BIND", &address).output().unwrap());
    assert_eq!(code, Some(1));
    assert!(error.contains("metrics") && error.contains(&address), "{error}");
}

#[test]
fn clients_behind_a_proxy_that_would_share_one_quota_are_warned_of() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let warned = |proxies: &str| {
        let mut command = ecicomm(&["serve", "--bind", &address]);
        command.env("ECICOMM__HTTP__BEHIND_TLS", "true");
        command.env("ECICOMM__HTTP__TRUSTED_PROXIES", proxies);
        let (code, _, error) = told(command.output().unwrap());
        assert_eq!(code, Some(1));
        error.contains("WARN") && error.contains("share one quota")
    };
    assert!(warned("0"));
    assert!(!warned("1"));
}

#[test]
fn the_api_document_is_printed_whatever_is_set() {
    let output = ecicomm(&["openapi"]).env("ECICOMM__HTTP__BIND", "nonsense").output().unwrap();
    let (code, out, err) = told(output);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let document: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
}

#[test]
fn a_wrong_setting_is_named_and_ends_with_2() {
    let output = ecicomm(&["serve"]).env("ECICOMM__HTTP__BIND", "nonsense").output().unwrap();
    let (code, out, err) = told(output);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.starts_with("ecicomm: ECICOMM__HTTP__BIND: "), "{err}");
}

#[test]
fn what_would_be_forgotten_is_refused_with_2() {
    for args in [&["import", "a.csv"][..], &["seed"], &["export"], &["reindex"]] {
        let (code, out, err) = run(args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}");
        assert!(err.contains("forgotten at exit") && err.contains("--server URL"), "{err}");
    }
}

#[test]
fn the_doctor_says_what_it_looked_at() {
    let (code, out, _) = run(&["doctor"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("looked at 0 orders") && out.contains("everything agrees"), "{out}");
}

/// A folder of a shop, which goes when it is dropped.
#[cfg(feature = "redb")]
struct Folder(PathBuf);

#[cfg(feature = "redb")]
impl Folder {
    /// What the shop keeps, and a way to have it keep something else.
    fn journal(&self) -> RedbJournal {
        RedbJournal::open(&self.0.join("shop.redb")).unwrap()
    }

    fn plant(&self, fact: Fact) {
        assert!(matches!(self.journal().write(&mut [fact].iter()), Written::Kept));
    }

    fn doctor(&self, more: &[&str]) -> (Option<i32>, String, String) {
        run(&[&["doctor", "--data", self.0.to_str().unwrap()], more].concat())
    }
}

#[cfg(feature = "redb")]
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(feature = "redb")]
#[test]
fn the_doctor_mends_a_folder_where_it_is_asked_to_and_events_prove_it() {
    let name = format!("ecicomm-it-{}-doctor", std::process::id());
    let folder = Folder(std::env::temp_dir().join(name));
    let (code, out, err) = run(&["seed", "--data", folder.0.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, out, _) = folder.doctor(&["--repair"]);
    assert!(code == Some(0) && !out.contains("repaired"), "{out}");

    let facts = told::facts(&folder.journal()).unwrap();
    let stock = facts.iter().find_map(|fact| match fact {
        Fact::Stock(item) if item.on_hand() > 0 => Some(item.clone()),
        _ => None,
    });
    let stock = stock.unwrap();
    let place = (stock.sku().clone(), stock.location().clone());
    let more = stock.on_hand() + 3;
    let wrong = StockItem::restore(place, stock.policy(), more, 0, stock.version());
    folder.plant(Fact::Stock(wrong));
    let what = format!("stock of {} at main", stock.sku());
    for _ in 0..2 {
        let (code, out, _) = folder.doctor(&[]);
        assert_eq!(code, Some(1), "looking changes nothing");
        assert!(out.contains(&what) && out.contains("`--repair` mends it"), "{out}");
    }
    let (code, out, err) = folder.doctor(&["--repair"]);
    assert_eq!(code, Some(0), "{out}{err}");
    for part in
        [&format!("repaired {what}: found {more} on hand"), "1 finding", "everything agrees"]
    {
        assert!(out.contains(part), "{out} lacks {part}");
    }
    assert!(err.contains("the doctor mended") && err.contains(stock.sku().as_str()), "{err}");
    let (code, out, _) = folder.doctor(&[]);
    assert!(code == Some(0) && out.contains("everything agrees"), "{out}");

    let entry = facts.into_iter().find_map(|fact| match fact {
        Fact::StockEvent(number, event) if event.sku == *stock.sku() => Some((number, event)),
        _ => None,
    });
    let (number, mut entry) = entry.unwrap();
    entry.kind = StockEventKind::Released;
    folder.plant(Fact::StockEvent(number, entry));
    let (code, out, _) = folder.doctor(&["--repair"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("the ledger contradicts itself") && !out.contains("\nrepaired"), "{out}");
}

#[test]
fn an_address_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, out, err) = run(&["--bind", &address]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains(&format!("cannot listen on {address}")), "{err}");
}

#[test]
fn a_catalogue_that_cannot_be_read_is_not_served() {
    let file = Temporary::new("header", b"sku,name\nA-1,Anvil\n");
    let (code, out, err) = run(&["serve", "--bind", "127.0.0.1:0", "--import", file.path()]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("the header lacks price"), "{out}");
}

#[cfg(unix)]
#[test]
fn a_packed_catalogue_is_served_instead_of_the_demo_until_the_end() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(FILE.as_bytes()).unwrap();
    let file = Temporary::new("catalogue", &packed.finish().unwrap());
    let serving = Serving::start(&["--import", file.path()]);
    assert!(serving.said.contains("2 created, 0 updated, 0 unchanged, 1 failed"));
    assert!(serving.said.contains("line 2: "), "{}", serving.said);
    let (status, products) = serving.ask("GET", "/api/v1/products?sort=name", "");
    let items = products["items"].as_array().unwrap();
    let names: Vec<&str> = items.iter().filter_map(|item| item["name"].as_str()).collect();
    assert_eq!((status, names), (200, vec!["Anvil", "Candle"]));
    assert_eq!(serving.ask("GET", "/api/v1/search?q=anvil", "").1["total"], 1);
    assert_eq!(serving.stop(), (Some(0), String::new()));
}

#[test]
fn the_demo_shop_is_full_and_its_administrator_can_sign_in() {
    let serving = Serving::start(&[]);
    let (status, found) = serving.ask("GET", "/api/v1/search?q=lamp", "");
    assert_eq!(status, 200);
    assert!(found["total"].as_u64().unwrap() > 0, "{found}");
    assert!(!serving.sign_in().is_empty());
}

#[cfg(feature = "remote")]
#[test]
fn a_running_server_is_filled_and_read_from_outside() {
    let serving = Serving::start(&[]);
    let (token, url) = (serving.sign_in(), format!("http://{}", serving.address));
    let on_server = |args: &[&str]| {
        let mut command = ecicomm(&[args, &["--server", &url]].concat());
        told(command.env("ECICOMM_TOKEN", &token).output().unwrap())
    };
    let file = Temporary::new("lines", FILE.as_bytes());
    let (code, out, err) = on_server(&["import", file.path()]);
    assert_eq!(code, Some(3), "{out}{err}");
    assert!(out.starts_with("2 created, 0 updated, 0 unchanged, 1 failed\nline 2: "), "{out}");
    let (code, out, _) = on_server(&["import", file.path()]);
    assert_eq!(code, Some(3));
    assert!(out.starts_with("0 created, 0 updated, 2 unchanged, 1 failed"), "{out}");

    let (code, lines, _) = on_server(&["export"]);
    assert_eq!(code, Some(0));
    let skus: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["sku"].take())
        .collect();
    assert!(skus.contains(&json!("A-1")) && skus.len() > 100, "{} lines", skus.len());

    let (code, _, err) = on_server(&["seed"]);
    assert!(code == Some(2) && err.contains("--force"), "{err}");
    let (code, out, err) = on_server(&["seed", "--force"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("0 created, 0 updated, "), "{out}");
    let (code, out, _) = on_server(&["reindex"]);
    assert!(code == Some(0) && out.ends_with("products indexed\n"), "{out}");
}

#[cfg(feature = "remote")]
#[test]
fn a_server_that_refuses_is_quoted_and_no_token_is_printed() {
    let serving = Serving::start(&[]);
    let url = format!("http://{}", serving.address);
    let (code, out, err) = run(&["export", "--server", &url, "--token", "canary-token"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("401") && err.contains("ECICOMM_TOKEN"), "{err}");
    assert!(!err.contains("canary"), "{err}");
    let (code, _, err) = run(&["reindex", "--server", "http://127.0.0.1:1"]);
    assert!(code == Some(1) && err.contains("does not answer"), "{err}");
}

#[cfg(feature = "remote")]
#[test]
fn a_packed_file_that_ends_early_is_told_of_and_not_the_server() {
    let shop = Serving::start(&[]);
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(FILE.repeat(5_000).as_bytes()).unwrap();
    let mut bytes = packed.finish().unwrap();
    bytes.truncate(bytes.len() - 20);
    let file = Temporary::new("short.ndjson.gz", &bytes);
    let server = format!("http://{}", shop.address);
    let mut command = ecicomm(&["import", file.path(), "--server", &server]);
    let (code, _, err) = told(command.env("ECICOMM_TOKEN", shop.sign_in()).output().unwrap());
    assert_eq!(code, Some(1));
    assert!(err.contains("the file cannot be read: "), "{err}");
    assert!(!err.contains("does not answer"), "{err}");
}
