use std::fmt::Write as _;
use std::sync::Arc;

use super::OrderService;
use crate::app::AppError;
use crate::domain::order::{Order, OrderEvent};
use crate::domain::shared::OrderId;
use crate::ports::catalog::Page;
use crate::ports::order::{OrderFilter, OrderMark};

/// What order tokens are signed for.
const TOKEN_PURPOSE: &str = "order-token";
/// How much of the signature a token carries: 160 bits.
const TOKEN_BYTES: usize = 20;

impl OrderService {
    /// An order.
    pub async fn order(&self, id: OrderId) -> Result<Arc<Order>, AppError> {
        self.ports.orders.order(id).await?.ok_or(AppError::NotFound("order"))
    }

    /// A page of orders, newest first.
    pub async fn orders(
        &self,
        filter: &OrderFilter,
        after: Option<OrderMark>,
        limit: usize,
    ) -> Result<Page<Arc<Order>, OrderMark>, AppError> {
        Ok(self.ports.listed_orders().orders(filter, after, limit).await?)
    }

    /// A page of an order's history, oldest first.
    pub async fn events(
        &self,
        id: OrderId,
        after: Option<u64>,
        limit: usize,
    ) -> Result<Page<OrderEvent, u64>, AppError> {
        self.order(id).await?;
        Ok(self.ports.orders.order_events(id, after, limit).await?)
    }

    /// The token that lets its bearer read, cancel and return the order. It is a signature of the
    /// order's id, so it is kept nowhere; it must never be logged.
    pub fn access_token(&self, id: OrderId) -> String {
        let signature = self.ports.signer.sign(TOKEN_PURPOSE, id.uuid().as_bytes());
        let mut token = String::with_capacity(TOKEN_BYTES * 2);
        for byte in signature.iter().take(TOKEN_BYTES) {
            let _ = write!(token, "{byte:02x}");
        }
        token
    }

    /// Whether a token is that order's.
    pub fn check_access_token(&self, id: OrderId, token: &str) -> bool {
        let Some(signature) = parse_hex(token) else { return false };
        signature.len() == TOKEN_BYTES
            && self.ports.signer.verify(TOKEN_PURPOSE, id.uuid().as_bytes(), &signature)
    }
}

fn parse_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != TOKEN_BYTES * 2
        || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    {
        return None;
    }
    let pairs = (0..TOKEN_BYTES).map(|index| text.get(index * 2..index * 2 + 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}
