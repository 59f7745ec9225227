//! Lists of the shop. A page is read from one index behind its mark, so each costs the same.

use std::sync::Arc;

use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::product::by_ids;
use crate::adapters::postgres::convert::one_more;
use crate::adapters::postgres::fault::Fault;
use crate::domain::shared::{CategoryId, ProductId};
use crate::ports::catalog::{ListMark, ListQuery, ListSort, Page, ProductView};

/// A product's place in a list.
struct Place {
    number: i64,
    name: String,
    product: Uuid,
}

/// A page by one column: what the mark tells of it, what lies behind a mark, and the order.
macro_rules! listed {
    ($mark:literal, $behind:literal, $order:literal, $at:expr) => {
        sqlx::query_as!(
            Place,
            "SELECT "
                + $mark
                + r#", l.product AS "product!" FROM product_listing l
                WHERE category = $1 AND "#
                + $behind
                + " ORDER BY "
                + $order
                + " LIMIT $2",
            $at.0,
            $at.1,
            $at.2,
            $at.3,
        )
    };
}

/// The ids of a page.
pub async fn ids(
    connection: &mut PgConnection,
    query: ListQuery,
) -> Result<Page<ProductId, ListMark>, Fault> {
    let category = query.category.map_or(Uuid::nil(), CategoryId::uuid);
    let (number, name, product) = start(query.sort, query.after);
    let at = (category, one_more(query.limit), number, product);
    let places = match query.sort {
        ListSort::Newest => newest(connection, at).await?,
        ListSort::PriceAscending => cheapest(connection, at).await?,
        ListSort::PriceDescending => dearest(connection, at).await?,
        ListSort::Popularity => most_sold(connection, at).await?,
        ListSort::Name => by_name(connection, (at.0, at.1, name, product)).await?,
    };
    let marks = places.into_iter().map(|Place { number, name, product }| ListMark {
        number,
        name,
        product: ProductId::new(product),
    });
    let found = super::page(marks.collect(), query.limit, ListMark::clone);
    Ok(Page { items: found.items.into_iter().map(|mark| mark.product).collect(), next: found.next })
}

/// A page with its products as they are shown.
pub async fn list(
    connection: &mut PgConnection,
    query: ListQuery,
) -> Result<Page<Arc<ProductView>, ListMark>, Fault> {
    let page = ids(&mut *connection, query).await?;
    let views = by_ids(connection, page.items).await?.into_iter().flatten();
    // One that left the shop between the two looks is not shown any more.
    let items = views.filter(|view| view.product.is_published()).collect();
    Ok(Page { items, next: page.next })
}

/// The list, how many rows of it, and the place that they lie behind.
type At<T> = (Uuid, i64, T, Uuid);

async fn newest(connection: &mut PgConnection, at: At<i64>) -> sqlx::Result<Vec<Place>> {
    let rows = listed!(
        r#"l.age AS "number!", '' AS "name!""#,
        "(l.age, l.product) < ($3, $4)",
        "l.age DESC, l.product DESC",
        at
    );
    rows.fetch_all(connection).await
}

async fn cheapest(connection: &mut PgConnection, at: At<i64>) -> sqlx::Result<Vec<Place>> {
    let rows = listed!(
        r#"l.price AS "number!", '' AS "name!""#,
        "(l.price, l.product) > ($3, $4)",
        "l.price, l.product",
        at
    );
    rows.fetch_all(connection).await
}

async fn dearest(connection: &mut PgConnection, at: At<i64>) -> sqlx::Result<Vec<Place>> {
    let rows = listed!(
        r#"l.price AS "number!", '' AS "name!""#,
        "(l.price, l.product) < ($3, $4)",
        "l.price DESC, l.product DESC",
        at
    );
    rows.fetch_all(connection).await
}

async fn most_sold(connection: &mut PgConnection, at: At<i64>) -> sqlx::Result<Vec<Place>> {
    let rows = listed!(
        r#"l.popularity AS "number!", '' AS "name!""#,
        "(l.popularity, l.product) < ($3, $4)",
        "l.popularity DESC, l.product DESC",
        at
    );
    rows.fetch_all(connection).await
}

async fn by_name(connection: &mut PgConnection, at: At<String>) -> sqlx::Result<Vec<Place>> {
    let rows = listed!(
        r#"0::bigint AS "number!", l.name_key AS "name!""#,
        "(l.name_key, l.product) > ($3, $4)",
        "l.name_key, l.product",
        at
    );
    rows.fetch_all(connection).await
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
