//! Products: what is saved reads back, and what must be unique is.

use std::sync::Arc;

use ecicomm::domain::catalog::{
    Attributes, Image, Metadata, OptionValues, PriceConditions, PriceRow, Product, ProductStatus,
    Tag, Variant,
};
use ecicomm::domain::shared::{ImageId, StockPolicy, TaxCategory, Version};
use ecicomm::ports::catalog::{ProductView, SlugTarget};
use ecicomm::ports::store::{Conflict, Unique, Write};
use uuid::Uuid;

use super::Backend;
use crate::harness::build::{
    at, bundle, category, euro, price, product, product_id, revised, save_category, save_product,
    sku, slug, text, usd, variant, variant_id,
};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            products,
            [
                a_product_reads_back_with_every_field_by_everything_that_leads_to_it,
                what_is_not_there_is_none_at_its_place,
                what_is_new_must_not_exist_and_what_is_old_must_have_its_version,
                skus_slugs_and_import_keys_are_unique,
                a_product_keeps_what_is_its_own,
                a_sku_that_left_one_product_may_be_taken_by_another,
                a_former_slug_leads_to_its_product_until_another_has_it,
                a_product_must_lie_in_categories_that_are_there,
                a_scan_goes_through_all_products_by_id,
                a_scan_of_one_status_leaves_the_others_out,
            ]
        );
    };
}
pub(crate) use cases;

/// A product with something in every field.
fn full() -> Arc<Product> {
    let conditions = PriceConditions {
        list: Some("trade".into()),
        min_quantity: 10,
        from: Some(at(10)),
        until: Some(at(20)),
    };
    let trade = price(900, euro()).under(conditions).unwrap();
    let sized = Variant {
        options: OptionValues::try_new([("size", "M"), ("colour", "red")]).unwrap(),
        prices: vec![PriceRow::try_new(usd(1_000), Some(usd(1_500))).unwrap(), trade],
        stock_policy: StockPolicy::Backorder { limit: 7 },
        requires_shipping: false,
        weight_grams: 1_234,
        tax_category: TaxCategory::try_new("reduced").unwrap(),
        ..variant(1, "Shirt-M", 0)
    };
    let image = Image {
        id: ImageId::new(Uuid::from_u128(5)),
        url: text("https://example.com/shirt.webp"),
        alt: Some(text("a shirt")),
    };
    let first = product(1).slugged("shirt-2").imported("row-1", 42).with(|content| {
        content.description = Some(text("A shirt.\nOf wool."));
        content.brand = Some(text("Wool & Co"));
        content.categories = vec![category(2, "Shirts").id, category(1, "Sale").id];
        content.attributes = Attributes::try_new([("material", "wool")]).unwrap();
        content.tags = vec![Tag::try_new("warm").unwrap()];
        content.published_in = vec![text("default")];
        content.metadata = Metadata::try_new([("shelf", "9")]).unwrap();
        content.images = vec![image];
        content.variants = vec![sized, bundle(2, "Shirt-Set", &[("Shirt-M", 2)])];
        content.released_at = Some(at(-100));
    });
    revised(&first.build(), |content| content.slug = slug("shirt"))
}

fn view_of(target: Option<SlugTarget>) -> Option<(Arc<ProductView>, bool)> {
    target.map(|target| match target {
        SlugTarget::Current(view) => (view, true),
        SlugTarget::Former(view) => (view, false),
    })
}

pub async fn a_product_reads_back_with_every_field_by_everything_that_leads_to_it(b: Backend) {
    b.commit([category(1, "Sale"), category(2, "Shirts")].iter().map(save_category)).await;
    let saved = full();
    b.commit([Write::SaveProduct { product: saved.clone(), expected: None }]).await;

    let view = b.catalog.product(saved.id()).await.unwrap().unwrap();
    assert_eq!(view.product, saved);
    assert_eq!(view.popularity, 42);
    let found = b.catalog.by_skus(&[sku("shirt-m"), sku("SHIRT-SET")]).await.unwrap();
    assert_eq!(found, [Some(view.clone()), Some(view.clone())]);
    let found = b.catalog.by_variants(&[variant_id(2), variant_id(1)]).await.unwrap();
    assert_eq!(found, [Some(view.clone()), Some(view.clone())]);
    assert_eq!(b.catalog.by_import_key("row-1").await.unwrap(), Some(view.clone()));
    let by_slug = b.catalog.by_slug(&slug("shirt")).await.unwrap();
    assert_eq!(view_of(by_slug), Some((view.clone(), true)));
    let by_former = b.catalog.by_slug(&slug("shirt-2")).await.unwrap();
    assert_eq!(view_of(by_former), Some((view.clone(), false)));
    assert_eq!(b.catalog.products(&[saved.id()]).await.unwrap(), [Some(view)]);
}

pub async fn what_is_not_there_is_none_at_its_place(b: Backend) {
    b.commit([product(1).save()]).await;
    assert_eq!(b.catalog.product(product_id(2)).await.unwrap(), None);
    let found = b.catalog.products(&[product_id(2), product_id(1)]).await.unwrap();
    assert!(found[0].is_none() && found[1].is_some());
    let found = b.catalog.by_skus(&[sku("SKU-2"), sku("SKU-1")]).await.unwrap();
    assert!(found[0].is_none() && found[1].is_some());
    let found = b.catalog.by_variants(&[variant_id(2), variant_id(1)]).await.unwrap();
    assert!(found[0].is_none() && found[1].is_some());
    assert_eq!(b.catalog.by_slug(&slug("product-2")).await.unwrap(), None);
    assert_eq!(b.catalog.by_import_key("row-2").await.unwrap(), None);
}

pub async fn what_is_new_must_not_exist_and_what_is_old_must_have_its_version(b: Backend) {
    let first = product(1).build();
    b.commit([save_product(&first)]).await;
    let again = product(1).slugged("other").variants(vec![variant(9, "SKU-9", 1)]).save();
    assert_eq!(b.refusal(again).await, Conflict::Stale("product"));

    let second = revised(&first, |content| content.name = text("Second"));
    let rival = revised(&first, |content| content.name = text("Rival"));
    b.commit([save_product(&second)]).await;
    assert_eq!(b.refusal(save_product(&rival)).await, Conflict::Stale("product"));
    let absent = Write::SaveProduct { product: product(2).build(), expected: Some(Version::FIRST) };
    assert_eq!(b.refusal(absent).await, Conflict::Stale("product"));
    assert_eq!(b.catalog.product(first.id()).await.unwrap().unwrap().product, second);
}

pub async fn skus_slugs_and_import_keys_are_unique(b: Backend) {
    b.commit([product(1).imported("row-1", 0).save()]).await;

    let same_sku = product(2).variants(vec![variant(2, "sku-1", 1)]).save();
    assert_eq!(b.refusal(same_sku).await, Conflict::Taken(Unique::Sku, "sku-1".to_owned()));
    let same_slug = product(2).slugged("product-1").save();
    let taken = Conflict::Taken(Unique::ProductSlug, "product-1".to_owned());
    assert_eq!(b.refusal(same_slug).await, taken);
    let same_key = product(2).imported("row-1", 0).save();
    let taken = Conflict::Taken(Unique::ImportKey, "row-1".to_owned());
    assert_eq!(b.refusal(same_key).await, taken);
    assert_eq!(b.catalog.product(product_id(2)).await.unwrap(), None);
}

pub async fn a_product_keeps_what_is_its_own(b: Backend) {
    let first = product(1).imported("row-1", 0).build();
    b.commit([save_product(&first)]).await;
    b.commit([save_product(&revised(&first, |content| content.name = text("New")))]).await;
    let view = b.catalog.by_import_key("row-1").await.unwrap().unwrap();
    assert_eq!(view.product.content().name, text("New"));
    assert!(b.catalog.by_slug(&slug("product-1")).await.unwrap().is_some());
    assert!(b.catalog.by_skus(&[sku("SKU-1")]).await.unwrap()[0].is_some());
}

pub async fn a_sku_that_left_one_product_may_be_taken_by_another(b: Backend) {
    let first = product(1).build();
    b.commit([save_product(&first)]).await;
    let moved = revised(&first, |content| content.variants = vec![variant(3, "SKU-3", 1)]);
    b.commit([save_product(&moved)]).await;
    assert_eq!(b.catalog.by_skus(&[sku("SKU-1")]).await.unwrap(), [None]);
    assert_eq!(b.catalog.by_variants(&[variant_id(1)]).await.unwrap(), [None]);

    b.commit([product(2).variants(vec![variant(2, "SKU-1", 1)]).save()]).await;
    let owner = b.catalog.by_skus(&[sku("SKU-1")]).await.unwrap()[0].clone().unwrap();
    assert_eq!(owner.product.id(), product_id(2));
}

pub async fn a_former_slug_leads_to_its_product_until_another_has_it(b: Backend) {
    let first = product(1).slugged("chair").build();
    let moved = revised(&first, |content| content.slug = slug("seat"));
    b.commit([save_product(&first), save_product(&moved)]).await;
    let (view, current) = view_of(b.catalog.by_slug(&slug("chair")).await.unwrap()).unwrap();
    assert_eq!((view.product.id(), current), (product_id(1), false));

    b.commit([product(2).slugged("chair").save()]).await;
    let (view, current) = view_of(b.catalog.by_slug(&slug("chair")).await.unwrap()).unwrap();
    assert_eq!((view.product.id(), current), (product_id(2), true));

    let back = revised(&moved, |content| content.slug = slug("stool"));
    b.commit([save_product(&back)]).await;
    let (view, current) = view_of(b.catalog.by_slug(&slug("seat")).await.unwrap()).unwrap();
    assert_eq!((view.product.id(), current), (product_id(1), false));
}

pub async fn a_product_must_lie_in_categories_that_are_there(b: Backend) {
    b.commit([save_category(&category(1, "Beds"))]).await;
    let lost = product(1).within(&[1, 2]).save();
    assert_eq!(b.refusal(lost).await, Conflict::Stale("category"));
    b.commit([product(1).within(&[1]).save()]).await;
}

pub async fn a_scan_goes_through_all_products_by_id(b: Backend) {
    let empty = b.catalog.scan(None, None, 10).await.unwrap();
    assert_eq!((empty.items.len(), empty.next), (0, None));

    b.commit([3, 1, 2].map(|number| product(number).save())).await;
    let mut seen = Vec::new();
    let mut mark = None;
    loop {
        let page = b.catalog.scan(None, mark, 1).await.unwrap();
        assert_eq!(page.items.len(), 1);
        seen.push(page.items[0].product.id());
        let Some(next) = page.next else { break };
        mark = Some(next);
    }
    assert_eq!(seen, [1, 2, 3].map(product_id));
    let exact = b.catalog.scan(None, None, 3).await.unwrap();
    assert_eq!((exact.items.len(), exact.next), (3, None));
    let behind = b.catalog.scan(None, Some(product_id(3)), 3).await.unwrap();
    assert_eq!((behind.items.len(), behind.next), (0, None));
}

pub async fn a_scan_of_one_status_leaves_the_others_out(b: Backend) {
    let drafts = [2, 4].map(|number| product(number).status(ProductStatus::Draft).save());
    b.commit(drafts).await;
    b.commit([1, 3].map(|number| product(number).save())).await;
    let page = b.catalog.scan(Some(ProductStatus::Draft), None, 1).await.unwrap();
    assert_eq!(page.items[0].product.id(), product_id(2));
    let page = b.catalog.scan(Some(ProductStatus::Draft), page.next, 1).await.unwrap();
    assert_eq!(page.items[0].product.id(), product_id(4));
    assert_eq!(page.next, None);
}
