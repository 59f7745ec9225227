use std::collections::HashMap;
use std::sync::Arc;

use rust_stemmers::{Algorithm, Stemmer};

/// Words remembered before the memory is emptied; a catalogue has some tens of thousands.
const MAX_REMEMBERED: usize = 65_536;

/// The English stem of a folded word (Snowball); words of other scripts and numbers are their own.
pub(super) fn stem(word: &str) -> String {
    if !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return word.to_owned();
    }
    Stemmer::create(Algorithm::English).stem(word).into_owned()
}

/// Stems with a memory, since a catalogue repeats its words.
#[derive(Default)]
pub(super) struct Stems(HashMap<String, Arc<str>>);

impl Stems {
    pub(super) fn of(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.0.get(word) {
            return Arc::clone(known);
        }
        if self.0.len() >= MAX_REMEMBERED {
            self.0.clear();
        }
        let found: Arc<str> = stem(word).into();
        self.0.insert(word.to_owned(), Arc::clone(&found));
        found
    }
}
