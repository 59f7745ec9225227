use serde_json::{from_str, to_string};

use super::*;

#[test]
fn values_of_the_domain_are_read_as_they_are_written() {
    assert_eq!(from_str::<SkuIn>("\"LAMP-1\"").unwrap().0.as_str(), "LAMP-1");
    assert_eq!(from_str::<CountryIn>("\"us\"").unwrap().0.as_str(), "US");
    assert_eq!(from_str::<CouponCodeIn>("\"ten\"").unwrap().0.as_str(), "TEN");
    assert_eq!(to_string(&from_str::<CurrencyIn>("\"JPY\"").unwrap()).unwrap(), "\"JPY\"");
    let moment = from_str::<TimestampIn>("\"2026-01-31T12:00:00+01:00\"").unwrap();
    assert_eq!(to_string(&moment).unwrap(), "\"2026-01-31T11:00:00.000000Z\"");
}

#[test]
fn nothing_is_trimmed_or_converted() {
    for text in ["\" LAMP-1\"", "\"\"", "5", "null", "\"a b\""] {
        assert!(from_str::<SkuIn>(text).is_err(), "{text}");
        assert!(from_str::<CouponCodeIn>(text).is_err(), "{text}");
    }
    for text in ["\"usd\"", "\"XXX\"", "\"US\""] {
        assert!(from_str::<CurrencyIn>(text).is_err(), "{text}");
    }
    for text in ["\"2026-01-31\"", "\"soon\"", "1700000000"] {
        assert!(from_str::<TimestampIn>(text).is_err(), "{text}");
    }
}

#[test]
fn whole_numbers_keep_to_their_bounds() {
    type Small = Int<1, 10>;
    type Any = Int<{ i64::MIN }, { i64::MAX }>;
    for text in ["1", "10", "1.0", "1e1"] {
        assert!(from_str::<Small>(text).is_ok(), "{text}");
    }
    for text in ["0", "11", "-1", "1.5", "1e20", "0.0", "\"1\"", "true", "18446744073709551615"] {
        assert!(from_str::<Small>(text).is_err(), "{text}");
    }
    for text in ["0", "11", "-11", "1.5"] {
        assert!(from_str::<Signed<10>>(text).is_err(), "{text}");
    }
    assert_eq!(from_str::<Signed<10>>("-10").unwrap().0, -10);
    assert_eq!(from_str::<Signed<10>>("-2.0").unwrap().0, -2);
    assert_eq!(from_str::<Any>("9223372036854775807").unwrap().0, i64::MAX);
    assert!(from_str::<Any>("9223372036854775808").is_err());
    assert!(from_str::<Any>("9007199254740994.0").is_err());
}

#[test]
fn a_percentage_is_kept_digit_by_digit() {
    for (text, kept) in [("10", "10"), ("12.5", "12.5"), ("0.1", "0.1"), ("33.33", "33.33")] {
        assert_eq!(from_str::<Decimal<2, true>>(text).unwrap().0, kept);
    }
    assert!(from_str::<Decimal<2, true>>("\"10\"").is_err());
}

#[test]
fn a_member_that_may_be_left_out_but_not_be_null() {
    #[derive(serde::Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "some")]
        sku: Option<SkuIn>,
    }
    assert!(from_str::<Body>("{}").unwrap().sku.is_none());
    assert!(from_str::<Body>("{\"sku\": \"A\"}").unwrap().sku.is_some());
    assert!(from_str::<Body>("{\"sku\": null}").is_err());
}
