use uuid::Uuid;

use super::key;
use crate::domain::shared::{CategoryId, Location, OrderId, ProductId, PromotionId, Sku};
use crate::ports::events::Aggregate;

fn sku(text: &str) -> Sku {
    Sku::try_new(text).unwrap()
}

#[test]
fn the_key_of_an_aggregate_tells_which_it_is() {
    let id = Uuid::from_u128(7);
    for aggregate in [
        Aggregate::Product(ProductId::new(id)),
        Aggregate::Category(CategoryId::new(id)),
        Aggregate::Promotion(PromotionId::new(id)),
        Aggregate::Order(OrderId::new(id)),
        Aggregate::Stock(sku("W-42"), Location::main()),
    ] {
        assert_eq!(key::parse_aggregate(&key::aggregate(&aggregate)), Some(aggregate));
    }
    for wrong in [&b""[..], b"p", b"x1234567890123456", b"sW-42", b"s\0main"] {
        assert_eq!(key::parse_aggregate(wrong), None, "{wrong:?}");
    }
}

#[test]
fn entries_sort_by_number_and_those_of_one_sku_stay_together() {
    let entry = |code: &str, number| key::numbered(key::sku(&sku(code)), number);
    assert_eq!(entry("w-1", 7), entry("W-1", 7), "a SKU has no case");
    let sorted = [entry("W-1", 1), entry("W-1", 2), entry("W-1", 300), entry("W-10", 1)];
    assert!(sorted.is_sorted());
    let (owner, number) = key::parse_numbered(&sorted[2]).unwrap();
    assert_eq!((owner, number), (key::sku(&sku("W-1")).as_slice(), 300));
}
