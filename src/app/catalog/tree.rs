//! Finding categories by their names, and making those that are missing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::domain::catalog::Category;
use crate::domain::shared::{CategoryId, Slug, Text, Version};
use crate::ports::PortError;
use crate::ports::catalog::CatalogQueries;
use crate::ports::store::Write;
use crate::ports::system::Ids;

/// How many numbers are tried behind the last slug of a category.
const MOST_NUMBERS: u32 = 1_000;

/// Resolves paths of names to categories. What is missing is planned, to be saved in the commit
/// that needs it.
pub(super) struct TreePlan<'a> {
    catalog: &'a dyn CatalogQueries,
    ids: &'a dyn Ids,
    known: HashMap<(Option<CategoryId>, String), CategoryId>,
    slugs: HashSet<Slug>,
    made: Vec<Arc<Category>>,
}

impl<'a> TreePlan<'a> {
    /// A plan in which nothing is made yet.
    pub fn new(catalog: &'a dyn CatalogQueries, ids: &'a dyn Ids) -> Self {
        Self { catalog, ids, known: HashMap::new(), slugs: HashSet::new(), made: Vec::new() }
    }

    /// The category at the end of `path`; none for an empty path.
    pub async fn resolve(&mut self, path: &[Text<120>]) -> Result<Option<CategoryId>, PortError> {
        let names: Vec<&str> = path.iter().map(Text::as_str).collect();
        let mut parent = None;
        for (depth, name) in path.iter().enumerate() {
            let key = (parent, name.as_str().to_lowercase());
            let id = match self.known.get(&key) {
                Some(id) => *id,
                None => self.find_or_make(parent, name, &names[..=depth]).await?,
            };
            self.known.insert(key, id);
            parent = Some(id);
        }
        Ok(parent)
    }

    /// How much is planned to be made.
    pub fn mark(&self) -> usize {
        self.made.len()
    }

    /// Gives up what was planned since `mark`, and its slugs.
    pub fn rewind(&mut self, mark: usize) {
        for category in self.made.drain(mark.min(self.made.len())..) {
            self.slugs.remove(&category.slug);
            self.known.remove(&(category.parent, category.name.as_str().to_lowercase()));
        }
    }

    /// The writes that save what was made, parents first.
    pub fn into_writes(self) -> Vec<Write> {
        let save = |category| Write::SaveCategory { category, expected: None };
        self.made.into_iter().map(save).collect()
    }

    async fn find_or_make(
        &mut self,
        parent: Option<CategoryId>,
        name: &Text<120>,
        path: &[&str],
    ) -> Result<CategoryId, PortError> {
        let new_parent = parent.is_some_and(|id| self.made.iter().any(|made| made.id == id));
        if !new_parent
            && let Some(found) = self.catalog.category_by_name(parent, name.as_str()).await?
        {
            return Ok(found.id);
        }
        let slug = self.free_slug(path).await?;
        let id = CategoryId::new(self.ids.next());
        let name = name.clone();
        let category = Category { id, slug, name, parent, position: 0, version: Version::FIRST };
        self.made.push(Arc::new(category));
        Ok(id)
    }

    /// The first slug for the category at the end of `path` that is free; it is not given again.
    pub async fn free_slug(&mut self, path: &[&str]) -> Result<Slug, PortError> {
        let candidates = Category::slug_candidates(path);
        let last = candidates.last().cloned();
        let numbered = last.iter().flat_map(|slug| {
            (2..=MOST_NUMBERS).filter_map(|number| slug.with_suffix(&number.to_string()).ok())
        });
        for candidate in candidates.iter().cloned().chain(numbered) {
            let free = !self.slugs.contains(&candidate)
                && self.catalog.category_by_slug(&candidate).await?.is_none();
            if free {
                self.slugs.insert(candidate.clone());
                return Ok(candidate);
            }
        }
        Err(PortError::internal("no slug is free for a category"))
    }
}
