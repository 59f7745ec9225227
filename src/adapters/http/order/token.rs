use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};

use crate::adapters::http::State;
use crate::adapters::http::idempotency::Principal;
use crate::adapters::http::path::At;
use crate::adapters::http::problem::Problem;
use crate::domain::shared::OrderId;

/// The header that carries an order's token.
pub const X_ORDER_TOKEN: &str = "x-order-token";

/// An order that the caller has the token of. Without it there is no such order, for all that the
/// caller is told.
pub struct OrderToken {
    /// Which order.
    pub order: OrderId,
    token: String,
}

impl OrderToken {
    /// Whose idempotency keys the request's are.
    pub fn principal(&self) -> Principal<'_> {
        Principal::OrderToken(&self.token)
    }
}

impl FromRequest for OrderToken {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let order = At::<OrderId>::from_request(request, payload).into_inner();
        let token = request.headers().get(X_ORDER_TOKEN).and_then(|token| token.to_str().ok());
        let state = request.app_data::<Data<State>>();
        let opened =
            order.ok().zip(token).zip(state).filter(|((order, token), state)| {
                state.shop.orders.check_access_token(order.0, token)
            });
        ready(match opened {
            Some(((order, token), _)) => Ok(Self { order: order.0, token: token.to_owned() }),
            None => Err(Problem::not_found()),
        })
    }
}
