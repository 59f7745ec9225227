use super::*;
use crate::ports::PortErrorKind;

fn hasher() -> Argon2Hasher {
    Argon2Hasher::with_width(1).unwrap()
}

#[tokio::test]
async fn a_stored_hash_names_argon2id_with_19456_kib_two_passes_and_one_lane() {
    let hash = hasher().hash("correct horse").await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let salt = hash.split('$').nth(4).unwrap();
    assert_eq!(salt.len(), 22, "sixteen bytes in base64 without padding: {salt}");
}

#[tokio::test]
async fn the_right_password_verifies_and_another_does_not() {
    let hasher = hasher();
    let hash = hasher.hash("correct horse").await.unwrap();
    assert!(hasher.verify("correct horse", Some(&hash)).await.unwrap());
    assert!(!hasher.verify("Correct horse", Some(&hash)).await.unwrap());
    assert!(!hasher.verify("", Some(&hash)).await.unwrap());
}

#[tokio::test]
async fn the_same_password_has_another_salt_each_time() {
    let hasher = hasher();
    let (first, second) = (hasher.hash("same").await.unwrap(), hasher.hash("same").await.unwrap());
    assert_ne!(first, second);
}

#[tokio::test]
async fn without_a_hash_the_answer_is_no() {
    assert!(!hasher().verify("anything", None).await.unwrap());
}

#[tokio::test]
async fn a_hash_that_is_none_is_corrupt_and_not_a_wrong_password() {
    let error = hasher().verify("anything", Some("plain text")).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Corrupt);
}

#[tokio::test]
async fn those_who_would_wait_too_long_are_turned_away() {
    let hasher = hasher();
    let _all: Vec<_> = std::iter::from_fn(|| hasher.waiting.try_acquire().ok()).collect();
    let error = hasher.verify("anything", None).await.unwrap_err();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
}
