//! Values of every kind that a store keeps, drawn from one number: each variant turns up, each
//! optional part is there or not, and texts hold what is awkward to write down.

mod cart;
mod catalog;
mod event;
mod order;
mod pricing;

use std::sync::Arc;

use uuid::Uuid;

use crate::domain::customer::{Role, StaffMember};
use crate::domain::inventory::{
    Reservation, ReservationState, StockEvent, StockEventKind, StockItem,
};
use crate::domain::shared::*;
use crate::ports::imports::{ImportError, ImportReport, ImportStatus};

/// A source of values that a seed decides.
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn any<T: Any>(&mut self) -> T {
        T::any(self)
    }

    /// Sixty-four bits (`SplitMix64`).
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.bits() % u64::try_from(end).unwrap()).unwrap()
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Up to three values.
    pub fn few<T: Any>(&mut self) -> Vec<T> {
        (0..self.below(4)).map(|_| self.any()).collect()
    }

    /// Not negative, and as often small as large.
    pub fn amount(&mut self) -> i64 {
        let most = self.pick(&[0, 1, 10_000, 1_000_000_000_000]);
        i64::try_from(self.bits() % (most + 1)).unwrap()
    }

    /// A word of the plainest kind, never twice the same.
    pub fn word(&mut self) -> String {
        format!("w{:x}", self.bits())
    }

    pub fn money(&mut self, currency: Currency) -> Money {
        Money::new(self.amount(), currency)
    }

    pub fn text<const MAX: usize>(&mut self) -> Text<MAX> {
        let raw: String = format!("x{}", self.any::<String>()).chars().take(MAX).collect();
        Text::try_new("text", &raw.replace('\u{1}', "")).unwrap()
    }
}

/// A value that can be drawn.
pub trait Any {
    fn any(draw: &mut Draw) -> Self;
}

impl<T: Any> Any for Option<T> {
    fn any(draw: &mut Draw) -> Self {
        draw.any::<bool>().then(|| draw.any())
    }
}

impl<T: Any> Any for Arc<T> {
    fn any(draw: &mut Draw) -> Self {
        Self::new(draw.any())
    }
}

impl Any for bool {
    fn any(draw: &mut Draw) -> Self {
        draw.below(2) == 1
    }
}

impl Any for u64 {
    fn any(draw: &mut Draw) -> Self {
        draw.pick(&[0, 1, 7_000, Self::MAX])
    }
}

impl Any for u32 {
    fn any(draw: &mut Draw) -> Self {
        draw.pick(&[0, 1, 7_000, Self::MAX])
    }
}

impl Any for i64 {
    fn any(draw: &mut Draw) -> Self {
        draw.pick(&[0, -1, 7_000, Self::MIN, Self::MAX])
    }
}

impl Any for i32 {
    fn any(draw: &mut Draw) -> Self {
        draw.pick(&[0, -1, 7_000, Self::MIN, Self::MAX])
    }
}

impl Any for String {
    fn any(draw: &mut Draw) -> Self {
        let parts = ["", "plain", "\"", "\\", "\n", "\u{1}", "é", "日本", "🛏", "</script>", " x"];
        (0..draw.below(4)).map(|_| draw.pick(&parts)).collect()
    }
}

macro_rules! ids {
    ($($id:ident),*) => {$(
        impl Any for $id {
            fn any(draw: &mut Draw) -> Self {
                Self::new(Uuid::from_u64_pair(draw.bits(), draw.bits()))
            }
        }
    )*};
}

ids!(
    CartId,
    CategoryId,
    CustomerId,
    ImageId,
    ImportId,
    LineId,
    OrderId,
    PaymentId,
    ProductId,
    PromotionId,
    RefundId,
    ReturnId,
    ShipmentId,
    ShippingMethodId,
    StaffId,
    TaxRateId,
    VariantId
);

impl Any for Timestamp {
    fn any(draw: &mut Draw) -> Self {
        Self::from_micros(draw.pick(&[0, -1, 1_760_000_000_123_456, i64::MIN, i64::MAX]))
    }
}

impl Any for Version {
    fn any(draw: &mut Draw) -> Self {
        Self::new(draw.pick(&[1, 2, u64::MAX]))
    }
}

impl Any for Quantity {
    fn any(draw: &mut Draw) -> Self {
        Self::try_new(draw.pick(&[1, 3, 1_000_000])).unwrap()
    }
}

impl Any for Currency {
    fn any(draw: &mut Draw) -> Self {
        Self::try_new(draw.pick(&["USD", "EUR", "JPY", "KWD", "ZWG"])).unwrap()
    }
}

impl Any for Money {
    fn any(draw: &mut Draw) -> Self {
        let currency = draw.any();
        draw.money(currency)
    }
}

impl Any for Country {
    fn any(draw: &mut Draw) -> Self {
        Self::try_new(draw.pick(&["US", "DE", "XK"])).unwrap()
    }
}

impl Any for Sku {
    fn any(draw: &mut Draw) -> Self {
        let word = draw.word();
        Self::try_new(&draw.pick(&[word.clone(), format!("\"{word}\\"), word.to_uppercase()]))
            .unwrap()
    }
}

macro_rules! words {
    ($($value:ident),*) => {$(
        impl Any for $value {
            fn any(draw: &mut Draw) -> Self {
                Self::try_new(&draw.word()).unwrap()
            }
        }
    )*};
}

words!(Slug, Location, CouponCode, ShippingCode);

impl Any for TaxCategory {
    fn any(draw: &mut Draw) -> Self {
        Self::try_new(draw.pick(&["standard", "reduced"])).unwrap()
    }
}

impl Any for Email {
    fn any(draw: &mut Draw) -> Self {
        Self::try_new(&format!("{}\"é@Example.com", draw.word())).unwrap()
    }
}

impl<const MAX: usize> Any for Text<MAX> {
    fn any(draw: &mut Draw) -> Self {
        draw.text()
    }
}

impl Any for Address {
    fn any(draw: &mut Draw) -> Self {
        let line = |draw: &mut Draw| draw.text::<120>().as_str().to_owned();
        let maybe = |draw: &mut Draw| draw.any::<Option<Text<120>>>().map(|it| it.to_string());
        let parts = AddressParts {
            name: line(draw),
            company: maybe(draw),
            line1: line(draw),
            line2: maybe(draw),
            city: line(draw),
            region: maybe(draw),
            postal_code: maybe(draw).unwrap_or_default(),
            country: draw.any::<Country>().as_str().to_owned(),
            phone: maybe(draw),
        };
        Self::try_new(parts).unwrap()
    }
}

impl Any for Allocation {
    fn any(draw: &mut Draw) -> Self {
        Self { sku: draw.any(), location: draw.any(), quantity: draw.any() }
    }
}

impl Any for StockPolicy {
    fn any(draw: &mut Draw) -> Self {
        let limit = draw.any();
        draw.pick(&[Self::Tracked, Self::Backorder { limit }, Self::Untracked])
    }
}

impl Any for StockItem {
    fn any(draw: &mut Draw) -> Self {
        let place = (draw.any(), draw.any());
        Self::restore(place, draw.any(), draw.any(), draw.amount(), draw.any())
    }
}

impl Any for StockEvent {
    fn any(draw: &mut Draw) -> Self {
        use StockEventKind as K;
        let kinds = [
            K::Received,
            K::Reserved,
            K::Released,
            K::Expired,
            K::Committed,
            K::Cancelled,
            K::Returned,
            K::Adjusted,
        ];
        Self {
            sku: draw.any(),
            location: draw.any(),
            kind: draw.pick(&kinds),
            quantity: draw.any(),
            order: draw.any(),
            reason: draw.any(),
            at: draw.any(),
        }
    }
}

impl Any for Reservation {
    fn any(draw: &mut Draw) -> Self {
        use ReservationState as S;
        Self {
            order: draw.any(),
            sku: draw.any(),
            location: draw.any(),
            quantity: draw.any(),
            state: draw.pick(&[S::Held, S::Committed, S::Released, S::Expired]),
            held_until: draw.any(),
        }
    }
}

impl Any for StaffMember {
    fn any(draw: &mut Draw) -> Self {
        Self {
            id: draw.any(),
            email: draw.any(),
            password_hash: draw.any(),
            role: Role::Administrator,
            active: draw.any(),
            created_at: draw.any(),
            version: draw.any(),
        }
    }
}

impl Any for ImportError {
    fn any(draw: &mut Draw) -> Self {
        Self { line: draw.any(), reason: draw.any() }
    }
}

impl Any for ImportReport {
    fn any(draw: &mut Draw) -> Self {
        use ImportStatus as S;
        Self {
            id: draw.any(),
            status: draw.pick(&[S::Running, S::Completed, S::Failed]),
            created: draw.any(),
            updated: draw.any(),
            unchanged: draw.any(),
            failed: draw.any(),
            errors: draw.few(),
            started_at: draw.any(),
            updated_at: draw.any(),
            version: draw.any(),
        }
    }
}
