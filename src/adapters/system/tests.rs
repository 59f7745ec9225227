use std::collections::BTreeSet;

use super::*;
use crate::domain::shared::Timestamp;
use crate::ports::system::{Clock, Ids, Secrets, Signer};

#[test]
fn the_clock_stands_still_where_the_machines_is_set_back() {
    let clock = SystemClock::new();
    assert_eq!(clock.not_before(2_000), Timestamp::from_micros(2_000));
    assert_eq!(clock.not_before(1_000), Timestamp::from_micros(2_000));
    assert_eq!(clock.not_before(2_001), Timestamp::from_micros(2_001));
}

#[test]
fn the_clock_tells_a_time_of_this_century() {
    let year_2024 = Timestamp::from_micros(1_704_067_200_000_000);
    assert!(SystemClock::new().now() > year_2024);
}

#[test]
fn ids_of_one_process_are_of_version_seven_and_grow() {
    let ids: Vec<_> = (0..10_000).map(|_| SystemIds.next()).collect();
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
    assert!(ids.is_sorted());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn secrets_fill_the_whole_and_differ() {
    let secrets = OsSecrets::try_new().unwrap();
    let (mut first, mut second) = ([0; 64], [0; 64]);
    secrets.fill(&mut first);
    secrets.fill(&mut second);
    assert_ne!(first, second);
    assert_ne!(first[32..], [0; 32]);
}

const MASTER: &[u8] = b"0123456789abcdef0123456789abcdef";

#[test]
fn a_signature_holds_for_its_data_purpose_and_key_only() {
    let signer = HmacSigner::new(MASTER);
    let signature = signer.sign("order-token", b"order 1");
    assert!(signer.verify("order-token", b"order 1", &signature));
    assert!(!signer.verify("order-token", b"order 2", &signature));
    assert!(!signer.verify("cursor", b"order 1", &signature));
    assert!(!HmacSigner::new(b"another").verify("order-token", b"order 1", &signature));
    assert_eq!(HmacSigner::new(MASTER).sign("order-token", b"order 1"), signature);
}

#[test]
fn a_signature_may_be_cut_to_sixteen_bytes_and_no_further() {
    let signer = HmacSigner::new(MASTER);
    let signature = signer.sign("cursor", b"data");
    assert!(signer.verify("cursor", b"data", &signature[..16]));
    assert!(!signer.verify("cursor", b"data", &signature[..15]));
    assert!(!signer.verify("cursor", b"data", &[]));
    let longer = [signature.as_slice(), &[0]].concat();
    assert!(!signer.verify("cursor", b"data", &longer));
}

#[test]
fn every_bit_of_a_signature_counts() {
    let signer = HmacSigner::new(MASTER);
    let signature = signer.sign("cursor", b"data");
    for bit in 0..256 {
        let mut forged = signature;
        forged[bit / 8] ^= 1 << (bit % 8);
        assert!(!signer.verify("cursor", b"data", &forged), "bit {bit}");
    }
}

#[test]
fn debug_shows_no_key() {
    let shown = format!("{:?}", HmacSigner::new(MASTER));
    assert!(!shown.contains("0123"), "{shown}");
}
