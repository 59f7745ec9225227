use super::*;

const TEN: &str = "TEN";

fn ten() -> PromotionParts {
    coupon(1, TEN, percent("10"))
}

fn refused(parts: PromotionParts, basket: &Basket) -> CouponRefusal {
    let rules = shop(vec![parts]);
    let priced = price(basket, &rules).unwrap();
    let refusal = priced.coupon(&code(TEN)).unwrap().outcome.clone().unwrap_err();
    assert!(priced.promotions().is_empty());
    assert_eq!(priced.discount_total(), usd(0));
    let without = Basket { coupons: Vec::new(), ..basket.clone() };
    let checked = coupon_check(&without, &rules, &code(TEN));
    assert_eq!(checked, Err(CouponCheckError::Refused(refusal.clone())));
    refusal
}

fn one_for_1000() -> Basket {
    with_coupons(vec![line(1, 1000, 1)], &[TEN])
}

#[test]
fn a_coupon_never_applies_without_its_code() {
    let priced = price(&basket(vec![line(1, 1000, 1)]), &shop(vec![ten()])).unwrap();
    assert_eq!(priced.total(), usd(1000));
    assert!(priced.coupons().is_empty());
}

#[test]
fn a_coupon_applies_with_its_code_in_any_case() {
    let rules = shop(vec![ten()]);
    let basket = with_coupons(vec![line(1, 1000, 1)], &["tEn"]);
    let priced = price(&basket, &rules).unwrap();
    assert_eq!(priced.total(), usd(900));
    assert_eq!(priced.coupons(), [CouponOutcome { code: code(TEN), outcome: Ok(usd(100)) }]);
    assert_eq!(priced.promotions()[0].code, Some(code(TEN)));
    assert_eq!(coupon_check(&basket, &rules, &code(TEN)), Ok(()));
}

#[test]
fn the_same_coupon_twice_counts_once() {
    let basket = with_coupons(vec![line(1, 1000, 1)], &["TEN", "ten", "TEN"]);
    let priced = price(&basket, &shop(vec![ten()])).unwrap();
    assert_eq!(priced.coupons().len(), 1);
    assert_eq!(priced.discount_total(), usd(100));
}

#[test]
fn an_unknown_code_is_told_and_changes_nothing() {
    let basket = with_coupons(vec![line(1, 1000, 1)], &["NOPE", TEN]);
    let priced = price(&basket, &shop(vec![ten()])).unwrap();
    assert_eq!(priced.coupon(&code("nope")).unwrap().outcome, Err(CouponRefusal::Unknown));
    assert_eq!(priced.total(), usd(900));
}

#[test]
fn a_coupon_that_is_switched_off_is_as_good_as_unknown() {
    let off = PromotionParts { active: false, ..ten() };
    assert_eq!(refused(off, &one_for_1000()), CouponRefusal::Unknown);
}

#[test]
fn a_coupon_tells_when_it_starts_and_when_it_ended() {
    let starts_at = NOW.plus(Span::micros(1));
    let early = PromotionParts { starts_at: Some(starts_at), ..ten() };
    assert_eq!(refused(early, &one_for_1000()), CouponRefusal::NotStarted { starts_at });
    let late = PromotionParts { ends_at: Some(NOW), ..ten() };
    assert_eq!(refused(late, &one_for_1000()), CouponRefusal::Ended { ended_at: NOW });
}

#[test]
fn a_coupon_below_its_minimum_tells_what_is_missing() {
    let parts = PromotionParts { minimum_subtotal: Some(usd(1001)), ..ten() };
    let refusal = refused(parts, &one_for_1000());
    assert_eq!(refusal, CouponRefusal::BelowMinimum { minimum: usd(1001), subtotal: usd(1000) });
    assert_eq!(
        refusal.to_string(),
        "the coupon needs a subtotal of at least 10.01 USD, this is 10.00 USD"
    );
}

#[test]
fn the_minimum_counts_before_other_promotions() {
    let parts = PromotionParts { minimum_subtotal: Some(usd(1000)), ..ten() };
    let rules = shop(vec![parts, promotion(2, percent("50"))]);
    assert_eq!(price(&one_for_1000(), &rules).unwrap().total(), usd(450));
}

#[test]
fn a_coupon_for_other_products_or_another_currency_says_so() {
    let parts = PromotionParts { scope: products(&[2]), ..ten() };
    assert_eq!(refused(parts, &one_for_1000()), CouponRefusal::OtherProducts);
    let parts = coupon(1, TEN, PromotionKind::FixedAmount(eur(1)));
    let currency = eur(0).currency();
    assert_eq!(refused(parts, &one_for_1000()), CouponRefusal::OtherCurrency { currency });
}

#[test]
fn a_coupon_is_used_up_by_all_or_by_one_customer() {
    let mut basket = one_for_1000();
    basket.uses.insert(ten().id, Uses { total: 5, by_customer: 1 });
    let by_all = PromotionParts { usage_limit: Some(5), ..ten() };
    assert_eq!(refused(by_all, &basket), CouponRefusal::UsedUp);
    let by_one = PromotionParts { usage_limit_per_customer: Some(1), ..ten() };
    assert_eq!(refused(by_one, &basket), CouponRefusal::UsedUpForCustomer);
    let enough =
        PromotionParts { usage_limit: Some(6), usage_limit_per_customer: Some(2), ..ten() };
    assert_eq!(price(&basket, &shop(vec![enough])).unwrap().total(), usd(900));
}

#[test]
fn a_coupon_that_would_take_nothing_off_says_so() {
    let nothing = CouponRefusal::NothingToDiscount;
    assert_eq!(refused(ten(), &with_coupons(vec![], &[TEN])), nothing);
    assert_eq!(refused(ten(), &with_coupons(vec![line(1, 0, 1)], &[TEN])), nothing);
    let shipping = coupon(1, TEN, PromotionKind::FreeShipping);
    assert_eq!(refused(shipping, &with_coupons(vec![download(1, 1000, 1)], &[TEN])), nothing);
    let sets = coupon(1, TEN, buy_get(1, 1, "100"));
    assert_eq!(refused(sets, &one_for_1000()), nothing);
}

#[test]
fn a_coupon_finds_nothing_where_earlier_promotions_took_all() {
    let rules = shop(vec![coupon(1, TEN, fixed(100)), promotion(2, percent("100"))]);
    let priced = price(&one_for_1000(), &rules).unwrap();
    assert_eq!(priced.coupons()[0].outcome, Err(CouponRefusal::NothingToDiscount));
    assert_eq!(priced.total(), usd(0));
}

#[test]
fn a_code_that_was_used_again_stands_for_the_promotion_that_runs() {
    let ended = PromotionParts { ends_at: Some(NOW), ..ten() };
    let running = coupon(2, TEN, percent("20"));
    let priced = price(&one_for_1000(), &shop(vec![ended, running])).unwrap();
    assert_eq!(priced.total(), usd(800));
}

#[test]
fn a_code_that_was_switched_off_does_not_hide_its_successor() {
    let starts_at = NOW.plus(Span::days(1));
    let off = PromotionParts { active: false, ..ten() };
    let coming = PromotionParts { starts_at: Some(starts_at), ..coupon(2, TEN, percent("20")) };
    let priced = price(&one_for_1000(), &shop(vec![off, coming])).unwrap();
    assert_eq!(priced.coupons()[0].outcome, Err(CouponRefusal::NotStarted { starts_at }));
}

#[test]
fn a_check_counts_the_coupons_that_are_there_already() {
    let rules = shop(vec![ten(), exclusive(0, coupon(2, "ALONE", percent("50")))]);
    let basket = with_coupons(vec![line(1, 1000, 1)], &["ALONE"]);
    let refusal = CouponRefusal::NotCombinable { with: "promotion 2".to_owned() };
    assert_eq!(coupon_check(&basket, &rules, &code(TEN)), Err(refusal.into()));
}
