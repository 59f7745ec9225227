use super::*;

fn priced(lines: Vec<BasketLine>, promotions: Vec<PromotionParts>) -> PricedBasket {
    price(&basket(lines), &shop(promotions)).unwrap()
}

#[test]
fn a_percentage_is_rounded_once_and_shared_by_largest_remainder() {
    let lines = vec![line(1, 333, 2), line(2, 101, 1), line(3, 7, 3)];
    let priced = priced(lines, vec![promotion(1, percent("10"))]);
    // 78.8 of 788; exact shares are 66.77, 10.13 and 2.11.
    assert_eq!(discounts(&priced), [67, 10, 2]);
    assert_eq!(priced.discount_total(), usd(79));
    assert_eq!(priced.total(), usd(709));
}

#[test]
fn half_a_cent_of_discount_is_rounded_up() {
    assert_eq!(discounts(&priced(vec![line(1, 5, 1)], vec![promotion(1, percent("10"))])), [1]);
    assert_eq!(discounts(&priced(vec![line(1, 4, 1)], vec![promotion(1, percent("12.5"))])), [1]);
    assert_eq!(discounts(&priced(vec![line(1, 4, 1)], vec![promotion(1, percent("12.49"))])), [0]);
}

#[test]
fn odd_cents_go_to_the_earlier_of_equal_lines() {
    let lines = vec![line(3, 100, 1), line(2, 100, 1), line(1, 100, 1)];
    assert_eq!(discounts(&priced(lines, vec![promotion(1, fixed(100))])), [34, 33, 33]);
}

#[test]
fn an_amount_takes_off_no_more_than_there_is() {
    let priced = priced(vec![line(1, 333, 1)], vec![promotion(1, fixed(500))]);
    assert_eq!(priced.discount_total(), usd(333));
    assert_eq!(priced.promotions()[0].amount, usd(333));
    assert_eq!(priced.total(), usd(0));
}

#[test]
fn a_promotion_on_products_touches_only_their_lines() {
    let on_two = |kind| PromotionParts { scope: products(&[2]), ..promotion(1, kind) };
    let lines = || vec![line(1, 1000, 1), line(2, 500, 2), line(3, 0, 1)];
    assert_eq!(discounts(&priced(lines(), vec![on_two(percent("25"))])), [0, 250, 0]);
    assert_eq!(discounts(&priced(lines(), vec![on_two(fixed(5000))])), [0, 1000, 0]);
    assert_eq!(discounts(&priced(lines(), vec![on_two(buy_get(1, 1, "100"))])), [0, 500, 0]);
}

#[test]
fn a_promotion_on_a_category_reaches_what_lies_below_it() {
    let (beds, furniture) = (category(10), category(11));
    let bed = BasketLine { categories: Arc::new([beds, furniture]), ..line(1, 1000, 1) };
    let scope = Scope::Categories([furniture].into());
    let promotions = vec![PromotionParts { scope, ..promotion(1, percent("50")) }];
    assert_eq!(discounts(&priced(vec![bed, line(2, 1000, 1)], promotions)), [500, 0]);
}

#[test]
fn of_every_set_the_cheapest_units_are_given() {
    let promotions = || vec![promotion(1, buy_get(2, 1, "100"))];
    let of = |lines| discounts(&priced(lines, promotions()));
    assert_eq!(of(vec![line(1, 900, 2)]), [0]);
    assert_eq!(of(vec![line(1, 900, 3)]), [900]);
    assert_eq!(of(vec![line(1, 900, 5)]), [900]);
    assert_eq!(of(vec![line(1, 900, 4), line(2, 100, 2)]), [0, 200]);
    assert_eq!(of(vec![line(1, 900, 5), line(2, 100, 1)]), [900, 100]);
}

#[test]
fn the_second_one_may_be_half_off() {
    let promotions = vec![promotion(1, buy_get(1, 1, "50"))];
    let priced = priced(vec![line(1, 1001, 1), line(2, 501, 1)], promotions);
    assert_eq!(discounts(&priced), [0, 251]);
}

#[test]
fn which_of_equally_cheap_units_are_given_does_not_depend_on_their_order() {
    // Of line 1 three units are given, half of 15 rounded up, and one of line 2; the other way
    // round it would be 10.
    let (one, two) = (line(1, 5, 3), line(2, 5, 2));
    let promotions = || vec![promotion(1, buy_get(1, 4, "50"))];
    assert_eq!(discounts(&priced(vec![one.clone(), two.clone()], promotions())), [8, 3]);
    assert_eq!(discounts(&priced(vec![two, one], promotions())), [3, 8]);
}

#[test]
fn units_that_cost_nothing_neither_count_nor_are_given() {
    let of = |lines| discounts(&priced(lines, vec![promotion(1, buy_get(2, 1, "100"))]));
    assert_eq!(of(vec![line(1, 900, 2), line(2, 0, 1)]), [0, 0]);
    assert_eq!(of(vec![line(1, 900, 3), line(2, 0, 3)]), [900, 0]);
}

#[test]
fn promotions_apply_step_by_step_to_what_is_left() {
    // Given in the opposite order, so that nothing but the steps can put them right.
    let promotions = vec![
        promotion(1, PromotionKind::FreeShipping),
        promotion(2, fixed(100)),
        promotion(3, percent("10")),
        PromotionParts { scope: products(&[1]), ..promotion(4, fixed(200)) },
        PromotionParts { scope: products(&[1]), ..promotion(5, percent("50")) },
        promotion(6, buy_get(1, 1, "100")),
    ];
    let mut rules = shop(promotions);
    rules.shipping_methods = vec![flat(1, "standard", 499)];
    let priced = price(&basket(vec![line(1, 1000, 2), line(2, 2000, 1)]), &rules).unwrap();
    let applied: Vec<(u128, i64)> = priced
        .promotions()
        .iter()
        .map(|applied| (applied.promotion.uuid().as_u128(), applied.amount.amount()))
        .collect();
    // Three units make one set: 1000 off line 1, which leaves 1000 and 2000. Half of line 1 is 500,
    // 200 more leave 300. A tenth of 2300 is 230, then 100, then the shipping.
    assert_eq!(applied, [(6, 1000), (5, 500), (4, 200), (3, 230), (2, 100), (1, 499)]);
    assert_eq!(priced.discount_total(), usd(2030));
    assert_eq!(priced.shipping_total(), usd(0));
    assert_eq!(priced.total(), usd(1970));
}

#[test]
fn within_a_step_the_older_promotion_goes_first() {
    let promotions = vec![promotion(2, fixed(700)), promotion(1, fixed(700))];
    let priced = priced(vec![line(1, 1000, 1)], promotions);
    let names: Vec<&str> =
        priced.promotions().iter().map(|applied| applied.name.as_str()).collect();
    assert_eq!(names, ["promotion 1", "promotion 2"]);
    assert_eq!(amounts(priced.promotions().iter().map(|applied| applied.amount)), [700, 300]);
}

#[test]
fn automatic_promotions_keep_to_their_conditions_in_silence() {
    let later = Some(NOW.plus(Span::millis(1)));
    for parts in [
        PromotionParts { active: false, ..promotion(1, percent("10")) },
        PromotionParts { starts_at: later, ..promotion(1, percent("10")) },
        PromotionParts { ends_at: Some(NOW), ..promotion(1, percent("10")) },
        PromotionParts { minimum_subtotal: Some(usd(1001)), ..promotion(1, percent("10")) },
        PromotionParts { minimum_subtotal: Some(eur(1)), ..promotion(1, percent("10")) },
        PromotionParts { scope: products(&[2]), ..promotion(1, percent("10")) },
        promotion(1, PromotionKind::FixedAmount(eur(1))),
        promotion(1, PromotionKind::FreeShipping),
    ] {
        let shown = format!("{parts:?}");
        let priced = priced(vec![line(1, 1000, 1)], vec![parts]);
        assert!(priced.promotions().is_empty(), "{shown}");
        assert_eq!(priced.total(), usd(1000));
    }
}

#[test]
fn a_promotion_runs_from_its_start_to_just_before_its_end() {
    let parts = PromotionParts {
        starts_at: Some(NOW),
        ends_at: Some(NOW.plus(Span::micros(1))),
        minimum_subtotal: Some(usd(1000)),
        ..promotion(1, percent("10"))
    };
    assert_eq!(priced(vec![line(1, 1000, 1)], vec![parts]).discount_total(), usd(100));
}

#[test]
fn a_used_up_automatic_promotion_stops() {
    let parts = PromotionParts { usage_limit: Some(3), ..promotion(1, percent("10")) };
    let mut basket = basket(vec![line(1, 1000, 1)]);
    let total = |basket: &Basket| price(basket, &shop(vec![parts.clone()])).unwrap().total();
    basket.uses.insert(parts.id, Uses { total: 2, by_customer: 0 });
    assert_eq!(total(&basket), usd(900));
    basket.uses.insert(parts.id, Uses { total: 3, by_customer: 0 });
    assert_eq!(total(&basket), usd(1000));
}

#[test]
fn an_applied_promotion_tells_the_limits_that_an_order_has_to_mind() {
    let limited = PromotionParts { usage_limit: Some(3), ..promotion(1, percent("10")) };
    let priced = priced(vec![line(1, 1000, 1)], vec![limited, promotion(2, percent("10"))]);
    let limits: Vec<UsageLimits> =
        priced.promotions().iter().map(|applied| applied.limits).collect();
    assert_eq!(
        limits,
        [UsageLimits { total: Some(3), per_customer: None }, UsageLimits::default()]
    );
    assert!(limits[0].is_limited() && !limits[1].is_limited());
}
