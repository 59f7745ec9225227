use std::collections::BTreeSet;

use super::CartLine;
use crate::domain::shared::{
    Address, CartId, CouponCode, Currency, CustomerId, Invalid, LineId, Money, Quantity,
    ShippingCode, Span, Timestamp, VariantId, Version,
};

/// Why a cart cannot change as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CartError {
    /// A cart has at most [`Cart::MAX_LINES`] lines.
    #[error("a cart holds at most {} lines", Cart::MAX_LINES)]
    TooManyLines,
    /// A cart has at most [`Cart::MAX_COUPONS`] coupons.
    #[error("a cart takes at most {} coupons", Cart::MAX_COUPONS)]
    TooManyCoupons,
    /// A line would have more units than a line can.
    #[error(transparent)]
    Quantity(#[from] Invalid),
    /// The cart has no such line.
    #[error("the cart has no such line")]
    NoSuchLine,
}

/// The parts of a cart, as a store keeps them.
#[derive(Clone, Debug, PartialEq)]
pub struct CartParts {
    /// Its id.
    pub id: CartId,
    /// How often it changed.
    pub version: Version,
    /// What it pays in.
    pub currency: Currency,
    /// Whose it is, once its shopper signed in.
    pub customer: Option<CustomerId>,
    /// Its lines, in the order of adding.
    pub lines: Vec<CartLine>,
    /// Coupon codes, in the order of adding.
    pub coupons: Vec<CouponCode>,
    /// Where it is sent to.
    pub shipping_address: Option<Address>,
    /// How it is sent, once chosen.
    pub shipping_option: Option<ShippingCode>,
    /// The total it last showed.
    pub shown_total: Option<Money>,
    /// The carts that it took in.
    pub merged: Vec<CartId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed, looking at it aside.
    pub changed_at: Timestamp,
}

/// A cart as it is kept: what was put in, not what it costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Cart {
    id: CartId,
    version: Version,
    currency: Currency,
    customer: Option<CustomerId>,
    lines: Vec<CartLine>,
    coupons: Vec<CouponCode>,
    shipping_address: Option<Address>,
    shipping_option: Option<ShippingCode>,
    shown_total: Option<Money>,
    merged: Vec<CartId>,
    created_at: Timestamp,
    changed_at: Timestamp,
}

impl Cart {
    /// The most lines of a cart.
    pub const MAX_LINES: usize = 100;
    /// The most coupons of a cart.
    pub const MAX_COUPONS: usize = 10;
    /// How long a cart lives after its last change.
    pub const LIFETIME: Span = Span::hours(24);

    /// An empty cart. Its currency is for life.
    pub fn new(
        id: CartId,
        currency: Currency,
        customer: Option<CustomerId>,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            version: Version::FIRST,
            currency,
            customer,
            lines: Vec::new(),
            coupons: Vec::new(),
            shipping_address: None,
            shipping_option: None,
            shown_total: None,
            merged: Vec::new(),
            created_at: at,
            changed_at: at,
        }
    }

    /// A cart as a store kept it, checked again.
    pub fn restore(parts: CartParts) -> Result<Self, Invalid> {
        let wrong = |reason: &str| Err(Invalid::new("cart", reason));
        let lines: BTreeSet<LineId> = parts.lines.iter().map(|line| line.id).collect();
        let coupons: BTreeSet<&CouponCode> = parts.coupons.iter().collect();
        if lines.len() < parts.lines.len() || coupons.len() < parts.coupons.len() {
            return wrong("must hold each line and each coupon once");
        }
        if lines.len() > Self::MAX_LINES || coupons.len() > Self::MAX_COUPONS {
            return wrong("must not hold more lines or coupons than a cart can");
        }
        if parts.shown_total.is_some_and(|total| total.currency() != parts.currency) {
            return wrong("must show its total in its own currency");
        }
        Ok(Self {
            id: parts.id,
            version: parts.version,
            currency: parts.currency,
            customer: parts.customer,
            lines: parts.lines,
            coupons: parts.coupons,
            shipping_address: parts.shipping_address,
            shipping_option: parts.shipping_option,
            shown_total: parts.shown_total,
            merged: parts.merged,
            created_at: parts.created_at,
            changed_at: parts.changed_at,
        })
    }

    /// Its parts, as a store keeps them.
    pub fn parts(&self) -> CartParts {
        CartParts {
            id: self.id,
            version: self.version,
            currency: self.currency,
            customer: self.customer,
            lines: self.lines.clone(),
            coupons: self.coupons.clone(),
            shipping_address: self.shipping_address.clone(),
            shipping_option: self.shipping_option.clone(),
            shown_total: self.shown_total,
            merged: self.merged.clone(),
            created_at: self.created_at,
            changed_at: self.changed_at,
        }
    }

    /// Adds units of a variant, raising the line that has it already.
    pub fn add(mut self, line: CartLine, at: Timestamp) -> Result<Self, CartError> {
        let full = self.lines.len() >= Self::MAX_LINES;
        match self.lines.iter_mut().find(|known| known.id == line.id) {
            Some(known) => {
                known.quantity = known.quantity.plus(line.quantity)?;
                known.sku = line.sku;
                known.title = line.title;
            }
            None if full => return Err(CartError::TooManyLines),
            None => self.lines.push(line),
        }
        Ok(self.touched(at))
    }

    /// Sets a line's units.
    pub fn set_quantity(
        mut self,
        id: LineId,
        quantity: Quantity,
        at: Timestamp,
    ) -> Result<Self, CartError> {
        let line = self.lines.iter_mut().find(|line| line.id == id).ok_or(CartError::NoSuchLine)?;
        line.quantity = quantity;
        Ok(self.touched(at))
    }

    /// Takes a line out.
    pub fn remove(mut self, id: LineId, at: Timestamp) -> Result<Self, CartError> {
        let before = self.lines.len();
        self.lines.retain(|line| line.id != id);
        if self.lines.len() == before {
            return Err(CartError::NoSuchLine);
        }
        Ok(self.touched(at))
    }

    /// Adds a coupon code; one that is there already changes nothing.
    pub fn add_coupon(mut self, code: CouponCode, at: Timestamp) -> Result<Self, CartError> {
        if self.coupons.contains(&code) {
            return Ok(self);
        }
        if self.coupons.len() >= Self::MAX_COUPONS {
            return Err(CartError::TooManyCoupons);
        }
        self.coupons.push(code);
        Ok(self.touched(at))
    }

    /// Takes a coupon code out.
    pub fn remove_coupon(mut self, code: &CouponCode, at: Timestamp) -> Result<Self, CartError> {
        let before = self.coupons.len();
        self.coupons.retain(|known| known != code);
        if self.coupons.len() == before {
            return Err(CartError::NoSuchLine);
        }
        Ok(self.touched(at))
    }

    /// Sets where it is sent to.
    pub fn ship_to(self, address: Address, at: Timestamp) -> Self {
        Self { shipping_address: Some(address), ..self }.touched(at)
    }

    /// Chooses how it is sent.
    pub fn choose_shipping(self, option: ShippingCode, at: Timestamp) -> Self {
        Self { shipping_option: Some(option), ..self }.touched(at)
    }

    /// Gives the cart to a customer who signed in.
    pub fn owned_by(self, customer: CustomerId, at: Timestamp) -> Self {
        Self { customer: Some(customer), ..self }.touched(at)
    }

    /// Takes in an anonymous cart: quantities add up, coupons unite, this cart's address stays.
    /// Taking in the same cart again changes nothing. Lines and units beyond the limits are left.
    pub fn merge(mut self, other: &Self, at: Timestamp) -> Self {
        if self.merged.contains(&other.id) || self.id == other.id {
            return self;
        }
        for line in &other.lines {
            let full = self.lines.len() >= Self::MAX_LINES;
            match self.lines.iter_mut().find(|known| known.id == line.id) {
                Some(known) => {
                    known.quantity = known.quantity.plus(line.quantity).unwrap_or(known.quantity);
                }
                None if full => {}
                None => self.lines.push(line.clone()),
            }
        }
        for code in &other.coupons {
            if !self.coupons.contains(code) && self.coupons.len() < Self::MAX_COUPONS {
                self.coupons.push(code.clone());
            }
        }
        self.shipping_address = self.shipping_address.or_else(|| other.shipping_address.clone());
        self.shipping_option = self.shipping_option.or_else(|| other.shipping_option.clone());
        self.merged.push(other.id);
        self.touched(at)
    }

    /// Remembers the total that its shopper is about to see. Looking does not prolong its life.
    pub fn showing(self, total: Money) -> Self {
        if self.shown_total == Some(total) {
            return self;
        }
        Self { shown_total: Some(total), version: self.version.next(), ..self }
    }

    fn touched(self, at: Timestamp) -> Self {
        Self { version: self.version.next(), changed_at: at, ..self }
    }

    /// Its id, which is the secret that opens it.
    pub fn id(&self) -> CartId {
        self.id
    }

    /// How often it changed.
    pub fn version(&self) -> Version {
        self.version
    }

    /// What it pays in.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Whose it is, once its shopper signed in.
    pub fn customer(&self) -> Option<CustomerId> {
        self.customer
    }

    /// Its lines, in the order of adding.
    pub fn lines(&self) -> &[CartLine] {
        &self.lines
    }

    /// A line by the variant's id.
    pub fn line(&self, variant: VariantId) -> Option<&CartLine> {
        self.lines.iter().find(|line| line.variant == variant)
    }

    /// Coupon codes, in the order of adding.
    pub fn coupons(&self) -> &[CouponCode] {
        &self.coupons
    }

    /// Where it is sent to.
    pub fn shipping_address(&self) -> Option<&Address> {
        self.shipping_address.as_ref()
    }

    /// How it is sent, once chosen.
    pub fn shipping_option(&self) -> Option<&ShippingCode> {
        self.shipping_option.as_ref()
    }

    /// The total it last showed.
    pub fn shown_total(&self) -> Option<Money> {
        self.shown_total
    }

    /// When it was made.
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }

    /// When it is forgotten unless it changes.
    pub fn expires_at(&self) -> Timestamp {
        self.changed_at.plus(Self::LIFETIME)
    }
}
