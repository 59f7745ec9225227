//! Parameters of the query.
//!
//! A parameter that takes one value and is sent twice is refused, because the two ends of a chain
//! of proxies would disagree on which counts. Names that nobody knows are passed over, so that tags
//! which browsers and caches add do no harm.

use std::collections::BTreeMap;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};

use super::input::Input;
use super::problem::{FieldProblem, Place, Problem};

/// A query that can be read.
pub trait FromQuery: Sized {
    /// Reads it; what is wrong is noted in `params`, and some value is put in its place.
    fn read(params: &mut Params) -> Self;
}

/// A query, read.
pub struct Query<T>(pub T);

impl<T: FromQuery> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut params = Params::of(request.query_string());
        let value = T::read(&mut params);
        ready(params.check().map(|()| Self(value)))
    }
}

/// The parameters of one query, and what is wrong with them so far.
pub struct Params {
    pairs: Vec<(String, String)>,
    problems: Vec<FieldProblem>,
}

impl Params {
    /// Decodes a query string.
    pub fn of(query: &str) -> Self {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(query);
        Self { pairs: pairs.map(web::Query::into_inner).unwrap_or_default(), problems: Vec::new() }
    }

    fn check(self) -> Result<(), Problem> {
        if self.problems.is_empty() { Ok(()) } else { Err(Problem::invalid(self.problems)) }
    }

    fn note(&mut self, name: &str, detail: impl Into<String>) {
        let place = Place::Parameter(name.to_owned());
        self.problems.push(FieldProblem { place, detail: detail.into() });
    }

    /// A parameter that may come once.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.pairs.iter().filter(|(known, _)| known == name);
        let first = values.next().map(|(_, value)| value.clone());
        if values.next().is_some() {
            self.note(name, "must be sent once at most");
        }
        first
    }

    /// Text of at most `most` characters.
    pub fn text_of(&mut self, name: &str, most: usize) -> Option<String> {
        let text = self.text(name)?;
        if text.chars().count() > most {
            self.note(name, format!("must have at most {most} characters"));
        }
        Some(text)
    }

    /// A value of the domain.
    pub fn value<T: Input>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        self.parsed(name, &text)
    }

    /// Values of the domain, up to `most`.
    pub fn values<T: Input>(&mut self, name: &str, most: usize) -> Vec<T> {
        let texts = self.texts(name, most);
        texts.iter().filter_map(|text| self.parsed(name, text)).collect()
    }

    /// Texts of a parameter that may come up to `most` times.
    pub fn texts(&mut self, name: &str, most: usize) -> Vec<String> {
        let named = self.pairs.iter().filter(|(known, _)| known == name);
        let texts: Vec<String> = named.map(|(_, value)| value.clone()).collect();
        if texts.len() > most {
            self.note(name, format!("must be sent at most {most} times"));
        }
        texts
    }

    fn parsed<T: Input>(&mut self, name: &str, text: &str) -> Option<T> {
        match T::parse(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.note(name, error.to_string());
                None
            }
        }
    }

    /// A whole number from `least` to `most`.
    pub fn number(&mut self, name: &str, least: i64, most: i64) -> Option<i64> {
        let text = self.text(name)?;
        let plain = !text.starts_with('+');
        match text.parse::<i64>() {
            Ok(number) if plain && (least..=most).contains(&number) => Some(number),
            _ => {
                self.note(name, format!("must be a whole number from {least} to {most}"));
                None
            }
        }
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.text(name)?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.note(name, "must be true or false");
                None
            }
        }
    }

    /// One of several words.
    pub fn choice<T: Copy>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.note(name, format!("must be one of {}", words.join(", ")));
        }
        found.map(|(_, value)| *value)
    }

    /// Notes where a parameter that must be there is not.
    pub fn require_any(&mut self, name: &str) {
        if !self.pairs.iter().any(|(known, _)| known == name) {
            self.note(name, "must be sent");
        }
    }

    /// The parameters that begin with `prefix`, by what follows it: up to `names`, each up to
    /// `values` times.
    pub fn prefixed(
        &mut self,
        prefix: &str,
        names: usize,
        values: usize,
    ) -> BTreeMap<String, Vec<String>> {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &self.pairs {
            if let Some(rest) = name.strip_prefix(prefix) {
                found.entry(rest.to_owned()).or_default().push(value.clone());
            }
        }
        if found.len() > names || found.values().any(|given| given.len() > values) {
            self.note(prefix, format!("must be at most {names} names with {values} values each"));
        }
        found
    }
}
