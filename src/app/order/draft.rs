use std::collections::BTreeMap;

use super::lines::order_lines;
use super::place::{BasketSource, PlaceOrderCommand};
use crate::app::cart::{BasketSpec, Quote, quote, refusal_of};
use crate::app::{AppError, Ports, ShopConfig};
use crate::domain::cart::{Cart, CartLine};
use crate::domain::inventory::{Reservation, ReservationState};
use crate::domain::order::{
    AppliedPromotion, OrderNumber, Origin, Placed, PromotionUse, ShippingChoice, TaxLine, Totals,
};
use crate::domain::pricing::{PricedBasket, Shipping};
use crate::domain::shared::{
    Address, LineId, OrderId, PaymentId, Quantity, ShippingCode, Sku, Timestamp,
};
use crate::ports::cart::CartLineView;
use crate::ports::idempotency::Refusal;
use crate::ports::store::UseToTake;

/// An order that may be placed, but for its id, its number and its payment.
pub(super) struct Drafted {
    placed: Placed,
    uses: Vec<UseToTake>,
}

impl Drafted {
    /// The order with its ids, the stock it holds and the uses it takes.
    pub fn into_parts(
        self,
        id: OrderId,
        payment: PaymentId,
        number_bits: [u8; 8],
        held_until: Timestamp,
    ) -> (Placed, Vec<Reservation>, Vec<UseToTake>) {
        let number = OrderNumber::from_bits(u64::from_le_bytes(number_bits));
        let placed = Placed { id, number, payment, ..self.placed };
        let mut held: BTreeMap<(Sku, crate::domain::shared::Location), i64> = BTreeMap::new();
        for allocation in placed.lines.iter().flat_map(|line| &line.stock) {
            let key = (allocation.sku.clone(), allocation.location.clone());
            let units = held.entry(key).or_default();
            *units = units.saturating_add(i64::from(allocation.quantity.units()));
        }
        let reservations = held.into_iter().filter_map(|((sku, location), units)| {
            Some(Reservation {
                order: id,
                sku,
                location,
                quantity: Quantity::try_new(units).ok()?,
                state: ReservationState::Held,
                held_until,
            })
        });
        let reservations = reservations.collect();
        (placed, reservations, self.uses)
    }
}

/// What an order is made of, gathered from the cart or the command.
struct Source {
    cart: Option<std::sync::Arc<Cart>>,
    lines: Vec<CartLine>,
    address: Option<Address>,
    shipping: Option<ShippingCode>,
}

/// Checks that the order can be placed as its buyer saw it, and freezes what it is. Whether its cart
/// was ordered already is left to the commit, and changes nothing.
pub(super) async fn draft(
    ports: &Ports,
    config: &ShopConfig,
    command: &PlaceOrderCommand,
    now: Timestamp,
) -> Result<Drafted, AppError> {
    let source = gather(ports, command, now).await?;
    let customer_key = match command.customer {
        Some(customer) => customer.to_string(),
        None => command.email.normalised(),
    };
    let coupons = source.cart.as_ref().map(|cart| cart.coupons()).unwrap_or_default();
    let spec = BasketSpec {
        catalog: &*ports.catalog,
        rules: &ports.pricing,
        currency: source.cart.as_ref().map_or(config.currency, |cart| cart.currency()),
        lines: &source.lines,
        coupons,
        address: source.address.as_ref(),
        shipping: source.shipping.as_ref(),
        customer_key: Some(&customer_key),
        at: now,
    };
    let quote = quote(ports, config, &spec).await?;
    check_lines(&quote.lines)?;
    check_shipping(&source, &quote.priced)?;
    if let Err(detail) = agreed(command, &source, &quote.priced) {
        return Err(AppError::refused(Refusal::CartChanged { detail, cart: None }));
    }
    freeze(command, source, &quote, customer_key, now)
}

async fn gather(
    ports: &Ports,
    command: &PlaceOrderCommand,
    now: Timestamp,
) -> Result<Source, AppError> {
    let (cart, lines) = match &command.source {
        BasketSource::Cart { id, .. } => {
            let cart = ports.carts.cart(*id, now).await?.ok_or(AppError::NotFound("cart"))?;
            let lines = cart.lines().to_vec();
            (Some(cart), lines)
        }
        BasketSource::Lines(lines) => (None, lines_of(ports, lines).await?),
    };
    if lines.is_empty() {
        let detail = "The cart is empty. Add something before ordering.".to_owned();
        return Err(AppError::refused(Refusal::InvalidTransition { detail }));
    }
    let of_cart = |pick: fn(&Cart) -> Option<Address>| cart.as_deref().and_then(pick);
    let address = command
        .shipping_address
        .clone()
        .or_else(|| of_cart(|cart| cart.shipping_address().cloned()));
    let shipping = command
        .shipping_option
        .clone()
        .or_else(|| cart.as_ref().and_then(|cart| cart.shipping_option().cloned()));
    Ok(Source { cart, lines, address, shipping })
}

/// Lines sent with the order, as the cart would have them; a SKU sent twice is one line.
async fn lines_of(ports: &Ports, asked: &[(Sku, Quantity)]) -> Result<Vec<CartLine>, AppError> {
    if asked.len() > Cart::MAX_LINES {
        let detail = format!("An order has at most {} lines.", Cart::MAX_LINES);
        return Err(AppError::invalid("/lines", detail));
    }
    let skus: Vec<Sku> = asked.iter().map(|(sku, _)| sku.clone()).collect();
    let views = ports.catalog.by_skus(&skus).await?;
    let mut lines: Vec<CartLine> = Vec::new();
    for (index, ((sku, quantity), view)) in asked.iter().zip(views).enumerate() {
        let found = view.as_ref().and_then(|view| Some((view, view.product.variant_by_sku(sku)?)));
        let Some((view, variant)) = found else {
            let sku = sku.as_str().to_owned();
            return Err(AppError::refused(Refusal::ProductUnavailable { sku }));
        };
        if let Some(known) = lines.iter_mut().find(|line| line.variant == variant.id) {
            known.quantity = known.quantity.plus(*quantity).map_err(|error| {
                AppError::invalid(format!("/lines/{index}/quantity"), error.to_string())
            })?;
            continue;
        }
        lines.push(CartLine {
            id: LineId::new(variant.id.uuid()),
            variant: variant.id,
            product: view.product.id(),
            sku: variant.sku.clone(),
            title: view.product.content().name.as_str().to_owned(),
            quantity: *quantity,
        });
    }
    Ok(lines)
}

fn check_lines(lines: &[CartLineView]) -> Result<(), AppError> {
    for line in lines {
        if let Some(problem) = line.problem {
            return Err(AppError::refused(refusal_of(line.line.sku.as_str(), problem)));
        }
    }
    Ok(())
}

fn check_shipping(source: &Source, priced: &PricedBasket) -> Result<(), AppError> {
    if *priced.shipping() == Shipping::NotNeeded {
        return Ok(());
    }
    if source.address.is_none() {
        let detail = "Goods are sent, so an address is needed, here or on the cart.";
        return Err(AppError::invalid("/shipping_address", detail));
    }
    match priced.shipping() {
        Shipping::NoneApplies => Err(AppError::refused(Refusal::NoShippingOption)),
        Shipping::ChoiceGone { code } => {
            Err(AppError::refused(Refusal::ShippingOptionGone { code: code.to_string() }))
        }
        Shipping::Charged(_) | Shipping::NotNeeded => Ok(()),
    }
}

/// Whether the order is what its buyer saw; else what is different, for people.
fn agreed(
    command: &PlaceOrderCommand,
    source: &Source,
    priced: &PricedBasket,
) -> Result<(), String> {
    let total = priced.total();
    if let (BasketSource::Cart { version: Some(seen), .. }, Some(cart)) =
        (&command.source, &source.cart)
        && *seen != cart.version()
    {
        return Err("The cart changed since it was seen.".to_owned());
    }
    if let Some(expected) = command.expected_total {
        if expected == total {
            return Ok(());
        }
        return Err(format!("The total is {total}, not {expected}.{}", without(priced)));
    }
    match source.cart.as_ref().and_then(|cart| cart.shown_total()) {
        Some(shown) if total.exceeds(shown).unwrap_or(true) => {
            let without = without(priced);
            Err(format!("The total is {total}; the cart last showed {shown}.{without}"))
        }
        _ => Ok(()),
    }
}

/// Which coupons take nothing off, and why. The cart cannot tell of one that is used up for its
/// buyer: until there is an order, it does not know who that is.
fn without(priced: &PricedBasket) -> String {
    let refused = priced.coupons().iter().filter_map(|coupon| {
        let reason = coupon.outcome.as_ref().err()?;
        Some(format!(" The coupon {} does not count: {reason}.", coupon.code))
    });
    refused.collect()
}

fn freeze(
    command: &PlaceOrderCommand,
    source: Source,
    quote: &Quote,
    customer_key: String,
    now: Timestamp,
) -> Result<Drafted, AppError> {
    let priced = &quote.priced;
    let lines = order_lines(quote)?;
    let totals = Totals {
        subtotal: priced.subtotal(),
        discount: priced.discount_total(),
        shipping: priced.shipping_total(),
        tax: priced.tax_total(),
        included_tax: priced.included_tax_total(),
        total: priced.total(),
    };
    let shipping = priced.shipping_charge().map(|charge| ShippingChoice {
        code: charge.code.as_str().to_owned(),
        name: charge.name.clone(),
    });
    let uses = uses_of(priced, &customer_key);
    let placed = Placed {
        id: OrderId::new(uuid::Uuid::nil()),
        number: OrderNumber::from_bits(0),
        origin: if source.cart.is_some() { Origin::Cart } else { Origin::BuyNow },
        cart: source.cart.as_ref().map(|cart| cart.id()),
        customer: command.customer,
        email: command.email.clone(),
        currency: priced.currency(),
        lines,
        totals,
        coupons: applied_coupons(priced),
        uses: uses.iter().map(|taken| taken.used.clone()).collect(),
        promotions: promotions_of(priced),
        tax_lines: tax_lines_of(priced),
        billing_address: command.billing_address.clone().or_else(|| source.address.clone()),
        shipping_address: source.address,
        shipping,
        payment: PaymentId::new(uuid::Uuid::nil()),
        method: command.method.clone(),
        at: now,
    };
    Ok(Drafted { placed, uses })
}

fn applied_coupons(priced: &PricedBasket) -> Vec<String> {
    let applied = priced.coupons().iter().filter(|coupon| coupon.outcome.is_ok());
    applied.map(|coupon| coupon.code.as_str().to_owned()).collect()
}

/// Uses are counted for every promotion that has a code or a limit.
fn uses_of(priced: &PricedBasket, customer_key: &str) -> Vec<UseToTake> {
    priced
        .promotions()
        .iter()
        .filter(|applied| applied.code.is_some() || applied.limits.is_limited())
        .map(|applied| UseToTake {
            used: PromotionUse {
                promotion: applied.promotion,
                customer_key: customer_key.to_owned(),
            },
            limits: applied.limits,
        })
        .collect()
}

fn promotions_of(priced: &PricedBasket) -> Vec<AppliedPromotion> {
    let applied = priced.promotions().iter().map(|applied| AppliedPromotion {
        promotion: applied.promotion,
        name: applied.name.clone(),
        code: applied.code.as_ref().map(|code| code.as_str().to_owned()),
        amount: applied.amount,
    });
    applied.collect()
}

fn tax_lines_of(priced: &PricedBasket) -> Vec<TaxLine> {
    let lines = priced.tax_lines().iter().map(|line| TaxLine {
        name: line.name.clone(),
        rate_ppm: line.rate.millionths(),
        amount: line.amount,
        included: line.included,
    });
    lines.collect()
}
