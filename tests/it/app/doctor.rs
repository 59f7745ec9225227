use ecicomm::app::operations::Checked;
use ecicomm::app::pricing::{PromotionDraft, PromotionType};

use super::support::{buy, import, key, shop};

#[tokio::test]
async fn a_shop_that_sold_cancelled_and_holds_is_in_good_health() {
    let shop = shop().await;
    let lines = concat!(
        r#"{"sku": "LAMP-1", "name": "Lamp", "price": 100, "stock": 100, "category_path": ["Home", "Lamps"]}"#,
        "\n",
        r#"{"sku": "BELL-1", "name": "Bell", "price": 100, "stock": 5, "category_path": ["Home"]}"#,
        "\n",
        r#"{"sku": "OLD-1", "name": "Old", "price": 100, "category_path": ["Home"], "status": "archived"}"#,
    );
    import(&shop, lines).await;
    let tenth = PromotionDraft {
        percent: Some("10".into()),
        usage_limit: Some(9),
        ..PromotionDraft::new("A tenth off", PromotionType::Percentage)
    };
    shop.pricing.create_promotion(tenth).await.unwrap();
    let first = buy(&shop, "LAMP-1", 3, "pm_card_visa").await;
    buy(&shop, "LAMP-1", 2, "pm_card_visa").await;
    buy(&shop, "BELL-1", 1, "pm_card_authenticationRequired").await;
    shop.orders.cancel(first.id(), "no".into(), key("cancel")).await.unwrap();
    shop.runner.step().await.unwrap();
    let mut told = 0;
    let report = shop.doctor.examine(&mut |_| told += 1).await.unwrap();
    assert_eq!(report.findings, []);
    let Checked { stock, orders, promotions, products, categories, .. } = report.checked;
    assert_eq!((stock, orders, promotions, products, categories), (3, 3, 1, 3, 2));
    assert!(report.checked.sagas >= 4 && report.checked.order_events >= 6);
    assert!(told >= 3);
}
