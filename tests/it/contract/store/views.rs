//! Views: what is shown of a product, and when that counts as changed.

use std::sync::Arc;

use ecicomm::domain::catalog::Category;
use ecicomm::domain::inventory::StockEventKind;
use ecicomm::domain::shared::{Availability, StockPolicy};
use ecicomm::ports::catalog::ProductView;
use ecicomm::ports::store::Write;

use super::Backend;
use super::stock::moved;
use crate::harness::build::{
    bundle, category, category_id, location, order, product, product_id, revised, save_category,
    save_product, slug, subcategory, text, variant,
};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            views,
            [
                a_view_shows_where_the_product_hangs_in_the_tree,
                a_view_follows_a_category_that_is_renamed_or_moved,
                a_category_that_only_takes_another_place_changes_no_view,
                every_change_of_a_view_has_a_later_version_than_any_before,
                a_movement_within_a_band_does_not_touch_the_view,
                bands_go_by_the_free_units_of_all_locations,
                a_variant_without_counted_stock_is_in_stock,
                a_backorder_shows_once_nothing_is_left,
                a_bundle_can_be_had_as_far_as_its_components,
                a_bundle_follows_the_skus_that_come_and_go,
            ]
        );
    };
}
pub(crate) use cases;

async fn view(b: &Backend, number: u128) -> Arc<ProductView> {
    b.catalog.product(product_id(number)).await.unwrap().unwrap()
}

async fn bands(b: &Backend, number: u128) -> Vec<Availability> {
    view(b, number).await.availability.clone()
}

async fn tree(b: &Backend) {
    let beds = subcategory(2, "Beds", category_id(1));
    b.commit([category(1, "Furniture"), beds, category(3, "Sale")].iter().map(save_category)).await;
}

fn labels(view: &ProductView) -> Vec<(&str, &str)> {
    view.labels.iter().map(|label| (label.slug.as_str(), label.name.as_str())).collect()
}

pub async fn a_view_shows_where_the_product_hangs_in_the_tree(b: Backend) {
    tree(&b).await;
    b.commit([product(1).within(&[2, 3, 1]).save(), product(2).save()]).await;
    let shown = view(&b, 1).await;
    let path: Vec<&str> = shown.path.iter().map(|label| label.name.as_str()).collect();
    assert_eq!(path, ["Furniture", "Beds"]);
    assert_eq!(*shown.categories, [1, 2, 3].map(category_id));
    assert_eq!(labels(&shown), [("furniture", "Furniture"), ("beds", "Beds"), ("sale", "Sale")]);
    assert!(view(&b, 2).await.path.is_empty());
}

pub async fn a_view_follows_a_category_that_is_renamed_or_moved(b: Backend) {
    tree(&b).await;
    b.commit([product(1).within(&[2]).save(), product(2).within(&[3]).save()]).await;
    let (below, beside) = (view(&b, 1).await, view(&b, 2).await);

    let renamed = Category {
        name: text("Home"),
        slug: slug("home"),
        version: category(1, "Home").version.next(),
        ..category(1, "Home")
    };
    b.commit([save_category(&renamed)]).await;
    let after = view(&b, 1).await;
    assert_eq!(labels(&after), [("home", "Home"), ("beds", "Beds")]);
    assert!(after.version > below.version);
    assert_eq!(view(&b, 2).await, beside);

    let beds = subcategory(2, "Beds", category_id(3));
    b.commit([save_category(&Category { version: beds.version.next(), ..beds })]).await;
    assert_eq!(labels(&*view(&b, 1).await), [("sale", "Sale"), ("beds", "Beds")]);
}

pub async fn a_category_that_only_takes_another_place_changes_no_view(b: Backend) {
    tree(&b).await;
    b.commit([product(1).within(&[2]).save()]).await;
    let shown = view(&b, 1).await;
    let first = category(1, "Furniture");
    let first = Category { position: 9, version: first.version.next(), ..first };
    b.commit([save_category(&first)]).await;
    assert_eq!(view(&b, 1).await, shown);
}

pub async fn every_change_of_a_view_has_a_later_version_than_any_before(b: Backend) {
    let first = product(1).build();
    b.commit([save_product(&first)]).await;
    b.commit([product(2).save()]).await;
    let mut last = view(&b, 2).await.version;
    assert!(last > view(&b, 1).await.version);

    let edited = save_product(&revised(&first, |content| content.name = text("Edited")));
    let came = moved("SKU-1", StockEventKind::Received, 1);
    for write in [edited, came] {
        b.commit([write]).await;
        let version = view(&b, 1).await.version;
        assert!(version > last);
        last = version;
    }
}

pub async fn a_movement_within_a_band_does_not_touch_the_view(b: Backend) {
    b.commit([product(1).save(), moved("SKU-1", StockEventKind::Received, 7)]).await;
    let shown = view(&b, 1).await;
    assert_eq!(shown.availability, [Availability::InStock]);

    b.commit([order(1).of(&[("SKU-1", 2)]).place()]).await;
    assert_eq!(view(&b, 1).await, shown, "five are left: the band is the same");
    b.commit([order(2).of(&[("SKU-1", 1)]).place()]).await;
    let low = view(&b, 1).await;
    assert_eq!(low.availability, [Availability::LowStock]);
    assert!(low.version > shown.version);
    b.commit([order(3).of(&[("SKU-1", 3)]).place()]).await;
    assert_eq!(view(&b, 1).await, low, "one is left");
    b.commit([order(4).of(&[("SKU-1", 1)]).place()]).await;
    assert_eq!(bands(&b, 1).await, [Availability::OutOfStock]);
}

pub async fn bands_go_by_the_free_units_of_all_locations(b: Backend) {
    let mut elsewhere = moved("SKU-1", StockEventKind::Received, 3);
    if let Write::MoveStock(movement) = &mut elsewhere {
        movement.location = location("annex");
    }
    b.commit([product(1).save(), moved("SKU-1", StockEventKind::Received, 2)]).await;
    assert_eq!(bands(&b, 1).await, [Availability::LowStock]);
    b.commit([elsewhere]).await;
    assert_eq!(bands(&b, 1).await, [Availability::InStock]);
}

pub async fn a_variant_without_counted_stock_is_in_stock(b: Backend) {
    let first = product(1).policy(StockPolicy::Untracked).build();
    b.commit([save_product(&first)]).await;
    assert_eq!(bands(&b, 1).await, [Availability::InStock]);
    let counted = revised(&first, |content| {
        content.variants[0].stock_policy = StockPolicy::Tracked;
    });
    b.commit([save_product(&counted)]).await;
    assert_eq!(bands(&b, 1).await, [Availability::OutOfStock]);
}

pub async fn a_backorder_shows_once_nothing_is_left(b: Backend) {
    let backorder = product(1).policy(StockPolicy::Backorder { limit: 2 }).build();
    b.commit([save_product(&backorder), moved("SKU-1", StockEventKind::Received, 1)]).await;
    assert_eq!(bands(&b, 1).await, [Availability::LowStock]);
    b.commit([order(1).of(&[("SKU-1", 1)]).place()]).await;
    assert_eq!(bands(&b, 1).await, [Availability::Backorder]);
    b.commit([order(2).of(&[("SKU-1", 2)]).place()]).await;
    assert_eq!(bands(&b, 1).await, [Availability::OutOfStock]);
}

pub async fn a_bundle_can_be_had_as_far_as_its_components(b: Backend) {
    let set = bundle(3, "SET", &[("SKU-1", 2), ("SKU-2", 1)]);
    let product_3 = product(3).variants(vec![set, variant(4, "ALONE", 100)]);
    b.commit([product(1).save(), product(2).save(), product_3.save()]).await;
    b.commit([moved("SKU-2", StockEventKind::Received, 50)]).await;
    let bands_after = async |quantity| {
        b.commit([moved("SKU-1", StockEventKind::Received, quantity)]).await;
        bands(&b, 3).await
    };
    let out = Availability::OutOfStock;
    assert_eq!(bands_after(1).await, [out, out], "half a bundle is none");
    assert_eq!(bands_after(8).await, [Availability::LowStock, out], "nine make four bundles");
    assert_eq!(bands_after(1).await, [Availability::InStock, out]);
    b.commit([order(1).of(&[("SKU-2", 50)]).place()]).await;
    assert_eq!(bands(&b, 3).await, [out, out]);
}

pub async fn a_bundle_follows_the_skus_that_come_and_go(b: Backend) {
    b.commit([product(2).variants(vec![bundle(2, "SET", &[("SKU-1", 1)])]).save()]).await;
    assert_eq!(bands(&b, 2).await, [Availability::OutOfStock], "nobody sells the component");
    let part = product(1).policy(StockPolicy::Untracked).build();
    b.commit([save_product(&part)]).await;
    assert_eq!(bands(&b, 2).await, [Availability::InStock]);
    let without = revised(&part, |content| content.variants = vec![variant(1, "OTHER", 1)]);
    b.commit([save_product(&without)]).await;
    assert_eq!(bands(&b, 2).await, [Availability::OutOfStock]);
}
