use proptest::prelude::*;

use super::pictogram;
use super::picture::{fnv1a, svg};

/// The top categories of the demo shop, as names and as slugs, and hints that nothing answers to.
const HINTS: [&str; 24] = [
    "Home & Living",
    "Kitchen",
    "Lighting",
    "Office",
    "Outdoor",
    "Clothing",
    "Electronics",
    "Toys & Games",
    "Garden",
    "Books",
    "home-living",
    "kitchen",
    "lighting",
    "office",
    "outdoor",
    "clothing",
    "electronics",
    "toys-games",
    "garden",
    "books",
    "",
    "<script>",
    "Bücher",
    "\u{0}\"'&",
];

/// Tells what is wrong with `text` as the XML of one element without comments, processing
/// instructions or CDATA; `None` where it is well formed.
fn fault(text: &str) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    let mut roots = 0;
    let mut rest = text.trim();
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        if let Some(found) = stray(before) {
            return Some(found);
        }
        let Some(end) = tag.find('>') else { return Some(format!("unclosed tag {tag}")) };
        let inside = &tag[1..end];
        rest = &tag[end + 1..];
        if let Some(name) = inside.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Some(format!("</{name}> closes nothing"));
            }
            continue;
        }
        roots += usize::from(open.is_empty());
        let name = inside.split([' ', '\n', '/']).next().unwrap_or_default();
        let attributes = inside[name.len()..].trim_end_matches('/');
        if let Some(found) = stray_attribute(attributes) {
            return Some(format!("<{name}>: {found}"));
        }
        if !inside.ends_with('/') {
            open.push(name);
        }
    }
    if !rest.is_empty() || !open.is_empty() || roots != 1 {
        return Some(format!("{roots} roots, {open:?} left open, then {rest:?}"));
    }
    None
}

/// Attributes must be `name="value"` with white space before each, no name twice.
fn stray_attribute(attributes: &str) -> Option<String> {
    let mut parts = attributes.split('"');
    let mut names = Vec::new();
    while let Some(key) = parts.next() {
        if key.trim().is_empty() && names.len() * 2 == attributes.matches('"').count() {
            return None;
        }
        let Some(name) = key.strip_suffix('=').filter(|key| key.starts_with([' ', '\n'])) else {
            return Some(format!("bad attribute {key:?}"));
        };
        if names.contains(&name.trim()) {
            return Some(format!("{name} twice"));
        }
        names.push(name.trim());
        match parts.next() {
            Some(value) if stray(value).is_none() => {}
            value => return Some(format!("bad value {value:?}")),
        }
    }
    Some("unbalanced quotes".to_owned())
}

/// Text may hold no control character, and `&` only where it begins a known entity.
fn stray(text: &str) -> Option<String> {
    let entities = ["amp;", "lt;", "gt;", "quot;", "#39;"];
    let bare = text.split('&').skip(1).any(|rest| !entities.iter().any(|e| rest.starts_with(e)));
    let barred = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    let control = text.contains(barred);
    (bare || control || text.contains(['<', '>'])).then(|| format!("stray character in {text:?}"))
}

fn captions(card: &str) -> Vec<&str> {
    card.split("<text").skip(1).filter_map(|text| text.split(['>', '<']).nth(1)).collect()
}

#[test]
fn the_checker_of_these_tests_finds_faults() {
    for bad in [
        "",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a x=1/>",
        "<a x=\"1\" x=\"2\"/>",
        "<a x=\"1\"y=\"2\"/>",
        "<a x=\"<\"/>",
        "<a>&</a>",
        "<a>\u{1}</a>",
        "<a/>b",
    ] {
        assert!(fault(bad).is_some(), "{bad}");
    }
    assert_eq!(fault("<a x=\"1\"\n y=\"&amp;\"><b/>c</a>"), None);
}

#[test]
fn the_hash_is_fnv_1a_as_published() {
    assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
    assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
}

#[test]
fn the_same_words_draw_the_same_card_and_other_words_another() {
    assert_eq!(svg("Halvor Desk Lamp", "Lighting"), svg("Halvor Desk Lamp", "Lighting"));
    assert_ne!(svg("Halvor Desk Lamp", "Lighting"), svg("Halvor Floor Lamp", "Lighting"));
    assert_ne!(svg("Ridgeline", "Lighting"), svg("Ridgeline", "Garden"));
}

#[test]
fn every_hint_gives_a_small_well_formed_card() {
    for hint in HINTS {
        for title in ["", "Cedar & Fig Soy Candle", "Ridgeline"] {
            let card = svg(title, hint);
            assert_eq!(fault(&card), None, "{title}, {hint}");
            assert!(card.len() < 4000, "{title}, {hint}: {} bytes", card.len());
        }
    }
}

#[test]
fn every_drawing_is_well_formed_and_answers_to_each_of_its_names() {
    for (names, drawing) in pictogram::DRAWINGS {
        assert_eq!(fault(&format!("<g>{drawing}</g>")), None, "{names:?}");
        for name in *names {
            assert_eq!(pictogram::choose("", name), *drawing, "{name}");
        }
    }
}

#[test]
fn every_top_category_has_a_drawing_of_its_own() {
    let mut seen = Vec::new();
    for hint in &HINTS[..10] {
        let drawing = pictogram::choose("", hint);
        assert_ne!(drawing, pictogram::PARCEL, "{hint}");
        assert!(!seen.contains(&drawing), "{hint}");
        seen.push(drawing);
    }
    for (name, slug) in HINTS[..10].iter().zip(&HINTS[10..20]) {
        assert_eq!(pictogram::choose("", name), pictogram::choose("", slug));
    }
}

#[test]
fn the_noun_of_the_title_decides_before_the_hint_unless_it_is_a_book() {
    let lamp = pictogram::choose("", "Lamp");
    assert_eq!(pictogram::choose("Oak Table Lamp", "Home & Living"), lamp);
    assert_eq!(pictogram::choose("LAMPS, set of two", "Kitchen"), lamp);
    assert_eq!(pictogram::choose("Ridgeline", "Lighting"), lamp);
    assert_eq!(pictogram::choose("The Lamp in the Tent", "Books"), pictogram::BOOK);
    assert_eq!(pictogram::choose("Ridgeline", "Sundries"), pictogram::PARCEL);
}

#[test]
fn the_title_is_escaped() {
    let card = svg("</text><script>\"R&D's\"", "Books");
    assert_eq!(captions(&card), ["&lt;/text&gt;&lt;script&gt;&quot;R&amp;D&#39;s&quot;"]);
    assert!(!card.contains("<script"));
    assert_eq!(fault(&card), None);
}

#[test]
fn a_short_title_is_written_whole_and_a_long_one_cut_to_two_lines() {
    assert_eq!(captions(&svg("Round Oak Mirror", "")), ["Round Oak Mirror"]);
    assert_eq!(
        captions(&svg("Inspector Pell and the Missing Botanist", "")),
        ["Inspector Pell and the", "Missing Botanist"]
    );
    assert_eq!(
        captions(&svg("one two three four five six seven eight nine ten eleven twelve more", "")),
        ["one two three four five six", "seven eight nine ten eleven…"]
    );
    assert_eq!(captions(&svg(&"m".repeat(99), "")), [format!("{}…", "m".repeat(27))]);
    assert_eq!(captions(&svg(&"界".repeat(99), "")), [format!("{}…", "界".repeat(13))]);
    assert!(captions(&svg(" \u{7} ", "")).is_empty());
}

#[test]
fn a_card_refers_to_nothing_outside_itself() {
    let card = svg("https://example.com/?a=1", "https://example.com");
    for word in ["href", "url(", "@import", "<image", "<use", "<!", "<?"] {
        assert!(!card.contains(word), "{word}");
    }
    assert_eq!(
        card.matches("http").count(),
        3,
        "the name space, and the title in label and caption"
    );
}

proptest! {
    #[test]
    fn any_text_gives_a_small_well_formed_card(title in "(?s).{0,300}", hint in "(?s).{0,40}") {
        let card = svg(&title, &hint);
        prop_assert_eq!(fault(&card), None);
        prop_assert!(card.len() < 4000, "{} bytes", card.len());
    }

    #[test]
    fn marks_and_quotes_never_break_a_card(title in "[<>&\"' \u{0}-\u{20}]{0,200}") {
        let card = svg(&title, &title);
        prop_assert_eq!(fault(&card), None);
        prop_assert!(card.len() < 4000, "{} bytes", card.len());
    }
}
