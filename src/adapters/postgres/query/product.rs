//! Products as they are shown.

use std::collections::HashMap;
use std::sync::Arc;

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::adapters::postgres::convert::{count, one_more, read, sku_key, status_name};
use crate::adapters::postgres::fault::Fault;
use crate::domain::catalog::{Product, ProductStatus};
use crate::domain::shared::{Availability, CategoryId, ProductId, Sku, Slug, VariantId};
use crate::ports::PortError;
use crate::ports::catalog::{Page, ProductView, SlugTarget};
use crate::ports::search::CategoryLabel;

/// A product as the view `shown_products` has it, and what it was asked by.
pub struct ShownRow {
    pub asked: String,
    pub record: String,
    pub version: i64,
    pub bands: Vec<i16>,
    pub sold: i64,
    pub ordinals: Vec<i32>,
    pub categories: Vec<Uuid>,
    pub slugs: Vec<String>,
    pub names: Vec<String>,
}

/// A query of shown products: what each was asked by, and the rest of the statement.
macro_rules! shown {
    ($asked:literal, $rest:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            $crate::adapters::postgres::query::product::ShownRow,
            "SELECT " + $asked + r#" AS "asked!", s.record AS "record!", s.version AS "version!",
                s.bands AS "bands!", s.sold AS "sold!", s.ordinals AS "ordinals!",
                s.categories AS "categories!", s.slugs AS "slugs!", s.names AS "names!"
            FROM shown_products s "# + $rest,
            $($argument),*
        )
    };
}

type View = Arc<ProductView>;

pub async fn by_ids(
    connection: &mut PgConnection,
    ids: Vec<ProductId>,
) -> Result<Vec<Option<View>>, Fault> {
    let keys: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = shown!("s.id::text", "WHERE s.id = ANY($1)", &keys);
    arranged(rows.fetch_all(connection).await?, keys.iter().map(Uuid::to_string))
}

pub async fn by_variants(
    connection: &mut PgConnection,
    ids: Vec<VariantId>,
) -> Result<Vec<Option<View>>, Fault> {
    let keys: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query_as!(
        ShownRow,
        r#"SELECT asked AS "asked!", record AS "record!", version AS "version!", bands AS "bands!",
            sold AS "sold!", ordinals AS "ordinals!", categories AS "categories!",
            slugs AS "slugs!", names AS "names!"
        FROM shown_by_variants($1)"#,
        &keys
    );
    arranged(rows.fetch_all(connection).await?, keys.iter().map(Uuid::to_string))
}

pub async fn by_skus(
    connection: &mut PgConnection,
    skus: Vec<Sku>,
) -> Result<Vec<Option<View>>, Fault> {
    let keys: Vec<String> = skus.iter().map(sku_key).collect();
    let rows = sqlx::query_as!(
        ShownRow,
        r#"SELECT asked AS "asked!", record AS "record!", version AS "version!", bands AS "bands!",
            sold AS "sold!", ordinals AS "ordinals!", categories AS "categories!",
            slugs AS "slugs!", names AS "names!"
        FROM shown_by_skus($1)"#,
        &keys
    );
    arranged(rows.fetch_all(connection).await?, keys.into_iter())
}

pub async fn by_import_key(
    connection: &mut PgConnection,
    key: String,
) -> Result<Option<View>, Fault> {
    let row = shown!("s.slug", "WHERE s.import_key = $1", key).fetch_optional(connection).await?;
    Ok(row.map(ShownRow::view).transpose()?)
}

pub async fn by_slug(
    connection: &mut PgConnection,
    slug: Slug,
) -> Result<Option<SlugTarget>, Fault> {
    let row = shown!(
        "s.slug",
        "WHERE s.id = coalesce(
            (SELECT id FROM products WHERE slug = $1),
            (SELECT product FROM former_slugs WHERE slug = $1 ORDER BY product DESC LIMIT 1)
        )",
        slug.as_str()
    );
    let Some(row) = row.fetch_optional(connection).await? else { return Ok(None) };
    let current = row.asked == slug.as_str();
    let view = row.view()?;
    Ok(Some(if current { SlugTarget::Current(view) } else { SlugTarget::Former(view) }))
}

pub async fn scan(
    connection: &mut PgConnection,
    status: Option<ProductStatus>,
    after: Option<ProductId>,
    limit: usize,
) -> Result<Page<View, ProductId>, Fault> {
    let status = status.map(status_name);
    let rows = shown!(
        "s.slug",
        "WHERE ($1::text IS NULL OR s.status = $1) AND ($2::uuid IS NULL OR s.id > $2)
        ORDER BY s.id LIMIT $3",
        status,
        after.map(ProductId::uuid),
        one_more(limit)
    );
    let rows = rows.fetch_all(connection).await?;
    let views: Result<Vec<View>, PortError> = rows.into_iter().map(ShownRow::view).collect();
    Ok(super::page(views?, limit, |view| view.product.id()))
}

/// The views in the order asked, none where nothing was found.
fn arranged(
    rows: Vec<ShownRow>,
    asked: impl Iterator<Item = String>,
) -> Result<Vec<Option<View>>, Fault> {
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let asked = row.asked.clone();
        found.insert(asked, row.view()?);
    }
    Ok(asked.map(|key| found.get(&key).cloned()).collect())
}

impl ShownRow {
    /// What is shown.
    pub fn view(mut self) -> Result<View, PortError> {
        let asked = std::mem::take(&mut self.asked);
        self.read().map_err(|error| error.about(format_args!("the product found by {asked}")))
    }

    fn read(self) -> Result<View, PortError> {
        let product: Product = read(&self.record)?;
        let availability: Result<Vec<Availability>, PortError> =
            self.bands.iter().map(|band| availability(*band)).collect();
        let started = i128::from(product.starting_popularity());
        let popularity = u64::try_from(started + i128::from(self.sold)).unwrap_or(0);
        let mut view = ProductView {
            product: Arc::new(product),
            version: count(self.version)?,
            availability: availability?,
            popularity,
            path: Vec::new(),
            categories: Arc::default(),
            labels: Vec::new(),
        };
        self.place(&mut view)?;
        Ok(Arc::new(view))
    }

    /// Tells the view its place in the tree: the path of the first category, and all that hold the
    /// product, none twice.
    fn place(self, view: &mut ProductView) -> Result<(), PortError> {
        let mut holders: Vec<CategoryId> = Vec::new();
        let steps = self.ordinals.into_iter().zip(self.categories);
        for ((ordinal, id), (slug, name)) in steps.zip(self.slugs.into_iter().zip(self.names)) {
            let id = CategoryId::new(id);
            let slug = Slug::try_new(&slug).map_err(PortError::corrupt)?;
            let label = CategoryLabel { slug, name };
            if ordinal == 1 {
                view.path.push(label.clone());
            }
            if !holders.contains(&id) {
                holders.push(id);
                view.labels.push(label);
            }
        }
        view.categories = holders.into();
        Ok(())
    }
}

fn availability(band: i16) -> Result<Availability, PortError> {
    match band {
        0 => Ok(Availability::OutOfStock),
        1 => Ok(Availability::Backorder),
        2 => Ok(Availability::LowStock),
        3 => Ok(Availability::InStock),
        other => Err(PortError::corrupt(format!("there is no band {other}"))),
    }
}
