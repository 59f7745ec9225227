//! Rust text to tokens, without comments and without what literals hold.

/// One token, with the line it starts on, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub line: usize,
}

/// What the rules tell apart; numbers, strings, characters and lifetimes are all `Literal`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Ident(String),
    PathSeparator,
    Mark(char),
    Literal,
}

impl Token {
    pub fn is_ident(&self, name: &str) -> bool {
        matches!(&self.kind, Kind::Ident(found) if found == name)
    }

    pub fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }
}

/// Splits `source` into tokens.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut scanner = Scanner { rest: source, line: 1 };
    let mut tokens = Vec::new();
    while let Some(token) = scanner.next_token() {
        tokens.push(token);
    }
    tokens
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
}

impl Scanner<'_> {
    fn next_token(&mut self) -> Option<Token> {
        self.skip_blanks_and_comments();
        let first = self.rest.chars().next()?;
        let line = self.line;
        let kind = if self.skip_string() || self.skip_char_or_lifetime() {
            Kind::Literal
        } else if first.is_ascii_digit() {
            self.take_while(is_word);
            Kind::Literal
        } else if is_word(first) {
            Kind::Ident(self.identifier())
        } else if self.rest.starts_with("::") {
            self.advance(2);
            Kind::PathSeparator
        } else {
            self.advance(first.len_utf8());
            Kind::Mark(first)
        };
        Some(Token { kind, line })
    }

    fn skip_blanks_and_comments(&mut self) {
        loop {
            self.take_while(char::is_whitespace);
            if self.rest.starts_with("//") {
                self.take_while(|c| c != '\n');
            } else if self.rest.starts_with("/*") {
                self.skip_block_comment();
            } else {
                return;
            }
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        while !self.rest.is_empty() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.advance(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.advance(2);
                if depth == 0 {
                    return;
                }
            } else {
                self.advance_char();
            }
        }
    }

    /// Passes over a string of any kind, if one starts here.
    fn skip_string(&mut self) -> bool {
        let unprefixed = self.rest.trim_start_matches(['b', 'c', 'r']);
        let prefix = &self.rest[..self.rest.len() - unprefixed.len()];
        if !["", "b", "c", "r", "br", "cr"].contains(&prefix) {
            return false;
        }
        let opening = unprefixed.trim_start_matches('#');
        let hashes = unprefixed.len() - opening.len();
        let raw = prefix.ends_with('r');
        if !opening.starts_with('"') || (hashes > 0 && !raw) {
            return false;
        }
        self.advance(prefix.len() + hashes + 1);
        if raw {
            let closing = format!("\"{}", "#".repeat(hashes));
            let end = self.rest.find(&closing).map_or(self.rest.len(), |at| at + closing.len());
            self.advance(end);
        } else {
            self.skip_to_closing('"');
        }
        true
    }

    /// Passes over `'x'`, `b'x'` or `'lifetime`, if one starts here.
    fn skip_char_or_lifetime(&mut self) -> bool {
        let quoted = self.rest.strip_prefix('b').unwrap_or(self.rest);
        let Some(inside) = quoted.strip_prefix('\'') else { return false };
        let start = self.rest.len() - inside.len();
        let mut following = inside.chars();
        let escaped = following.next() == Some('\\');
        self.advance(start);
        if escaped || following.next() == Some('\'') {
            self.skip_to_closing('\'');
        } else {
            self.take_while(is_word);
        }
        true
    }

    fn skip_to_closing(&mut self, quote: char) {
        while let Some(c) = self.rest.chars().next() {
            self.advance_char();
            if c == '\\' {
                self.advance_char();
            } else if c == quote {
                return;
            }
        }
    }

    fn identifier(&mut self) -> String {
        if self.rest.starts_with("r#") {
            self.advance(2);
        }
        self.take_while(is_word)
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let taken = self.rest[..end].to_owned();
        self.advance(end);
        taken
    }

    fn advance_char(&mut self) {
        let width = self.rest.chars().next().map_or(0, char::len_utf8);
        self.advance(width);
    }

    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        self.line += passed.matches('\n').count();
        self.rest = rest;
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn words(source: &str) -> Vec<String> {
    tokens(source)
        .into_iter()
        .filter_map(|token| match token.kind {
            Kind::Ident(name) => Some(name),
            _ => None,
        })
        .collect()
}

#[test]
fn comments_and_literals_leave_no_names_behind() {
    let source = r##"
        a // crate::x
        /* crate /* nested */ y */ b "crate::\"z" c r#"crate"quoted"# d b"x" 'q' e '\'' f b'\\' g
        /// [`crate::w`]
        fn h<'life>() { r#type("multi
        line") }
    "##;
    assert_eq!(words(source), ["a", "b", "c", "d", "e", "f", "g", "fn", "h", "type"]);
}

#[test]
fn tokens_know_their_line() {
    let found = tokens("one\n\"two\nthree\" four");
    let lines: Vec<usize> = found.iter().map(|token| token.line).collect();
    assert_eq!(lines, [1, 2, 3]);
}
