use crate::domain::shared::{CategoryId, Slug, Text, Version};

/// Why a category cannot be as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CategoryError {
    /// The parent is the category itself or lies below it.
    #[error("a category cannot lie below itself")]
    Circle,
    /// The tree would be deeper than [`Category::MAX_DEPTH`].
    #[error("categories nest at most {} deep", Category::MAX_DEPTH)]
    TooDeep,
}

/// A node of the category tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Unique in the shop.
    pub slug: Slug,
    /// What people read.
    pub name: Text<120>,
    /// What it lies below; none at the top.
    pub parent: Option<CategoryId>,
    /// Its place among its siblings, lowest first; ties go by name.
    pub position: i32,
    /// How often it was saved.
    pub version: Version,
}

impl Category {
    /// How deep the tree may be.
    pub const MAX_DEPTH: usize = 10;

    /// Checks that hanging this category below `ancestors` (its parent first, then upwards) makes
    /// neither a circle nor too deep a tree; `height` counts the levels below this category.
    pub fn check_place(
        &self,
        ancestors: &[CategoryId],
        height: usize,
    ) -> Result<(), CategoryError> {
        if ancestors.contains(&self.id) {
            return Err(CategoryError::Circle);
        }
        if ancestors.len() + 1 + height > Self::MAX_DEPTH {
            return Err(CategoryError::TooDeep);
        }
        Ok(())
    }

    /// The slugs to try for a category named by the last of `path` below the others, best first:
    /// the leaf's name, with its parents' names before it where that is taken.
    pub fn slug_candidates(path: &[&str]) -> Vec<Slug> {
        (0..path.len()).rev().map(|from| Slug::from_name(&path[from..].join(" "))).collect()
    }
}
