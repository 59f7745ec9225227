//! Lists of the shop. A page is read from one index behind its mark, so each costs the same.

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::product::ShownRow;
use crate::adapters::postgres::convert::one_more;
use crate::adapters::postgres::fault::Fault;
use crate::domain::shared::ProductId;
use crate::ports::PortError;
use crate::ports::catalog::{ListMark, ListQuery, ListSort, Page, ProductView};

/// A shown product with its place in the list.
struct ListedRow {
    number: i64,
    name: String,
    product: Uuid,
    record: String,
    version: i64,
    bands: Vec<i16>,
    sold: i64,
    ordinals: Vec<i32>,
    categories: Vec<Uuid>,
    slugs: Vec<String>,
    names: Vec<String>,
}

impl ListedRow {
    fn entry(self) -> Result<(ListMark, Arc<ProductView>), PortError> {
        let mark = ListMark {
            number: self.number,
            name: self.name,
            product: ProductId::new(self.product),
        };
        let shown = ShownRow {
            asked: String::new(),
            record: self.record,
            version: self.version,
            bands: self.bands,
            sold: self.sold,
            ordinals: self.ordinals,
            categories: self.categories,
            slugs: self.slugs,
            names: self.names,
        };
        Ok((mark, shown.view()?))
    }
}

/// A page by one column: what the mark shows of it as number and name, and what lies behind it.
macro_rules! listed {
    ($number:literal, $name:literal, $behind:literal, $order:literal, $($argument:expr),*) => {
        sqlx::query_as!(
            ListedRow,
            "SELECT " + $number + r#" AS "number!", "# + $name + r#" AS "name!",
                l.product AS "product!", s.record AS "record!", s.version AS "version!",
                s.bands AS "bands!", s.sold AS "sold!", s.ordinals AS "ordinals!",
                s.categories AS "categories!", s.slugs AS "slugs!", s.names AS "names!"
            FROM (
                SELECT * FROM product_listing l WHERE category = $1 AND "# + $behind
            + " ORDER BY " + $order + " LIMIT $2) l JOIN shown_products s ON s.id = l.product
            ORDER BY " + $order,
            $($argument),*
        )
    };
}

pub async fn list(
    connection: &mut PgConnection,
    query: ListQuery,
) -> Result<Page<Arc<ProductView>, ListMark>, Fault> {
    let category = query.category.map_or(Uuid::nil(), |id| id.uuid());
    let limit = one_more(query.limit);
    let (number, name, product) = start(query.sort, query.after);
    let rows = match query.sort {
        ListSort::Newest => {
            listed!(
                "l.age",
                "''",
                "(l.age, l.product) < ($3, $4)",
                "l.age DESC, l.product DESC",
                category,
                limit,
                number,
                product
            )
            .fetch_all(connection)
            .await?
        }
        ListSort::PriceAscending => {
            listed!(
                "l.price",
                "''",
                "(l.price, l.product) > ($3, $4)",
                "l.price, l.product",
                category,
                limit,
                number,
                product
            )
            .fetch_all(connection)
            .await?
        }
        ListSort::PriceDescending => {
            listed!(
                "l.price",
                "''",
                "(l.price, l.product) < ($3, $4)",
                "l.price DESC, l.product DESC",
                category,
                limit,
                number,
                product
            )
            .fetch_all(connection)
            .await?
        }
        ListSort::Popularity => {
            listed!(
                "l.popularity",
                "''",
                "(l.popularity, l.product) < ($3, $4)",
                "l.popularity DESC, l.product DESC",
                category,
                limit,
                number,
                product
            )
            .fetch_all(connection)
            .await?
        }
        ListSort::Name => {
            listed!(
                "0::bigint",
                "l.name_key",
                "(l.name_key, l.product) > ($3, $4)",
                "l.name_key, l.product",
                category,
                limit,
                name,
                product
            )
            .fetch_all(connection)
            .await?
        }
    };
    let entries: Result<Vec<_>, PortError> = rows.into_iter().map(ListedRow::entry).collect();
    let found = super::page(entries?, query.limit, |(mark, _)| mark.clone());
    Ok(Page { items: found.items.into_iter().map(|(_, view)| view).collect(), next: found.next })
}

/// What a page goes on behind; without a mark, what comes before everything in its order.
fn start(sort: ListSort, after: Option<ListMark>) -> (i64, String, Uuid) {
    if let Some(mark) = after {
        return (mark.number, mark.name, mark.product.uuid());
    }
    match sort {
        ListSort::PriceAscending | ListSort::Name => (i64::MIN, String::new(), Uuid::nil()),
        ListSort::Newest | ListSort::PriceDescending | ListSort::Popularity => {
            (i64::MAX, String::new(), Uuid::max())
        }
    }
}
