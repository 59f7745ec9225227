//! Tokens to what the rules ask about: the paths a file names, its modules, its features.

use std::collections::BTreeSet;

use super::scan::{Kind, Token};

/// A path as written, with the names of the inline modules around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodePath {
    /// `*` stands for a glob.
    pub segments: Vec<String>,
    /// Inline modules that hold the path, outermost first.
    pub inline_modules: Vec<String>,
    /// Whether a `use` names it.
    pub imported: bool,
    /// Whether it starts with `::`, and so with a crate.
    pub global: bool,
    /// Where it starts, counted from 1.
    pub line: usize,
}

/// Every path of two segments or more, and every import, its groups unfolded.
pub fn paths(tokens: &[Token]) -> Vec<CodePath> {
    let mut reader = Reader { tokens, at: 0, depth: 0, inline: Vec::new(), found: Vec::new() };
    reader.read();
    reader.found
}

/// The modules that the file declares, inline or as files.
pub fn declared_modules(tokens: &[Token]) -> BTreeSet<String> {
    tokens
        .windows(2)
        .filter(|pair| pair[0].is_ident("mod"))
        .filter_map(|pair| name(&pair[1]))
        .map(str::to_owned)
        .collect()
}

/// The lines on which a cargo feature decides what is compiled: `cfg(feature = "x")` in an
/// attribute or as a macro, however deep in `all` and `any`, and `cfg_attr`.
pub fn feature_gates(tokens: &[Token]) -> Vec<usize> {
    let mut lines = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if !token.is_ident("cfg") && !token.is_ident("cfg_attr") {
            continue;
        }
        let mut depth = 0_usize;
        for inner in tokens[at + 1..].iter().skip_while(|next| next.is_mark('!')) {
            if inner.is_mark('(') {
                depth += 1;
            } else if inner.is_mark(')') {
                depth -= 1;
            } else if depth > 0 && inner.is_ident("feature") {
                lines.push(token.line);
                break;
            }
            if depth == 0 {
                break;
            }
        }
    }
    lines
}

fn name(token: &Token) -> Option<&str> {
    match &token.kind {
        Kind::Ident(name) => Some(name),
        _ => None,
    }
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
    /// Names of open inline modules with the depth of braces inside them.
    inline: Vec<(String, usize)>,
    found: Vec<CodePath>,
}

impl Reader<'_> {
    fn read(&mut self) {
        while let Some(token) = self.tokens.get(self.at) {
            if token.is_mark('{') {
                self.depth += 1;
            } else if token.is_mark('}') {
                self.close_brace();
            } else if token.is_ident("mod") && self.mark_at(self.at + 2, '{') {
                self.open_module();
                continue;
            } else if self.starts_import() {
                let global = self.separator_at(self.at + 1);
                self.at += 1 + usize::from(global);
                self.read_use_tree(&[], global);
                continue;
            } else if self.starts_path() {
                self.read_path();
                continue;
            }
            self.at += 1;
        }
    }

    fn close_brace(&mut self) {
        if self.inline.last().is_some_and(|(_, depth)| *depth == self.depth) {
            self.inline.pop();
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn open_module(&mut self) {
        self.depth += 1;
        let module = name(&self.tokens[self.at + 1]).unwrap_or_default().to_owned();
        self.inline.push((module, self.depth));
        self.at += 3;
    }

    /// `use` of an item, or `extern crate`; not the `use<..>` of a type.
    fn starts_import(&self) -> bool {
        let token = &self.tokens[self.at];
        (token.is_ident("use") && !self.mark_at(self.at + 1, '<'))
            || (token.is_ident("crate")
                && self.at > 0
                && self.tokens[self.at - 1].is_ident("extern"))
    }

    fn starts_path(&self) -> bool {
        name(&self.tokens[self.at]).is_some() && self.separator_at(self.at + 1)
    }

    /// Reads `a::b::c`, so far as names follow each other.
    fn read_path(&mut self) {
        let line = self.tokens[self.at].line;
        // `<T as X>::Y` and `Vec::<T>::new` go on behind a bracket: what follows belongs to a type.
        let previous = self.at.checked_sub(2).and_then(|at| self.tokens.get(at));
        let after_separator = self.at > 0 && self.separator_at(self.at - 1);
        let global = after_separator && !previous.is_some_and(|token| token.is_mark('>'));
        let tail_of_type = after_separator && !global;
        let mut segments = Vec::new();
        while let Some(segment) = self.tokens.get(self.at).and_then(name) {
            segments.push(segment.to_owned());
            self.at += 1;
            if !self.separator_at(self.at) || !self.ident_at(self.at + 1) {
                break;
            }
            self.at += 1;
        }
        if segments.len() > 1 && !tail_of_type {
            self.push(segments, false, global, line);
        }
    }

    /// Reads one tree of a `use` behind `prefix`, up to the `,`, `}` or `;` that ends it.
    fn read_use_tree(&mut self, prefix: &[String], global: bool) {
        let mut segments = prefix.to_vec();
        let mut line = self.tokens.get(self.at).map_or(0, |token| token.line);
        while let Some(token) = self.tokens.get(self.at) {
            match &token.kind {
                Kind::Ident(alias) if alias == "as" => self.at += 2,
                Kind::Ident(segment) => {
                    segments.push(segment.clone());
                    line = token.line;
                    self.at += 1;
                }
                Kind::Mark('*') => {
                    segments.push("*".to_owned());
                    self.at += 1;
                }
                Kind::Mark('{') => {
                    self.read_use_group(&segments, global);
                    return;
                }
                Kind::PathSeparator => self.at += 1,
                _ => break,
            }
        }
        // `use a::{self}` names `a`.
        if segments.len() > 1 && segments.last().is_some_and(|last| last == "self") {
            segments.pop();
        }
        if !segments.is_empty() {
            self.push(segments, true, global, line);
        }
    }

    fn read_use_group(&mut self, prefix: &[String], global: bool) {
        self.at += 1;
        while let Some(token) = self.tokens.get(self.at) {
            if token.is_mark('}') {
                self.at += 1;
                return;
            }
            if token.is_mark(',') {
                self.at += 1;
            } else if matches!(token.kind, Kind::Ident(_) | Kind::PathSeparator)
                || token.is_mark('*')
                || token.is_mark('{')
            {
                self.read_use_tree(prefix, global);
            } else {
                return;
            }
        }
    }

    fn push(&mut self, segments: Vec<String>, imported: bool, global: bool, line: usize) {
        let inline_modules = self.inline.iter().map(|(module, _)| module.clone()).collect();
        self.found.push(CodePath { segments, inline_modules, imported, global, line });
    }

    fn separator_at(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == Kind::PathSeparator)
    }

    fn ident_at(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| name(token).is_some())
    }

    fn mark_at(&self, at: usize, mark: char) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_mark(mark))
    }
}
