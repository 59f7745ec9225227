//! Which documents have the words of a query, and how well.
//!
//! A word is looked for in every field at once and counts where it counts most (BM25, blended over
//! the fields), so that the words of a query may be spread over title, brand and description.
//! Documents that have all words come first; where those are too few, documents that have some of
//! them follow. What is added on top is small, and added rather than multiplied, so that it
//! orders equals and never lifts a poor match over a good one.

use ::tantivy::fieldnorm::FieldNormReader;
use ::tantivy::postings::{Postings as _, SegmentPostings, TermInfo};
use ::tantivy::schema::IndexRecordOption;
use ::tantivy::{DocId, DocSet as _, TERMINATED};

use super::view::{LengthTable, Part, SATURATION, View};
use crate::domain::search::{Field, JOINED_WEIGHT, TypedQuery, required_words};

/// What the other fields that have a word add to the best one.
const TIE_BREAKER: f32 = 0.05;
/// Added for each word a document has, where some documents lack words: more than words can score.
const WORD_BONUS: f32 = 50.0;
/// Added to the products of a category that the query asks for as a whole.
const CATEGORY_BONUS: f32 = 2.0;
/// What words that stand together add, beside a word found.
const PAIR_WEIGHT: f32 = 0.2;
/// Added to the most popular products; the rest by the logarithm of what they sold.
const POPULARITY_BONUS: f32 = 0.3;
/// The logarithm of the units sold at which the bonus is full: a million.
const POPULARITY_CEILING: f32 = 13.8;

/// A document that matches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match {
    pub(super) document: DocId,
    pub(super) score: f32,
    words: u8,
}

impl Match {
    /// A document that is there for another reason than its words.
    pub(super) fn unscored(document: DocId) -> Self {
        Self { document, score: 0.0, words: 0 }
    }
}

/// Where a term stands, in all segments.
pub(super) struct Found {
    /// For each segment what its fields have.
    infos: Vec<Vec<(Field, TermInfo)>>,
    /// How telling the term is: BM25's inverse document frequency.
    rarity: f32,
}

impl Found {
    /// Looks `term` up in these fields.
    pub(super) fn look_up(view: &View, term: &str, fields: &[Field]) -> ::tantivy::Result<Self> {
        let mut infos = Vec::with_capacity(view.parts.len());
        let mut documents = [0_u64; Field::COUNT];
        for part in &view.parts {
            let mut found = Vec::new();
            for field in &part.segment.fields {
                if !fields.contains(&field.field) {
                    continue;
                }
                let Some(term) = view.layout.term(field.field, term) else { continue };
                let Some(info) = field.postings.get_term_info(&term)? else { continue };
                if let Some(count) = documents.get_mut(field.field.index()) {
                    *count += u64::from(info.doc_freq);
                }
                found.push((field.field, info));
            }
            infos.push(found);
        }
        let documents = documents.into_iter().max().unwrap_or_default() as f32;
        let all = (view.products as f32).max(documents);
        let rarity = (1.0 + (all - documents + 0.5) / (documents + 0.5)).ln();
        Ok(Self { infos, rarity })
    }

    /// Whether any document has it.
    pub(super) fn exists(&self) -> bool {
        self.infos.iter().any(|fields| !fields.is_empty())
    }

    /// The same places, as telling as any other.
    pub(super) fn evenly(mut self) -> Self {
        self.rarity = 1.0;
        self
    }
}

/// One word of a query: what it is found by, with what that counts.
pub(super) type Word = Vec<(Found, f32)>;

/// The documents of each segment that match a query whose words were respelt already, in the order
/// of documents.
pub(super) fn match_text(view: &View, query: &TypedQuery) -> ::tantivy::Result<Vec<Vec<Match>>> {
    let terms = query.terms();
    if terms.is_empty() {
        return Ok(vec![Vec::new(); view.parts.len()]);
    }
    let mut words = Vec::with_capacity(terms.len());
    for term in &terms {
        words.push(vec![(Found::look_up(view, term, &Field::ALL)?, 1.0)]);
    }
    let mut matches = match_all(view, &words)?;
    let mut counts = vec![0; words.len()];
    counts.push(matches.iter().map(|part| part.len() as u64).sum());
    if required_words(&counts) < words.len() {
        add_joined(view, query, &terms, &mut words)?;
        matches = match_some(view, &words)?;
    }
    add_pairs(view, query, &mut matches)?;
    add_bonuses(view, query, &mut matches);
    Ok(matches)
}

/// The documents that have every word.
pub(super) fn match_all(view: &View, words: &[Word]) -> ::tantivy::Result<Vec<Vec<Match>>> {
    let mut all = Vec::with_capacity(view.parts.len());
    for (number, part) in view.parts.iter().enumerate() {
        let mut slots = Slot::open_all(view, number, part, words)?;
        slots.sort_by_key(Slot::size);
        let mut matches = Vec::new();
        while let Some(document) = next_in_all(&mut slots) {
            if part.is_alive(document) {
                let score = slots.iter().map(Slot::score).sum();
                matches.push(Match { document, score, words: 0 });
            }
            if let Some(rarest) = slots.first_mut() {
                rarest.advance();
            }
        }
        all.push(matches);
    }
    Ok(all)
}

/// Moves every slot to the next document that all have.
fn next_in_all(slots: &mut [Slot<'_>]) -> Option<DocId> {
    let mut target = slots.first()?.document;
    'leap: while target != TERMINATED {
        for slot in slots.iter_mut() {
            let document = slot.seek(target);
            if document > target {
                target = document;
                continue 'leap;
            }
        }
        return Some(target);
    }
    None
}

/// The documents that have as many words as [`required_words`] asks for.
fn match_some(view: &View, words: &[Word]) -> ::tantivy::Result<Vec<Vec<Match>>> {
    let mut all = Vec::with_capacity(view.parts.len());
    let mut counts = vec![0_u64; words.len() + 1];
    for (number, part) in view.parts.iter().enumerate() {
        let mut slots = Slot::open_all(view, number, part, words)?;
        let mut matches = Vec::new();
        while let Some(found) = next_in_any(&mut slots) {
            if !part.is_alive(found.document) {
                continue;
            }
            if let Some(count) = counts.get_mut(usize::from(found.words)) {
                *count += 1;
            }
            matches.push(found);
        }
        all.push(matches);
    }
    let required = required_words(&counts);
    for matches in &mut all {
        matches.retain(|found| usize::from(found.words) >= required);
        for found in matches {
            found.score += WORD_BONUS * f32::from(found.words);
        }
    }
    Ok(all)
}

/// The next document that any slot has; the slots that have it move on.
fn next_in_any(slots: &mut [Slot<'_>]) -> Option<Match> {
    let document = slots.iter().map(|slot| slot.document).min()?;
    if document == TERMINATED {
        return None;
    }
    let mut found = Match { document, score: 0.0, words: 0 };
    for slot in slots.iter_mut().filter(|slot| slot.document == document) {
        found.score += slot.score();
        found.words = found.words.saturating_add(1);
        slot.advance();
    }
    Some(found)
}

/// Lets neighbouring words also be found as one, such as `headset` for `head set`.
fn add_joined(
    view: &View,
    query: &TypedQuery,
    terms: &[&str],
    words: &mut [Word],
) -> ::tantivy::Result<()> {
    for (joined, pair) in query.joined() {
        for (_, word) in terms.iter().zip(words.iter_mut()).filter(|(term, _)| pair.contains(*term))
        {
            let fields: Vec<_> = Field::ALL.into_iter().filter(|f| *f != Field::Joined).collect();
            let found = Found::look_up(view, &joined, &fields)?;
            if found.exists() {
                word.push((found, JOINED_WEIGHT));
            }
        }
    }
    Ok(())
}

/// Adds to the matches in which words of the query stand together.
fn add_pairs(view: &View, query: &TypedQuery, matches: &mut [Vec<Match>]) -> ::tantivy::Result<()> {
    for (joined, _) in query.joined() {
        let found = Found::look_up(view, &joined, &[Field::Joined])?;
        let bonus = PAIR_WEIGHT * found.rarity;
        let word = [vec![(found, 1.0)]];
        for (number, (part, matches)) in view.parts.iter().zip(matches.iter_mut()).enumerate() {
            let mut slots = Slot::open_all(view, number, part, &word)?;
            let Some(slot) = slots.first_mut() else { continue };
            for found in matches {
                if slot.seek(found.document) == found.document {
                    found.score += bonus;
                }
            }
        }
    }
    Ok(())
}

/// Adds what a product brings by itself: its category, where the query asks for that, and its
/// popularity.
fn add_bonuses(view: &View, query: &TypedQuery, matches: &mut [Vec<Match>]) {
    let categories = view.labels().categories_with_key(&query.key());
    for (part, matches) in view.parts.iter().zip(matches) {
        for found in matches {
            let held = part.segment.categories.of(found.document);
            if held.iter().any(|category| categories.contains(category)) {
                found.score += CATEGORY_BONUS;
            }
            let sold = part.segment.popularity.first(found.document).unwrap_or_default() as f32;
            found.score += POPULARITY_BONUS * (sold.ln_1p() / POPULARITY_CEILING).min(1.0);
        }
    }
}

/// The documents of one segment that have one word, in order.
struct Slot<'a> {
    cursors: Vec<Cursor<'a>>,
    document: DocId,
}

/// The documents of one segment that have one term in one field.
struct Cursor<'a> {
    postings: SegmentPostings,
    lengths: &'a FieldNormReader,
    table: &'a LengthTable,
    factor: f32,
}

impl Cursor<'_> {
    fn score(&self) -> f32 {
        let occurrences = self.postings.term_freq() as f32;
        let length = self.lengths.fieldnorm_id(self.postings.doc());
        let dilution = self.table.get(usize::from(length)).copied().unwrap_or(SATURATION);
        self.factor * occurrences / (occurrences + dilution)
    }
}

impl<'a> Slot<'a> {
    fn open_all(
        view: &'a View,
        number: usize,
        part: &'a Part,
        words: &[Word],
    ) -> ::tantivy::Result<Vec<Self>> {
        words.iter().map(|word| Self::open(view, number, part, word)).collect()
    }

    fn open(view: &'a View, number: usize, part: &'a Part, word: &Word) -> ::tantivy::Result<Self> {
        let mut cursors = Vec::new();
        for (found, weight) in word {
            for (field, info) in found.infos.get(number).into_iter().flatten() {
                let text = part.segment.fields.get(field.index());
                let (Some(text), Some(table)) = (text, view.lengths(*field)) else { continue };
                let option = IndexRecordOption::WithFreqs;
                cursors.push(Cursor {
                    postings: text.postings.read_postings_from_terminfo(info, option)?,
                    lengths: &text.lengths,
                    table,
                    factor: weight * field.weight() * found.rarity * (SATURATION + 1.0),
                });
            }
        }
        let mut slot = Self { cursors, document: TERMINATED };
        slot.settle();
        Ok(slot)
    }

    fn settle(&mut self) {
        let documents = self.cursors.iter().map(|cursor| cursor.postings.doc());
        self.document = documents.min().unwrap_or(TERMINATED);
    }

    fn advance(&mut self) {
        for cursor in &mut self.cursors {
            if cursor.postings.doc() == self.document {
                cursor.postings.advance();
            }
        }
        self.settle();
    }

    /// Moves to the first document that is not before `target`.
    fn seek(&mut self, target: DocId) -> DocId {
        if self.document < target {
            for cursor in &mut self.cursors {
                if cursor.postings.doc() < target {
                    cursor.postings.seek(target);
                }
            }
            self.settle();
        }
        self.document
    }

    /// How much the word counts in the document it stands at: its best field, and a little of the
    /// others.
    fn score(&self) -> f32 {
        let (mut best, mut sum) = (0.0_f32, 0.0);
        for cursor in self.cursors.iter().filter(|it| it.postings.doc() == self.document) {
            let score = cursor.score();
            best = best.max(score);
            sum += score;
        }
        best + TIE_BREAKER * (sum - best)
    }

    fn size(&self) -> u32 {
        self.cursors.iter().map(|cursor| cursor.postings.doc_freq()).sum()
    }
}
