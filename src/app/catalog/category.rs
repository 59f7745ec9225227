use std::sync::Arc;

use super::CatalogService;
use super::tree::TreePlan;
use crate::app::AppError;
use crate::app::faults::Faults;
use crate::domain::catalog::{Category, CategoryError};
use crate::domain::shared::{CategoryId, Slug, Text, Version};
use crate::ports::PortError;
use crate::ports::catalog::CategoryNode;
use crate::ports::store::{CommitError, Conflict, Unique, UnitOfWork, Write};

/// A category as someone wrote it. Errors name its parts `/name`, `/slug`, `/parent_id`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CategoryDraft {
    /// What people read.
    pub name: String,
    /// Made of the name where absent; on a known category it stays.
    pub slug: Option<String>,
    /// What it lies below; none for the top.
    pub parent: Option<CategoryId>,
    /// Its place among its siblings, 0 where absent; on a known category it stays.
    pub position: Option<i32>,
}

/// Writing categories.
impl CatalogService {
    /// A category.
    pub async fn category(&self, id: CategoryId) -> Result<Arc<Category>, AppError> {
        self.ports.catalog.category(id).await?.ok_or(AppError::NotFound("category"))
    }

    pub(super) async fn category_by_slug(
        &self,
        slug: &str,
    ) -> Result<Option<Arc<Category>>, PortError> {
        match Slug::try_new(slug) {
            Ok(slug) => self.ports.storefront.category_by_slug(&slug).await,
            Err(_) => Ok(None),
        }
    }

    /// Makes a category.
    pub async fn create_category(&self, draft: CategoryDraft) -> Result<Arc<Category>, AppError> {
        let id = CategoryId::new(self.ports.ids.next());
        for _ in 0..=self.config.max_retries {
            let category = self.place_category(id, None, &draft).await?;
            let write = Write::SaveCategory { category, expected: None };
            let slug_made = draft.slug.is_none();
            let mend = |conflict: &Conflict| {
                slug_made && matches!(conflict, Conflict::Taken(Unique::CategorySlug, _))
            };
            if self.save_category(write, mend).await? {
                return self.category(id).await;
            }
        }
        Err(AppError::Contended("the category"))
    }

    /// Replaces a category, decided on version `expected` of it. Where it moves, what lies below it
    /// moves along.
    pub async fn revise_category(
        &self,
        id: CategoryId,
        expected: Version,
        draft: CategoryDraft,
    ) -> Result<Arc<Category>, AppError> {
        for _ in 0..=self.config.max_retries {
            let known = self.category(id).await?;
            if known.version != expected {
                return Err(AppError::PreconditionFailed);
            }
            let category = self.place_category(id, Some(&known), &draft).await?;
            let moved = known.parent != draft.parent;
            let write = Write::SaveCategory { category, expected: Some(expected) };
            // The tree moved since the place was chosen; the place is chosen anew.
            let mend = |conflict: &Conflict| moved && matches!(conflict, Conflict::Stale(_));
            if self.save_category(write, mend).await? {
                return self.category(id).await;
            }
        }
        Err(AppError::Contended("the category"))
    }

    /// Deletes a category that holds neither products nor categories.
    pub async fn delete_category(&self, id: CategoryId, expected: Version) -> Result<(), AppError> {
        self.category(id).await?;
        let at = self.ports.clock.now();
        let unit = UnitOfWork::of(at, Write::DeleteCategory { id, expected });
        self.ports.store.commit(unit).await.map_err(AppError::of_commit)
    }

    /// The category as `draft` wants it.
    async fn place_category(
        &self,
        id: CategoryId,
        known: Option<&Category>,
        draft: &CategoryDraft,
    ) -> Result<Arc<Category>, AppError> {
        let mut faults = Faults::default();
        let name = faults.note(|| "/name".into(), Text::try_new("name", &draft.name));
        let ancestors = match draft.parent {
            Some(parent) => self.line_of(parent).await?,
            None => Vec::new(),
        };
        if draft.parent.is_some() && ancestors.is_empty() {
            faults.unknown("/parent_id", "no category has this id");
        }
        let slug = self.category_slug(known, draft, &ancestors, &mut faults).await?;
        let (name, slug) = faults.finish(name.zip(slug))?;
        let position = draft.position.or(known.map(|known| known.position)).unwrap_or(0);
        let version = known.map_or(Version::FIRST, |known| known.version.next());
        let category = Category { id, slug, name, parent: draft.parent, position, version };
        let above: Vec<CategoryId> = ancestors.iter().map(|category| category.id).collect();
        let height = if known.is_some() { self.height_below(id).await? } else { 0 };
        category.check_place(&above, height).map_err(|error| {
            let pointer = match error {
                CategoryError::Circle | CategoryError::TooDeep => "/parent_id",
            };
            AppError::invalid(pointer, error.to_string())
        })?;
        Ok(Arc::new(category))
    }

    async fn category_slug(
        &self,
        known: Option<&Category>,
        draft: &CategoryDraft,
        ancestors: &[Arc<Category>],
        faults: &mut Faults,
    ) -> Result<Option<Slug>, PortError> {
        if let Some(raw) = &draft.slug {
            return Ok(faults.note(|| "/slug".into(), Slug::try_new(raw)));
        }
        if let Some(known) = known {
            return Ok(Some(known.slug.clone()));
        }
        let mut path: Vec<&str> = ancestors.iter().rev().map(|above| above.name.as_str()).collect();
        path.push(&draft.name);
        TreePlan::new(&*self.ports.catalog, &*self.ports.ids).free_slug(&path).await.map(Some)
    }

    /// A category and what lies above it, upwards; empty where it is unknown.
    async fn line_of(&self, id: CategoryId) -> Result<Vec<Arc<Category>>, AppError> {
        let mut line = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next
            && line.len() <= Category::MAX_DEPTH
        {
            let Some(category) = self.ports.catalog.category(id).await? else { break };
            next = category.parent;
            line.push(category);
        }
        Ok(line)
    }

    async fn height_below(&self, id: CategoryId) -> Result<usize, PortError> {
        let tree = self.ports.catalog.category_tree().await?;
        Ok(find(&tree, id).map_or(0, |node| height(node).saturating_sub(1)))
    }

    /// Whether it is saved; `false` where others were faster and `mend` says that another try may
    /// succeed.
    async fn save_category(
        &self,
        write: Write,
        mend: impl Fn(&Conflict) -> bool,
    ) -> Result<bool, AppError> {
        let unit = UnitOfWork::of(self.ports.clock.now(), write);
        match self.ports.store.commit(unit).await {
            Ok(()) => Ok(true),
            Err(CommitError::Refused(conflict)) if mend(&conflict) => Ok(false),
            Err(error) => Err(AppError::of_commit(error)),
        }
    }
}

fn find(nodes: &[CategoryNode], id: CategoryId) -> Option<&CategoryNode> {
    nodes
        .iter()
        .find_map(|node| if node.category.id == id { Some(node) } else { find(&node.children, id) })
}

/// The levels of a node: its own and those below it.
fn height(node: &CategoryNode) -> usize {
    1 + node.children.iter().map(height).max().unwrap_or(0)
}
