//! The fences of the house, checked by reading `src/`.
//!
//! Everything here is an allow-list: what a layer may name is written down, and all else is a
//! violation. Comments and strings are taken out first, so that prose may mention anything.
//! `negative.rs` shows each rule a violation that it must report, so that none can rot into one
//! that passes everything.
//!
//! The compiler and clippy guard the rest: drivers are optional features, clocks and random ids
//! are banned by `clippy.toml`, fields are private.

mod negative;
mod rules;
mod scan;
mod syntax;

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

/// A hard limit; half of it is where a file should be split by meaning.
const MAX_LINES: usize = 600;

/// A file of `src/`, its path relative to it with forward slashes.
struct SourceFile {
    path: String,
    text: String,
}

impl SourceFile {
    fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

/// A broken rule, and where.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    path: String,
    line: usize,
    message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `folder`, a folder of the package; none where it does not exist.
fn rust_files(folder: &str) -> Vec<SourceFile> {
    let base = root().join(folder);
    let mut files = Vec::new();
    let mut folders = vec![base.clone()];
    while let Some(current) = folders.pop() {
        let Ok(entries) = fs::read_dir(&current) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let relative = path.strip_prefix(&base).unwrap().to_str().unwrap();
                let text = fs::read_to_string(&path).unwrap();
                files.push(SourceFile::new(&relative.replace('\\', "/"), &text));
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The crates that Cargo.toml lists, as code names them.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut section = "";
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end_matches(']');
        } else if section.ends_with("dependencies")
            && let Some((name, _)) = line.split_once('=')
        {
            names.insert(name.trim().replace('-', "_"));
        }
    }
    names
}

fn report(violations: &[Violation]) -> String {
    let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
    format!("\n{}\n", lines.join("\n"))
}

#[test]
fn the_source_keeps_to_the_fences() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let crates = dependencies(&manifest);
    let violations: Vec<Violation> =
        rust_files("src").iter().flat_map(|file| rules::check(file, &crates)).collect();
    assert!(violations.is_empty(), "{}", report(&violations));
}

#[test]
fn no_file_is_too_long() {
    let mut violations = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for file in rust_files(folder) {
            let path = format!("{folder}/{}", file.path);
            violations.extend(rules::too_long(&SourceFile { path, ..file }));
        }
    }
    assert!(violations.is_empty(), "{}", report(&violations));
}

/// Were the reader to find no file, or the scanner no path, every other test here would pass.
#[test]
fn the_reader_finds_the_files_and_the_scanner_their_paths() {
    let files = rust_files("src");
    for expected in ["lib.rs", "domain/mod.rs", "domain/shared/money.rs", "ports/search.rs"] {
        assert!(files.iter().any(|file| file.path == expected), "{expected} was not found");
    }
    let port = files.iter().find(|file| file.path == "ports/search.rs").unwrap();
    let paths = syntax::paths(&scan::tokens(&port.text));
    let names = |path: &[&str]| paths.iter().any(|found| found.segments == path);
    assert!(names(&["crate", "domain", "shared", "Money"]));
    assert!(names(&["async_trait", "async_trait"]));

    let crates = dependencies(&fs::read_to_string(root().join("Cargo.toml")).unwrap());
    assert!(crates.contains("actix_web") && crates.contains("proptest"));
}
