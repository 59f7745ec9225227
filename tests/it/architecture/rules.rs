//! What each part of the house may name.

use std::collections::BTreeSet;

use super::scan::{Token, tokens};
use super::syntax::{CodePath, declared_modules, feature_gates, paths};
use super::{MAX_LINES, SourceFile, Violation};

/// The contexts. Folders of `domain` and `app` bear these names and no others, so that the same
/// word leads to the same matter in every layer.
pub const CONTEXTS: [&str; 13] = [
    "shared",
    "catalog",
    "pricing",
    "cart",
    "inventory",
    "order",
    "payment",
    "customer",
    "search",
    "media",
    "recommendation",
    "analytics",
    "operations",
];

/// Crates of the standard distribution.
const STANDARD: [&str; 3] = ["std", "core", "alloc"];

/// What of the standard library is I/O, a clock, a thread or a process.
const OUTSIDE_STD: [&str; 9] =
    ["fs", "net", "env", "os", "process", "thread", "time::Instant", "time::SystemTime", "time::*"];

const DOMAIN_CRATES: [&str; 2] = ["thiserror", "uuid"];
const PORTS_CRATES: [&str; 3] = ["thiserror", "uuid", "async_trait"];
const APP_CRATES: [&str; 6] =
    ["thiserror", "uuid", "async_trait", "tracing", "sha2", "futures_util"];

/// What one context of the domain may use beyond [`DOMAIN_CRATES`].
const CONTEXT_CRATES: [(&str, &[&str]); 2] = [
    ("shared", &["unicode_normalization"]),
    ("search", &["unicode_normalization", "rust_stemmers"]),
];

/// What unit tests may use beyond their layer's crates; asynchronous ones live outside the domain.
const DOMAIN_TEST_CRATES: [&str; 1] = ["proptest"];
const TEST_CRATES: [&str; 2] = ["proptest", "tokio"];

/// The lints that the top of each inner layer denies.
const FENCE_LINTS: [&str; 2] = ["disallowed_methods", "disallowed_types"];
const NUMBER_LINTS: [&str; 2] = ["float_arithmetic", "as_conversions"];

/// Where in the house a file or a path is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A context, or none for `domain/mod.rs`.
    Domain(Option<String>),
    Ports,
    App,
    /// An adapter, or none for `adapters/mod.rs`.
    Adapter(Option<String>),
    /// Any other module beside the layers, such as `settings`, by name; empty is the crate root.
    Root(String),
}

impl Place {
    fn of(module: &[String]) -> Self {
        let second = module.get(1).cloned();
        match module.first().map_or("", String::as_str) {
            "domain" => Self::Domain(second),
            "ports" => Self::Ports,
            "app" => Self::App,
            "adapters" => Self::Adapter(second),
            other => Self::Root(other.to_owned()),
        }
    }

    /// Whether a file of this place may name something of `target`; where not, why.
    fn may_name(&self, target: &Self) -> Result<(), &'static str> {
        match (self, target) {
            (Self::Domain(None), Self::Domain(_)) => Ok(()),
            (Self::Domain(Some(from)), Self::Domain(Some(to))) if to == "shared" || to == from => {
                Ok(())
            }
            (Self::Domain(_), Self::Domain(_)) => {
                Err("a context of the domain knows itself and `shared`, no other context")
            }
            (Self::Domain(_), _) => Err("the domain knows nothing outside itself"),

            (Self::Ports, Self::Domain(_) | Self::Ports) => Ok(()),
            (Self::Ports, _) => Err("ports know the domain and nothing further out"),

            (Self::App, Self::Domain(_) | Self::Ports | Self::App) => Ok(()),
            (Self::App, _) => Err("use cases know domain and ports and nothing further out"),

            (Self::Adapter(_), Self::Domain(_) | Self::Ports | Self::App)
            | (Self::Adapter(None), Self::Adapter(_)) => Ok(()),
            (Self::Adapter(Some(from)), Self::Adapter(Some(to))) if from == to => Ok(()),
            (Self::Adapter(_), Self::Adapter(Some(to))) if to == "record" => Ok(()),
            (Self::Adapter(_), Self::Adapter(_)) => {
                Err("an adapter knows no other adapter; only `record` is shared")
            }
            (Self::Adapter(Some(from)), Self::Root(to)) if driver_may_name(from, to) => Ok(()),
            (Self::Adapter(_), Self::Root(_)) => {
                Err("adapters are given what they need; `bootstrap` and `settings` name them")
            }

            (Self::Root(from), Self::Adapter(_)) if from == "bootstrap" => Ok(()),
            (Self::Root(from), Self::Adapter(Some(to))) if from.is_empty() && to == "cli" => Ok(()),
            (Self::Root(_), Self::Adapter(_)) => Err("only `bootstrap` names adapters"),
            (Self::Root(_), _) => Ok(()),
        }
    }
}

/// What drives the shop reads its own part of the settings, and the command builds the whole.
fn driver_may_name(adapter: &str, root: &str) -> bool {
    match root {
        "settings" => ["http", "cli", "jobs"].contains(&adapter),
        "bootstrap" => adapter == "cli",
        _ => false,
    }
}

/// Every rule over one file of `src/`; `crates` are the dependencies that Cargo.toml lists.
pub fn check(file: &SourceFile, crates: &BTreeSet<String>) -> Vec<Violation> {
    let checked = Checked::new(file, crates);
    let mut violations = checked.paths();
    violations.extend(checked.context_name());
    violations.extend(checked.fence_lints());
    violations.extend(checked.feature_gates());
    violations.extend(checked.asynchrony());
    violations
}

/// The length of a file of `src/`, `tests/` or `benches/`.
pub fn too_long(file: &SourceFile) -> Option<Violation> {
    let lines = file.text.lines().count();
    let message = format!("{lines} lines, more than {MAX_LINES}: split it by meaning");
    (lines > MAX_LINES).then(|| Violation { path: file.path.clone(), line: lines, message })
}

struct Checked<'a> {
    file: &'a SourceFile,
    crates: &'a BTreeSet<String>,
    tokens: Vec<Token>,
    module: Vec<String>,
    place: Place,
}

impl<'a> Checked<'a> {
    fn new(file: &'a SourceFile, crates: &'a BTreeSet<String>) -> Self {
        let module = module_of(&file.path);
        let place = Place::of(&module);
        Self { file, crates, tokens: tokens(&file.text), module, place }
    }

    fn violation(&self, line: usize, message: String) -> Violation {
        Violation { path: self.file.path.clone(), line, message }
    }

    fn paths(&self) -> Vec<Violation> {
        let paths = paths(&self.tokens);
        let local = self.local_modules(&paths);
        paths
            .iter()
            .filter_map(|path| {
                let reason = self.path_fault(path, &local)?;
                Some(self.violation(path.line, format!("`{}`: {reason}", path.segments.join("::"))))
            })
            .collect()
    }

    /// Names that mean something of this crate here, though a dependency may have the same name.
    fn local_modules(&self, paths: &[CodePath]) -> BTreeSet<String> {
        let imported = paths.iter().filter(|path| path.imported && self.absolute(path).is_some());
        let names = imported.filter_map(|path| path.segments.last().cloned());
        declared_modules(&self.tokens).into_iter().chain(names).collect()
    }

    fn path_fault(&self, path: &CodePath, local: &BTreeSet<String>) -> Option<String> {
        let first = path.segments.first()?;
        if let Some(target) = self.absolute(path) {
            let fault = self.place.may_name(&Place::of(&target)).err();
            return fault.map(str::to_owned);
        }
        if STANDARD.contains(&first.as_str()) {
            return self.standard_fault(&path.segments);
        }
        let foreign = path.global || !local.contains(first);
        let module_like = first.starts_with(|c: char| c.is_ascii_lowercase());
        if foreign && (self.crates.contains(first) || (path.imported && module_like)) {
            return self.crate_fault(first);
        }
        None
    }

    /// The path from the crate's root, if it leads into this crate by a name that says so.
    fn absolute(&self, path: &CodePath) -> Option<Vec<String>> {
        let mut segments = path.segments.iter().map(String::as_str).peekable();
        let first = segments.next()?;
        let mut base: Vec<String> = match first {
            "crate" | "ecicomm" => Vec::new(),
            "self" | "super" => [self.module.clone(), path.inline_modules.clone()].concat(),
            _ => return None,
        };
        if first == "super" {
            base.pop();
        }
        while segments.next_if_eq(&"super").is_some() {
            base.pop();
        }
        base.extend(segments.map(str::to_owned));
        Some(base)
    }

    fn standard_fault(&self, segments: &[String]) -> Option<String> {
        if !self.is_inner() {
            return None;
        }
        let below = format!("{}::", segments[1..].join("::"));
        let outside = OUTSIDE_STD.iter().any(|banned| below.starts_with(&format!("{banned}::")));
        outside
            .then(|| "I/O, clocks, threads and processes stay out of the inner layers".to_owned())
    }

    fn crate_fault(&self, name: &str) -> Option<String> {
        let allowed: Vec<&str> = match &self.place {
            Place::Domain(context) => {
                let own = CONTEXT_CRATES
                    .iter()
                    .filter(|(owner, _)| context.as_deref() == Some(owner))
                    .flat_map(|(_, crates)| crates.iter().copied());
                DOMAIN_CRATES.into_iter().chain(own).chain(self.test_crates()).collect()
            }
            Place::Ports => PORTS_CRATES.into_iter().chain(self.test_crates()).collect(),
            Place::App => APP_CRATES.into_iter().chain(self.test_crates()).collect(),
            Place::Adapter(_) | Place::Root(_) => return None,
        };
        if allowed.contains(&name) {
            return None;
        }
        Some(format!("the crate `{name}` is not for this layer, only {}", allowed.join(", ")))
    }

    fn test_crates(&self) -> impl Iterator<Item = &'static str> {
        let crates: &[&str] = match &self.place {
            _ if !self.is_test() => &[],
            Place::Domain(_) => &DOMAIN_TEST_CRATES,
            _ => &TEST_CRATES,
        };
        crates.iter().copied()
    }

    fn is_inner(&self) -> bool {
        matches!(self.place, Place::Domain(_) | Place::Ports | Place::App)
    }

    fn is_test(&self) -> bool {
        self.module.iter().any(|name| name == "tests")
    }

    fn context_name(&self) -> Option<Violation> {
        let parts: Vec<&str> = self.file.path.split('/').collect();
        let name = match parts.as_slice() {
            ["domain", "mod.rs"] => return None,
            ["domain" | "app", folder, _, ..] => *folder,
            ["domain", name] => name.trim_end_matches(".rs"),
            _ => return None,
        };
        let message = || format!("`{name}` is not a context; they are {}", CONTEXTS.join(", "));
        (!CONTEXTS.contains(&name)).then(|| self.violation(1, message()))
    }

    fn fence_lints(&self) -> Vec<Violation> {
        let lints: Vec<&str> = match self.file.path.as_str() {
            "ports/mod.rs" => FENCE_LINTS.to_vec(),
            "domain/mod.rs" | "app/mod.rs" => [FENCE_LINTS, NUMBER_LINTS].concat(),
            _ => return Vec::new(),
        };
        let denied = self.tokens.iter().skip_while(|token| !token.is_ident("deny"));
        let denied: Vec<&Token> = denied.take_while(|token| !token.is_mark(']')).collect();
        lints
            .into_iter()
            .filter(|lint| !denied.iter().any(|token| token.is_ident(lint)))
            .map(|lint| self.violation(1, format!("must begin with `#![deny(clippy::{lint})]`")))
            .collect()
    }

    fn feature_gates(&self) -> Vec<Violation> {
        let path = self.file.path.as_str();
        let allowed = path == "adapters/mod.rs"
            || self.place == Place::Root("bootstrap".to_owned())
            || self.place == Place::Adapter(Some("cli".to_owned()));
        if allowed {
            return Vec::new();
        }
        let message =
            "features choose adapters, in adapters/mod.rs, bootstrap and the command only";
        feature_gates(&self.tokens)
            .into_iter()
            .map(|line| self.violation(line, message.to_owned()))
            .collect()
    }

    fn asynchrony(&self) -> Option<Violation> {
        if !matches!(self.place, Place::Domain(_)) {
            return None;
        }
        let token = self.tokens.iter().find(|t| t.is_ident("async") || t.is_ident("await"))?;
        Some(
            self.violation(
                token.line,
                "the domain decides at once, nothing in it waits".to_owned(),
            ),
        )
    }
}

/// The module that a file of `src/` is: `domain/cart/mod.rs` is `domain::cart`.
fn module_of(path: &str) -> Vec<String> {
    let mut names: Vec<String> =
        path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let is_root = names.len() == 1 && ["lib", "main"].contains(&names[0].as_str());
    if is_root || names.last().is_some_and(|last| last == "mod") {
        names.pop();
    }
    names
}
