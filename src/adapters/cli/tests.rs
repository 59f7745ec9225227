use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Parser as _;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::args::{Delay, ServerArgs, delay};
use super::progress::{Progress, share};
use super::serve::{SignIn, welcome};
use super::source::{Source, format_of};
use super::*;
use crate::adapters::record::catalog_file::FileFormat;
use crate::app::operations::{Finding, Repaired, Report};
use crate::domain::customer::Password;
use crate::ports::PortError;
use crate::ports::store::{CommitError, Conflict};
use crate::ports::system::Secrets;

fn parsed(line: &str) -> Command {
    Args::try_parse_from(line.split(' ')).unwrap().into_command()
}

#[test]
fn the_definition_of_the_command_is_sound() {
    <Args as clap::CommandFactory>::command().debug_assert();
}

#[test]
fn to_serve_needs_not_be_said() {
    for line in ["ecicomm --import a.csv --bind 127.0.0.1:0", "ecicomm serve --import a.csv"] {
        let Command::Serve(args) = parsed(line) else { panic!("{line} serves") };
        assert_eq!(args.import, Some(PathBuf::from("a.csv")));
    }
    assert!(matches!(parsed("ecicomm"), Command::Serve(_)));
}

#[test]
fn a_delay_is_a_number_or_a_span_of_milliseconds() {
    assert_eq!(delay("20"), Ok(Delay { least: 20, most: 20 }));
    assert_eq!(delay("5-50"), Ok(Delay { least: 5, most: 50 }));
    for wrong in ["", "-", "5-", "-5", "50-5", "5-50-500", "fast", "600001", "1.5"] {
        assert!(delay(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn a_command_without_a_shop_says_what_memory_means_and_what_to_do() {
    let settings = Settings::in_memory();
    let instead = Some("serve --import a.csv");
    let opened = Target::open(&ServerArgs::default(), settings, "import", instead).await;
    let failure = opened.err().unwrap();
    assert_eq!(failure.exit_code(), ExitCode::from(2));
    for part in [
        "memory",
        "forgotten at exit",
        "--server URL",
        "--data DIR",
        "`ecicomm serve --import a.csv`",
    ] {
        assert!(failure.message().contains(part), "{failure:?} lacks {part}");
    }
}

#[test]
fn a_format_is_told_by_the_name_and_else_by_the_first_bytes() {
    for (name, head, format) in [
        ("a.csv", "{", FileFormat::Csv),
        ("a.CSV.gz", "", FileFormat::Csv),
        ("a.ndjson", "sku,name", FileFormat::Ndjson),
        ("a.jsonl.gz", "sku,name", FileFormat::Ndjson),
        ("a.gz", "sku,name", FileFormat::Csv),
        ("a.txt", "\u{feff} \n{\"sku\":", FileFormat::Ndjson),
        ("catalogue", "sku,name", FileFormat::Csv),
        ("catalogue", "", FileFormat::Ndjson),
    ] {
        assert_eq!(format_of(name, head.as_bytes()), format, "{name} with {head}");
    }
}

/// A file of this test process that goes when it is dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("ecicomm-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn content(mut source: Source) -> (Vec<u8>, String) {
    let mut all = Vec::new();
    while let Some(piece) = source.next().await {
        all.extend(piece.unwrap());
    }
    (all, source.share())
}

#[tokio::test]
async fn a_file_is_unpacked_by_what_it_holds_whatever_it_is_called() {
    let text = "sku,name,price\n".repeat(20_000).into_bytes();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&text).unwrap();
    for (name, bytes) in [("plain", text.clone()), ("packed", packed.finish().unwrap())] {
        let file = Temporary::new(name, &bytes);
        let source = Source::open(&file.0).unwrap();
        assert_eq!(source.format(), FileFormat::Csv);
        assert_eq!(content(source).await, (text.clone(), "100 %".to_owned()), "{name}");
    }
}

#[tokio::test]
async fn a_packed_file_that_ends_early_is_an_error_and_not_a_short_file() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&b"sku,name,price\n".repeat(20_000)).unwrap();
    let mut bytes = packed.finish().unwrap();
    bytes.truncate(bytes.len() - 20);
    let file = Temporary::new("short", &bytes);
    let mut source = Source::open(&file.0).unwrap();
    let mut last = None;
    while let Some(piece) = source.next().await {
        last = Some(piece);
    }
    assert!(last.unwrap().is_err());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let failure = Source::open("/nowhere/catalogue.csv".as_ref()).err().unwrap();
    assert!(failure.message().starts_with("/nowhere/catalogue.csv: "), "{failure:?}");
}

fn told(terminal: bool, moments: &[u64]) -> String {
    let (mut out, start) = (Vec::new(), Instant::now());
    let mut progress = Progress::new(&mut out, terminal);
    for millis in moments {
        progress.tell(start + Duration::from_millis(*millis), || format!("at {millis}"));
    }
    progress.end();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_terminal_has_one_line_that_is_rewritten_and_then_cleared() {
    assert_eq!(told(true, &[0, 50, 120]), "\rat 0\x1b[K\rat 120\x1b[K\r\x1b[K");
}

#[test]
fn elsewhere_a_line_is_written_now_and_then_and_none_for_short_work() {
    assert_eq!(told(false, &[0, 100, 4_900]), "");
    assert_eq!(told(false, &[0, 5_000, 9_000, 10_000]), "at 5000\nat 10000\n");
}

#[test]
fn a_share_is_at_most_all() {
    let shares = [share(0, 200), share(99, 200), share(300, 200), share(0, 0)];
    assert_eq!(shares, ["0 %", "49 %", "100 %", "100 %"]);
}

fn imported(failed: u64) -> Imported {
    let errors = (1..=failed.min(2)).map(|line| (line, "price is missing".to_owned())).collect();
    Imported { completed: true, created: 3, updated: 2, unchanged: 1, failed, errors }
}

#[test]
fn an_import_tells_its_counts_and_its_bad_lines() {
    let some = imported(5);
    assert_eq!(some.counts(), "3 created, 2 updated, 1 unchanged, 5 failed");
    let lines = ["line 1: price is missing", "line 2: price is missing", "and 3 more"];
    assert_eq!(some.bad_lines(), lines);
    assert_eq!(imported(0).bad_lines(), Vec::<String>::new());
    let broken = Imported { completed: false, ..imported(1) };
    assert!(broken.counts().starts_with("broken off: 3 created"));
    assert_eq!([imported(0), some, broken].map(|all| all.exit_code()), [0, 3, 1]);
}

#[test]
fn the_demo_promotions_are_what_the_shop_takes() {
    let drafts = demo::promotions().unwrap();
    let codes: Vec<&str> = drafts.iter().filter_map(|draft| draft.code.as_deref()).collect();
    assert!(codes.contains(&"WELCOME10") && codes.contains(&"FREESHIP"), "{codes:?}");
}

/// Chance that comes out as told.
struct Rigged(u8);

impl Secrets for Rigged {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

#[test]
fn a_made_up_password_meets_the_policy_whatever_chance_says() {
    for byte in 0..=u8::MAX {
        let made = password::made_up(&Rigged(byte));
        assert!(Password::try_new(&made).is_ok(), "{made}");
    }
    assert_ne!(password::made_up(&Rigged(1)), password::made_up(&Rigged(2)));
}

#[test]
fn the_welcome_tells_where_to_look_and_that_memory_forgets() {
    let address = "127.0.0.1:8080".parse().unwrap();
    let sign_in =
        SignIn::MadeUp { email: "a@example.com".into(), password: "Ec1-X".into(), is_kept: false };
    let made_up = welcome(address, &sign_in, None).join("\n");
    for part in ["http://127.0.0.1:8080/docs", "a@example.com", "Ec1-X", "forgotten when"] {
        assert!(made_up.contains(part), "{made_up}");
    }
    // No file of a database keeps it.
    let over_postgres = welcome(address, &sign_in, Some("Postgres")).join("\n");
    assert!(over_postgres.contains("shown only here"), "{over_postgres}");
    let nobody = welcome(address, &SignIn::Nobody, Some("shop")).join("\n");
    assert!(nobody.contains("ECICOMM__ADMIN__PASSWORD"), "{nobody}");
}

#[test]
fn the_doctor_tells_every_finding_and_how_many_there_are() {
    let well = doctor::told(&Report::default());
    assert_eq!(well.last().unwrap(), "everything agrees");
    let finding = Finding::new("stock of A", 3, 4, "count it");
    let unchecked = vec!["popularity".to_owned()];
    let report = Report { findings: vec![finding], further: 2, unchecked, ..Report::default() };
    let ill = doctor::told(&report);
    assert_eq!(ill[0], "stock of A: expected 3, found 4; count it");
    assert_eq!(ill[1..3], ["and 2 more findings", "not checked: popularity"]);
    assert_eq!(ill.last().unwrap(), "3 findings");
}

#[test]
fn what_was_mended_is_told_with_the_shop_before_and_after() {
    let finding = Finding::new("stock of A", 3, 4, "count it");
    assert_eq!(doctor::mended(&finding), "repaired stock of A: found 4, now 3");
    let before = Report { findings: vec![finding.clone(), finding], ..Report::default() };
    let moved = CommitError::Refused(Conflict::Stale("stock"));
    let failed = CommitError::Port(PortError::timeout("no answer"));
    let refused = [("stock of B".to_owned(), moved), ("stock of C".to_owned(), failed)].into();
    let done = Repaired { before, after: Report::default(), mended: 2, refused };
    let lines = doctor::outcome(&done);
    for part in ["before:", "2 findings", "2 repaired, 2 not; after:", "everything agrees"] {
        assert!(lines.iter().any(|line| line == part), "{lines:?} lacks {part}");
    }
    let told = |start: &str| lines.iter().any(|line| line.starts_with(start));
    assert!(told(
        "stock of B was not repaired: stock changed meanwhile; where the shop is at work"
    ));
    assert!(told("stock of C was not repaired, as the store failed: "), "{lines:?}");
    assert!(!doctor::is_well(&done), "something was not repaired");
    let well = Repaired { before: Report::default(), ..done };
    assert_eq!(doctor::outcome(&well).last().unwrap(), "everything agrees");
    let Command::Doctor(args) = parsed("ecicomm doctor --data shop --repair") else {
        panic!("it examines")
    };
    assert!(args.repair && args.place.data.is_some());
}
