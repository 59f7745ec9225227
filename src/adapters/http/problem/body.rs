use serde::Serialize;
use utoipa::ToSchema;

use super::{Extra, FieldProblem, Place, Problem};
use crate::adapters::http::cart::CartBody;

/// A problem document (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// Names the kind of problem; the code is its last part.
    #[serde(rename = "type")]
    #[schema(example = "urn:ecicomm:problem:not_found")]
    kind: String,
    /// What the kind is called.
    title: &'static str,
    /// The status of the answer.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// What happened this time, and what to do.
    detail: &'a str,
    /// The path that was asked.
    instance: &'a str,
    /// The kind of problem, to branch on. It never changes its name.
    code: &'static str,
    /// The parts of the request that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblemBody<'a>>,
    /// The id that the shop's log knows the request by. Left out of answers kept under a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    request_id: Option<&'a str>,
    /// Which SKU it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sku: Option<&'a str>,
    /// How many units could be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    available: Option<i64>,
    /// Which coupon does not apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    coupon: Option<&'a str>,
    /// Why it failed, as a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<&'a str>,
    /// The order that came to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    order_id: Option<uuid::Uuid>,
    /// The cart as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<CartBody>)]
    cart: Option<Box<CartBody<'a>>>,
}

/// A part of the request that is wrong.
#[derive(Serialize, ToSchema)]
#[schema(as = FieldProblem)]
pub struct FieldProblemBody<'a> {
    /// A JSON pointer to the place in the body; empty for the whole of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pointer: Option<&'a str>,
    /// The name of a parameter of the query, the path or the header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    parameter: Option<&'a str>,
    /// What is wrong.
    detail: &'a str,
}

impl<'a> ProblemBody<'a> {
    pub(super) fn of(problem: &'a Problem, instance: &'a str, request_id: &'a str) -> Self {
        let parts = &problem.0;
        let mut body = Self {
            kind: format!("urn:ecicomm:problem:{}", parts.code.as_str()),
            title: parts.code.title(),
            status: parts.code.status().as_u16(),
            detail: &parts.detail,
            instance,
            code: parts.code.as_str(),
            errors: parts.errors.iter().map(FieldProblemBody::of).collect(),
            request_id: (!parts.stored).then_some(request_id),
            sku: None,
            available: None,
            coupon: None,
            reason: None,
            order_id: None,
            cart: None,
        };
        body.add(&parts.extra);
        body
    }

    fn add(&mut self, extra: &'a Extra) {
        match extra {
            Extra::None => {}
            Extra::Stock { sku, available } => {
                self.sku = Some(sku);
                self.available = *available;
            }
            Extra::Coupon { code } => self.coupon = Some(code),
            Extra::Failure { reason, order } => {
                self.reason = Some(reason);
                self.order_id = order.map(crate::domain::shared::OrderId::uuid);
            }
            Extra::Cart(view) => self.cart = Some(Box::new(CartBody::of(view))),
        }
    }

    /// The document. Its parts are numbers and text, which always can be written.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl<'a> FieldProblemBody<'a> {
    fn of(problem: &'a FieldProblem) -> Self {
        let (pointer, parameter) = match &problem.place {
            Place::Body(pointer) => (Some(pointer.as_str()), None),
            Place::Parameter(name) => (None, Some(name.as_str())),
        };
        Self { pointer, parameter, detail: &problem.detail }
    }
}
