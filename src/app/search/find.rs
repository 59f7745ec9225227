use std::sync::Arc;

use super::{SearchService, fallback};
use crate::app::AppError;
use crate::domain::shared::ProductId;
use crate::ports::PortError;
use crate::ports::catalog::ProductView;
use crate::ports::search::{Facets, SearchQuery};

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchAnswer {
    /// The page asked for, each product with how well it matches.
    pub items: Vec<(Arc<ProductView>, f32)>,
    /// How many products match.
    pub total: u64,
    /// Counts over all that match.
    pub facets: Facets,
    /// The text that was searched for instead, where a word was respelt.
    pub did_you_mean: Option<String>,
    /// Whether the index was away and a plain look through the catalog answered: without typing
    /// errors forgiven, without facets, and perhaps not of everything.
    pub degraded: bool,
}

/// What to offer while someone types.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SuggestAnswer {
    /// Completions of what was typed.
    pub texts: Vec<String>,
    /// Products whose name goes on from it.
    pub products: Vec<Arc<ProductView>>,
}

/// Searching.
impl SearchService {
    /// Finds products. Never fails for want of the index.
    pub async fn search(&self, query: SearchQuery) -> Result<SearchAnswer, AppError> {
        let found = match self.ports.search.search(&query).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(error = %error, "the search index did not answer");
                let context = self.config.read_context(self.ports.clock.now());
                return Ok(fallback::search(&*self.ports.storefront, &query, &context).await?);
            }
        };
        let ids: Vec<ProductId> = found.hits.iter().map(|hit| hit.product).collect();
        let views = self.ports.storefront.products(&ids).await?;
        let shown = found.hits.iter().zip(views).filter_map(|(hit, view)| {
            let view = view.filter(|view| view.product.is_published())?;
            Some((view, hit.score))
        });
        Ok(SearchAnswer {
            items: shown.collect(),
            total: found.total,
            facets: found.facets,
            did_you_mean: found.did_you_mean,
            degraded: false,
        })
    }

    /// Completes `prefix`; nothing where the index is away.
    pub async fn suggest(&self, prefix: &str, limit: u32) -> Result<SuggestAnswer, AppError> {
        let suggestions = match self.ports.search.suggest(prefix, limit).await {
            Ok(suggestions) => suggestions,
            Err(error) => {
                tracing::warn!(error = %error, "the search index did not answer");
                return Ok(SuggestAnswer::default());
            }
        };
        let products = self.published(&suggestions.products).await?;
        Ok(SuggestAnswer { texts: suggestions.texts, products })
    }

    async fn published(&self, ids: &[ProductId]) -> Result<Vec<Arc<ProductView>>, PortError> {
        let views = self.ports.storefront.products(ids).await?;
        Ok(views.into_iter().flatten().filter(|view| view.product.is_published()).collect())
    }
}
