//! Parts of the path.
//!
//! What is no id, SKU or code names nothing, so it is a 404 as an unknown one is.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::FutureExt as _;

use super::problem::Problem;
use crate::domain::shared::{
    CartId, CategoryId, CouponCode, ImportId, OrderId, PaymentId, ProductId, PromotionId, RefundId,
    ReturnId, ShipmentId, ShippingMethodId, Sku, TaxRateId, VariantId,
};

/// The parts of a path, read.
pub struct At<T>(pub T);

/// One part of a path.
pub trait Segment: Sized {
    /// What it says, if it can be said at all.
    fn read(raw: &str) -> Option<Self>;
}

/// One part, or two.
pub trait Segments: Sized {
    /// Reads the parts in their order.
    fn read(parts: &[String]) -> Option<Self>;
}

impl<T: Segment> Segments for T {
    fn read(parts: &[String]) -> Option<Self> {
        Segment::read(parts.first()?)
    }
}

impl<A: Segment, B: Segment> Segments for (A, B) {
    fn read(parts: &[String]) -> Option<Self> {
        Some((Segment::read(parts.first()?)?, Segment::read(parts.get(1)?)?))
    }
}

impl<T: Segments> FromRequest for At<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let parts = web::Path::<Vec<String>>::from_request(request, payload).now_or_never();
        let parts = parts.and_then(Result::ok);
        let read = parts.and_then(|parts| T::read(&parts));
        ready(read.map(Self).ok_or_else(Problem::not_found))
    }
}

impl Segment for String {
    fn read(raw: &str) -> Option<Self> {
        Some(raw.to_owned())
    }
}

impl Segment for u64 {
    fn read(raw: &str) -> Option<Self> {
        raw.parse().ok()
    }
}

impl Segment for Sku {
    fn read(raw: &str) -> Option<Self> {
        Self::try_new(raw).ok()
    }
}

impl Segment for CouponCode {
    fn read(raw: &str) -> Option<Self> {
        Self::try_new(raw).ok()
    }
}

macro_rules! id_segments {
    ($($type:ident)*) => {$(
        impl Segment for $type {
            fn read(raw: &str) -> Option<Self> {
                Self::parse(raw).ok()
            }
        }
    )*};
}

id_segments!(CartId CategoryId ImportId OrderId PaymentId ProductId PromotionId RefundId ReturnId
    ShipmentId ShippingMethodId TaxRateId VariantId);
