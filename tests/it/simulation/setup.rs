//! The shop that every run begins with: few products, some of them scarce.

use std::sync::Arc;

use ecicomm::app::Shop;
use ecicomm::app::catalog::{ProductDraft, VariantDraft};
use ecicomm::app::inventory::MoveStockCommand;
use ecicomm::app::pricing::{PromotionDraft, PromotionType};
use ecicomm::domain::catalog::ProductStatus;
use ecicomm::domain::shared::{
    Address, AddressParts, Currency, Location, Money, ProductId, PromotionId, Sku, StockPolicy,
};
use ecicomm::ports::idempotency::{KeyClaim, KeyId};

/// A product of the run.
#[derive(Clone, Debug)]
pub struct Good {
    pub sku: &'static str,
    pub name: &'static str,
    pub price: i64,
    pub stock: i64,
    pub policy: StockPolicy,
    pub shipped: bool,
    /// How often it is wanted, against the others.
    pub heat: u32,
}

const fn good(sku: &'static str, name: &'static str, price: i64, stock: i64, heat: u32) -> Good {
    Good { sku, name, price, stock, policy: StockPolicy::Tracked, shipped: true, heat }
}

/// What is sold. The first ones are wanted by many and there are few.
pub const GOODS: [Good; 10] = [
    good("LAST-1", "Last of its kind", 90_000, 1, 6),
    good("HOT-1", "Sought lamp", 4_999, 6, 20),
    good("HOT-2", "Sought chair", 12_500, 4, 16),
    good("HOT-3", "Sought vase", 1_999, 9, 12),
    good("PLAIN-1", "Plain table", 19_900, 40, 5),
    good("PLAIN-2", "Plain shelf", 7_450, 40, 5),
    good("PLAIN-3", "Plain mirror", 3_333, 40, 4),
    Good { policy: StockPolicy::Backorder { limit: 3 }, ..good("LATER-1", "Sofa", 55_000, 2, 6) },
    Good {
        policy: StockPolicy::Untracked,
        shipped: false,
        ..good("GIFT-1", "Gift card", 2_500, 0, 4)
    },
    good("CENT-1", "Sticker", 1, 30, 3),
];

/// A code that ten orders may use.
pub const CODE_FOR_TEN: &str = "TEN-ORDERS";
pub const LIMIT_FOR_TEN: u32 = 10;
/// A code that each customer may use once.
pub const CODE_ONCE_EACH: &str = "ONCE-EACH";

/// What the run knows of its shop.
pub struct Goods {
    pub products: Vec<ProductId>,
    pub for_ten: PromotionId,
    pub once_each: PromotionId,
}

pub fn draft_of(good: &Good, price: i64) -> ProductDraft {
    let variant = VariantDraft {
        id: None,
        sku: Some(good.sku.to_owned()),
        price: Some(Money::new(price, Currency::USD)),
        compare_at: None,
        options: std::collections::BTreeMap::new(),
        weight_grams: 500,
        requires_shipping: good.shipped,
        tax_category: None,
        stock_policy: good.policy,
    };
    ProductDraft {
        name: good.name.to_owned(),
        status: Some(ProductStatus::Active),
        variants: vec![variant],
        ..ProductDraft::default()
    }
}

/// Fills an empty shop.
pub async fn open_shop(shop: &Arc<Shop>) -> Goods {
    shop.pricing.set_up().await.unwrap();
    let mut products = Vec::new();
    for (index, good) in GOODS.iter().enumerate() {
        let view = shop.catalog.create(draft_of(good, good.price)).await.unwrap();
        products.push(view.product.id());
        let number = u64::try_from(index).unwrap();
        if good.policy != StockPolicy::Untracked && good.stock > 0 {
            let key = key_of("set-up", number, [1; 32]);
            shop.inventory.receive(receipt(good.sku, good.stock, None), key).await.unwrap();
        }
    }
    let for_ten = PromotionDraft {
        code: Some(CODE_FOR_TEN.to_owned()),
        percent: Some("12.5".to_owned()),
        usage_limit: Some(i64::from(LIMIT_FOR_TEN)),
        ..PromotionDraft::new("Ten orders", PromotionType::Percentage)
    };
    let once_each = PromotionDraft {
        code: Some(CODE_ONCE_EACH.to_owned()),
        amount: Some(Money::new(700, Currency::USD)),
        usage_limit_per_customer: Some(1),
        ..PromotionDraft::new("Once each", PromotionType::FixedAmount)
    };
    Goods {
        products,
        for_ten: shop.pricing.create_promotion(for_ten).await.unwrap().id(),
        once_each: shop.pricing.create_promotion(once_each).await.unwrap().id(),
    }
}

pub fn receipt(sku: &str, quantity: i64, location: Option<&str>) -> MoveStockCommand {
    MoveStockCommand {
        sku: Sku::try_new(sku).unwrap(),
        quantity,
        reason: Some("delivery".to_owned()),
        location: location.map(|code| Location::try_new(code).unwrap()),
        expected: None,
    }
}

pub fn key_of(principal: &str, number: u64, fingerprint: [u8; 32]) -> KeyClaim {
    let id = KeyId { principal: principal.to_owned(), key: format!("{number:032x}") };
    KeyClaim { id, fingerprint }
}

pub fn address() -> Address {
    billed_as("1 Main Street")
}

/// The same with this as its first line.
pub fn billed_as(line1: &str) -> Address {
    Address::try_new(AddressParts {
        name: "Ada Buyer".into(),
        line1: line1.into(),
        city: "Springfield".into(),
        postal_code: "62701".into(),
        country: "US".into(),
        ..AddressParts::default()
    })
    .unwrap()
}
