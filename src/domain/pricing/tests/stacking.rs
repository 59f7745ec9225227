use super::*;

fn applied(basket: &Basket, rules: &PricingRules) -> Vec<String> {
    let priced = price(basket, rules).unwrap();
    priced.promotions().iter().map(|applied| applied.name.clone()).collect()
}

fn one_for_1000() -> Basket {
    with_coupons(vec![line(1, 1000, 1)], &["TEN"])
}

fn ten() -> PromotionParts {
    coupon(9, "TEN", percent("10"))
}

#[test]
fn combinable_promotions_apply_together() {
    let rules = shop(vec![ten(), promotion(1, percent("20"))]);
    assert_eq!(applied(&one_for_1000(), &rules), ["promotion 1", "promotion 9"]);
}

#[test]
fn an_exclusive_promotion_applies_alone_and_coupons_are_told_why() {
    let rules =
        shop(vec![ten(), promotion(1, percent("20")), exclusive(0, promotion(2, fixed(5)))]);
    assert_eq!(applied(&one_for_1000(), &rules), ["promotion 2"]);
    let outcome = price(&one_for_1000(), &rules).unwrap().coupons()[0].outcome.clone();
    assert_eq!(outcome, Err(CouponRefusal::NotCombinable { with: "promotion 2".to_owned() }));
}

#[test]
fn of_exclusive_promotions_the_highest_priority_wins() {
    let rules = shop(vec![
        exclusive(1, promotion(1, percent("50"))),
        exclusive(2, promotion(2, percent("5"))),
        exclusive(-3, promotion(3, percent("90"))),
    ]);
    assert_eq!(applied(&one_for_1000(), &rules), ["promotion 2"]);
}

#[test]
fn at_equal_priority_a_coupon_wins_and_then_the_older() {
    let automatic = exclusive(1, promotion(1, percent("50")));
    let rules = shop(vec![automatic.clone(), exclusive(1, ten())]);
    assert_eq!(applied(&one_for_1000(), &rules), ["promotion 9"]);
    let older = exclusive(1, promotion(0, fixed(5)));
    let rules = shop(vec![automatic, older]);
    assert_eq!(applied(&one_for_1000(), &rules), ["promotion 0"]);
}

#[test]
fn an_exclusive_promotion_that_would_take_nothing_off_keeps_nobody_off() {
    let sets = exclusive(9, promotion(1, buy_get(1, 1, "100")));
    let shipping = exclusive(8, promotion(2, PromotionKind::FreeShipping));
    let rules = shop(vec![sets, shipping, ten(), promotion(3, percent("20"))]);
    assert_eq!(applied(&one_for_1000(), &rules), ["promotion 3", "promotion 9"]);
}

#[test]
fn an_exclusive_promotion_never_joins_others() {
    // Alone it finds the shipping free. Beside the tenth off, which brings the goods below the
    // threshold, it would not, but it does not apply beside others.
    let alone = exclusive(1, promotion(1, PromotionKind::FreeShipping));
    let mut rules = shop(vec![alone, ten()]);
    let strategy = ShippingStrategy::FreeFrom { price: usd(499), threshold: usd(1000) };
    rules.shipping_methods = vec![method(1, "standard", strategy)];
    assert_eq!(applied(&one_for_1000(), &rules), ["promotion 9"]);
    assert_eq!(price(&one_for_1000(), &rules).unwrap().total(), usd(900 + 499));
}

#[test]
fn an_exclusive_promotion_below_its_conditions_keeps_nobody_off() {
    let dear = PromotionParts { minimum_subtotal: Some(usd(5000)), ..promotion(1, percent("50")) };
    let rules = shop(vec![exclusive(9, dear), ten()]);
    assert_eq!(applied(&one_for_1000(), &rules), ["promotion 9"]);
}
