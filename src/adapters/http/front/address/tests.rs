use actix_web::test::TestRequest;

use super::*;

const PEER: &str = "10.0.0.1";

fn asked(lines: &[&str], proxies: usize) -> u128 {
    let peer = format!("{PEER}:4711").parse().unwrap();
    let request = TestRequest::default().peer_addr(peer);
    let line =
        |request: TestRequest, line: &&str| request.append_header(("X-Forwarded-For", *line));
    of(&lines.iter().fold(request, line).to_srv_request(), proxies)
}

fn address(text: &str) -> u128 {
    number(text.parse().unwrap())
}

#[test]
fn nobody_is_believed_unless_told_so() {
    for lines in [&[][..], &["1.1.1.1"], &["1.1.1.1, 2.2.2.2", "3.3.3.3"], &["nonsense"]] {
        assert_eq!(asked(lines, 0), address(PEER), "{lines:?}");
    }
}

#[test]
fn so_many_proxies_are_believed_and_none_of_what_stands_before() {
    let cases: [(&[&str], usize, &str); 12] = [
        (&["2.2.2.2"], 1, "2.2.2.2"),
        (&["1.1.1.1, 2.2.2.2"], 1, "2.2.2.2"),
        (&["1.1.1.1", "2.2.2.2"], 1, "2.2.2.2"),
        (&["9.9.9.9, 1.1.1.1, 2.2.2.2"], 2, "1.1.1.1"),
        (&["9.9.9.9, 1.1.1.1", "2.2.2.2"], 2, "1.1.1.1"),
        (&["nonsense, 2.2.2.2"], 1, "2.2.2.2"),
        (&["2.2.2.2:4711"], 1, "2.2.2.2"),
        (&["[2001:db8::1]:4711"], 1, "2001:db8::"),
        // Too few, or none: the request did not come by the proxies.
        (&["2.2.2.2"], 2, PEER),
        (&[], 1, PEER),
        (&["2.2.2.2, nonsense"], 1, PEER),
        (&["2.2.2.2,"], 1, PEER),
    ];
    for (lines, proxies, expected) in cases {
        assert_eq!(asked(lines, proxies), address(expected), "{lines:?} {proxies}");
    }
}

#[test]
fn what_is_no_text_hides_nothing_of_what_a_proxy_wrote() {
    let line = HeaderValue::from_bytes(b"\xff, 2.2.2.2").unwrap();
    let peer = format!("{PEER}:4711").parse().unwrap();
    let request = TestRequest::default().peer_addr(peer);
    let request = request.append_header((X_FORWARDED_FOR, line)).to_srv_request();
    assert_eq!(of(&request, 1), address("2.2.2.2"));
}

#[test]
fn a_network_of_ipv6_is_one_client_and_ipv4_is_the_same_in_both_forms() {
    assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:2"));
    assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
    assert_eq!(address("1.2.3.4"), address("::ffff:1.2.3.4"));
    assert_ne!(address("1.2.3.4"), address("1.2.3.5"));
}
