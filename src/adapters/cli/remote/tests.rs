use super::*;

#[test]
fn a_server_is_named_by_an_address_with_or_without_a_slash() {
    for (url, base) in [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ("https://shop.example/behind", "https://shop.example/behind/"),
        ("https://shop.example/behind/?a=b#c", "https://shop.example/behind/"),
    ] {
        assert_eq!(base_of(url).unwrap().as_str(), base);
    }
    for url in ["127.0.0.1:8080", "localhost", "ftp://shop.example", ""] {
        assert!(base_of(url).is_err(), "{url}");
    }
}

#[test]
fn a_refusal_tells_what_the_server_explains_and_how_to_sign_in() {
    let problem = ProblemAnswer {
        detail: "Two parts are wrong.".into(),
        errors: vec![ProblemField { pointer: "/name".into(), detail: "is empty".into() }],
    };
    let told = refusal(StatusCode::BAD_REQUEST, &problem);
    assert_eq!(told, "the server answers 400 Bad Request; Two parts are wrong.; /name is empty");
    let told = refusal(StatusCode::UNAUTHORIZED, &ProblemAnswer::default());
    assert!(told.contains("ECICOMM_TOKEN"), "{told}");
}
