use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

const MASTER: &[u8] = b"0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_760_000_000;

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        at(NOW)
    }
}

fn at(seconds: i64) -> Timestamp {
    moment(seconds).unwrap()
}

fn tokens() -> JwtTokens {
    JwtTokens::new(MASTER, Arc::new(FixedClock))
}

fn staff() -> StaffId {
    StaffId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001))
}

fn claims() -> StaffClaims {
    StaffClaims { staff: staff(), role: Role::Administrator, expires_at: at(NOW + 900) }
}

fn header() -> Value {
    json!({"typ": "JWT", "alg": "HS256"})
}

fn payload() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": staff().to_string(), "role": "administrator",
        "token_use": USE, "iat": NOW, "exp": NOW + 900,
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name).unwrap();
    object
}

fn message(header: &Value, payload: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(payload))
}

/// A token signed by HMAC with `algorithm` under the key that `master` gives.
fn signed_by(algorithm: hmac::Algorithm, master: &[u8], header: &Value, payload: &Value) -> String {
    let key = derive(&hmac::Key::new(hmac::HMAC_SHA256, master), KEY_PURPOSE);
    let message = message(header, payload);
    let signature = hmac::sign(&hmac::Key::new(algorithm, &key), message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A token rightly signed, whatever it says.
fn signed(header: &Value, payload: &Value) -> String {
    signed_by(hmac::HMAC_SHA256, MASTER, header, payload)
}

#[test]
fn a_token_says_who_it_was_issued_to() {
    let token = tokens().issue(&claims()).unwrap();
    assert_eq!(tokens().verify(&token, at(NOW)), Some(claims()));
}

#[test]
fn the_tests_sign_as_the_shop_does() {
    assert_eq!(tokens().verify(&signed(&header(), &payload()), at(NOW)), Some(claims()));
}

#[test]
fn a_token_ends_to_the_second_by_the_given_time() {
    let token = tokens().issue(&claims()).unwrap();
    assert!(tokens().verify(&token, at(NOW + 899)).is_some());
    assert!(tokens().verify(&token, at(NOW + 900)).is_none());
}

#[test]
fn a_token_of_a_replica_half_a_minute_ahead_holds_and_no_further() {
    let ahead = |by: i64| signed(&header(), &with(payload(), "iat", json!(NOW + by)));
    assert!(tokens().verify(&ahead(30), at(NOW)).is_some());
    assert!(tokens().verify(&ahead(31), at(NOW)).is_none());
}

#[test]
fn tokens_under_another_master_key_are_foreign() {
    let foreign = JwtTokens::new(b"another master key", Arc::new(FixedClock));
    let token = foreign.issue(&claims()).unwrap();
    assert!(tokens().verify(&token, at(NOW)).is_none());
}

/// Headers that name another algorithm or a key of their own, signed as well as can be.
fn forged_headers() -> Vec<(&'static str, String)> {
    let alg = |name: &str| with(header(), "alg", json!(name));
    let more = |name: &str, value: Value| signed(&with(header(), name, value), &payload());
    let key = URL_SAFE_NO_PAD.encode(b"attacker");
    vec![
        ("alg none", format!("{}.", message(&alg("none"), &payload()))),
        ("alg None", format!("{}.", message(&alg("None"), &payload()))),
        ("alg NONE signed", signed(&alg("NONE"), &payload())),
        ("alg empty", signed(&alg(""), &payload())),
        ("alg absent", signed(&without(header(), "alg"), &payload())),
        ("alg as a number", signed(&with(header(), "alg", json!(256)), &payload())),
        ("alg small", signed(&alg("hs256"), &payload())),
        ("HS384", signed_by(hmac::HMAC_SHA384, MASTER, &alg("HS384"), &payload())),
        ("HS512", signed_by(hmac::HMAC_SHA512, MASTER, &alg("HS512"), &payload())),
        ("RS256 under our key", signed(&alg("RS256"), &payload())),
        ("ES256 under our key", signed(&alg("ES256"), &payload())),
        ("EdDSA under our key", signed(&alg("EdDSA"), &payload())),
        ("HS384 signed as HS256", signed(&alg("HS384"), &payload())),
        ("jku", more("jku", json!("https://attacker.example/keys"))),
        ("x5u", more("x5u", json!("https://attacker.example/cert"))),
        ("jwk", more("jwk", json!({"kty": "oct", "k": key}))),
        ("kid", more("kid", json!("../../dev/null"))),
        ("crit", more("crit", json!(["exp"]))),
        ("another typ", signed(&with(header(), "typ", json!("at+jwt")), &payload())),
    ]
}

/// Claims that are wrong in one way each, rightly signed.
fn forged_claims() -> Vec<(&'static str, Value)> {
    let claim = |name: &str, value: Value| with(payload(), name, value);
    vec![
        ("expired", claim("exp", json!(NOW - 1))),
        ("exp as text", claim("exp", json!((NOW + 900).to_string()))),
        ("exp null", claim("exp", Value::Null)),
        ("exp with a fraction", claim("exp", json!(1_760_000_900.5))),
        ("exp beyond any time", claim("exp", json!(i64::MAX))),
        ("exp absent", without(payload(), "exp")),
        ("iat as text", claim("iat", json!(NOW.to_string()))),
        ("iat absent", without(payload(), "iat")),
        ("iat to come", claim("iat", json!(NOW + 60))),
        ("another issuer", claim("iss", json!("other"))),
        ("issuers in a list", claim("iss", json!([ISSUER]))),
        ("iss absent", without(payload(), "iss")),
        ("another audience", claim("aud", json!("ecicomm-shop"))),
        ("audiences in a list", claim("aud", json!([AUDIENCE, "other"]))),
        ("aud absent", without(payload(), "aud")),
        ("a refresh token", claim("token_use", json!("refresh"))),
        ("token_use absent", without(payload(), "token_use")),
        ("sub not an id", claim("sub", json!("admin"))),
        ("sub as a number", claim("sub", json!(1))),
        ("an unknown role", claim("role", json!("root"))),
        ("a claim of its own", claim("permissions", json!(["all"]))),
    ]
}

/// Tokens that were cut, mended or never were any.
fn broken() -> Vec<(&'static str, String)> {
    let good = signed(&header(), &payload());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let stranger = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, message.as_bytes()));
    let other = signed(&header(), &with(payload(), "role", json!("root")));
    vec![
        ("foreign key", signed_by(hmac::HMAC_SHA256, b"other", &header(), &payload())),
        ("a plain hash for a signature", format!("{message}.{stranger}")),
        ("another token's signature", format!("{}.{signature}", other.rsplit_once('.').unwrap().0)),
        ("no signature", format!("{message}.")),
        ("two parts", message.to_owned()),
        ("signature cut", good[..good.len() - 2].to_owned()),
        ("a padded signature", format!("{good}=")),
        ("a fourth part", format!("{good}.x")),
        ("a space before", format!(" {good}")),
        ("empty", String::new()),
        ("dots", "..".to_owned()),
        ("far too long", "a".repeat(LONGEST + 1)),
        ("a control character", good.replace('.', ".\n")),
    ]
}

#[test]
fn no_forged_token_of_the_corpus_is_taken() {
    let claims = forged_claims().into_iter().map(|(name, body)| (name, signed(&header(), &body)));
    let corpus: Vec<_> = forged_headers().into_iter().chain(claims).chain(broken()).collect();
    assert!(corpus.len() >= 50, "{}", corpus.len());
    let taken: Vec<_> = corpus
        .iter()
        .filter(|(_, token)| tokens().verify(token, at(NOW)).is_some())
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(taken, Vec::<&str>::new());
}
