use super::*;

#[test]
fn a_percentage_is_exact_to_two_decimal_digits() {
    for (text, basis_points) in [("12.5", 1250), ("0.01", 1), ("100", 10_000), ("7.250", 725)] {
        assert_eq!(Percent::parse(text).unwrap().basis_points(), basis_points);
    }
    for text in ["0", "100.01", "-1", "12.505", "", ".5", "5.", "1e1", "1 ", "+5", "99999999999"] {
        assert!(Percent::parse(text).is_err(), "{text}");
    }
    assert!(Percent::try_new(0).is_err());
    assert!(Percent::try_new(10_001).is_err());
}

#[test]
fn a_tax_rate_is_exact_to_four_decimal_digits() {
    for (text, millionths) in [("8.875", 88_750), ("0", 0), ("100", 1_000_000), ("0.0001", 1)] {
        assert_eq!(Rate::parse(text).unwrap().millionths(), millionths);
    }
    for text in ["100.0001", "0.00001", "-1", "x", "1.2.3"] {
        assert!(Rate::parse(text).is_err(), "{text}");
    }
}

#[test]
fn percentages_are_shown_as_they_are_read() {
    for text in ["12.5", "0.01", "100", "7.25", "10"] {
        assert_eq!(Percent::parse(text).unwrap().to_string(), text);
    }
    for text in ["8.875", "0", "0.0001", "19"] {
        assert_eq!(Rate::parse(text).unwrap().to_string(), text);
    }
}

fn fields(errors: Vec<(&'static str, Invalid)>) -> Vec<&'static str> {
    errors.into_iter().map(|(field, _)| field).collect()
}

#[test]
fn a_promotion_names_each_wrong_part() {
    let parts = PromotionParts {
        name: " ".to_owned(),
        minimum_subtotal: Some(eur(-1)),
        usage_limit: Some(0),
        usage_limit_per_customer: Some(0),
        starts_at: Some(NOW),
        ends_at: Some(NOW),
        scope: products(&[]),
        ..promotion(1, fixed(0))
    };
    let expected = [
        "name",
        "minimum_subtotal",
        "amount",
        "minimum_subtotal",
        "usage_limit",
        "usage_limit_per_customer",
        "ends_at",
        "scope",
    ];
    assert_eq!(fields(Promotion::try_new(parts).unwrap_err()), expected);
}

#[test]
fn a_promotion_keeps_its_parts_and_a_trimmed_name() {
    let parts = PromotionParts { name: "  Ten off ".to_owned(), ..coupon(1, "ten", fixed(1000)) };
    let made = Promotion::try_new(parts.clone()).unwrap();
    assert_eq!(made.name(), "Ten off");
    assert_eq!(made.code(), Some(&code("TEN")));
    assert_eq!(made.parts(), &PromotionParts { name: "Ten off".to_owned(), ..parts });
    assert_eq!(Promotion::try_new(made.parts().clone()).unwrap(), made);
}

#[test]
fn a_tax_rate_needs_a_name_and_no_empty_region() {
    let parts = TaxRateParts { name: String::new(), region: Some(" ".into()), ..tax_parts(1, "5") };
    assert_eq!(fields(TaxRate::try_new(parts).unwrap_err()), ["name", "region"]);
}

#[test]
fn a_shipping_method_names_each_wrong_part() {
    let parts = ShippingMethodParts {
        name: String::new(),
        coverage: Coverage::Countries(BTreeSet::new()),
        ..method_parts(1, "a", ShippingStrategy::Flat { price: usd(-1) })
    };
    assert_eq!(
        fields(ShippingMethod::try_new(parts).unwrap_err()),
        ["name", "countries", "strategy"]
    );
}

#[test]
fn shipping_tables_have_rows_that_ascend_in_one_currency() {
    let weight = |rows: &[(u64, Money)]| ShippingStrategy::ByWeight {
        steps: rows
            .iter()
            .map(|(up_to_grams, price)| WeightStep { up_to_grams: *up_to_grams, price: *price })
            .collect(),
    };
    let subtotal = |rows: &[(Money, Money)]| ShippingStrategy::BySubtotal {
        steps: rows
            .iter()
            .map(|(from, price)| SubtotalStep { from: *from, price: *price })
            .collect(),
    };
    let many: Vec<(u64, Money)> = (0..101).map(|grams| (grams, usd(1))).collect();
    for wrong in [
        weight(&[]),
        weight(&many),
        weight(&[(2, usd(1)), (1, usd(1))]),
        weight(&[(1, usd(1)), (1, usd(2))]),
        weight(&[(1, usd(1)), (2, eur(1))]),
        weight(&[(1, usd(-1))]),
        subtotal(&[]),
        subtotal(&[(usd(5), usd(1)), (usd(5), usd(1))]),
        subtotal(&[(usd(-5), usd(1))]),
        subtotal(&[(eur(5), usd(1))]),
        ShippingStrategy::FreeFrom { price: usd(1), threshold: eur(1) },
    ] {
        let shown = format!("{wrong:?}");
        assert!(ShippingMethod::try_new(method_parts(1, "a", wrong)).is_err(), "{shown}");
    }
    assert!(ShippingMethod::try_new(method_parts(1, "a", weight(&many[..100]))).is_ok());
}
