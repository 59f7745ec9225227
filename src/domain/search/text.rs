use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The most characters of a word that count; what is longer is cut here, in products and queries.
const MAX_WORD_CHARS: usize = 64;

/// Lower case, without accents and compatibility forms: `Crème` gives `creme`, `№` gives `no`.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    let plain = text.nfkd().flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c));
    for c in plain {
        match spelt_out(c) {
            Some(letters) => folded.push_str(letters),
            None => folded.push(c),
        }
    }
    folded
}

/// What people type for a letter that Unicode does not take apart.
fn spelt_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'ı' => "i",
        _ => return None,
    })
}

/// The folded words of `text`, in order: runs of letters and digits. A point between digits belongs
/// to its number (`3.5mm`), an apostrophe between letters is dropped (`men's` gives `mens`), and
/// everything else divides.
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut words = Vec::new();
    let mut word = Word::default();
    let mut chars = folded.chars().peekable();
    while let Some(c) = chars.next() {
        match word.joint(c, chars.peek().copied()) {
            Joint::Keep => word.push(c),
            Joint::Drop => {}
            Joint::Divide => words.extend(word.take()),
        }
    }
    words.extend(word.take());
    words
}

enum Joint {
    Keep,
    Drop,
    Divide,
}

/// A word under construction.
#[derive(Default)]
struct Word {
    text: String,
    chars: usize,
    last: Option<char>,
}

impl Word {
    fn joint(&self, c: char, next: Option<char>) -> Joint {
        let between =
            |kind: fn(char) -> bool| self.last.is_some_and(kind) && next.is_some_and(kind);
        match c {
            _ if c.is_alphanumeric() => Joint::Keep,
            '.' if between(|c| c.is_ascii_digit()) => Joint::Keep,
            '\'' | '’' | 'ʼ' if between(char::is_alphabetic) => Joint::Drop,
            _ => Joint::Divide,
        }
    }

    fn push(&mut self, c: char) {
        self.last = Some(c);
        if self.chars < MAX_WORD_CHARS {
            self.text.push(c);
            self.chars += 1;
        }
    }

    fn take(&mut self) -> Option<String> {
        let word = std::mem::take(self).text;
        (!word.is_empty()).then_some(word)
    }
}

/// What a word with letters and digits, or a number with a point, is also found by: `c4872a` gives
/// `c`, `4872` and `a`; `3.5mm` gives `3.5`, `3` and `mm`; `lamp` gives nothing.
pub(super) fn parts(word: &str) -> Vec<&str> {
    if !word.bytes().any(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    let mut parts = Vec::new();
    for run in runs(word) {
        if run.len() < word.len() {
            parts.push(run);
        }
        if let Some((whole, _)) = run.split_once('.') {
            parts.push(whole);
        }
    }
    parts
}

/// Cuts a word where letters and numbers meet.
fn runs(word: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    let mut start = 0;
    let mut numeric = None;
    for (at, c) in word.char_indices() {
        let now = c.is_ascii_digit() || c == '.';
        if numeric.is_some_and(|before| before != now) {
            runs.extend(word.get(start..at));
            start = at;
        }
        numeric = Some(now);
    }
    runs.extend(word.get(start..));
    runs
}
