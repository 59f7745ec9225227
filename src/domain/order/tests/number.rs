use proptest::prelude::*;

use super::*;

/// As many bits as ten digits of base 32 spell.
const BITS: u64 = (1 << 50) - 1;

#[test]
fn a_number_of_no_bits_is_all_zeros_and_of_all_bits_all_z() {
    assert_eq!(OrderNumber::from_bits(0).as_str(), "0000000000");
    assert_eq!(OrderNumber::from_bits(u64::MAX).as_str(), "ZZZZZZZZZZ");
}

#[test]
fn letters_that_look_like_digits_are_read_as_those() {
    let read = OrderNumber::parse("oOiIlL89zZ").unwrap();
    assert_eq!(read.as_str(), "00111189ZZ");
}

#[test]
fn what_is_not_ten_digits_of_the_alphabet_is_refused() {
    let wrong =
        ["", "000000000", "00000000000", "000000000U", "00000-0000", "000000000 ", "00000000é"];
    for text in wrong {
        let refused = OrderNumber::parse(text).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "order number must have ten letters and digits",
            "{text:?}"
        );
    }
}

proptest! {
    #[test]
    fn a_number_is_read_back_as_it_was_shown_in_either_case(bits in any::<u64>()) {
        let number = OrderNumber::from_bits(bits);
        let shown = number.to_string();
        prop_assert_eq!(OrderNumber::parse(&shown), Ok(number));
        prop_assert_eq!(OrderNumber::parse(&shown.to_ascii_lowercase()), Ok(number));
    }

    #[test]
    fn every_one_of_fifty_bits_counts_and_no_other(one in any::<u64>(), other in any::<u64>()) {
        let same = one & BITS == other & BITS;
        prop_assert_eq!(OrderNumber::from_bits(one) == OrderNumber::from_bits(other), same);
        prop_assert_eq!(OrderNumber::from_bits(one), OrderNumber::from_bits(one | !BITS));
    }

    #[test]
    fn one_flipped_bit_is_another_number(bits in any::<u64>(), flipped in 0_u32..50) {
        let other = bits ^ (1 << flipped);
        prop_assert_ne!(OrderNumber::from_bits(bits), OrderNumber::from_bits(other));
    }
}
