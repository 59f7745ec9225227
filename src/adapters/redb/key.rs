//! Keys: bytes that sort as the things do, and tell which thing it is.

use uuid::Uuid;

use crate::domain::order::SagaId;
use crate::domain::shared::{CategoryId, Location, OrderId, ProductId, PromotionId, Sku};
use crate::ports::events::Aggregate;

/// Ends a text within a key. No text that is part of a key has it.
const END: u8 = 0;

/// The key of a thing with an id.
pub(super) fn id(uuid: Uuid) -> Vec<u8> {
    uuid.as_bytes().to_vec()
}

/// The key of one of several things that belong to what `owner` is the key of.
pub(super) fn numbered(mut owner: Vec<u8>, number: u64) -> Vec<u8> {
    owner.extend(number.to_be_bytes());
    owner
}

/// The key of a SKU without regard to case, and what follows it.
pub(super) fn sku(sku: &Sku) -> Vec<u8> {
    text(&sku.as_str().to_ascii_lowercase())
}

/// A text and its end.
pub(super) fn text(text: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(text.len() + 9);
    key.extend(text.as_bytes());
    key.push(END);
    key
}

/// Two texts.
pub(super) fn pair(first: Vec<u8>, second: &str) -> Vec<u8> {
    let mut key = first;
    key.extend(second.as_bytes());
    key
}

/// The key of a saga.
pub(super) fn saga(saga: SagaId) -> Vec<u8> {
    match saga {
        SagaId::Checkout(order) => id(order.uuid()),
        SagaId::Refund(order, refund) => [order.uuid(), refund.uuid()].map(id).concat(),
    }
}

/// The key of an aggregate; [`parse_aggregate`] reads it.
pub(super) fn aggregate(aggregate: &Aggregate) -> Vec<u8> {
    let tagged = |tag: u8, rest: Vec<u8>| [vec![tag], rest].concat();
    match aggregate {
        Aggregate::Product(product) => tagged(b'p', id(product.uuid())),
        Aggregate::Category(category) => tagged(b'c', id(category.uuid())),
        Aggregate::Promotion(promotion) => tagged(b'r', id(promotion.uuid())),
        Aggregate::Stock(sku, location) => {
            tagged(b's', pair(text(sku.as_str()), location.as_str()))
        }
        Aggregate::Order(order) => tagged(b'o', id(order.uuid())),
        Aggregate::Unknown(names) => tagged(b'u', names.as_bytes().to_vec()),
    }
}

/// The aggregate of a key.
pub(super) fn parse_aggregate(key: &[u8]) -> Option<Aggregate> {
    let (tag, rest) = key.split_first()?;
    let uuid = || Uuid::from_slice(rest).ok();
    Some(match tag {
        b'p' => Aggregate::Product(ProductId::new(uuid()?)),
        b'c' => Aggregate::Category(CategoryId::new(uuid()?)),
        b'r' => Aggregate::Promotion(PromotionId::new(uuid()?)),
        b'o' => Aggregate::Order(OrderId::new(uuid()?)),
        b'u' => Aggregate::Unknown(str::from_utf8(rest).ok()?.to_owned()),
        b's' => {
            let (sku, location) = parse_pair(rest)?;
            Aggregate::Stock(Sku::try_new(sku).ok()?, Location::try_new(location).ok()?)
        }
        _ => return None,
    })
}

/// The number at the end of a key, and what is before it.
pub(super) fn parse_numbered(key: &[u8]) -> Option<(&[u8], u64)> {
    let (owner, number) = key.split_last_chunk::<8>()?;
    Some((owner, u64::from_be_bytes(*number)))
}

/// The id that a key is, or begins with.
pub(super) fn parse_id(key: &[u8]) -> Option<(Uuid, &[u8])> {
    let (uuid, rest) = key.split_first_chunk::<16>()?;
    Some((Uuid::from_bytes(*uuid), rest))
}

/// Two texts of which the first has its end.
pub(super) fn parse_pair(key: &[u8]) -> Option<(&str, &str)> {
    let end = key.iter().position(|byte| *byte == END)?;
    let (first, rest) = key.split_at_checked(end)?;
    Some((std::str::from_utf8(first).ok()?, std::str::from_utf8(rest.get(1..)?).ok()?))
}
