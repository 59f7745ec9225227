use ecicomm::app::AppError;
use ecicomm::app::pricing::{
    PromotionDraft, PromotionType, ShippingMethodDraft, ShippingType, TaxRateDraft, WeightStepDraft,
};
use ecicomm::domain::pricing::{Coverage, PromotionKind, Scope, ShippingStrategy, Stacking};
use ecicomm::domain::shared::*;
use ecicomm::ports::idempotency::Refusal;
use ecicomm::ports::store::Unique;

use super::support::{draft, import, product_of, shop, usd};

fn pointers<T: std::fmt::Debug>(refused: Result<T, AppError>) -> Vec<String> {
    let Err(AppError::Invalid(errors) | AppError::Unknown(errors)) = refused else {
        panic!("{refused:?}")
    };
    errors.into_iter().map(|error| error.pointer).collect()
}

fn tenth(code: Option<&str>) -> PromotionDraft {
    PromotionDraft {
        code: code.map(str::to_owned),
        percent: Some("10".into()),
        ..PromotionDraft::new("A tenth off", PromotionType::Percentage)
    }
}

fn shipping(code: &str, kind: ShippingType) -> ShippingMethodDraft {
    ShippingMethodDraft {
        code: code.into(),
        name: "Parcel".into(),
        countries: Vec::new(),
        kind,
        price: None,
        threshold: None,
        weight_steps: Vec::new(),
        subtotal_steps: Vec::new(),
        tax_category: None,
        active: None,
    }
}

#[tokio::test]
async fn a_new_shop_ships_everywhere_for_a_flat_price_and_is_set_up_once() {
    let shop = shop().await;
    assert!(!shop.pricing.set_up().await.unwrap());
    let methods = shop.pricing.shipping_methods(None, 9).await.unwrap().items;
    assert_eq!(methods.len(), 1);
    let parts = methods[0].parts();
    assert_eq!((parts.code.as_str(), parts.active), ("standard", true));
    assert_eq!(parts.coverage, Coverage::Worldwide);
    assert_eq!(parts.strategy, ShippingStrategy::Flat { price: usd(500) });
}

#[tokio::test]
async fn a_shop_that_ships_its_own_way_gets_no_other() {
    let shop = shop().await;
    let standard = shop.pricing.shipping_methods(None, 9).await.unwrap().items[0].clone();
    let own = ShippingMethodDraft { price: Some(usd(1)), ..shipping("own", ShippingType::Flat) };
    shop.pricing.create_shipping_method(own).await.unwrap();
    shop.pricing.delete_shipping_method(standard.id(), standard.version()).await.unwrap();
    assert!(!shop.pricing.set_up().await.unwrap());
    let methods = shop.pricing.shipping_methods(None, 9).await.unwrap().items;
    assert_eq!(methods.iter().map(|m| m.code().as_str()).collect::<Vec<_>>(), ["own"]);
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_promotion_is_told_at_once() {
    let shop = shop().await;
    let wrong = PromotionDraft {
        name: " ".into(),
        code: Some("with space".into()),
        percent: Some("101".into()),
        amount: Some(usd(5)),
        usage_limit: Some(0),
        usage_limit_per_customer: Some(-1),
        minimum_subtotal: Some(usd(-1)),
        starts_at: Some(Timestamp::from_micros(2)),
        ends_at: Some(Timestamp::from_micros(1)),
        categories: vec!["unknown".into()],
        ..PromotionDraft::new("", PromotionType::Percentage)
    };
    assert_eq!(
        pointers(shop.pricing.create_promotion(wrong).await),
        [
            "/categories/0",
            "/code",
            "/amount",
            "/percent",
            "/usage_limit",
            "/usage_limit_per_customer",
            "/name",
            "/minimum_subtotal",
            "/ends_at",
        ]
    );
}

#[tokio::test]
async fn each_type_of_promotion_asks_for_its_own_parts() {
    let shop = shop().await;
    for (kind, missing) in [
        (PromotionType::Percentage, &["/percent"][..]),
        (PromotionType::FixedAmount, &["/amount"]),
        (PromotionType::BuyXGetY, &["/buy_quantity", "/get_quantity"]),
    ] {
        let bare = PromotionDraft::new("Bare", kind);
        assert_eq!(pointers(shop.pricing.create_promotion(bare).await), missing);
    }
    let free = PromotionDraft::new("Free", PromotionType::FreeShipping);
    let made = shop.pricing.create_promotion(free).await.unwrap();
    assert_eq!(made.parts().kind, PromotionKind::FreeShipping);
    let set = PromotionDraft {
        buy_quantity: Some(2),
        get_quantity: Some(1),
        combinable: Some(false),
        priority: Some(7),
        active: Some(false),
        ..PromotionDraft::new("Three for two", PromotionType::BuyXGetY)
    };
    let made = shop.pricing.create_promotion(set).await.unwrap();
    let PromotionKind::BuyXGetY { percent, .. } = made.parts().kind else { panic!() };
    assert_eq!(percent.basis_points(), 10_000);
    assert_eq!(made.parts().stacking, Stacking::Exclusive { priority: 7 });
    assert!(!made.parts().active);
}

#[tokio::test]
async fn a_promotion_is_about_categories_or_products_that_exist() {
    let shop = shop().await;
    let line = r#"{"sku": "A", "name": "Lamp", "price": 1, "category_path": ["Lamps"]}"#;
    import(&shop, line).await;
    let product = product_of(&shop, "A").await.product.id();
    let lamps = PromotionDraft { categories: vec!["lamps".into()], ..tenth(None) };
    let made = shop.pricing.create_promotion(lamps.clone()).await.unwrap();
    assert!(matches!(&made.parts().scope, Scope::Categories(ids) if ids.len() == 1));
    let one = PromotionDraft { products: vec![product], ..tenth(None) };
    let made = shop.pricing.create_promotion(one.clone()).await.unwrap();
    assert_eq!(made.parts().scope, Scope::Products([product].into()));
    let both = PromotionDraft { products: vec![product], ..lamps };
    assert_eq!(pointers(shop.pricing.create_promotion(both).await), ["/products"]);
    let nobody = PromotionDraft { products: vec![ProductId::new(uuid::Uuid::nil())], ..one };
    assert_eq!(pointers(shop.pricing.create_promotion(nobody).await), ["/products/0"]);
}

#[tokio::test]
async fn a_promotion_is_revised_and_deleted_at_the_version_it_was_seen_at() {
    let shop = shop().await;
    let made = shop.pricing.create_promotion(tenth(Some("TEN"))).await.unwrap();
    let taken = shop.pricing.create_promotion(tenth(Some("ten"))).await;
    let Err(AppError::Refused(refusal)) = taken else { panic!("{taken:?}") };
    assert!(matches!(*refusal, Refusal::Duplicate { what: Unique::CouponCode, .. }));
    let half = PromotionDraft { percent: Some("50".into()), ..tenth(Some("TEN")) };
    let revised =
        shop.pricing.revise_promotion(made.id(), made.version(), half.clone()).await.unwrap();
    assert_eq!(revised.version(), made.version().next());
    let stale = shop.pricing.revise_promotion(made.id(), made.version(), half).await;
    assert!(matches!(stale, Err(AppError::PreconditionFailed)));
    let stale = shop.pricing.delete_promotion(made.id(), made.version()).await;
    assert!(matches!(stale, Err(AppError::PreconditionFailed)));
    shop.pricing.delete_promotion(made.id(), revised.version()).await.unwrap();
    let gone = shop.pricing.delete_promotion(made.id(), revised.version()).await;
    assert!(matches!(gone, Err(AppError::NotFound("promotion"))));
}

#[tokio::test]
async fn tax_rates_are_decimals_of_percent() {
    let shop = shop().await;
    let rate = TaxRateDraft {
        name: "VAT".into(),
        country: "de".into(),
        rate: "8.875".into(),
        ..TaxRateDraft::default()
    };
    let made = shop.pricing.create_tax_rate(rate.clone()).await.unwrap();
    assert_eq!(made.parts().rate.millionths(), 88_750);
    assert_eq!(made.parts().category, TaxCategory::default());
    let reduced = TaxRateDraft { tax_category: Some("Reduced".into()), ..rate };
    let revised = shop.pricing.revise_tax_rate(made.id(), made.version(), reduced).await.unwrap();
    assert_eq!(revised.parts().category.as_str(), "reduced");
    shop.pricing.delete_tax_rate(made.id(), revised.version()).await.unwrap();
    let wrong =
        TaxRateDraft { country: "Germany".into(), rate: "a lot".into(), ..Default::default() };
    assert_eq!(pointers(shop.pricing.create_tax_rate(wrong).await), ["/country", "/rate"]);
}

#[tokio::test]
async fn a_shipping_method_is_checked_part_by_part() {
    let shop = shop().await;
    let wrong = ShippingMethodDraft {
        countries: vec!["US".into(), "Atlantis".into()],
        price: Some(usd(1)),
        ..shipping("no spaces", ShippingType::ByWeight)
    };
    assert_eq!(
        pointers(shop.pricing.create_shipping_method(wrong).await),
        ["/code", "/countries/1", "/price"]
    );
    let empty = shipping("empty", ShippingType::ByWeight);
    assert_eq!(pointers(shop.pricing.create_shipping_method(empty).await), ["/weight_steps"]);
    let step = WeightStepDraft { up_to_grams: 1_000, price: usd(400) };
    let light = ShippingMethodDraft {
        countries: vec!["us".into()],
        weight_steps: vec![step],
        ..shipping("light", ShippingType::ByWeight)
    };
    let made = shop.pricing.create_shipping_method(light).await.unwrap();
    assert_eq!(made.parts().coverage, Coverage::Countries([Country::US].into()));
    let free = ShippingMethodDraft {
        price: Some(usd(500)),
        threshold: Some(usd(5_000)),
        ..shipping("light", ShippingType::FreeAbove)
    };
    let revised =
        shop.pricing.revise_shipping_method(made.id(), made.version(), free).await.unwrap();
    let expected = ShippingStrategy::FreeFrom { price: usd(500), threshold: usd(5_000) };
    assert_eq!(revised.parts().strategy, expected);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let shop = shop().await;
    shop.catalog.create(draft("Lamp", "A", 1)).await.unwrap();
    let nil = uuid::Uuid::nil();
    let revised =
        shop.pricing.revise_promotion(PromotionId::new(nil), Version::FIRST, tenth(None)).await;
    assert!(matches!(revised, Err(AppError::NotFound("promotion"))));
    let found = shop.pricing.tax_rate(TaxRateId::new(nil)).await;
    assert!(matches!(found, Err(AppError::NotFound("tax rate"))));
}
