use actix_web::test::TestRequest;

use super::*;

fn with(name: header::HeaderName, value: &str) -> HttpRequest {
    TestRequest::default().insert_header((name, value)).to_http_request()
}

fn if_match(value: &str) -> IfMatch {
    IfMatch::of(&with(header::IF_MATCH, value)).unwrap()
}

#[test]
fn a_tag_is_known_to_who_names_it_weakened_or_among_others() {
    let tag = ETag::of_version(Version::new(3));
    for value in ["\"3\"", "W/\"3\"", "\"1\", \"3\"", "*"] {
        assert!(tag.is_known_to(&with(header::IF_NONE_MATCH, value)), "{value}");
    }
    for value in ["\"4\"", "3", "\"3", "\"33\"", ""] {
        assert!(!tag.is_known_to(&with(header::IF_NONE_MATCH, value)), "{value}");
    }
}

#[test]
fn a_change_needs_the_version_that_the_thing_has() {
    let now = Version::new(5);
    assert_eq!(if_match("\"5\"").required(now).unwrap(), now);
    assert_eq!(if_match("\"4\", \"5-0123\"").required(now).unwrap(), now);
    assert_eq!(if_match("*").required(now).unwrap(), now);
    for stale in ["\"4\"", "W/\"5\"", "\"stale\"", "\"-5\"", "\"+5\"", "\"\""] {
        let problem = if_match(stale).required(now).unwrap_err();
        assert_eq!(problem.code(), Code::PreconditionFailed, "{stale}");
    }
    let missing = IfMatch::Absent.required(now).unwrap_err();
    assert_eq!(missing.code(), Code::PreconditionRequired);
}

#[test]
fn a_condition_that_may_be_left_out_counts_where_it_is_sent() {
    assert_eq!(IfMatch::Absent.optional().unwrap(), None);
    assert_eq!(if_match("*").optional().unwrap(), None);
    assert_eq!(if_match(""), IfMatch::Absent);
    let tag = ETag::of_page(Version::new(7), b"page");
    let sent = if_match(tag.value().to_str().unwrap());
    assert_eq!(sent.optional().unwrap(), Some(Version::new(7)));
    assert_eq!(if_match("\"stale\"").optional().unwrap_err().code(), Code::PreconditionFailed);
}

#[test]
fn pages_of_one_version_that_differ_have_tags_that_differ() {
    let version = Version::FIRST;
    assert_ne!(ETag::of_page(version, b"a"), ETag::of_page(version, b"b"));
    assert_eq!(ETag::of_content(b"a"), ETag::of_content(b"a"));
    let parts = |parts: [&'static [u8]; 2]| ETag::of_parts(parts.into_iter(), Some("next"));
    assert_ne!(parts([b"1", b"2"]), parts([b"2", b"1"]));
}

#[test]
fn what_is_no_tag_is_refused_as_such() {
    for value in ["5", ",", "{}", "\"5", "*, \"5\"", "\"5\" \"6\""] {
        let problem = IfMatch::of(&with(header::IF_MATCH, value)).unwrap_err();
        assert_eq!(problem.code(), Code::ValidationFailed, "{value}");
    }
}
