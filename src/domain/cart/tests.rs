use super::*;
use crate::domain::shared::*;
use proptest::prelude::*;
use uuid::Uuid;

const AT: Timestamp = Timestamp::from_micros(0);

fn cart(id: u128) -> Cart {
    Cart::new(CartId::new(Uuid::from_u128(id)), Currency::USD, None, AT)
}

fn line(id: u128, units: i64) -> CartLine {
    let id = Uuid::from_u128(id);
    CartLine {
        id: LineId::new(id),
        variant: VariantId::new(id),
        product: ProductId::new(id),
        sku: Sku::try_new(&format!("SKU-{id}")).unwrap(),
        title: "Lamp".into(),
        quantity: Quantity::try_new(units).unwrap(),
    }
}

fn units(cart: &Cart) -> Vec<u32> {
    cart.lines().iter().map(|line| line.quantity.units()).collect()
}

#[test]
fn adding_a_variant_twice_raises_its_line() {
    let cart = cart(1).add(line(1, 2), AT).unwrap().add(line(1, 3), AT).unwrap();
    assert_eq!(units(&cart), [5]);
    assert_eq!(cart.version(), Version::new(3));
    assert!(cart.add(line(1, 1_000_000), AT).is_err());
}

#[test]
fn a_cart_has_a_limit_of_lines() {
    let full = (0..100).fold(cart(1), |cart, n| cart.add(line(n, 1), AT).unwrap());
    assert_eq!(full.clone().add(line(100, 1), AT), Err(CartError::TooManyLines));
    assert!(full.add(line(99, 1), AT).is_ok());
}

#[test]
fn merging_is_repeatable_and_keeps_the_address_of_the_customer() {
    let address = |city: &str| {
        Address::try_new(AddressParts {
            name: "Ada".into(),
            line1: "1 Main".into(),
            city: city.into(),
            country: "US".into(),
            ..Default::default()
        })
        .unwrap()
    };
    let code = |raw: &str| CouponCode::try_new(raw).unwrap();
    let mine = cart(1).add(line(1, 1), AT).unwrap().ship_to(address("Mine"), AT);
    let other = cart(2).add(line(1, 2), AT).unwrap().add(line(2, 1), AT).unwrap();
    let other = other.ship_to(address("Other"), AT).add_coupon(code("TEN"), AT).unwrap();
    let merged = mine.merge(&other, AT);
    assert_eq!(units(&merged), [3, 1]);
    assert_eq!(merged.shipping_address().unwrap().parts().city, "Mine");
    assert_eq!(merged.coupons(), [code("TEN")]);
    assert_eq!(merged.clone().merge(&other, AT), merged);
    assert_eq!(merged.clone().merge(&merged, AT), merged);
}

#[test]
fn looking_prolongs_nothing_but_a_new_total_is_a_new_version() {
    let cart = cart(1);
    let shown = cart.clone().showing(Money::new(5, Currency::USD));
    assert_eq!(shown.version(), cart.version().next());
    assert_eq!(shown.expires_at(), cart.expires_at());
    assert_eq!(shown.clone().showing(Money::new(5, Currency::USD)), shown);
}

#[test]
fn a_change_prolongs_its_life_by_a_day() {
    let later = Timestamp::from_micros(7);
    assert_eq!(cart(1).add(line(1, 1), later).unwrap().expires_at(), later.plus(Span::hours(24)));
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    let id = line(9, 1).id;
    assert_eq!(cart(1).remove(id, AT), Err(CartError::NoSuchLine));
    assert_eq!(cart(1).set_quantity(id, Quantity::ONE, AT), Err(CartError::NoSuchLine));
    assert!(cart(1).remove_coupon(&CouponCode::try_new("TEN").unwrap(), AT).is_err());
}

#[test]
fn a_cart_comes_back_from_its_parts() {
    let code = CouponCode::try_new("TEN").unwrap();
    let cart = cart(1).add(line(1, 2), AT).unwrap().add_coupon(code, AT).unwrap();
    let cart = cart.merge(&Cart::new(CartId::new(Uuid::nil()), Currency::USD, None, AT), AT);
    let cart = cart.showing(Money::new(5, Currency::USD));
    assert_eq!(Cart::restore(cart.parts()), Ok(cart));
}

#[test]
fn parts_that_no_cart_has_are_refused() {
    let parts = cart(1).add(line(1, 2), AT).unwrap().parts();
    let twice = vec![line(1, 2), line(1, 3)];
    let many = (0..101).map(|number| line(number, 1)).collect();
    let code = CouponCode::try_new("TEN").unwrap();
    let codes = (0..11).map(|n| CouponCode::try_new(&format!("C{n}")).unwrap()).collect();
    let euros = Money::new(5, Currency::try_new("EUR").unwrap());
    for wrong in [
        CartParts { lines: twice, ..parts.clone() },
        CartParts { lines: many, ..parts.clone() },
        CartParts { coupons: vec![code.clone(), code], ..parts.clone() },
        CartParts { coupons: codes, ..parts.clone() },
        CartParts { shown_total: Some(euros), ..parts },
    ] {
        assert!(Cart::restore(wrong).is_err());
    }
}

proptest! {
    #[test]
    fn merging_loses_no_unit(
        mine in proptest::collection::btree_map(0_u128..20, 1_i64..100, 0..10),
        other in proptest::collection::btree_map(0_u128..20, 1_i64..100, 0..10),
    ) {
        let fill = |id, lines: &std::collections::BTreeMap<u128, i64>| {
            lines.iter().fold(cart(id), |cart, (n, units)| cart.add(line(*n, *units), AT).unwrap())
        };
        let merged = fill(100, &mine).merge(&fill(101, &other), AT);
        let total: i64 = mine.values().chain(other.values()).sum();
        prop_assert_eq!(units(&merged).iter().map(|n| i64::from(*n)).sum::<i64>(), total);
    }
}
