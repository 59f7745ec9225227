//! What holds of every basket under every set of rules.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::*;

const CODES: [&str; 4] = ["ONE", "TWO", "THREE", "FOUR"];

fn any_line() -> impl Strategy<Value = (i64, i64, u128, bool, bool)> {
    let unit_price = prop_oneof![Just(0), 1_i64..10, 1_i64..100_000, 1_i64..1_000_000_000];
    (unit_price, 1_i64..30, 1_u128..5, any::<bool>(), any::<bool>())
}

fn any_lines() -> impl Strategy<Value = Vec<BasketLine>> {
    vec(any_line(), 0..8).prop_map(|rows| {
        let rows = rows.into_iter().zip(1_u128..);
        rows.map(|((unit_price, quantity, kind, requires_shipping, reduced), number)| BasketLine {
            product: product(kind),
            categories: Arc::new([category(kind % 2)]),
            requires_shipping,
            tax_category: TaxCategory::try_new(if reduced { "reduced" } else { "standard" })
                .unwrap(),
            ..line(number, unit_price, quantity)
        })
        .collect()
    })
}

fn any_kind() -> impl Strategy<Value = PromotionKind> {
    let percentage = || (1_u32..=10_000).prop_map(|points| Percent::try_new(points).unwrap());
    prop_oneof![
        percentage().prop_map(PromotionKind::Percentage),
        (1_i64..200_000).prop_map(fixed),
        (1_i64..4, 1_i64..3, percentage()).prop_map(|(buy, get, percent)| {
            PromotionKind::BuyXGetY {
                buy: Quantity::try_new(buy).unwrap(),
                get: Quantity::try_new(get).unwrap(),
                percent,
            }
        }),
        Just(PromotionKind::FreeShipping),
    ]
}

fn any_scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        Just(Scope::WholeOrder),
        (1_u128..5).prop_map(|number| products(&[number])),
        (0_u128..2).prop_map(|number| Scope::Categories([category(number)].into())),
    ]
}

fn any_promotions() -> impl Strategy<Value = Vec<PromotionParts>> {
    let any = (any_kind(), any_scope(), of(0..CODES.len()), of(0_i32..3), of(0_i64..5_000));
    vec(any, 0..6).prop_map(|rows| {
        let rows = rows.into_iter().zip(1_u128..);
        rows.map(|((kind, scope, code_index, priority, minimum), number)| PromotionParts {
            scope,
            code: code_index.map(|index| code(CODES[index])),
            stacking: priority
                .map_or(Stacking::Combinable, |priority| Stacking::Exclusive { priority }),
            minimum_subtotal: minimum.map(usd),
            ..promotion(number, kind)
        })
        .collect()
    })
}

fn any_taxes() -> impl Strategy<Value = Vec<TaxRate>> {
    let categories = prop_oneof![Just("standard"), Just("reduced"), Just("shipping")];
    vec((0_u32..=1_000_000, categories), 0..5).prop_map(|rows| {
        let rows = rows.into_iter().zip(1_u128..);
        rows.map(|((millionths, category), number)| {
            let parts = TaxRateParts {
                rate: Rate::try_new(millionths).unwrap(),
                category: TaxCategory::try_new(category).unwrap(),
                ..tax_parts(number, "0")
            };
            TaxRate::try_new(parts).unwrap()
        })
        .collect()
    })
}

fn any_strategy() -> impl Strategy<Value = ShippingStrategy> {
    let price = || (0_i64..3_000).prop_map(usd);
    prop_oneof![
        price().prop_map(|price| ShippingStrategy::Flat { price }),
        (price(), 0_i64..100_000).prop_map(|(price, threshold)| ShippingStrategy::FreeFrom {
            price,
            threshold: usd(threshold),
        }),
        (price(), 500_u64..20_000).prop_map(|(price, up_to_grams)| ShippingStrategy::ByWeight {
            steps: vec![WeightStep { up_to_grams, price }],
        }),
        (price(), 0_i64..100_000).prop_map(|(price, from)| ShippingStrategy::BySubtotal {
            steps: vec![SubtotalStep { from: usd(from), price }],
        }),
    ]
}

fn any_methods() -> impl Strategy<Value = Vec<ShippingMethod>> {
    vec(any_strategy(), 0..4).prop_map(|rows| {
        let rows = rows.into_iter().zip(["standard", "express", "courier", "standard"]).zip(1..);
        rows.map(|((strategy, text), number)| method(number, text, strategy)).collect()
    })
}

fn any_rules() -> impl Strategy<Value = PricingRules> {
    let parts = (any_promotions(), any_taxes(), any_methods(), any::<bool>());
    parts.prop_map(|(promotions, tax_rates, shipping_methods, prices_include_tax)| PricingRules {
        tax_rates,
        shipping_methods,
        prices_include_tax,
        ..shop(promotions)
    })
}

fn any_basket() -> impl Strategy<Value = Basket> {
    let choice = of(prop_oneof![Just("standard"), Just("express"), Just("gone")]);
    (any_lines(), vec(0..CODES.len(), 0..5), choice).prop_map(|(lines, codes, choice)| {
        let codes: Vec<&str> = codes.into_iter().map(|index| CODES[index]).collect();
        Basket { shipping_option: choice.map(option), ..with_coupons(lines, &codes) }
    })
}

fn sum(parts: impl IntoIterator<Item = Money>) -> Money {
    Money::sum(Currency::USD, parts).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn totals_always_add_up(basket in any_basket(), rules in any_rules()) {
        let priced = price(&basket, &rules).unwrap();
        let lines = priced.lines();
        for (line, given) in lines.iter().zip(&basket.lines) {
            prop_assert_eq!(line.line, given.line);
            prop_assert_eq!(line.subtotal, given.unit_price.times(given.quantity.units()).unwrap());
            prop_assert_eq!(line.total, line.subtotal.minus(line.discount).unwrap());
        }
        prop_assert_eq!(lines.len(), basket.lines.len());
        prop_assert_eq!(priced.subtotal(), sum(lines.iter().map(|line| line.subtotal)));
        prop_assert_eq!(priced.discount_total(), sum(lines.iter().map(|line| line.discount)));
        let goods = priced.subtotal().minus(priced.discount_total()).unwrap();
        prop_assert_eq!(goods, sum(lines.iter().map(|line| line.total)));
        let total = goods.plus(priced.shipping_total()).unwrap().plus(priced.tax_total()).unwrap();
        prop_assert_eq!(priced.total(), total);
    }

    #[test]
    fn taxes_sum_up_by_line_and_by_rate(basket in any_basket(), rules in any_rules()) {
        let priced = price(&basket, &rules).unwrap();
        let by_rate = sum(priced.tax_lines().iter().map(|tax| tax.amount));
        let shipping = priced.shipping_charge();
        let lines = priced.lines();
        let added = lines.iter().map(|line| line.tax).chain(shipping.map(|it| it.tax));
        let included =
            lines.iter().map(|line| line.included_tax).chain(shipping.map(|it| it.included_tax));
        let (added, included) = (sum(added), sum(included));
        prop_assert_eq!((added, included), (priced.tax_total(), priced.included_tax_total()));
        if rules.prices_include_tax {
            prop_assert_eq!((usd(0), by_rate), (priced.tax_total(), included));
            prop_assert!(lines.iter().all(|it| it.included_tax.amount() <= it.total.amount()));
        } else {
            prop_assert_eq!((by_rate, usd(0)), (added, priced.included_tax_total()));
        }
        prop_assert!(priced.tax_lines().iter().all(|it| it.included == rules.prices_include_tax));
    }

    #[test]
    fn nothing_is_ever_negative(basket in any_basket(), rules in any_rules()) {
        let priced = price(&basket, &rules).unwrap();
        for line in priced.lines() {
            prop_assert!(!line.discount.is_negative() && !line.total.is_negative());
            prop_assert!(!line.tax.is_negative() && !line.included_tax.is_negative());
        }
        if let Some(charge) = priced.shipping_charge() {
            prop_assert!(!charge.total.is_negative() && !charge.discount.is_negative());
        }
        prop_assert!(!priced.total().is_negative());
        prop_assert!(priced.discount_total().amount() <= priced.subtotal().amount());
    }

    #[test]
    fn promotions_sum_to_what_is_taken_off(basket in any_basket(), rules in any_rules()) {
        let priced = price(&basket, &rules).unwrap();
        let on_shipping = priced.shipping_charge().map_or(usd(0), |charge| charge.discount);
        let taken = priced.discount_total().plus(on_shipping).unwrap();
        prop_assert_eq!(sum(priced.promotions().iter().map(|applied| applied.amount)), taken);
        prop_assert!(priced.promotions().iter().all(|applied| applied.amount.amount() > 0));
    }

    #[test]
    fn a_coupon_applies_exactly_where_its_promotion_does(
        basket in any_basket(),
        rules in any_rules(),
    ) {
        let priced = price(&basket, &rules).unwrap();
        for applied in priced.promotions() {
            if let Some(code) = &applied.code {
                prop_assert_eq!(&priced.coupon(code).unwrap().outcome, &Ok(applied.amount));
            }
        }
        let accepted = priced.coupons().iter().filter(|coupon| coupon.outcome.is_ok()).count();
        let brought = priced.promotions().iter().filter(|applied| applied.code.is_some()).count();
        prop_assert_eq!(accepted, brought);
        for coupon in priced.coupons() {
            let checked = coupon_check(&basket, &rules, &coupon.code);
            let told = coupon.outcome.clone().map(|_| ()).map_err(CouponCheckError::Refused);
            prop_assert_eq!(checked, told);
        }
    }

    #[test]
    fn every_listed_option_costs_what_is_shown_once_it_is_chosen(
        basket in any_basket(),
        rules in any_rules(),
    ) {
        let options = shipping_options(&basket, &rules).unwrap();
        for offered in &options {
            let choice = Some(offered.code.clone());
            let chosen = Basket { shipping_option: choice, ..basket.clone() };
            let priced = price(&chosen, &rules).unwrap();
            prop_assert_eq!(priced.shipping_total(), offered.price);
            prop_assert_eq!(&priced.shipping_charge().unwrap().code, &offered.code);
        }
        let open = price(&Basket { shipping_option: None, ..basket }, &rules).unwrap();
        prop_assert_eq!(open.shipping_charge().is_some(), !options.is_empty());
    }

    #[test]
    fn the_order_of_lines_does_not_change_the_total(
        (lines, shuffled) in any_lines()
            .prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
        kinds in vec(any_kind(), 0..5),
        methods in any_methods(),
    ) {
        // On the whole order and without tax: only there no odd cent can fall on another line that
        // a narrower promotion or another rate would treat differently.
        let promotions = kinds.into_iter().zip(1..).map(|(kind, number)| promotion(number, kind));
        let rules = PricingRules { shipping_methods: methods, ..shop(promotions.collect()) };
        let total = |lines| price(&basket(lines), &rules).unwrap().total();
        prop_assert_eq!(total(lines), total(shuffled));
    }

    #[test]
    fn the_order_of_rules_and_coupons_changes_nothing(
        basket in any_basket(),
        (rules, shuffled) in any_rules().prop_flat_map(|rules| {
            let promotions = Just(rules.promotions.clone()).prop_shuffle();
            (Just(rules), promotions)
        }),
    ) {
        let mut turned = PricingRules { promotions: shuffled, ..rules.clone() };
        turned.tax_rates.reverse();
        turned.shipping_methods.reverse();
        prop_assert_eq!(price(&basket, &rules), price(&basket, &turned));
        let mut backwards = basket.clone();
        backwards.coupons.reverse();
        let total = |basket: &Basket| price(basket, &rules).unwrap().total();
        prop_assert_eq!(total(&basket), total(&backwards));
    }

    #[test]
    fn amounts_of_any_size_are_priced_or_refused_but_never_wrap(
        prices in vec(0_i64..=i64::MAX, 0..4),
        quantity in 1_i64..=1_000_000,
        rules in any_rules(),
    ) {
        let lines = prices.into_iter().zip(1..);
        let lines = lines.map(|(unit_price, number)| line(number, unit_price, quantity)).collect();
        let exact = |lines: &[BasketLine]| lines.iter()
            .map(|line| i128::from(line.unit_price.amount()) * i128::from(quantity)).sum::<i128>();
        let basket = basket(lines);
        match price(&basket, &rules) {
            Ok(priced) => {
                prop_assert_eq!(i128::from(priced.subtotal().amount()), exact(&basket.lines));
                prop_assert!(!priced.total().is_negative());
            }
            Err(error) => prop_assert_eq!(error, PricingError::Overflow),
        }
    }
}
