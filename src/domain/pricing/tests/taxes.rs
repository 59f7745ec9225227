use super::*;

fn taxed(rates: Vec<TaxRate>, included: bool) -> PricingRules {
    PricingRules { tax_rates: rates, prices_include_tax: included, ..PricingRules::default() }
}

fn tax_amounts(priced: &PricedBasket) -> Vec<(String, i64)> {
    priced.tax_lines().iter().map(|tax| (tax.name.clone(), tax.amount.amount())).collect()
}

#[test]
fn added_tax_is_rounded_half_away_from_zero_per_line() {
    // A tenth of 5 is half a cent, on each line.
    let basket = basket(vec![line(1, 5, 1), line(2, 5, 1), line(3, 4, 1)]);
    let priced = price(&basket, &taxed(vec![tax(1, "10")], false)).unwrap();
    assert_eq!(amounts(priced.lines().iter().map(|line| line.tax)), [1, 1, 0]);
    assert_eq!(priced.tax_total(), usd(2));
    assert_eq!(priced.included_tax_total(), usd(0));
    assert_eq!(priced.total(), usd(16));
}

#[test]
fn included_tax_is_told_and_not_added() {
    let priced =
        price(&basket(vec![line(1, 11_900, 1)]), &taxed(vec![tax(1, "19")], true)).unwrap();
    assert_eq!(priced.included_tax_total(), usd(1900));
    assert_eq!(priced.tax_total(), usd(0));
    assert_eq!(priced.total(), usd(11_900));
    assert_eq!((priced.lines()[0].tax, priced.lines()[0].included_tax), (usd(0), usd(1900)));
    let tax = &priced.tax_lines()[0];
    assert!(tax.included);
    assert_eq!((tax.rate.to_string().as_str(), tax.amount), ("19", usd(1900)));
}

#[test]
fn included_tax_is_rounded_half_away_from_zero() {
    // 3 × 20 / 120 is exactly half a cent.
    let priced = price(&basket(vec![line(1, 3, 1)]), &taxed(vec![tax(1, "20")], true)).unwrap();
    assert_eq!(priced.included_tax_total(), usd(1));
}

#[test]
fn tax_is_due_on_what_discounts_leave() {
    let mut rules = shop(vec![promotion(1, percent("50"))]);
    rules.tax_rates = vec![tax(1, "8.875")];
    let priced = price(&basket(vec![line(1, 2000, 1)]), &rules).unwrap();
    assert_eq!(priced.tax_total(), usd(89));
    assert_eq!(priced.total(), usd(1089));
}

#[test]
fn a_rate_is_due_in_its_country_region_and_category_only() {
    let illinois = TaxRateParts { region: Some("il ".into()), ..tax_parts(0, "2") };
    let texas = TaxRateParts { region: Some("TX".into()), ..tax_parts(3, "3") };
    let france = TaxRateParts { country: country("FR"), ..tax_parts(4, "4") };
    let books =
        TaxRateParts { category: TaxCategory::try_new("books").unwrap(), ..tax_parts(5, "5") };
    let rates = [tax_parts(1, "1"), illinois, texas, france, books];
    let rules = taxed(rates.map(|parts| TaxRate::try_new(parts).unwrap()).into(), false);
    let mut basket = basket(vec![line(1, 10_000, 1)]);
    let of = |basket: &Basket| tax_amounts(&price(basket, &rules).unwrap());
    let named = |name: &str, amount| (name.to_owned(), amount);
    assert_eq!(of(&basket), [named("tax 1", 100), named("tax 0", 200)]);
    basket.destination.region = Some(" iL".to_owned());
    assert_eq!(of(&basket).len(), 2);
    basket.destination.region = None;
    assert_eq!(of(&basket), [named("tax 1", 100)]);
    basket.lines[0].tax_category = TaxCategory::try_new("Books").unwrap();
    assert_eq!(of(&basket), [named("tax 5", 500)]);
    basket.destination.country = country("FR");
    assert!(of(&basket).is_empty());
}

#[test]
fn rates_of_one_line_are_each_rounded_by_themselves() {
    let rates = || vec![tax(1, "5"), tax(2, "9.975")];
    let basket = basket(vec![line(1, 10_010, 1)]);
    let added = price(&basket, &taxed(rates(), false)).unwrap();
    // 500.5 and 998.4975.
    assert_eq!(amounts(added.tax_lines().iter().map(|tax| tax.amount)), [501, 998]);
    assert_eq!(added.total(), usd(11_509));
    let included = price(&basket, &taxed(rates(), true)).unwrap();
    // 10010 × 5 / 114.975 and 10010 × 9.975 / 114.975.
    assert_eq!(amounts(included.tax_lines().iter().map(|tax| tax.amount)), [435, 868]);
}

#[test]
fn no_price_contains_more_tax_than_itself() {
    let rates = (1..=3).map(|number| tax(number, "100")).collect();
    let priced = price(&basket(vec![line(1, 2, 1)]), &taxed(rates, true)).unwrap();
    assert_eq!(amounts(priced.tax_lines().iter().map(|tax| tax.amount)), [1, 1, 0]);
}

#[test]
fn shipping_is_taxed_by_its_own_category_after_its_discount() {
    let rate =
        TaxRateParts { category: TaxCategory::try_new("shipping").unwrap(), ..tax_parts(2, "20") };
    let mut rules = taxed(vec![tax(1, "10"), TaxRate::try_new(rate).unwrap()], false);
    rules.shipping_methods = vec![flat(1, "standard", 500)];
    let basket = basket(vec![line(1, 1000, 1)]);
    let priced = price(&basket, &rules).unwrap();
    let named = |name: &str, amount| (name.to_owned(), amount);
    assert_eq!(tax_amounts(&priced), [named("tax 1", 100), named("tax 2", 100)]);
    assert_eq!(priced.shipping_charge().unwrap().tax, usd(100));
    assert_eq!(priced.total(), usd(1700));

    rules.prices_include_tax = true;
    let priced = price(&basket, &rules).unwrap();
    assert_eq!(tax_amounts(&priced), [named("tax 1", 91), named("tax 2", 83)]);
    assert_eq!(priced.shipping_charge().unwrap().included_tax, usd(83));
    assert_eq!(priced.included_tax_total(), usd(174));
    assert_eq!(priced.total(), usd(1500));

    rules.prices_include_tax = false;
    rules.promotions = shop(vec![promotion(1, PromotionKind::FreeShipping)]).promotions;
    let priced = price(&basket, &rules).unwrap();
    assert_eq!(tax_amounts(&priced), [named("tax 1", 100), named("tax 2", 0)]);
    assert_eq!(priced.total(), usd(1100));
}

#[test]
fn a_basket_says_whether_its_destination_is_a_guess() {
    let sure = basket(vec![line(1, 1, 1)]);
    assert!(!price(&sure, &PricingRules::default()).unwrap().estimated());
    let guess = Basket { estimated: true, ..sure };
    assert!(price(&guess, &PricingRules::default()).unwrap().estimated());
}

#[test]
fn a_destination_is_read_off_an_address() {
    let parts = AddressParts {
        name: "Ada".into(),
        line1: "1 Main Street".into(),
        city: "Springfield".into(),
        region: Some("IL".into()),
        country: "us".into(),
        ..AddressParts::default()
    };
    let destination = Destination::from(&Address::try_new(parts).unwrap());
    assert_eq!(destination, basket(vec![]).destination);
}
