use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::*;

/// Signs without a key: enough to tell texts apart.
struct Sum;

impl Signer for Sum {
    fn sign(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(purpose.as_bytes());
        digest.update(data);
        digest.finalize().into()
    }

    fn verify(&self, purpose: &str, data: &[u8], signature: &[u8]) -> bool {
        self.sign(purpose, data).starts_with(signature)
    }
}

fn mark() -> ListMark {
    ListMark {
        number: -4_999,
        name: "brass lamp, größer".to_owned(),
        product: ProductId::new(Uuid::from_u128(7)),
    }
}

#[test]
fn a_cursor_gives_back_the_mark_it_was_made_of() {
    let cursor = encode(&Sum, "products price", &mark());
    assert_eq!(decode::<ListMark>(&Sum, "products price", &cursor).unwrap(), mark());

    let order = OrderMark {
        placed_at: Timestamp::from_micros(1_700_000_000_000_000),
        order: OrderId::new(Uuid::from_u128(9)),
    };
    let cursor = encode(&Sum, "orders", &order);
    assert_eq!(decode::<OrderMark>(&Sum, "orders", &cursor).unwrap(), order);

    let sku = Sku::try_new("LAMP-1").unwrap();
    assert_eq!(decode::<Sku>(&Sum, "s", &encode(&Sum, "s", &sku)).unwrap(), sku);
    assert_eq!(decode::<u64>(&Sum, "n", &encode(&Sum, "n", &u64::MAX)).unwrap(), u64::MAX);
}

#[test]
fn a_cursor_with_any_letter_changed_is_refused() {
    let cursor = encode(&Sum, "products name", &mark());
    for index in 0..cursor.len() {
        for letter in ['A', 'a', '0', '-', '_', '='] {
            let mut spoiled: Vec<char> = cursor.chars().collect();
            if spoiled[index] == letter {
                continue;
            }
            spoiled[index] = letter;
            let spoiled: String = spoiled.into_iter().collect();
            assert!(
                decode::<ListMark>(&Sum, "products name", &spoiled).is_err(),
                "{index} {letter}"
            );
        }
    }
}

#[test]
fn a_cursor_is_good_for_its_own_list_alone() {
    let cursor = encode(&Sum, "products name", &mark());
    for list in ["products price", "products nam", "", "products name "] {
        assert!(decode::<ListMark>(&Sum, list, &cursor).is_err(), "{list}");
    }
    assert!(decode::<u64>(&Sum, "products name", &cursor).is_err());
}

#[test]
fn what_never_was_a_cursor_is_refused() {
    for text in ["", "x", "AAAA", "not base64!", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert!(decode::<u64>(&Sum, "list", text).is_err(), "{text}");
    }
}
