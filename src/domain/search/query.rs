use super::stem::stem;
use super::text::words;

/// The most characters of a query that are read.
const MAX_CHARS: usize = 256;
/// The most words of a query that are searched for.
const MAX_WORDS: usize = 16;
/// The fewest products with all words that are enough of an answer.
const ENOUGH: u64 = 10;
/// What a word counts that was found only as one with its neighbour (`head set`, `headset`).
pub const JOINED_WEIGHT: f32 = 0.3;

/// Words too common to ask for beside others.
const STOP_WORDS: [&str; 12] =
    ["a", "an", "and", "for", "in", "is", "of", "on", "or", "the", "to", "with"];

/// One word that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedWord {
    /// The word, folded.
    pub text: String,
    /// The term it is searched by.
    pub term: String,
}

impl TypedWord {
    fn new(text: String) -> Self {
        Self { term: stem(&text), text }
    }

    /// Whether a spelling mistake may be suspected in it: three letters or more and no digit, since
    /// a model number that looks like another one is another one.
    fn may_be_misspelt(&self) -> bool {
        self.text.chars().nth(2).is_some() && self.text.chars().all(char::is_alphabetic)
    }
}

/// What someone typed, read within bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedQuery {
    words: Vec<TypedWord>,
    blank: bool,
}

/// A query after its unknown words were respelt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Respelling {
    /// What to search for.
    pub query: TypedQuery,
    /// The respelt text, where a word changed.
    pub did_you_mean: Option<String>,
}

impl TypedQuery {
    /// Reads the first 256 characters and of them the first 16 words. Never fails.
    pub fn parse(text: &str) -> Self {
        let head: String = text.trim().chars().take(MAX_CHARS).collect();
        let words = words(&head).into_iter().take(MAX_WORDS).map(TypedWord::new).collect();
        Self { words, blank: head.is_empty() }
    }

    /// Whether nothing was typed, which asks for everything. Signs without a word are not blank:
    /// they ask for what no product has.
    pub fn is_blank(&self) -> bool {
        self.blank
    }

    /// Every word, in order.
    pub fn words(&self) -> &[TypedWord] {
        &self.words
    }

    /// The terms to find, each once: without stop words, unless there is nothing else.
    pub fn terms(&self) -> Vec<&str> {
        let telling: Vec<_> = self.telling().map(|word| word.term.as_str()).collect();
        let all = || self.words.iter().map(|word| word.term.as_str()).collect();
        let mut terms = if telling.is_empty() { all() } else { telling };
        let mut seen = std::collections::BTreeSet::new();
        terms.retain(|term| seen.insert(*term));
        terms
    }

    /// Neighbouring words as one term, each with the terms of the two.
    pub fn joined(&self) -> Vec<(String, [&str; 2])> {
        let telling: Vec<_> = self.telling().collect();
        telling
            .iter()
            .zip(telling.iter().skip(1))
            .filter(|(first, second)| first.term != second.term)
            .map(|(first, second)| {
                let joined = stem(&format!("{}{}", first.text, second.text));
                (joined, [first.term.as_str(), second.term.as_str()])
            })
            .collect()
    }

    /// What equals a category's [`super::Analyser::key`] where the query asks for all of it.
    pub fn key(&self) -> String {
        let terms: Vec<_> = self.words.iter().map(|word| word.term.as_str()).collect();
        terms.join(" ")
    }

    /// Respells the words whose term is not `known`, each as `nearest` has it, if it has one.
    pub fn respelt(
        self,
        known: impl Fn(&str) -> bool,
        nearest: impl Fn(&str) -> Option<String>,
    ) -> Respelling {
        let mut changed = false;
        let mut words = Vec::with_capacity(self.words.len());
        for word in self.words {
            let respelt = (word.may_be_misspelt() && !known(&word.term))
                .then(|| nearest(&word.text))
                .flatten();
            changed |= respelt.is_some();
            words.push(respelt.map_or(word, TypedWord::new));
        }
        let query = Self { words, blank: self.blank };
        let did_you_mean = changed.then(|| query.text());
        Respelling { query, did_you_mean }
    }

    fn text(&self) -> String {
        let words: Vec<_> = self.words.iter().map(|word| word.text.as_str()).collect();
        words.join(" ")
    }

    fn telling(&self) -> impl Iterator<Item = &TypedWord> {
        self.words.iter().filter(|word| !STOP_WORDS.contains(&word.text.as_str()))
    }
}

/// How many words of a query a product must have to be a hit. `matches[n]` counts the products that
/// have exactly `n` of its words, filters aside, so that a filter never adds hits. All words where
/// that is enough of an answer, else as many as give one.
pub fn required_words(matches: &[u64]) -> usize {
    let mut found = 0_u64;
    for (words, count) in matches.iter().enumerate().skip(1).rev() {
        found = found.saturating_add(*count);
        if found >= ENOUGH {
            return words;
        }
    }
    1
}
