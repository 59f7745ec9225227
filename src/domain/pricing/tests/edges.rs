use super::*;

fn plain(lines: Vec<BasketLine>) -> Result<PricedBasket, PricingError> {
    price(&basket(lines), &PricingRules::default())
}

#[test]
fn an_empty_basket_costs_nothing() {
    let mut rules = shop(vec![
        promotion(1, fixed(500)),
        promotion(2, buy_get(1, 1, "100")),
        promotion(3, PromotionKind::FreeShipping),
    ]);
    rules.tax_rates = vec![tax(1, "10")];
    rules.shipping_methods = vec![flat(1, "standard", 499)];
    let priced = price(&basket(vec![]), &rules).unwrap();
    assert_eq!(priced.total(), usd(0));
    assert_eq!(priced.shipping(), &Shipping::NotNeeded);
    assert!(priced.lines().is_empty() && priced.promotions().is_empty());
    assert!(priced.tax_lines().is_empty());
}

#[test]
fn a_line_is_handed_through_with_its_figures() {
    let priced = plain(vec![line(7, 250, 4)]).unwrap();
    let expected = PricedLine {
        line: LineId::new(Uuid::from_u128(7)),
        product: product(7),
        sku: Sku::try_new("SKU-7").unwrap(),
        quantity: Quantity::try_new(4).unwrap(),
        unit_price: usd(250),
        subtotal: usd(1000),
        discount: usd(0),
        total: usd(1000),
        tax: usd(0),
        included_tax: usd(0),
    };
    assert_eq!(priced.lines(), [expected]);
}

#[test]
fn sums_beyond_64_bits_are_an_error_and_never_wrap() {
    let overflow = Err(PricingError::Overflow);
    assert_eq!(plain(vec![line(1, i64::MAX, 2)]), overflow);
    assert_eq!(plain(vec![line(1, i64::MAX, 1), line(2, 1, 1)]), overflow);

    let edge = basket(vec![line(1, i64::MAX, 1)]);
    let taxed = PricingRules { tax_rates: vec![tax(1, "0.0001")], ..PricingRules::default() };
    assert_eq!(price(&edge, &taxed), overflow);
    let shipped =
        PricingRules { shipping_methods: vec![flat(1, "a", 1)], ..PricingRules::default() };
    assert_eq!(price(&edge, &shipped), overflow);
}

#[test]
fn the_largest_amount_is_priced_exactly() {
    let edge = || vec![line(1, i64::MAX - 1, 1), line(2, 1, 1)];
    assert_eq!(plain(edge()).unwrap().total(), usd(i64::MAX));
    let half = price(&basket(edge()), &shop(vec![promotion(1, percent("50"))])).unwrap();
    assert_eq!(half.discount_total(), usd(i64::MAX / 2 + 1));
    let sets = price(
        &basket(vec![line(1, i64::MAX / 2, 2)]),
        &shop(vec![promotion(1, buy_get(1, 1, "100"))]),
    );
    assert_eq!(sets.unwrap().total(), usd(i64::MAX / 2));
    let included = PricingRules {
        tax_rates: vec![tax(1, "100")],
        prices_include_tax: true,
        ..PricingRules::default()
    };
    let priced = price(&basket(edge()), &included).unwrap();
    assert_eq!(priced.included_tax_total(), usd(i64::MAX / 2 + 1));
}

#[test]
fn a_parcel_too_heavy_to_weigh_is_an_error() {
    let lines = (0..5_000)
        .map(|number| BasketLine { weight_grams: u32::MAX, ..line(number, 0, 1_000_000) })
        .collect();
    assert_eq!(plain(lines), Err(PricingError::Overflow));
}

#[test]
fn prices_below_zero_or_in_another_currency_are_refused() {
    let line_id = LineId::new(Uuid::from_u128(2));
    let wrong = plain(vec![line(1, 1, 1), line(2, -1, 1)]);
    assert_eq!(wrong, Err(PricingError::NegativePrice { line: line_id }));
    let foreign = BasketLine { unit_price: eur(1), ..line(1, 1, 1) };
    assert!(matches!(plain(vec![foreign]), Err(PricingError::CurrencyMismatch(..))));
}

#[test]
fn a_basket_in_yen_has_no_decimal_digits() {
    let yen = Currency::try_new("JPY").unwrap();
    let mut in_yen = basket(vec![line(1, 0, 3)]);
    in_yen.currency = yen;
    in_yen.lines[0].unit_price = Money::new(333, yen);
    let priced = price(&in_yen, &shop(vec![promotion(1, percent("10"))])).unwrap();
    assert_eq!(priced.total(), Money::new(899, yen));
    assert_eq!(priced.currency(), yen);
}

#[test]
fn a_priced_basket_comes_back_from_its_parts_unless_they_do_not_add_up() {
    let mut rules = shop(vec![promotion(1, percent("10"))]);
    rules.tax_rates = vec![tax(1, "10")];
    rules.shipping_methods = vec![flat(1, "standard", 499)];
    let priced = price(&basket(vec![line(1, 250, 4)]), &rules).unwrap();
    let parts = priced.parts().clone();
    assert_eq!(PricedBasket::restore(parts.clone()), Ok(priced));
    let with_line = |change: fn(&mut PricedLine)| {
        let mut changed = parts.clone();
        change(&mut changed.lines[0]);
        changed
    };
    let with_shipping = |change: fn(&mut ShippingCharge)| {
        let mut changed = parts.clone();
        let Shipping::Charged(charge) = &mut changed.shipping else { panic!("not shipped") };
        change(charge);
        changed
    };
    for wrong in [
        with_line(|line| line.subtotal = usd(999)),
        with_line(|line| line.discount = usd(0)),
        with_line(|line| line.tax = eur(90)),
        with_line(|line| line.unit_price = usd(i64::MAX)),
        with_shipping(|charge| charge.total = usd(1)),
        with_shipping(|charge| charge.tax = eur(1)),
    ] {
        assert!(PricedBasket::restore(wrong).is_err());
    }
}
