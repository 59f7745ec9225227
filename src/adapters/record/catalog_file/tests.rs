use proptest::prelude::*;

use super::row::NAMES;
use super::*;
use crate::app::catalog::{Given, ImportLine};
use crate::domain::catalog::ProductStatus;
use crate::domain::shared::{StockPolicy, Timestamp};

fn read(format: FileFormat, bytes: &[u8]) -> Vec<ReadLine> {
    let mut reader = LineReader::new(format);
    let mut lines = reader.push(bytes);
    lines.extend(reader.finish());
    lines
}

fn json(line: &str) -> Result<ImportLine, String> {
    let mut lines = read(FileFormat::Ndjson, line.as_bytes());
    assert_eq!(lines.len(), 1);
    lines.remove(0).line
}

fn reason(line: &str) -> String {
    json(line).unwrap_err()
}

fn csv(text: &str) -> Vec<(u64, Result<ImportLine, String>)> {
    read(FileFormat::Csv, text.as_bytes())
        .into_iter()
        .map(|read| (read.number, read.line))
        .collect()
}

#[test]
fn a_line_of_json_is_read_whole() {
    let line = json(
        r#"{"sku": "W-42", "product_key": "w", "name": "Bed", "slug": "bed", "description": "Oak.",
            "category_path": ["Furniture", "Beds"], "brand": "Acme", "status": "draft",
            "attributes": {"color": "oak"}, "options": {"size": "L"}, "price": 19900,
            "compare_at": 20000, "currency": "USD", "stock": 25, "popularity": 113,
            "released_at": "2024-05-01T00:00:00Z", "weight_grams": 18000, "tax_category": "reduced",
            "requires_shipping": false, "stock_policy": "backorder:3", "tags": ["new"],
            "metadata": {"bin": "7"}, "image_urls": ["/media/bed.webp"]}"#
            .replace('\n', " ")
            .as_str(),
    );
    let expected = ImportLine {
        sku: "W-42".into(),
        product_key: Some("w".into()),
        name: "Bed".into(),
        slug: Some("bed".into()),
        description: Some("Oak.".into()),
        brand: Some("Acme".into()),
        status: Some(ProductStatus::Draft),
        category_path: Some(vec!["Furniture".into(), "Beds".into()]),
        attributes: Some([("color".into(), "oak".into())].into()),
        options: Some([("size".into(), "L".into())].into()),
        tags: Some(vec!["new".into()]),
        metadata: Some([("bin".into(), "7".into())].into()),
        image_urls: Some(vec!["/media/bed.webp".into()]),
        price: 19_900,
        compare_at: Given::Value(20_000),
        currency: Some("USD".into()),
        released_at: Given::Value(Timestamp::from_micros(1_714_521_600_000_000)),
        weight_grams: Some(18_000),
        requires_shipping: Some(false),
        tax_category: Some("reduced".into()),
        stock_policy: Some(StockPolicy::Backorder { limit: 3 }),
        stock: Some(25),
        popularity: Some(113),
    };
    assert_eq!(line, Ok(expected));
}

#[test]
fn what_is_written_is_read_back() {
    let full = ImportLine {
        sku: "A".into(),
        name: "Lamp\n\"quoted\"".into(),
        description: Some(String::new()),
        compare_at: Given::Empty,
        released_at: Given::Value(Timestamp::from_micros(1)),
        stock_policy: Some(StockPolicy::Untracked),
        attributes: Some([("a".into(), "b".into())].into()),
        ..ImportLine::default()
    };
    let bare = ImportLine { sku: "B".into(), name: "Lamp".into(), price: 7, ..full.clone() };
    let bare = ImportLine { compare_at: Given::Absent, released_at: Given::Absent, ..bare };
    for line in [full, bare] {
        assert_eq!(json(&render_line(&line)), Ok(line));
    }
}

#[test]
fn null_is_empty_and_left_out_is_absent() {
    let bare = json(r#"{"sku": "A", "name": "Lamp", "price": 1}"#).unwrap();
    let expected =
        ImportLine { sku: "A".into(), name: "Lamp".into(), price: 1, ..ImportLine::default() };
    assert_eq!(bare, expected);
    let nulls: Vec<String> = NAMES
        .iter()
        .filter(|name| !["sku", "name", "price"].contains(name))
        .map(|name| format!(r#""{name}": null"#))
        .collect();
    let line = format!(r#"{{"sku": "A", "name": "Lamp", "price": 1, {}}}"#, nulls.join(", "));
    let line = json(&line).unwrap();
    assert_eq!((line.product_key, line.currency), (None, None));
    assert_eq!((line.description.as_deref(), line.brand.as_deref()), (Some(""), Some("")));
    assert_eq!((line.compare_at, line.released_at), (Given::Empty, Given::Empty));
    assert_eq!((line.tags, line.category_path), (Some(Vec::new()), Some(Vec::new())));
    assert_eq!((line.requires_shipping, line.weight_grams), (Some(true), Some(0)));
    assert_eq!((line.stock, line.popularity, line.status), (None, None, None));
}

#[test]
fn each_wrong_value_is_told_by_its_name() {
    for (pair, expected) in [
        (r#""sku": 3"#, "sku must be a string"),
        (r#""price": 19.99"#, "price must be a whole number"),
        (r#""price": "19""#, "price must be a whole number"),
        (r#""price": null"#, "price is missing"),
        (r#""stock": 1e3"#, "stock must be a whole number"),
        (r#""popularity": -1"#, "popularity must be a whole number"),
        (r#""weight_grams": 99999999999"#, "weight_grams must be a whole number"),
        (r#""tags": "new""#, "tags must be a list of strings"),
        (r#""tags": [1]"#, "tags must be a list of strings"),
        (r#""attributes": []"#, "attributes must be an object of strings, each name once"),
        (r#""requires_shipping": 1"#, "requires_shipping must be true or false"),
        (r#""status": "gone""#, "status must be draft, active or archived"),
        (r#""stock_policy": "backorder:x""#, "stock_policy must be tracked, untracked or"),
        (r#""released_at": "soon""#, "released_at must be a time such as 2024-05-01T00:00:00Z"),
        (r#""colour": "red""#, "colour is not known"),
        (r#""attributes.color": "red""#, "attributes.color is not known"),
    ] {
        let name = pair.split('"').nth(1).unwrap();
        let rest = [r#""sku": "A""#, r#""name": "Lamp""#, r#""price": 1"#];
        let rest = rest.into_iter().filter(|known| !known.starts_with(&format!("\"{name}\"")));
        let line = format!("{{{}, {pair}}}", rest.collect::<Vec<_>>().join(", "));
        assert!(reason(&line).starts_with(expected), "{line}: {}", reason(&line));
    }
}

#[test]
fn a_name_given_twice_is_a_bad_line() {
    let twice = r#"{"sku": "A", "name": "Lamp", "price": 1, "price": 2}"#;
    assert_eq!(reason(twice), "price is given twice");
    let inside = r#"{"sku": "A", "name": "L", "price": 1, "attributes": {"a": "1", "a": "2"}}"#;
    assert_eq!(reason(inside), "attributes must be an object of strings, each name once");
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    assert_eq!(reason("{}"), "sku is missing; name is missing; price is missing");
}

#[test]
fn what_is_no_object_is_a_bad_line() {
    assert_eq!(reason("3"), "invalid type: integer `3`, expected an object");
    assert!(reason("{\"sku\": \"A\"").starts_with("it is not JSON: EOF"));
    assert!(reason(&format!("{{\"sku\": {}", "[".repeat(10_000))).starts_with("it is not JSON"));
    assert!(read(FileFormat::Ndjson, b"{\"sku\": \"\xff\"}")[0].line.is_err());
}

#[test]
fn stray_control_characters_become_spaces() {
    let line = json(r#"{"sku": "A", "name": "a\u0007b\u0080c\td", "price": 1}"#).unwrap();
    assert_eq!(line.name, "a b c\td");
}

#[test]
fn blank_lines_are_passed_over_and_numbered() {
    let text = "\u{feff}{}\r\n\r\n  \n{}";
    let numbers: Vec<u64> =
        read(FileFormat::Ndjson, text.as_bytes()).iter().map(|read| read.number).collect();
    assert_eq!(numbers, [1, 4]);
    assert!(read(FileFormat::Ndjson, b"\n\n").is_empty());
}

#[test]
fn a_file_cut_anywhere_is_read_alike() {
    let texts = [
        (FileFormat::Ndjson, "{\"sku\": \"é\"}\n\n{}\r\n{\"sku\": 1}"),
        (FileFormat::Csv, "sku,name,price\r\nA,\"a\n\"\"b\"\",c\",1\n\nB,é,2"),
    ];
    for (format, text) in texts {
        let whole = read(format, text.as_bytes());
        for cut in 0..=text.len() {
            let (head, tail) = text.as_bytes().split_at(cut);
            let mut reader = LineReader::new(format);
            let mut lines = reader.push(head);
            lines.extend(reader.push(tail));
            lines.extend(reader.finish());
            assert_eq!(lines, whole, "cut at {cut}");
        }
    }
}

#[test]
fn a_line_that_is_too_long_is_told_once_and_the_next_is_read() {
    let good = r#"{"sku": "A", "name": "Lamp", "price": 1}"#;
    let fits = format!("{good}{}", " ".repeat(MAX_LINE_BYTES - good.len() - 1));
    let text = format!("{fits}\n{fits} \n{}\n{good}\n", "x".repeat(3 * MAX_LINE_BYTES));
    let lines = read(FileFormat::Ndjson, text.as_bytes());
    let told: Vec<(u64, Option<&str>)> = lines
        .iter()
        .map(|read| (read.number, read.line.as_ref().err().map(String::as_str)))
        .collect();
    let long = Some("it is longer than 1 MiB");
    assert_eq!(told, [(1, None), (2, long), (3, long), (4, None)]);
}

#[test]
fn rows_of_csv_may_hold_line_feeds_and_are_numbered_by_their_first_line() {
    let rows = csv("sku,name,price\nA,\"two\nlines\",1\nB,one,2\n");
    assert_eq!(rows.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(rows[0].1.as_ref().unwrap().name, "two\nlines");
}

#[test]
fn cells_of_csv_hold_lists_maps_and_columns_of_their_own() {
    let rows = csv(concat!(
        "sku,name,price,category_path,tags,image_urls,attributes.color,attributes,requires_shipping\n",
        "A,Lamp,1,A > B>C,\"x, y|z\",/media/a|/media/b,red,\"{\"\"size\"\": \"\"L\"\"}\",false\n",
        "B,Lamp,1,\"[\"\"A > B\"\"]\",,,,,\n",
    ));
    let first = rows[0].1.as_ref().unwrap();
    assert_eq!(first.category_path.as_deref(), Some(&["A", "B", "C"].map(String::from)[..]));
    assert_eq!(first.tags.as_deref(), Some(&["x", "y", "z"].map(String::from)[..]));
    assert_eq!(first.image_urls.as_deref().map(<[String]>::len), Some(2));
    assert_eq!(first.requires_shipping, Some(false));
    let attributes: Vec<(&str, &str)> =
        first.attributes.iter().flatten().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(attributes, [("color", "red"), ("size", "L")]);
    let second = rows[1].1.as_ref().unwrap();
    assert_eq!(second.category_path.as_deref(), Some(&["A > B".to_owned()][..]));
    assert_eq!((&second.tags, &second.attributes), (&None, &None));
}

#[test]
fn a_wrong_header_is_told_and_nothing_behind_it_is_read() {
    for (header, expected) in [
        ("sku,name,prize", "the header names a column 'prize', which is not known"),
        ("sku,name,price,sku", "the header names sku twice"),
        ("sku,name", "the header lacks price"),
        ("sku,name,price,attributes.", "the header names a column 'attributes.', which"),
    ] {
        let mut reader = LineReader::new(FileFormat::Csv);
        let lines = reader.push(format!("{header}\nA,Lamp,1\n").as_bytes());
        assert!(reader.is_broken());
        assert_eq!((lines.len(), lines[0].number), (1, 1));
        assert!(lines[0].line.as_ref().unwrap_err().starts_with(expected));
        assert_eq!(reader.push(b"B,Lamp,1\n"), []);
        assert_eq!(reader.finish(), []);
    }
}

/// The SKU of each line that is right, and why each other is not, by number.
fn told(text: &str) -> Vec<(u64, Result<String, String>)> {
    csv(text).into_iter().map(|(number, line)| (number, line.map(|line| line.sku))).collect()
}

#[test]
fn a_quote_that_is_not_closed_takes_no_line_with_it() {
    let open = Err("a quote is not closed".to_owned());
    let rows = told("sku,name,price\nA,\"Lamp,1\nB,Lamp,1\r\n\nC,Lamp,1");
    assert_eq!(rows, [(2, open.clone()), (3, Ok("B".into())), (5, Ok("C".into()))]);
    assert_eq!(told("sku,name,price\nA,\"Lamp,1"), [(2, open)]);
    let whole = Err("price must be a whole number; its row goes on to line 3".to_owned());
    assert_eq!(told("sku,name,price\nA,\"Lamp\nB,\",Lamp\n"), [(2, whole)]);
}

#[test]
fn a_quote_within_a_value_is_one_of_its_characters() {
    let rows = csv("sku,name,price\nQ-1,Lamp 5\" round,100\nQ-2,Lamp 6\" round,200\nQ-3,Plain,300");
    let names: Vec<String> = rows.into_iter().map(|(_, line)| line.unwrap().name).collect();
    assert_eq!(names, ["Lamp 5\" round", "Lamp 6\" round", "Plain"]);
}

#[test]
fn behind_a_value_in_quotes_only_its_line_is_refused() {
    let rows = told("sku,name,price\nA,\"Lamp,1\nB,\"Bed\",2\nC,\"Cup\"s,3\nD,\"x\ny\",4\n");
    let stray = Err("something stands behind a value in quotes; perhaps one is not doubled".into());
    let open = Err("a quote is not closed".to_owned());
    let expected = [(2, open), (3, Ok("B".to_owned())), (4, stray), (5, Ok("D".to_owned()))];
    assert_eq!(rows, expected);
}

#[test]
fn carriage_returns_end_lines_too() {
    let rows = told("sku,name,price\rA,Lamp,1\rB,\"x\ry\",2\r\nC,Lamp,3\n\rD,Lamp,4\r");
    let numbers: Vec<u64> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [2, 3, 5, 7]);
    assert!(rows.iter().all(|(_, line)| line.is_ok()), "{rows:?}");
    let line = r#"{"sku": "A", "name": "Lamp", "price": 1}"#;
    assert_eq!(read(FileFormat::Ndjson, format!("{line}\r{line}\r").as_bytes()).len(), 2);
}

#[test]
fn a_quoted_value_without_end_is_not_searched_beyond_a_mebibyte() {
    let line = "B,Lamp,1\n";
    let many = MAX_LINE_BYTES / line.len() + 5;
    let text = format!("sku,name,price\nA,\"Lamp,1\n{}", line.repeat(many));
    let rows = told(&text);
    assert_eq!(rows.len(), many + 1);
    assert!(rows[0].1.is_err() && rows[1..].iter().all(|(_, line)| line.is_ok()));
}

#[test]
fn formats_are_known_by_media_type() {
    assert_eq!(FileFormat::of_media_type("Text/CSV; charset=utf-8"), Some(FileFormat::Csv));
    assert_eq!(FileFormat::of_media_type("application/x-ndjson"), Some(FileFormat::Ndjson));
    assert_eq!(FileFormat::of_media_type("application/json"), None);
}

/// What files are made of, and some of what they should not be.
const PARTS: &[&[u8]] = &[
    b"sku,name,price\n",
    b"{\"sku\": \"A\", \"name\": \"Lamp\", \"price\": 1}\n",
    b"A,\"Lamp\",1\r\n",
    b"\"",
    b"\n",
    b",",
    b"{\"sku\": [[[{",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\\u0000",
    b"\r",
    b"B,Lamp 5\" round,2\n",
    b"C,\"two\nlines\",3\n",
    b"D,\"open,4\n",
];

fn file() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(PARTS), 0..30).prop_map(|parts| parts.concat())
}

/// The lines of a text as an editor counts them.
fn editor_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(end) = rest.find(['\n', '\r']) {
        let width = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
        lines.push(&rest[..end + width]);
        rest = &rest[end + width..];
    }
    lines.push(rest);
    lines
}

/// Whether `text` is one record of CSV and nothing more.
fn is_one_record(text: &str) -> bool {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    reader.records().count() == 1
}

proptest! {
    #[test]
    fn each_line_of_a_csv_file_is_told_or_belongs_to_one_that_is(
        parts in prop::collection::vec(
            prop::sample::select(&["\"", "\"\"", ",", "\n", "\r", "\r\n", "x", "A,Lamp,1\n", "B,\"Bed"][..]),
            0..40,
        ),
    ) {
        let text = format!("sku,name,price\n{}", parts.concat());
        let lines = editor_lines(&text);
        let read = csv(&text);
        let begins: Vec<usize> =
            read.iter().map(|(number, _)| usize::try_from(*number).unwrap()).collect();
        for (index, begin) in begins.iter().enumerate() {
            let end = begins.get(index + 1).map_or(lines.len(), |next| next - 1);
            let taken = lines[begin - 1..end].concat();
            prop_assert!(!lines[begin - 1].trim().is_empty());
            let alone = lines[*begin..end].iter().all(|line| line.trim().is_empty());
            prop_assert!(alone || is_one_record(&taken), "{taken:?} is one row to the reader");
        }
        let before = begins.first().map_or(lines.len(), |first| first - 1);
        prop_assert!(lines[1..before].iter().all(|line| line.trim().is_empty()));
    }

    #[test]
    fn any_file_is_read_alike_however_it_is_cut(
        bytes in file(),
        cut in any::<prop::sample::Index>(),
        is_csv in any::<bool>(),
    ) {
        let format = if is_csv { FileFormat::Csv } else { FileFormat::Ndjson };
        let (head, tail) = bytes.split_at(cut.index(bytes.len() + 1));
        let mut reader = LineReader::new(format);
        let mut lines = reader.push(head);
        lines.extend(reader.push(tail));
        lines.extend(reader.finish());
        let whole = read(format, &bytes);
        prop_assert!(whole.is_sorted_by_key(|read| read.number));
        prop_assert_eq!(lines, whole);
    }
}
