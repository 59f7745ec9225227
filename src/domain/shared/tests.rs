use super::*;
use proptest::prelude::*;

fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

#[test]
fn a_currency_knows_its_exponent() {
    for (code, exponent) in [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("EUR", 2)] {
        assert_eq!(Currency::try_new(code).unwrap().exponent(), exponent);
    }
    for code in ["usd", "US", "ABC", "USDX", ""] {
        assert!(Currency::try_new(code).is_err(), "{code}");
    }
}

#[test]
fn money_is_shown_in_major_units() {
    assert_eq!(usd(-1905).to_string(), "-19.05 USD");
    assert_eq!(Money::new(500, Currency::try_new("JPY").unwrap()).to_string(), "500 JPY");
    assert_eq!(Money::new(1, Currency::try_new("KWD").unwrap()).to_string(), "0.001 KWD");
}

#[test]
fn currencies_never_mix_and_sums_never_wrap() {
    let eur = Money::new(1, Currency::try_new("EUR").unwrap());
    assert!(matches!(usd(1).plus(eur), Err(MoneyError::CurrencyMismatch(..))));
    assert_eq!(usd(i64::MAX).plus(usd(1)), Err(MoneyError::Overflow));
    assert_eq!(usd(i64::MIN).minus(usd(1)), Err(MoneyError::Overflow));
    assert_eq!(usd(i64::MAX).times(2), Err(MoneyError::Overflow));
}

#[test]
fn scaling_rounds_half_away_from_zero() {
    assert_eq!(usd(5).scaled(1, 10), Some(usd(1)));
    assert_eq!(usd(-5).scaled(1, 10), Some(usd(-1)));
    assert_eq!(usd(4).scaled(1, 10), Some(usd(0)));
    assert_eq!(usd(-15).scaled(1, 10), Some(usd(-2)));
    assert_eq!(usd(1).scaled(1, 0), None);
    assert_eq!(usd(i64::MAX).scaled(2, 1), None);
}

#[test]
fn a_split_gives_what_is_left_to_the_largest_remainder_then_the_earlier() {
    assert_eq!(usd(100).split(&[1, 1, 1]), vec![usd(34), usd(33), usd(33)]);
    assert_eq!(usd(10).split(&[1, 2]), vec![usd(3), usd(7)]);
    assert_eq!(usd(-100).split(&[1, 1, 1]), vec![usd(-34), usd(-33), usd(-33)]);
    assert_eq!(usd(7).split(&[0, 0]), vec![usd(7), usd(0)]);
    assert!(usd(7).split(&[]).is_empty());
}

#[test]
fn skus_are_equal_without_regard_to_case() {
    assert_eq!(Sku::try_new("Ab-1").unwrap(), Sku::try_new("aB-1").unwrap());
    for raw in ["", "a b", "é", "a\n", &"x".repeat(65)] {
        assert!(Sku::try_new(raw).is_err(), "{raw}");
    }
}

#[test]
fn codes_are_equal_without_regard_to_case_or_space_around_them() {
    assert_eq!(CouponCode::try_new(" Ten!off ").unwrap().as_str(), "TEN!OFF");
    assert_eq!(ShippingCode::try_new("Express_24").unwrap().as_str(), "express_24");
    assert_eq!(TaxCategory::try_new("STANDARD").unwrap(), TaxCategory::default());
    for raw in ["", "  ", "a b", "é", "a\u{7f}", &"x".repeat(65)] {
        assert!(CouponCode::try_new(raw).is_err(), "{raw}");
        assert!(ShippingCode::try_new(raw).is_err(), "{raw}");
    }
    assert!(ShippingCode::try_new("a/b").is_err());
    assert!(CouponCode::try_new(&"x".repeat(64)).is_ok());
}

#[test]
fn slugs_are_made_of_any_name() {
    for (name, slug) in [
        ("Brass  Lamp!", "brass-lamp"),
        ("Crème Brûlée's", "creme-brulees"),
        ("---", "item"),
        ("日本", "item"),
        ("01890a5d-ac96-774b-bcce-b302099a8057", "item-01890a5d-ac96-774b-bcce-b302099a8057"),
        ("ﬁne №5", "fine-no5"),
    ] {
        assert_eq!(Slug::from_name(name).as_str(), slug);
    }
    for raw in ["", "-a", "a-", "a--b", "A", "01890a5d-ac96-774b-bcce-b302099a8057", "a_b"] {
        assert!(Slug::try_new(raw).is_err(), "{raw}");
    }
}

#[test]
fn an_address_names_each_wrong_part() {
    let errors = Address::try_new(AddressParts { country: "USA".into(), ..Default::default() });
    let fields: Vec<_> = errors.unwrap_err().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["name", "line1", "city", "country"]);
}

#[test]
fn an_email_has_two_sides() {
    for raw in ["a", "@b", "a@", "a b@c", "a@b@c", "a@.b", "a@b..c"] {
        assert!(Email::try_new(raw).is_err(), "{raw}");
    }
    assert_eq!(Email::try_new("Ada@Example.com").unwrap().normalised(), "ada@example.com");
}

#[test]
fn a_quantity_is_one_to_a_million() {
    for units in [0, -1, 1_000_001, i64::MAX] {
        assert!(Quantity::try_new(units).is_err(), "{units}");
    }
    assert!(Quantity::try_new(1_000_000).unwrap().plus(Quantity::ONE).is_err());
}

proptest! {
    #[test]
    fn split_parts_always_sum_to_the_whole(
        amount in -1_000_000_000_000_i64..1_000_000_000_000,
        weights in proptest::collection::vec(0_u64..1_000_000_000, 1..40),
    ) {
        let parts = usd(amount).split(&weights);
        prop_assert_eq!(Money::sum(Currency::USD, parts.iter().copied()).unwrap(), usd(amount));
        prop_assert!(parts.iter().all(|part| part.amount().signum() * amount.signum() >= 0));
    }

    #[test]
    fn every_name_gives_a_slug(name in "\\PC{0,300}") {
        let slug = Slug::from_name(&name);
        prop_assert_eq!(Slug::try_new(slug.as_str()).unwrap(), slug);
    }

    #[test]
    fn skus_that_are_equal_order_and_hash_alike(raw in "[!-~]{1,64}") {
        use std::hash::{BuildHasher, RandomState};
        let (lower, upper) = (
            Sku::try_new(&raw.to_ascii_lowercase()).unwrap(),
            Sku::try_new(&raw.to_ascii_uppercase()).unwrap(),
        );
        let state = RandomState::new();
        prop_assert_eq!(lower.cmp(&upper), std::cmp::Ordering::Equal);
        prop_assert_eq!(state.hash_one(&lower), state.hash_one(&upper));
    }
}

#[test]
fn a_country_is_one_that_iso_3166_assigns_or_kosovo() {
    let codes: std::collections::BTreeSet<&str> = Country::codes().collect();
    assert_eq!(codes.len(), 250);
    assert!(codes.iter().all(|code| Country::try_new(code).is_ok()));
    assert_eq!(Country::try_new("de").unwrap().as_str(), "DE");
    for wrong in ["", "D", "DEU", "ZZ", "UK", "EU", "d ", "é"] {
        assert!(Country::try_new(wrong).is_err(), "{wrong}");
    }
}
