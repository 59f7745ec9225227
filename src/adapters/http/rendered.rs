//! Products as they go out, rendered once for each version of their view.

use std::sync::{Arc, OnceLock};

use actix_web::web::Bytes;
use moka::sync::Cache;
use ring::digest::{SHA256, digest};

use super::catalog::{ProductBody, SummaryBody};
use super::etag::ETag;
use super::problem::Problem;
use super::respond;
use crate::domain::catalog::PriceRow;
use crate::domain::shared::{Currency, ProductId, Timestamp};
use crate::ports::catalog::{ProductView, ReadContext};

/// The rendered products of a shop, bounded by their bytes.
pub struct Rendered {
    cache: Cache<(ProductId, Currency), Arc<Product>>,
}

/// One product as it goes out.
pub struct Product {
    version: u64,
    until: Option<Timestamp>,
    /// As lists show it.
    pub summary: Bytes,
    /// A digest of the summary.
    pub digest: [u8; 16],
    page: OnceLock<Page>,
}

/// A product's own page.
#[derive(Clone)]
pub struct Page {
    /// Its body.
    pub body: Bytes,
    /// Its tag.
    pub tag: ETag,
}

impl Rendered {
    /// Room for about `bytes` bytes.
    pub fn new(bytes: u64) -> Self {
        let weigh = |_: &(ProductId, Currency), product: &Arc<Product>| {
            // The page is rendered later, and is about three times the summary.
            u32::try_from(product.summary.len().saturating_mul(4)).unwrap_or(u32::MAX)
        };
        Self { cache: Cache::builder().max_capacity(bytes).weigher(weigh).build() }
    }

    /// The product as it goes out to a reader in `context`.
    pub fn product(
        &self,
        view: &ProductView,
        context: &ReadContext,
    ) -> Result<Arc<Product>, Problem> {
        let key = (view.product.id(), context.currency);
        if let Some(known) = self.cache.get(&key)
            && known.version == view.version
            && known.until.is_none_or(|until| context.at < until)
        {
            return Ok(known);
        }
        let product = Arc::new(Product::render(view, context)?);
        self.cache.insert(key, product.clone());
        Ok(product)
    }
}

impl Product {
    fn render(view: &ProductView, context: &ReadContext) -> Result<Self, Problem> {
        let summary = respond::bytes_of(&SummaryBody::of(view, context))?;
        let sum = digest(&SHA256, &summary);
        Ok(Self {
            version: view.version,
            until: next_price_change(view, context.at),
            digest: sum.as_ref().first_chunk().copied().unwrap_or_default(),
            summary,
            page: OnceLock::new(),
        })
    }

    /// Its own page, rendered when it is first asked for.
    pub fn page(&self, view: &ProductView, context: &ReadContext) -> Result<Page, Problem> {
        if let Some(page) = self.page.get() {
            return Ok(page.clone());
        }
        let body = respond::bytes_of(&ProductBody::of(view, context))?;
        let tag = ETag::of_content(&body);
        Ok(self.page.get_or_init(|| Page { body, tag }).clone())
    }
}

/// When a price begins or ends next, and the product must be rendered anew.
fn next_price_change(view: &ProductView, now: Timestamp) -> Option<Timestamp> {
    let variants = view.product.content().variants.iter();
    let rows = variants.flat_map(|variant| &variant.prices);
    let moments = rows.map(PriceRow::conditions).flat_map(|held| [held.from, held.until]);
    moments.flatten().filter(|moment| *moment > now).min()
}
