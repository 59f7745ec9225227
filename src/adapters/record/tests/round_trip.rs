//! What is written is read back, of every kind and variant.

use std::fmt::Debug;
use std::sync::Arc;

use proptest::prelude::*;

use super::any::{Any, Draw};
use crate::adapters::record::{KeyRecord, Record};
use crate::domain::cart::Cart;
use crate::domain::catalog::{Category, Product};
use crate::domain::customer::StaffMember;
use crate::domain::inventory::{Reservation, StockEvent, StockItem};
use crate::domain::order::{Order, OrderEvent, Saga};
use crate::domain::pricing::{Promotion, ShippingMethod, TaxRate};
use crate::ports::PortErrorKind;
use crate::ports::events::{Event, EventBody, ParkedEvent};
use crate::ports::idempotency::{KeyRow, KeyState, Outcome};
use crate::ports::imports::ImportReport;

/// Bytes are compared too, as some values are equal that are not written alike.
fn comes_back<T: Any + Record + PartialEq + Debug>(draw: &mut Draw) {
    let value: T = draw.any();
    let bytes = value.encode().unwrap();
    let read = T::decode(&bytes).unwrap();
    assert_eq!(read, value);
    assert_eq!(read.encode().unwrap(), bytes);
}

fn order_of(row: &KeyRow) -> Option<Arc<Order>> {
    match &row.state {
        KeyState::Done(Outcome::Order(order)) => Some(order.clone()),
        _ => None,
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(seed: u64) {
        let draw = &mut Draw::new(seed);
        comes_back::<Product>(draw);
        comes_back::<Category>(draw);
        comes_back::<Promotion>(draw);
        comes_back::<TaxRate>(draw);
        comes_back::<ShippingMethod>(draw);
        comes_back::<StaffMember>(draw);
        comes_back::<StockItem>(draw);
        comes_back::<StockEvent>(draw);
        comes_back::<Reservation>(draw);
        comes_back::<OrderEvent>(draw);
        comes_back::<Saga>(draw);
        comes_back::<Cart>(draw);
        comes_back::<ImportReport>(draw);
        comes_back::<EventBody>(draw);
        comes_back::<Event>(draw);
        comes_back::<ParkedEvent>(draw);
    }

    #[test]
    fn a_key_is_read_back_with_the_order_that_it_asks_for(seed: u64) {
        let row: KeyRow = Draw::new(seed).any();
        let bytes = KeyRecord::encode(&row).unwrap();
        let record = KeyRecord::decode(&bytes).unwrap();
        let order = order_of(&row);
        prop_assert_eq!(record.order(), order.as_ref().map(|it| (it.id(), it.version())));
        let read = record.row(order).unwrap();
        prop_assert_eq!(&read, &row);
        prop_assert_eq!(KeyRecord::encode(&read).unwrap(), bytes);
    }
}

#[test]
fn a_key_is_corrupt_without_its_order_and_with_another() {
    let draw = &mut Draw::new(1);
    let order = Arc::new(Order::new(draw.any()));
    let state = KeyState::Done(Outcome::Order(order.clone()));
    let bytes = KeyRecord::encode(&KeyRow { state, ..draw.any() }).unwrap();
    let later = order.payment_unknown(draw.any()).unwrap().order;
    let other = Order::new(draw.any());
    for wrong in [None, Some(Arc::new(later)), Some(Arc::new(other))] {
        let error = KeyRecord::decode(&bytes).unwrap().row(wrong).unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Corrupt);
    }
    assert!(KeyRecord::decode(&bytes).unwrap().row(Some(order)).is_ok());
}
