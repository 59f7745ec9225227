use super::{SearchService, document_of};
use crate::app::AppError;
use crate::domain::catalog::ProductStatus;
use crate::ports::search::SearchDocument;

/// How many products are read at once.
const PAGE: usize = 500;

impl SearchService {
    /// Rebuilds the index from the catalog while the old one serves, and tells how many products
    /// are in as it goes; answers with how many there are. One at a time: a second gives
    /// `Conflict`.
    pub async fn reindex(&self, progress: &mut (dyn FnMut(u64) + Send)) -> Result<u64, AppError> {
        let mut rebuild = self.ports.search.rebuild().await?;
        let context = self.config.read_context(self.ports.clock.now());
        let (mut after, mut count) = (None, 0_u64);
        loop {
            let page = self.ports.catalog.scan(Some(ProductStatus::Active), after, PAGE).await?;
            let documents: Vec<SearchDocument> =
                page.items.iter().filter_map(|view| document_of(view, &context)).collect();
            count = count.saturating_add(u64::try_from(documents.len()).unwrap_or(u64::MAX));
            rebuild.add(documents).await?;
            progress(count);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        rebuild.publish().await?;
        Ok(count)
    }
}
