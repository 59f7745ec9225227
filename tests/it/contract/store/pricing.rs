//! Promotions, tax rates and shipping methods.

use std::collections::BTreeSet;
use std::sync::Arc;

use ecicomm::domain::pricing::{
    Coverage, Percent, Promotion, PromotionKind, PromotionParts, Rate, Scope, ShippingMethod,
    ShippingMethodParts, ShippingStrategy, Stacking, SubtotalStep, TaxRate, TaxRateParts,
    WeightStep,
};
use ecicomm::domain::shared::{
    Country, ShippingCode, ShippingMethodId, TaxCategory, TaxRateId, Version,
};
use ecicomm::ports::store::{Conflict, Unique, Write};
use uuid::Uuid;

use super::Backend;
use crate::harness::build::{
    at, before, category_id, coupon, product_id, promotion_id, units, usd,
};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            pricing,
            [
                a_promotion_reads_back_with_every_field,
                a_tax_rate_reads_back_with_every_field,
                a_shipping_method_reads_back_with_every_field,
                what_is_new_must_not_exist_and_what_is_old_must_have_its_version,
                codes_are_unique_until_they_are_given_up,
                a_tax_is_set_once_for_a_place_and_a_category,
                what_is_deleted_is_gone,
                each_is_read_in_pages_by_id,
                rules_hold_what_is_automatic_and_the_coupons_asked_for,
                rules_follow_every_change,
            ]
        );
    };
}
pub(crate) use cases;

/// Ten per cent off, for who gives the code, if there is one.
fn promotion(number: u128, code: Option<&str>) -> PromotionParts {
    let kind = PromotionKind::Percentage(Percent::try_new(1_000).unwrap());
    PromotionParts {
        code: code.map(coupon),
        ..PromotionParts::new(promotion_id(number), format!("Promotion {number}"), kind)
    }
}

fn save(parts: &PromotionParts) -> Write {
    let promotion = Arc::new(Promotion::try_new(parts.clone()).unwrap());
    Write::SavePromotion { expected: before(parts.version), promotion }
}

fn tax_rate(number: u128) -> TaxRateParts {
    TaxRateParts {
        id: TaxRateId::new(Uuid::from_u128(number)),
        name: format!("Tax {number}"),
        country: Country::US,
        region: Some("CA".to_owned()),
        category: TaxCategory::try_new("reduced").unwrap(),
        rate: Rate::try_new(72_500).unwrap(),
        version: Version::FIRST,
    }
}

fn save_rate(parts: &TaxRateParts) -> Write {
    let tax_rate = Arc::new(TaxRate::try_new(parts.clone()).unwrap());
    Write::SaveTaxRate { expected: before(parts.version), tax_rate }
}

pub fn method(number: u128, code: &str) -> ShippingMethodParts {
    ShippingMethodParts {
        id: ShippingMethodId::new(Uuid::from_u128(number)),
        code: ShippingCode::try_new(code).unwrap(),
        name: format!("Method {number}"),
        coverage: Coverage::Worldwide,
        strategy: ShippingStrategy::Flat { price: usd(500) },
        tax_category: TaxCategory::default(),
        active: true,
        version: Version::FIRST,
    }
}

pub fn save_method(parts: &ShippingMethodParts) -> Write {
    let method = Arc::new(ShippingMethod::try_new(parts.clone()).unwrap());
    Write::SaveShippingMethod { expected: before(parts.version), method }
}

async fn kept(b: &Backend, number: u128) -> Option<Arc<Promotion>> {
    b.pricing.promotion(promotion_id(number)).await.unwrap()
}

pub async fn a_promotion_reads_back_with_every_field(b: Backend) {
    let percent = |points| Percent::try_new(points).unwrap();
    let kinds = [
        (PromotionKind::Percentage(percent(1_250)), Scope::WholeOrder),
        (PromotionKind::FixedAmount(usd(500)), Scope::Categories(BTreeSet::from([category_id(1)]))),
        (
            PromotionKind::BuyXGetY { buy: units(2), get: units(1), percent: percent(10_000) },
            Scope::Products(BTreeSet::from([product_id(1), product_id(2)])),
        ),
        (PromotionKind::FreeShipping, Scope::WholeOrder),
    ];
    for (number, (kind, scope)) in (1..).zip(kinds) {
        let parts = PromotionParts {
            kind,
            scope,
            minimum_subtotal: Some(usd(2_000)),
            usage_limit: Some(5),
            usage_limit_per_customer: Some(1),
            starts_at: Some(at(1)),
            ends_at: Some(at(2)),
            stacking: Stacking::Exclusive { priority: -4 },
            active: false,
            ..promotion(number, Some(&format!("CODE-{number}")))
        };
        b.commit([save(&parts)]).await;
        assert_eq!(kept(&b, number).await.unwrap().parts(), &parts);
    }
    assert_eq!(kept(&b, 9).await, None);
}

pub async fn a_tax_rate_reads_back_with_every_field(b: Backend) {
    b.commit([save_rate(&tax_rate(1))]).await;
    let found = b.pricing.tax_rate(tax_rate(1).id).await.unwrap().unwrap();
    assert_eq!(*found.parts(), tax_rate(1));
    assert_eq!(b.pricing.tax_rate(tax_rate(2).id).await.unwrap(), None);
}

pub async fn a_shipping_method_reads_back_with_every_field(b: Backend) {
    let strategies = [
        ShippingStrategy::Flat { price: usd(500) },
        ShippingStrategy::ByWeight {
            steps: vec![WeightStep { up_to_grams: 2_000, price: usd(700) }],
        },
        ShippingStrategy::BySubtotal {
            steps: vec![SubtotalStep { from: usd(0), price: usd(900) }],
        },
        ShippingStrategy::FreeFrom { price: usd(500), threshold: usd(5_000) },
    ];
    for (number, strategy) in (1..).zip(strategies) {
        let parts = ShippingMethodParts {
            coverage: Coverage::Countries(BTreeSet::from([Country::US])),
            strategy,
            active: false,
            ..method(number, &format!("method-{number}"))
        };
        b.commit([save_method(&parts)]).await;
        let found = b.pricing.shipping_method(parts.id).await.unwrap().unwrap();
        assert_eq!(*found.parts(), parts);
    }
    assert_eq!(b.pricing.shipping_method(method(9, "none").id).await.unwrap(), None);
}

pub async fn what_is_new_must_not_exist_and_what_is_old_must_have_its_version(b: Backend) {
    b.commit([save(&promotion(1, None)), save_rate(&tax_rate(1)), save_method(&method(1, "flat"))])
        .await;
    let later = Version::new(3);
    let promotions = [promotion(1, None), PromotionParts { version: later, ..promotion(1, None) }];
    for parts in promotions {
        assert_eq!(b.refusal(save(&parts)).await, Conflict::Stale("promotion"));
    }
    for parts in [tax_rate(1), TaxRateParts { version: later, ..tax_rate(1) }] {
        assert_eq!(b.refusal(save_rate(&parts)).await, Conflict::Stale("tax rate"));
    }
    let methods = [method(1, "flat"), ShippingMethodParts { version: later, ..method(1, "flat") }];
    for parts in methods {
        assert_eq!(b.refusal(save_method(&parts)).await, Conflict::Stale("shipping method"));
    }
    let second = Version::new(2);
    b.commit([
        save(&PromotionParts { version: second, ..promotion(1, None) }),
        save_rate(&TaxRateParts { version: second, ..tax_rate(1) }),
        save_method(&ShippingMethodParts { version: second, ..method(1, "flat") }),
    ])
    .await;
    assert_eq!(kept(&b, 1).await.unwrap().version(), second);
}

pub async fn codes_are_unique_until_they_are_given_up(b: Backend) {
    b.commit([save(&promotion(1, Some("spring"))), save_method(&method(1, "flat"))]).await;
    let taken = Conflict::Taken(Unique::CouponCode, "SPRING".to_owned());
    assert_eq!(b.refusal(save(&promotion(2, Some("Spring")))).await, taken);
    let taken = Conflict::Taken(Unique::ShippingCode, "flat".to_owned());
    assert_eq!(b.refusal(save_method(&method(2, "flat"))).await, taken);

    let second = Version::new(2);
    b.commit([
        save(&PromotionParts { version: second, ..promotion(1, Some("summer")) }),
        save_method(&ShippingMethodParts { version: second, ..method(1, "slow") }),
        save(&promotion(2, Some("spring"))),
        save_method(&method(2, "flat")),
    ])
    .await;
    let rules = b.pricing.rules(&[coupon("SPRING")]).await.unwrap();
    assert_eq!(rules.promotions[0].id(), promotion_id(2));
}

pub async fn a_tax_is_set_once_for_a_place_and_a_category(b: Backend) {
    let vat = |number| TaxRateParts { name: "VAT".to_owned(), ..tax_rate(number) };
    b.commit([save_rate(&vat(1))]).await;
    let taken = Conflict::Taken(Unique::TaxRate, "vat".to_owned());
    let again = TaxRateParts {
        name: "vat".to_owned(),
        region: Some("ca".to_owned()),
        rate: Rate::try_new(1).unwrap(),
        ..vat(2)
    };
    assert_eq!(b.refusal(save_rate(&again)).await, taken);

    let others = [
        TaxRateParts { name: "City tax".to_owned(), ..vat(3) },
        TaxRateParts { country: Country::try_new("DE").unwrap(), ..vat(4) },
        TaxRateParts { region: None, ..vat(5) },
        TaxRateParts { category: TaxCategory::default(), ..vat(6) },
    ];
    b.commit(others.iter().map(save_rate)).await;
    let second = Version::new(2);
    let moved = TaxRateParts { id: tax_rate(3).id, version: second, ..again.clone() };
    assert_eq!(b.refusal(save_rate(&moved)).await, taken);
    let (mine, third) = (vat(1), Version::new(3));
    b.commit([
        save_rate(&TaxRateParts { version: second, rate: again.rate, ..mine.clone() }),
        save_rate(&TaxRateParts { version: third, name: "Old VAT".to_owned(), ..mine }),
        save_rate(&moved),
        Write::DeleteTaxRate { id: moved.id, expected: second },
        save_rate(&again),
    ])
    .await;
}

pub async fn what_is_deleted_is_gone(b: Backend) {
    b.commit([
        save(&promotion(1, Some("spring"))),
        save_rate(&tax_rate(1)),
        save_method(&method(1, "flat")),
    ])
    .await;
    let (id, rate, way) = (promotion_id(1), tax_rate(1).id, method(1, "flat").id);
    let delete = |expected| {
        [
            Write::DeletePromotion { id, expected },
            Write::DeleteTaxRate { id: rate, expected },
            Write::DeleteShippingMethod { id: way, expected },
        ]
    };
    for write in delete(Version::new(2)) {
        assert!(matches!(b.refusal(write).await, Conflict::Stale(_)));
    }
    b.commit(delete(Version::FIRST)).await;
    assert_eq!(kept(&b, 1).await, None);
    assert_eq!(b.pricing.tax_rate(rate).await.unwrap(), None);
    assert_eq!(b.pricing.shipping_method(way).await.unwrap(), None);
    for write in delete(Version::FIRST) {
        assert!(matches!(b.refusal(write).await, Conflict::Stale(_)));
    }
    let rules = b.pricing.rules(&[coupon("spring")]).await.unwrap();
    assert!(rules.promotions.is_empty() && rules.tax_rates.is_empty());
    assert!(rules.shipping_methods.is_empty());
    b.commit([save(&promotion(2, Some("spring"))), save_method(&method(2, "flat"))]).await;
}

pub async fn each_is_read_in_pages_by_id(b: Backend) {
    let promotions = b.pricing.promotions(None, 2).await.unwrap();
    assert_eq!((promotions.items.len(), promotions.next), (0, None));
    for number in [2, 3, 1] {
        b.commit([
            save(&promotion(number, None)),
            save_rate(&tax_rate(number)),
            save_method(&method(number, &format!("method-{number}"))),
        ])
        .await;
    }
    let first = b.pricing.promotions(None, 1).await.unwrap();
    assert_eq!((first.items[0].id(), first.next), (promotion_id(1), Some(promotion_id(1))));
    let rest = b.pricing.promotions(first.next, 2).await.unwrap();
    assert_eq!((rest.items[1].id(), rest.next), (promotion_id(3), None));

    let first = b.pricing.tax_rates(None, 1).await.unwrap();
    assert_eq!((first.items[0].id(), first.next), (tax_rate(1).id, Some(tax_rate(1).id)));
    let rest = b.pricing.tax_rates(first.next, 2).await.unwrap();
    assert_eq!((rest.items[1].id(), rest.next), (tax_rate(3).id, None));

    let id = |number| method(number, "any").id;
    let first = b.pricing.shipping_methods(None, 1).await.unwrap();
    assert_eq!((first.items[0].id(), first.next), (id(1), Some(id(1))));
    let rest = b.pricing.shipping_methods(first.next, 2).await.unwrap();
    assert_eq!((rest.items[1].id(), rest.next), (id(3), None));
}

pub async fn rules_hold_what_is_automatic_and_the_coupons_asked_for(b: Backend) {
    let empty = b.pricing.rules(&[]).await.unwrap();
    assert!(empty.promotions.is_empty() && !empty.prices_include_tax);
    b.commit([
        save(&promotion(1, Some("one"))),
        save(&promotion(2, None)),
        save(&promotion(3, Some("three"))),
        save_rate(&tax_rate(1)),
        save_method(&method(1, "flat")),
    ])
    .await;
    let rules = async |codes: &[&str]| {
        let codes: Vec<_> = codes.iter().map(|code| coupon(code)).collect();
        let rules = b.pricing.rules(&codes).await.unwrap();
        assert_eq!((rules.tax_rates.len(), rules.shipping_methods.len()), (1, 1));
        let mut ids: Vec<_> = rules.promotions.iter().map(|found| found.id()).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(rules(&[]).await, [promotion_id(2)]);
    assert_eq!(rules(&["none"]).await, [promotion_id(2)]);
    assert_eq!(rules(&["Three", "THREE"]).await, [2, 3].map(promotion_id));
    assert_eq!(rules(&["three", "none", "one"]).await, [1, 2, 3].map(promotion_id));
}

pub async fn rules_follow_every_change(b: Backend) {
    let rules = async || {
        let rules = b.pricing.rules(&[]).await.unwrap();
        let names = rules.promotions.iter().map(|kept| kept.name().to_owned());
        let names = names.chain(rules.tax_rates.iter().map(|kept| kept.parts().name.clone()));
        names
            .chain(rules.shipping_methods.iter().map(|kept| kept.parts().name.clone()))
            .collect::<Vec<String>>()
    };
    let (second, renamed) = (Version::new(2), || "Renamed".to_owned());
    b.commit([save(&promotion(1, None))]).await;
    assert_eq!(rules().await, ["Promotion 1"]);
    b.commit([save_rate(&tax_rate(2))]).await;
    assert_eq!(rules().await, ["Promotion 1", "Tax 2"]);
    b.commit([save_method(&method(3, "flat"))]).await;
    assert_eq!(rules().await, ["Promotion 1", "Tax 2", "Method 3"]);

    let parts = PromotionParts { name: renamed(), version: second, ..promotion(1, None) };
    b.commit([save(&parts)]).await;
    assert_eq!(rules().await, ["Renamed", "Tax 2", "Method 3"]);
    b.commit([save_rate(&TaxRateParts { name: renamed(), version: second, ..tax_rate(2) })]).await;
    assert_eq!(rules().await, ["Renamed", "Renamed", "Method 3"]);
    let parts = ShippingMethodParts { name: renamed(), version: second, ..method(3, "flat") };
    b.commit([save_method(&parts)]).await;
    assert_eq!(rules().await, ["Renamed", "Renamed", "Renamed"]);

    b.commit([Write::DeletePromotion { id: promotion_id(1), expected: second }]).await;
    assert_eq!(rules().await, ["Renamed", "Renamed"]);
    b.commit([Write::DeleteTaxRate { id: tax_rate(2).id, expected: second }]).await;
    assert_eq!(rules().await, ["Renamed"]);
    b.commit([Write::DeleteShippingMethod { id: method(3, "flat").id, expected: second }]).await;
    assert!(rules().await.is_empty());
}
