use std::io::{Read, Write};
use std::time::Duration;

use clap::Parser;

use super::args::delay;
use super::{Args, Command, demo, file, progress};
use crate::domain::shared::{ImportId, Timestamp, Version};
use crate::ports::imports::{ImportError, ImportReport, ImportStatus};
use crate::settings::Settings;

fn report(failed: u64) -> ImportReport {
    let error = |line| ImportError { line, reason: "name is missing".into() };
    ImportReport {
        id: ImportId::new(uuid::Uuid::nil()),
        status: ImportStatus::Completed,
        created: 3,
        updated: 2,
        unchanged: 1,
        failed,
        errors: (1..=failed).map(error).collect(),
        started_at: Timestamp::from_micros(0),
        updated_at: Timestamp::from_micros(0),
        version: Version::FIRST,
    }
}

#[test]
fn without_a_command_the_shop_is_served() {
    let args = Args::try_parse_from(["ecicomm"]).unwrap();
    assert!(matches!(args.command.unwrap_or_default(), Command::Serve(_)));
    assert!(Args::try_parse_from(["ecicomm", "sevre"]).is_err());
}

#[test]
fn a_delay_is_a_span_of_milliseconds() {
    assert_eq!(delay("5-50"), Ok((5, 50)));
    assert_eq!(delay("7"), Ok((7, 7)));
    for wrong in ["", "50-5", "a-b", "5-", "-5", "0-60001"] {
        assert!(delay(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_summary_names_the_first_bad_lines_and_counts_the_rest() {
    assert_eq!(file::summary(&report(0)), "3 created, 2 updated, 1 unchanged, 0 refused");
    let many = file::summary(&report(25));
    assert!(many.contains("\n  line 20: name is missing\n  and 5 more"), "{many}");
}

#[test]
fn progress_tells_a_rate() {
    assert_eq!(
        progress::line(500, "lines", Duration::from_millis(250)),
        "500 lines, 2000 a second"
    );
    assert_eq!(progress::line(5, "lines", Duration::ZERO), "5 lines, 5000 a second");
}

#[test]
fn a_file_is_read_packed_or_plain() {
    let folder = std::env::temp_dir().join(format!("ecicomm-cli-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (plain, packed) = (folder.join("a.ndjson"), folder.join("b.ndjson.gz"));
    std::fs::write(&plain, "hello").unwrap();
    let out = std::fs::File::create(&packed).unwrap();
    let mut encoder = flate2::write::GzEncoder::new(out, flate2::Compression::fast());
    encoder.write_all(b"hello").unwrap();
    encoder.finish().unwrap();
    for path in [&plain, &packed] {
        let mut text = String::new();
        file::open(path).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
    }
    let error = file::open(&folder.join("none")).err().unwrap().to_string();
    assert!(error.contains("none cannot be read"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn the_demo_shop_is_whole() {
    let shop = crate::bootstrap::build(&Settings::in_memory().unwrap()).await.unwrap();
    shop.pricing.set_up().await.unwrap();
    demo::fill(&shop).await.unwrap();
    let products = shop.catalog.scan(None, None, 1_000).await.unwrap();
    assert!(products.items.len() >= 150, "{}", products.items.len());
    assert!(products.items.iter().all(|view| view.product.is_published()));
    assert!(shop.pricing.promotions(None, 100).await.unwrap().items.len() >= 6);
}
