//! Popularity: what lists go by that no page shows.

use std::sync::Arc;

use ecicomm::ports::catalog::ProductView;
use ecicomm::ports::store::Write;

use super::Backend;
use crate::harness::build::{product, product_id, revised, save_product, text};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            popularity,
            [
                popularity_moves_and_never_falls_below_zero,
                several_products_move_in_one_unit,
                a_sale_alone_does_not_touch_the_view,
            ]
        );
    };
}
pub(crate) use cases;

async fn view(b: &Backend) -> Arc<ProductView> {
    b.catalog.product(product_id(1)).await.unwrap().unwrap()
}

pub async fn a_sale_alone_does_not_touch_the_view(b: Backend) {
    b.commit([product(1).save()]).await;
    let last = view(&b).await.version;
    b.commit([Write::AddPopularity { product: product_id(1), units: 1 }]).await;
    let sold = view(&b).await;
    assert_eq!((sold.version, sold.popularity), (last, 1));
}

pub async fn popularity_moves_and_never_falls_below_zero(b: Backend) {
    let first = product(1).imported("row-1", 3).build();
    b.commit([save_product(&first)]).await;
    let popularity_after = async |units| {
        b.commit([Write::AddPopularity { product: product_id(1), units }]).await;
        view(&b).await.popularity
    };
    assert_eq!(popularity_after(2).await, 5);
    assert_eq!(popularity_after(-9).await, 0);
    let least = view(&b).await;
    assert_eq!(popularity_after(-1).await, 0);
    assert_eq!(view(&b).await, least, "what moved nothing changed nothing");
    assert_eq!(popularity_after(4).await, 4);
    b.commit([save_product(&revised(&first, |content| content.name = text("Edited")))]).await;
    assert_eq!(view(&b).await.popularity, 4, "an edit leaves it");
    b.commit([Write::AddPopularity { product: product_id(9), units: 1 }]).await;
}

pub async fn several_products_move_in_one_unit(b: Backend) {
    b.commit([product(1).save()]).await;
    b.commit([product(2).save()]).await;
    let moved = |number, units| Write::AddPopularity { product: product_id(number), units };
    let key = Write::PruneKeys { most: 1 };
    b.commit([moved(1, 2), moved(9, 1), moved(2, 3), key, moved(1, 4)]).await;
    assert_eq!(view(&b).await.popularity, 6);
    assert_eq!(b.catalog.product(product_id(2)).await.unwrap().unwrap().popularity, 3);
}
