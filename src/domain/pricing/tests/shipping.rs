use super::*;

fn shipped(methods: Vec<ShippingMethod>) -> PricingRules {
    PricingRules { shipping_methods: methods, ..PricingRules::default() }
}

fn chosen(priced: &PricedBasket) -> (&str, i64) {
    let charge = priced.shipping_charge().unwrap();
    assert_eq!(charge.total, priced.shipping_total());
    (charge.code.as_str(), charge.total.amount())
}

fn listed(basket: &Basket, rules: &PricingRules) -> Vec<(String, i64)> {
    let options = shipping_options(basket, rules).unwrap();
    options.into_iter().map(|it| (it.code.as_str().to_owned(), it.price.amount())).collect()
}

fn listing(rows: &[(&str, i64)]) -> Vec<(String, i64)> {
    rows.iter().map(|(code, price)| ((*code).to_owned(), *price)).collect()
}

#[test]
fn the_cheapest_option_counts_until_one_is_chosen() {
    let rules = shipped(vec![flat(1, "express", 999), flat(2, "standard", 499)]);
    let mut basket = basket(vec![line(1, 1000, 1)]);
    let priced = price(&basket, &rules).unwrap();
    assert_eq!(chosen(&priced), ("standard", 499));
    assert!(!priced.shipping_charge().unwrap().chosen);
    assert_eq!(priced.total(), usd(1499));

    basket.shipping_option = Some(option("EXPRESS"));
    let priced = price(&basket, &rules).unwrap();
    assert_eq!(chosen(&priced), ("express", 999));
    assert!(priced.shipping_charge().unwrap().chosen);
    assert_eq!(priced.shipping_charge().unwrap().name, "by express");
    assert_eq!(listed(&basket, &rules), listing(&[("standard", 499), ("express", 999)]));
}

#[test]
fn equally_cheap_options_go_by_code() {
    let rules = shipped(vec![flat(1, "b", 499), flat(2, "a", 499)]);
    let basket = basket(vec![line(1, 1000, 1)]);
    assert_eq!(chosen(&price(&basket, &rules).unwrap()), ("a", 499));
    assert_eq!(listed(&basket, &rules), listing(&[("a", 499), ("b", 499)]));
}

#[test]
fn goods_that_need_no_shipping_need_no_option() {
    let rules = shipped(vec![flat(1, "standard", 499)]);
    let mut basket = basket(vec![download(1, 1000, 1)]);
    basket.shipping_option = Some(option("standard"));
    let priced = price(&basket, &rules).unwrap();
    assert_eq!(priced.shipping(), &Shipping::NotNeeded);
    assert_eq!(priced.total(), usd(1000));
    assert!(shipping_options(&basket, &rules).unwrap().is_empty());

    basket.lines.push(line(2, 1, 1));
    assert_eq!(price(&basket, &rules).unwrap().total(), usd(1500));
}

#[test]
fn where_no_option_applies_the_basket_is_priced_without() {
    let inland = ShippingMethodParts {
        coverage: Coverage::Countries(countries(&["US", "CA"])),
        ..method_parts(1, "inland", ShippingStrategy::Flat { price: usd(499) })
    };
    let off = ShippingMethodParts {
        active: false,
        ..method_parts(2, "off", ShippingStrategy::Flat { price: usd(1) })
    };
    let euro = method(3, "euro", ShippingStrategy::Flat { price: eur(1) });
    let rules = shipped(vec![
        ShippingMethod::try_new(inland).unwrap(),
        ShippingMethod::try_new(off).unwrap(),
        euro,
    ]);
    let mut basket = basket(vec![line(1, 1000, 1)]);
    assert_eq!(listed(&basket, &rules), listing(&[("inland", 499)]));

    basket.destination.country = country("FR");
    for choice in [None, Some(option("inland"))] {
        basket.shipping_option = choice;
        let priced = price(&basket, &rules).unwrap();
        assert_eq!(priced.shipping(), &Shipping::NoneApplies);
        assert_eq!((priced.shipping_total(), priced.total()), (usd(0), usd(1000)));
    }
    assert!(shipping_options(&basket, &rules).unwrap().is_empty());
}

#[test]
fn a_choice_that_no_longer_applies_is_told_and_nothing_chosen_instead() {
    let rules = shipped(vec![flat(1, "standard", 499)]);
    let mut basket = basket(vec![line(1, 1000, 1)]);
    basket.shipping_option = Some(option("drone"));
    let priced = price(&basket, &rules).unwrap();
    assert_eq!(priced.shipping(), &Shipping::ChoiceGone { code: option("drone") });
    assert_eq!((priced.shipping_total(), priced.total()), (usd(0), usd(1000)));
    assert_eq!(priced.shipping_charge(), None);
    assert_eq!(listed(&basket, &rules), listing(&[("standard", 499)]));
}

#[test]
fn a_table_by_weight_weighs_only_what_is_shipped() {
    let steps = [(1000, 300), (2000, 500)]
        .map(|(up_to_grams, price)| WeightStep { up_to_grams, price: usd(price) });
    let rules =
        shipped(vec![method(1, "post", ShippingStrategy::ByWeight { steps: steps.into() })]);
    let of = |quantity| {
        let basket = basket(vec![line(1, 10, quantity), download(2, 10, 9)]);
        price(&basket, &rules).unwrap().shipping_charge().map(|charge| charge.total.amount())
    };
    assert_eq!(
        [of(1), of(2), of(3), of(4), of(5)],
        [Some(300), Some(300), Some(500), Some(500), None]
    );
}

#[test]
fn a_table_by_subtotal_counts_goods_after_their_discounts() {
    let steps = [(500, 300), (2000, 100)]
        .map(|(from, price)| SubtotalStep { from: usd(from), price: usd(price) });
    let mut rules = shop(vec![promotion(1, percent("50"))]);
    rules.shipping_methods =
        vec![method(1, "post", ShippingStrategy::BySubtotal { steps: steps.into() })];
    let of = |unit_price| {
        let priced = price(&basket(vec![line(1, unit_price, 1)]), &rules).unwrap();
        priced.shipping_charge().map(|charge| charge.total.amount())
    };
    assert_eq!([of(998), of(1000), of(3998), of(4000)], [None, Some(300), Some(300), Some(100)]);
}

#[test]
fn shipping_is_free_from_a_threshold_on() {
    let strategy = ShippingStrategy::FreeFrom { price: usd(499), threshold: usd(5000) };
    let rules = shipped(vec![method(1, "standard", strategy)]);
    let of =
        |unit_price| price(&basket(vec![line(1, unit_price, 1)]), &rules).unwrap().shipping_total();
    assert_eq!([of(4999), of(5000)], [usd(499), usd(0)]);
}

#[test]
fn free_shipping_takes_off_the_whole_price_of_what_is_chosen() {
    let mut rules = shop(vec![coupon(1, "FREE", PromotionKind::FreeShipping)]);
    rules.shipping_methods = vec![flat(1, "express", 999), flat(2, "standard", 499)];
    let mut basket = with_coupons(vec![line(1, 1000, 1)], &["FREE"]);
    let priced = price(&basket, &rules).unwrap();
    let charge = priced.shipping_charge().unwrap();
    assert_eq!((charge.price, charge.discount, charge.total), (usd(499), usd(499), usd(0)));
    assert_eq!(priced.coupons()[0].outcome, Ok(usd(499)));
    assert_eq!((priced.discount_total(), priced.total()), (usd(0), usd(1000)));

    basket.shipping_option = Some(option("express"));
    assert_eq!(price(&basket, &rules).unwrap().coupons()[0].outcome, Ok(usd(999)));
    assert_eq!(listed(&basket, &rules), listing(&[("standard", 0), ("express", 0)]));
}

#[test]
fn free_shipping_for_some_products_needs_one_of_them() {
    let parts =
        PromotionParts { scope: products(&[2]), ..promotion(1, PromotionKind::FreeShipping) };
    let mut rules = shop(vec![parts]);
    rules.shipping_methods = vec![flat(1, "standard", 499)];
    let total = |lines| price(&basket(lines), &rules).unwrap().shipping_total();
    assert_eq!(total(vec![line(1, 1000, 1)]), usd(499));
    assert_eq!(total(vec![line(1, 1000, 1), line(2, 1, 1)]), usd(0));
}

#[test]
fn of_methods_that_share_a_code_the_cheaper_that_applies_counts() {
    let inland = ShippingMethodParts {
        coverage: Coverage::Countries(countries(&["US"])),
        ..method_parts(2, "standard", ShippingStrategy::Flat { price: usd(299) })
    };
    let rules = shipped(vec![flat(1, "standard", 499), ShippingMethod::try_new(inland).unwrap()]);
    let mut basket = basket(vec![line(1, 1000, 1)]);
    assert_eq!(listed(&basket, &rules), listing(&[("standard", 299)]));
    basket.destination.country = country("FR");
    assert_eq!(listed(&basket, &rules), listing(&[("standard", 499)]));
}

#[test]
fn an_option_is_listed_with_the_promotions_that_choosing_it_brings() {
    // Free shipping applies alone, but takes nothing off a pick-up: there the other applies.
    let alone = exclusive(1, promotion(1, PromotionKind::FreeShipping));
    let mut rules = shop(vec![alone, promotion(2, fixed(600))]);
    let free_pick_up = ShippingStrategy::FreeFrom { price: usd(100), threshold: usd(1000) };
    rules.shipping_methods = vec![method(1, "pick-up", free_pick_up), flat(2, "standard", 499)];
    let mut basket = basket(vec![line(1, 1000, 1)]);
    let options = shipping_options(&basket, &rules).unwrap();
    assert_eq!(options.len(), 2);
    for offered in options {
        basket.shipping_option = Some(offered.code);
        assert_eq!(price(&basket, &rules).unwrap().shipping_total(), offered.price);
    }
}
