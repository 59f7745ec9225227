//! Marks of where a list goes on, as clients carry them.
//!
//! A cursor is signed together with the list it belongs to, so that it cannot be made up, altered,
//! or used on another list, filter or order.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::problem::Problem;
use crate::domain::shared::{OrderId, ProductId, Sku, Timestamp};
use crate::ports::catalog::ListMark;
use crate::ports::order::OrderMark;
use crate::ports::system::Signer;

const PURPOSE: &str = "cursor";
const SIGNATURE_BYTES: usize = 16;

/// A place in a list that can be written into a cursor.
pub trait Mark: Sized {
    /// Writes it.
    fn write(&self, out: &mut Vec<u8>);

    /// Reads what [`Self::write`] wrote, all of it.
    fn read(bytes: &[u8]) -> Option<Self>;
}

/// The cursor of `mark` in the list that `list` names: its path, filters and order.
pub fn encode(signer: &dyn Signer, list: &str, mark: &impl Mark) -> String {
    let mut bytes = Vec::with_capacity(64);
    mark.write(&mut bytes);
    let signature = signer.sign(PURPOSE, &signed(list, &bytes));
    bytes.extend_from_slice(signature.first_chunk::<SIGNATURE_BYTES>().unwrap_or(&[0; 16]));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The place that `cursor` tells, if it was given out for the list that `list` names.
pub fn decode<M: Mark>(signer: &dyn Signer, list: &str, cursor: &str) -> Result<M, Problem> {
    let refused = || {
        Problem::parameter(
            "cursor",
            "must be a next_cursor of this list, with the same filters and order",
        )
    };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
    let (mark, signature) = bytes.split_last_chunk::<SIGNATURE_BYTES>().ok_or_else(refused)?;
    if !signer.verify(PURPOSE, &signed(list, mark), signature) {
        return Err(refused());
    }
    M::read(mark).ok_or_else(refused)
}

/// The list's name, its length before it, so that no other list and mark spell the same.
fn signed(list: &str, mark: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(8 + list.len() + mark.len());
    bytes.extend_from_slice(&u64::try_from(list.len()).unwrap_or(u64::MAX).to_be_bytes());
    bytes.extend_from_slice(list.as_bytes());
    bytes.extend_from_slice(mark);
    bytes
}

impl Mark for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_be_bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

impl Mark for uuid::Uuid {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }
}

impl Mark for Sku {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.as_str().as_bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        Self::try_new(std::str::from_utf8(bytes).ok()?).ok()
    }
}

impl Mark for ListMark {
    fn write(&self, out: &mut Vec<u8>) {
        self.product.uuid().write(out);
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(self.name.as_bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (product, rest) = bytes.split_at_checked(16)?;
        let (number, name) = rest.split_first_chunk::<8>()?;
        Some(Self {
            product: ProductId::new(Mark::read(product)?),
            number: i64::from_be_bytes(*number),
            name: String::from_utf8(name.to_vec()).ok()?,
        })
    }
}

impl Mark for OrderMark {
    fn write(&self, out: &mut Vec<u8>) {
        self.order.uuid().write(out);
        out.extend_from_slice(&self.placed_at.micros().to_be_bytes());
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (order, placed_at) = bytes.split_at_checked(16)?;
        Some(Self {
            order: OrderId::new(Mark::read(order)?),
            placed_at: Timestamp::from_micros(i64::from_be_bytes(placed_at.try_into().ok()?)),
        })
    }
}

#[cfg(test)]
mod tests;
