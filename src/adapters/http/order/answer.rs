use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::OrderBody;
use crate::adapters::http::etag::ETag;
use crate::adapters::http::idempotency::REPLAYED;
use crate::adapters::http::problem::{Code, Problem};
use crate::adapters::http::{State, respond};
use crate::app::Answered;
use crate::app::order::Placement;
use crate::domain::order::Order;
use crate::ports::idempotency::Outcome;

/// Who reads an order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Who placed it just now, and is told the token.
    Placer,
    /// Its buyer.
    Buyer,
    /// A member of staff.
    Staff,
}

/// An order as its reader sees it.
pub fn body(state: &State, order: &Order, reader: Reader) -> Result<Bytes, Problem> {
    let body = OrderBody::of(order);
    let body = match reader {
        Reader::Placer => body.with_token(state.shop.orders.access_token(order.id())),
        Reader::Buyer => body,
        Reader::Staff => body.with_notes(order),
    };
    respond::bytes_of(&body)
}

/// An order that is read.
pub fn page(
    (state, request): (&State, &HttpRequest),
    order: &Order,
    reader: Reader,
) -> Result<HttpResponse, Problem> {
    let tag = ETag::of_version(order.version());
    Ok(respond::tagged(request, StatusCode::OK, body(state, order, reader)?, &tag))
}

/// What a change of an order came to.
pub fn changed(
    (state, request): (&State, &HttpRequest),
    answered: Answered,
    reader: Reader,
) -> Result<HttpResponse, Problem> {
    outcome((state, request), answered, reader, StatusCode::OK)
}

/// What adding to an order came to: a shipment, a refund, a note. The order that it is part of is
/// where the path leads without its last segment.
pub fn added(
    (state, request): (&State, &HttpRequest),
    answered: Answered,
) -> Result<HttpResponse, Problem> {
    let response = outcome((state, request), answered, Reader::Staff, StatusCode::CREATED)?;
    Ok(respond::located(response, respond::whole_of(request)))
}

/// What placing an order, or confirming its payment, came to: `done` where it is decided, 202 where
/// the payment's outcome is still unknown.
pub fn placed(
    (state, request): (&State, &HttpRequest),
    placement: Placement,
    reader: Reader,
    done: StatusCode,
) -> Result<HttpResponse, Problem> {
    let status = if placement.pending { StatusCode::ACCEPTED } else { done };
    let Placement { outcome: kept, replayed, .. } = placement;
    let location = match &kept {
        Outcome::Order(order) => format!("/api/v1/orders/{}", order.id()),
        Outcome::Stock(_) | Outcome::Refused(_) => String::new(),
    };
    let answered = Answered { outcome: kept, replayed };
    let response = outcome((state, request), answered, reader, status)?;
    Ok(respond::located(response, &location))
}

fn outcome(
    (state, request): (&State, &HttpRequest),
    answered: Answered,
    reader: Reader,
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    let order = match answered.outcome {
        Outcome::Order(order) => order,
        Outcome::Refused(refusal) => return Err(Problem::from(&refusal).stored(answered.replayed)),
        Outcome::Stock(_) => {
            return Err(Problem::new(Code::Internal, "Try again under another key.")
                .caused_by("a key of an order holds an outcome of stock"));
        }
    };
    let tag = ETag::of_version(order.version());
    let mut response = respond::tagged(request, status, body(state, &order, reader)?, &tag);
    mark_replayed(&mut response, answered.replayed);
    Ok(response)
}

/// Says that an earlier request made the answer.
pub fn mark_replayed(response: &mut HttpResponse, replayed: bool) {
    if replayed {
        let name = HeaderName::from_static(REPLAYED);
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
}
