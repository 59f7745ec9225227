use proptest::prelude::*;

use super::spelling::distance;
use super::stem::stem;
use super::text::parts;
use super::*;

fn terms(text: &ProductText<'_>, field: Field) -> Vec<String> {
    Analyser::default().product(text).of(field).split(' ').map(str::to_owned).collect()
}

fn name(name: &str, field: Field) -> Vec<String> {
    terms(&ProductText { name, ..Default::default() }, field)
}

fn dictionary(words: &[(&str, u32)]) -> Dictionary {
    Dictionary::new(words.iter().map(|(word, count)| ((*word).to_owned(), *count)))
}

#[test]
fn folding_drops_case_accents_and_compatibility_forms() {
    for (text, folded) in [
        ("Crème BRÛLÉE", "creme brulee"),
        ("Straße", "strasse"),
        ("ＦＵＬＬ №5 ﬁne", "full no5 fine"),
        ("İstanbul Łódź smørrebrød", "istanbul lodz smorrebrod"),
        ("½", "1⁄2"),
    ] {
        assert_eq!(fold(text), folded);
    }
}

#[test]
fn words_are_runs_of_letters_and_digits() {
    for (text, expected) in [
        ("USB 3.0, 3.5mm (802.11n).", vec!["usb", "3.0", "3.5mm", "802.11n"]),
        ("Men's wi-fi & kids' L’Oréal", vec!["mens", "wi", "fi", "kids", "loreal"]),
        ("15\" 5. .5 a.b 1,000", vec!["15", "5", "5", "a", "b", "1", "000"]),
        ("\0\u{7}😀\"'()[]*?~", vec![]),
        ("日本 lamp", vec!["日本", "lamp"]),
    ] {
        assert_eq!(words(text), expected, "{text}");
    }
    assert_eq!(words(&"x".repeat(1_000)), ["x".repeat(64)]);
}

#[test]
fn a_model_number_is_found_whole_and_in_parts() {
    assert_eq!(parts("c4872a"), ["c", "4872", "a"]);
    assert_eq!(parts("cat6"), ["cat", "6"]);
    assert_eq!(parts("3.5mm"), ["3.5", "3", "mm"]);
    assert_eq!(parts("3.0"), ["3"]);
    assert_eq!(parts("42"), Vec::<&str>::new());
    assert_eq!(parts("lamp"), Vec::<&str>::new());
    assert_eq!(name("HP C4872A", Field::Name), ["hp", "c4872a", "c", "4872", "a"]);
}

#[test]
fn words_that_stand_together_are_also_one_word() {
    assert!(name("Drive 1 TB", Field::Joined).contains(&"1tb".to_owned()));
    assert!(name("Wi-Fi router", Field::Joined).contains(&"wifi".to_owned()));
    assert!(name("CAT 6 cable", Field::Joined).contains(&"cat6".to_owned()));
    let joined = TypedQuery::parse("power banks");
    assert!(name("Power bank", Field::Joined).contains(&joined.joined()[0].0));
}

#[test]
fn english_words_are_stemmed_and_others_left_alone() {
    for (word, expected) in [
        ("headphones", "headphon"),
        ("batteries", "batteri"),
        ("кошки", "кошки"),
        ("c4872a", "c4872a"),
    ] {
        assert_eq!(stem(word), expected);
    }
    assert_eq!(name("Men's women's", Field::Name), ["men", "women"]);
}

#[test]
fn every_part_of_a_product_lands_in_its_field() {
    let text = ProductText {
        name: "Lamp",
        brand: Some("Acme"),
        description: "Warm light",
        categories: vec!["Lighting", "Table lamps"],
        skus: vec!["LMP-1"],
        attributes: vec![
            ("colour", "brass"),
            ("dimmable", "Yes"),
            ("recalled", "false"),
            ("height", "20.5"),
        ],
        tags: vec!["gift"],
    };
    assert_eq!(terms(&text, Field::Brand), ["acm"]);
    assert_eq!(terms(&text, Field::Description), ["warm", "light"]);
    assert_eq!(terms(&text, Field::Category), ["light", "tabl", "lamp"]);
    assert_eq!(terms(&text, Field::Code), ["lmp", "1"]);
    assert_eq!(terms(&text, Field::Attribute), ["gift", "brass", "dimmabl"]);
    let analysed = Analyser::default().product(&text);
    let spelt: Vec<_> = analysed.words().collect();
    assert_eq!(spelt, ["acme", "lamp", "lamps", "light", "lighting", "table", "warm"]);
}

#[test]
fn a_long_attribute_value_is_prose_and_left_out() {
    let long = "word ".repeat(20);
    let text = ProductText { attributes: vec![("note", &long)], ..Default::default() };
    assert_eq!(terms(&text, Field::Attribute), [""]);
}

#[test]
fn a_query_is_read_within_bounds() {
    assert_eq!(TypedQuery::parse(&"ab ".repeat(5_000)).words().len(), 16);
    assert_eq!(TypedQuery::parse(&"x".repeat(10_000)).words()[0].text.len(), 64);
    assert!(TypedQuery::parse(" \t\n").is_blank());
    let signs = TypedQuery::parse("!?\"😀");
    assert!(!signs.is_blank() && signs.terms().is_empty());
}

#[test]
fn stop_words_count_only_where_nothing_else_was_typed() {
    assert_eq!(TypedQuery::parse("case for the phone").terms(), ["case", "phone"]);
    assert_eq!(TypedQuery::parse("the the").terms(), ["the"]);
    assert_eq!(TypedQuery::parse("phone phones").terms(), ["phone"]);
}

#[test]
fn a_query_for_a_whole_category_has_its_key() {
    let key = Analyser::default().key("Table Lamps");
    assert_eq!(TypedQuery::parse("table lamp").key(), key);
    assert_ne!(TypedQuery::parse("lamp table").key(), key);
}

#[test]
fn distance_counts_each_kind_of_typing_error_once() {
    let chars = |word: &str| word.chars().collect::<Vec<_>>();
    for (a, b, expected) in [
        ("lamp", "lamp", 0),
        ("lmap", "lamp", 1),
        ("lam", "lamp", 1),
        ("lampe", "lamp", 1),
        ("lomp", "lamp", 1),
        ("ca", "abc", 3),
        ("", "abc", 3),
        ("kitten", "sitting", 3),
    ] {
        assert_eq!(distance(&chars(a), &chars(b), 3), Some(expected), "{a} {b}");
        assert_eq!(distance(&chars(b), &chars(a), 3), Some(expected), "{b} {a}");
    }
    assert_eq!(distance(&chars("kitten"), &chars("sitting"), 2), None);
}

#[test]
fn a_word_is_respelt_to_the_nearest_then_the_most_frequent() {
    let first = dictionary(&[("camera", 5), ("cameo", 1), ("desk", 3)]);
    let second = dictionary(&[("desks", 4), ("desk", 2)]);
    let parts = [&first, &second];
    let spellings = Spellings(&parts);
    assert_eq!(spellings.nearest("camrea").as_deref(), Some("camera"));
    assert_eq!(spellings.nearest("came").as_deref(), Some("cameo"));
    assert_eq!(spellings.nearest("deks").as_deref(), Some("desk"), "five in all, against four");
    assert_eq!(spellings.nearest("dsks").as_deref(), Some("desks"));
    assert_eq!(spellings.nearest("xylophone"), None);
    assert_eq!(spellings.nearest("ds"), None);
    assert_eq!(spellings.nearest(&"c".repeat(10_000)), None);
}

#[test]
fn only_words_that_the_catalogue_lacks_are_respelt() {
    let known = |term: &str| ["headphon", "4"].contains(&term);
    let nearest = |word: &str| (word == "wirelss").then(|| "wireless".to_owned());
    let right = TypedQuery::parse("headphones 4").respelt(known, nearest);
    assert_eq!(right.did_you_mean, None);
    let wrong = TypedQuery::parse("Wirelss headphones C4872B zzz").respelt(known, nearest);
    assert_eq!(wrong.did_you_mean.as_deref(), Some("wireless headphones c4872b zzz"));
    assert_eq!(wrong.query.terms(), ["wireless", "headphon", "c4872b", "zzz"]);
}

#[test]
fn a_prefix_is_completed_and_one_error_in_it_forgiven() {
    let words = dictionary(&[("bluetooth", 9), ("blue", 20), ("black", 30), ("blender", 2)]);
    let parts = [&words];
    let spellings = Spellings(&parts);
    assert_eq!(spellings.completions("blu", 10), ["blue", "bluetooth"]);
    assert_eq!(spellings.completions("blu", 1), ["blue"]);
    assert_eq!(spellings.completions("bluet", 10), ["bluetooth"]);
    assert_eq!(spellings.completions("bleut", 10), ["bluetooth"]);
    assert_eq!(spellings.completions("blutoo", 10), ["bluetooth"]);
    assert!(spellings.completions("xyz", 10).is_empty());
}

#[test]
fn a_hit_needs_all_words_where_that_is_enough_of_an_answer() {
    assert_eq!(required_words(&[0, 50, 40, 10]), 3);
    assert_eq!(required_words(&[0, 50, 4, 6]), 2);
    assert_eq!(required_words(&[0, 5, 2, 2]), 1);
    assert_eq!(required_words(&[0, 0]), 1);
    assert_eq!(required_words(&[]), 1);
}

proptest! {
    #[test]
    fn any_text_can_be_analysed_and_asked_for(text in "\\PC{0,300}") {
        let product = ProductText { name: &text, ..Default::default() };
        let found = Analyser::default().product(&product);
        let query = TypedQuery::parse(&text);
        let indexed: Vec<_> = found.of(Field::Name).split(' ').collect();
        // The query is cut at its bounds, in the middle of a word perhaps; all before it is found.
        for word in query.words().iter().rev().skip(1) {
            prop_assert!(indexed.contains(&word.term.as_str()), "{word:?} in {indexed:?}");
        }
    }

    #[test]
    fn one_typing_error_is_one_edit(word in "[a-z]{4,12}", at in 0_usize..3, letter in "[a-z]") {
        let typed: Vec<char> = word.chars().collect();
        let mut swapped = typed.clone();
        swapped.swap(at, at + 1);
        let mut missing = typed.clone();
        missing.remove(at);
        let mut wrong = typed.clone();
        wrong[at] = letter.chars().next().unwrap();
        for other in [swapped, missing, wrong] {
            prop_assert!(distance(&typed, &other, 1).is_some());
            let words = dictionary(&[(&word, 1)]);
            let mistyped: String = other.iter().collect();
            let nearest = Spellings(&[&words]).nearest(&mistyped);
            prop_assert_eq!(nearest, Some(word.clone()));
        }
    }
}
