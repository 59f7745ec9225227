use std::collections::BTreeMap;

/// The longest word that is compared; longer ones are no words people mistype.
const MAX_COMPARED: usize = 32;

/// The words of products with the number of products that have each.
#[derive(Clone, Debug, Default)]
pub struct Dictionary {
    /// Sorted by word.
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    word: Box<str>,
    letters: Letters,
    chars: u8,
    count: u32,
}

impl Dictionary {
    /// A dictionary of `words` with counts. Words with digits, and of one letter, are left out:
    /// nothing is respelt to them.
    pub fn new(words: impl IntoIterator<Item = (String, u32)>) -> Self {
        let mut entries: Vec<_> =
            words.into_iter().filter_map(|(word, count)| Entry::try_new(word, count)).collect();
        entries.sort_unstable_by(|a, b| a.word.cmp(&b.word));
        Self { entries }
    }

    fn starting_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Entry> {
        let start = self.entries.partition_point(|entry| *entry.word < *prefix);
        self.entries.iter().skip(start).take_while(move |entry| entry.word.starts_with(prefix))
    }
}

impl Entry {
    fn try_new(word: String, count: u32) -> Option<Self> {
        let chars = u8::try_from(word.chars().count()).ok()?;
        let fits = (2..=MAX_COMPARED).contains(&usize::from(chars));
        if !fits || !word.chars().all(char::is_alphabetic) {
            return None;
        }
        Some(Self { letters: Letters::of(&word), chars, count, word: word.into() })
    }
}

/// Which letters a word has, hashed to 64 bits: a cheap lower bound of the distance of two words.
#[derive(Clone, Copy, Debug)]
struct Letters(u64);

impl Letters {
    fn of(word: &str) -> Self {
        Self(word.chars().fold(0, |bits, c| bits | 1 << (u32::from(c) % 64)))
    }

    fn absent_from(self, other: Self) -> u32 {
        (self.0 & !other.0).count_ones()
    }

    /// No fewer edits than this lie between the words: each brings at most one new letter to
    /// either side.
    fn least_distance(self, other: Self) -> u32 {
        self.absent_from(other).max(other.absent_from(self))
    }
}

/// The dictionaries of all parts of an index, read as one.
#[derive(Clone, Copy)]
pub struct Spellings<'a>(pub &'a [&'a Dictionary]);

impl Spellings<'_> {
    /// The word that was probably meant by `word`: the nearest by mistyped, missing, needless and
    /// swapped letters (one up to five letters, else two), then the most frequent, then the first
    /// in the alphabet. `None` where none is near.
    pub fn nearest(&self, word: &str) -> Option<String> {
        let typed: Vec<char> = word.chars().collect();
        if typed.len() < 3 || typed.len() > MAX_COMPARED {
            return None;
        }
        let allowed: u8 = if typed.len() < 6 { 1 } else { 2 };
        let letters = Letters::of(word);
        let mut found: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
        for entry in self.0.iter().flat_map(|dictionary| &dictionary.entries) {
            let too_long = usize::from(entry.chars).abs_diff(typed.len()) > usize::from(allowed);
            if too_long || letters.least_distance(entry.letters) > u32::from(allowed) {
                continue;
            }
            let candidate: Vec<char> = entry.word.chars().collect();
            let Some(distance) = distance(&typed, &candidate, allowed.into()) else { continue };
            let (_, count) = found.entry(&entry.word).or_insert((distance, 0));
            *count += u64::from(entry.count);
        }
        let best = found
            .iter()
            .min_by_key(|(word, (distance, count))| (*distance, std::cmp::Reverse(*count), **word));
        best.map(|(word, _)| (*word).to_owned())
    }

    /// Up to `limit` words that begin with `prefix`, most frequent first. Where there are none,
    /// words that begin with something one edit away from it.
    pub fn completions(&self, prefix: &str, limit: usize) -> Vec<String> {
        let exact = self.0.iter().flat_map(|dictionary| dictionary.starting_with(prefix));
        let completions = most_frequent(exact, limit);
        if !completions.is_empty() || prefix.chars().count() < 3 {
            return completions;
        }
        let typed: Vec<char> = prefix.chars().take(MAX_COMPARED).collect();
        let letters = Letters::of(prefix);
        let near = self.0.iter().flat_map(|dictionary| &dictionary.entries).filter(|entry| {
            letters.absent_from(entry.letters) <= 1 && begins_near(&typed, &entry.word)
        });
        most_frequent(near, limit)
    }
}

fn most_frequent<'a>(entries: impl Iterator<Item = &'a Entry>, limit: usize) -> Vec<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in entries {
        *counts.entry(&entry.word).or_default() += u64::from(entry.count);
    }
    let mut words: Vec<_> = counts.into_iter().collect();
    words.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then(a.cmp(b)));
    words.into_iter().take(limit).map(|(word, _)| word.to_owned()).collect()
}

/// Whether `word` begins with something at most one edit away from `typed`.
fn begins_near(typed: &[char], word: &str) -> bool {
    let head: Vec<char> = word.chars().take(typed.len() + 1).collect();
    (typed.len().saturating_sub(1)..=head.len())
        .filter_map(|len| head.get(..len))
        .any(|start| distance(typed, start, 1).is_some())
}

/// The Damerau-Levenshtein distance of two words, in its restricted form: inserted, deleted,
/// replaced letters and swapped neighbours each count one, and no stretch is edited twice. `None`
/// where it is more than `most`.
pub(super) fn distance(a: &[char], b: &[char], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut prior = None;
    for (row, x) in a.iter().enumerate() {
        let now = next_row(row, (*x, prior), b, (&before, &last));
        if now.iter().min().is_none_or(|least| *least > most) {
            return None;
        }
        before = std::mem::replace(&mut last, now);
        prior = Some(*x);
    }
    last.last().copied().filter(|distance| *distance <= most)
}

/// One row of the distance table: for letter `x` of `a` (with the one before it) against all of
/// `b`.
fn next_row(
    row: usize,
    (x, prior): (char, Option<char>),
    b: &[char],
    (before, last): (&[usize], &[usize]),
) -> Vec<usize> {
    let cell = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let mut now = Vec::with_capacity(b.len() + 1);
    now.push(row + 1);
    let mut left = None;
    for (column, y) in b.iter().enumerate() {
        let replaced = cell(last, column) + usize::from(x != *y);
        let edited = (cell(last, column + 1) + 1).min(cell(&now, column) + 1).min(replaced);
        let swapped = column > 0 && left == Some(x) && prior == Some(*y);
        let swap = if swapped { cell(before, column - 1) + 1 } else { usize::MAX };
        now.push(edited.min(swap));
        left = Some(*y);
    }
    now
}
