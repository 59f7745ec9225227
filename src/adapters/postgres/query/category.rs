//! Categories and their tree.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::adapters::postgres::convert::{count, version};
use crate::adapters::postgres::fault::Fault;
use crate::domain::catalog::Category;
use crate::domain::shared::{CategoryId, Slug, Text};
use crate::ports::PortError;
use crate::ports::catalog::CategoryNode;

struct CategoryRow {
    id: Uuid,
    version: i64,
    parent: Option<Uuid>,
    slug: String,
    name: String,
    position: i32,
}

impl CategoryRow {
    fn category(self) -> Result<Arc<Category>, PortError> {
        Ok(Arc::new(Category {
            id: CategoryId::new(self.id),
            slug: Slug::try_new(&self.slug).map_err(PortError::corrupt)?,
            name: Text::try_new("name", &self.name).map_err(PortError::corrupt)?,
            parent: self.parent.map(CategoryId::new),
            position: self.position,
            version: version(self.version)?,
        }))
    }
}

/// A query of categories.
macro_rules! categories {
    ($rest:literal, $($argument:expr),*) => {
        sqlx::query_as!(
            CategoryRow,
            "SELECT id, version, parent, slug, name, position FROM categories " + $rest,
            $($argument),*
        )
    };
}

fn one(row: Option<CategoryRow>) -> Result<Option<Arc<Category>>, Fault> {
    Ok(row.map(CategoryRow::category).transpose()?)
}

pub async fn by_id(
    connection: &mut PgConnection,
    id: CategoryId,
) -> Result<Option<Arc<Category>>, Fault> {
    one(categories!("WHERE id = $1", id.uuid()).fetch_optional(connection).await?)
}

pub async fn by_slug(
    connection: &mut PgConnection,
    slug: Slug,
) -> Result<Option<Arc<Category>>, Fault> {
    one(categories!("WHERE slug = $1", slug.as_str()).fetch_optional(connection).await?)
}

pub async fn by_name(
    connection: &mut PgConnection,
    parent: Option<CategoryId>,
    name: String,
) -> Result<Option<Arc<Category>>, Fault> {
    let row = categories!(
        "WHERE parent IS NOT DISTINCT FROM $1 AND name_key = $2",
        parent.map(CategoryId::uuid),
        name
    );
    one(row.fetch_optional(connection).await?)
}

pub async fn tree(connection: &mut PgConnection) -> Result<Arc<Vec<CategoryNode>>, Fault> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.version, c.parent, c.slug, c.name, c.position,
            coalesce(held.count, 0) AS "count!"
        FROM categories c
        LEFT JOIN (
            SELECT holder, count(DISTINCT h.product) AS count
            FROM product_categories h
            JOIN products p ON p.id = h.product AND p.status = 'active'
            JOIN categories m ON m.id = h.category
            CROSS JOIN LATERAL unnest(m.path) holder
            GROUP BY holder
        ) held ON held.holder = c.id
        ORDER BY c.position, c.name_key"#
    )
    .fetch_all(connection)
    .await?;
    let mut below: HashMap<Option<CategoryId>, Vec<CategoryNode>> = HashMap::new();
    for row in rows {
        let product_count = count(row.count)?;
        let (id, version, parent) = (row.id, row.version, row.parent);
        let (slug, name, position) = (row.slug, row.name, row.position);
        let category = CategoryRow { id, version, parent, slug, name, position }.category()?;
        let node = CategoryNode { category, product_count, children: Vec::new() };
        below.entry(node.category.parent).or_default().push(node);
    }
    Ok(Arc::new(grown(&mut below, None)))
}

/// The nodes below `parent` with all that lies below them. The tree is no deeper than the database
/// lets it be.
fn grown(
    below: &mut HashMap<Option<CategoryId>, Vec<CategoryNode>>,
    parent: Option<CategoryId>,
) -> Vec<CategoryNode> {
    let mut nodes = below.remove(&parent).unwrap_or_default();
    for node in &mut nodes {
        node.children = grown(below, Some(node.category.id));
    }
    nodes
}
