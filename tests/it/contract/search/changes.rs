use std::collections::BTreeSet;

use ecicomm::ports::PortErrorKind;

use super::*;

pub async fn a_change_is_found_when_apply_returns(index: Index) {
    for number in 1..=5 {
        fill(&index, [product(number, "Lamp")]).await;
        assert_eq!(search(&index, &text("lamp")).await.total, u64::from(number));
        assert_eq!(index.count().await.unwrap(), u64::from(number));
    }
}

pub async fn a_product_is_replaced(index: Index) {
    let red =
        SearchDocument { attributes: attributes(&[("color", &["red"])]), ..product(1, "Lamp") };
    fill(&index, [red]).await;
    let blue = SearchDocument {
        version: 2,
        attributes: attributes(&[("color", &["blue"])]),
        price: Money::new(900, Currency::USD),
        ..product(1, "Desk")
    };
    fill(&index, [blue]).await;
    assert_eq!(search(&index, &text("lamp")).await.total, 0);
    let hits = search(&index, &text("desk")).await;
    assert_eq!(numbers(&hits), [1]);
    assert_eq!(counts(&hits.facets.attributes["color"]), [("blue", 1)]);
    assert_eq!((hits.facets.price.max, index.count().await.unwrap()), (900, 1));
}

pub async fn a_late_version_is_passed_over(index: Index) {
    fill(&index, [SearchDocument { version: 7, ..product(1, "Lamp") }]).await;
    fill(&index, [SearchDocument { version: 6, ..product(1, "Desk") }]).await;
    index.apply(vec![delete(1, 6)]).await.unwrap();
    assert_eq!(found(&index, &text("lamp")).await, [1]);
    assert_eq!(search(&index, &text("desk")).await.total, 0);
}

pub async fn repeating_changes_changes_nothing(index: Index) {
    let changes = || vec![put(product(1, "Lamp")), put(product(2, "Desk")), delete(2, 3)];
    index.apply(changes()).await.unwrap();
    let before = search(&index, &text("")).await;
    index.apply(changes()).await.unwrap();
    assert_eq!(search(&index, &text("")).await, before);
    assert_eq!(index.count().await.unwrap(), 1);
}

pub async fn a_deleted_product_is_gone(index: Index) {
    fill(&index, [product(1, "Lamp"), product(2, "Lamp")]).await;
    index.apply(vec![delete(1, 2), delete(99, 1)]).await.unwrap();
    assert_eq!(found(&index, &text("lamp")).await, [2]);
    assert_eq!(found(&index, &text("")).await, [2]);
    assert!(index.suggest("la", 10).await.unwrap().products == [id(2)]);
    assert_eq!(index.count().await.unwrap(), 1);
}

pub async fn a_late_put_does_not_bring_a_deleted_product_back(index: Index) {
    fill(&index, [product(1, "Lamp")]).await;
    index.apply(vec![delete(1, 5)]).await.unwrap();
    fill(&index, [SearchDocument { version: 4, ..product(1, "Lamp") }]).await;
    index.apply(vec![delete(2, 5), put(product(2, "Lamp"))]).await.unwrap();
    assert_eq!(search(&index, &text("")).await, SearchHits::default());
}

pub async fn a_deleted_product_may_return_later(index: Index) {
    fill(&index, [product(1, "Lamp")]).await;
    index.apply(vec![delete(1, 2)]).await.unwrap();
    fill(&index, [SearchDocument { version: 3, ..product(1, "Lamp") }]).await;
    assert_eq!(found(&index, &text("lamp")).await, [1]);
}

pub async fn changes_of_one_batch_apply_in_order(index: Index) {
    let version = |version, name| put(SearchDocument { version, ..product(1, name) });
    index
        .apply(vec![version(1, "Lamp"), delete(1, 2), version(3, "Desk"), version(2, "Lamp")])
        .await
        .unwrap();
    assert_eq!(found(&index, &text("desk")).await, [1]);
    assert_eq!((search(&index, &text("")).await.total, index.count().await.unwrap()), (1, 1));
}

pub async fn many_small_changes_stay_exact(index: Index) {
    for version in 1..=24 {
        let changed = SearchDocument {
            version,
            brand: Some(format!("Brand {}", version % 3)),
            attributes: attributes(&[("color", &[if version % 2 == 0 { "red" } else { "blue" }])]),
            ..product(u32::try_from(version % 7).unwrap() + 1, "Lamp")
        };
        fill(&index, [changed]).await;
        if version % 5 == 0 {
            let number = u32::try_from(version % 7).unwrap() + 1;
            index.apply(vec![delete(number, version)]).await.unwrap();
        }
    }
    // The last to write each product: 18 to 24; of them 20 deleted it again.
    let hits = search(&index, &text("lamp")).await;
    let expected = BTreeSet::from([1, 2, 3, 4, 5, 6]);
    assert_eq!(numbers(&hits).into_iter().collect::<BTreeSet<_>>(), expected);
    assert_eq!(hits.total, 6);
    let brands = [("Brand 0", 3), ("Brand 1", 2), ("Brand 2", 1)];
    assert_eq!(counts(&hits.facets.brands), brands);
    assert_eq!(counts(&hits.facets.attributes["color"]), [("blue", 3), ("red", 3)]);
}

pub async fn a_renamed_category_shows_its_new_name(index: Index) {
    let lamp = |version, name| SearchDocument {
        version,
        categories: vec![category("lamps", name)],
        ..product(1, "Tripod")
    };
    fill(&index, [lamp(1, "Lamps")]).await;
    fill(&index, [lamp(2, "Lights")]).await;
    let hits = search(&index, &text("lights")).await;
    assert_eq!(hits.facets.categories.len(), 1);
    assert_eq!(hits.facets.categories[0].label, "Lights");
    assert_eq!(search(&index, &text("lamps")).await.total, 0);
}

pub async fn a_rebuild_serves_the_old_index_until_it_is_published(index: Index) {
    fill(&index, [product(1, "Lamp"), product(2, "Desk")]).await;
    let mut rebuild = index.rebuild().await.unwrap();
    rebuild.add(vec![product(3, "Lamp")]).await.unwrap();
    assert_eq!(found(&index, &text("lamp")).await, [1]);
    rebuild.add(vec![product(4, "Lamp")]).await.unwrap();
    assert_eq!(index.count().await.unwrap(), 2);
    rebuild.publish().await.unwrap();
    assert_eq!(found(&index, &text("")).await, [3, 4]);
    assert_eq!(index.count().await.unwrap(), 2);
    fill(&index, [product(5, "Lamp")]).await;
    assert_eq!(found(&index, &text("lamp")).await, [3, 4, 5]);
}

pub async fn changes_during_a_rebuild_are_in_both(index: Index) {
    fill(&index, (1..=3).map(|number| product(number, "Lamp"))).await;
    let mut rebuild = index.rebuild().await.unwrap();
    rebuild.add(vec![product(1, "Lamp")]).await.unwrap();
    let desk = |number| SearchDocument { version: 2, ..product(number, "Desk") };
    index.apply(vec![put(desk(1)), put(desk(2)), delete(3, 2)]).await.unwrap();
    // What the catalogue gave before these changes arrives after them.
    rebuild.add(vec![product(2, "Lamp"), product(3, "Lamp"), product(4, "Lamp")]).await.unwrap();
    assert_eq!(found(&index, &text("")).await, [1, 2], "in the one that serves");
    rebuild.publish().await.unwrap();
    assert_eq!(found(&index, &text("desk")).await, [1, 2], "and in the new one");
    assert_eq!(found(&index, &text("lamp")).await, [4]);
    assert_eq!(index.count().await.unwrap(), 3);
}

pub async fn a_dropped_rebuild_leaves_everything_as_it_was(index: Index) {
    fill(&index, [product(1, "Lamp")]).await;
    let mut rebuild = index.rebuild().await.unwrap();
    rebuild.add(vec![product(2, "Lamp")]).await.unwrap();
    drop(rebuild);
    fill(&index, [product(3, "Lamp")]).await;
    assert_eq!(found(&index, &text("lamp")).await, [1, 3]);
    let mut rebuild = index.rebuild().await.unwrap();
    rebuild.add(vec![product(4, "Lamp")]).await.unwrap();
    rebuild.publish().await.unwrap();
    assert_eq!(found(&index, &text("lamp")).await, [4], "nothing of the dropped one comes back");
}

pub async fn there_is_one_rebuild_at_a_time(index: Index) {
    let first = index.rebuild().await.unwrap();
    let second = index.rebuild().await;
    assert_eq!(second.err().map(|error| error.kind()), Some(PortErrorKind::Conflict));
    first.publish().await.unwrap();
    index.rebuild().await.unwrap();
}

pub async fn searches_and_changes_may_run_at_once(index: Index) {
    fill(&index, [product(1, "Lamp")]).await;
    let writer = {
        let index = Arc::clone(&index);
        tokio::spawn(async move {
            for number in 2..=20 {
                fill(&index, [product(number, "Lamp")]).await;
            }
        })
    };
    let mut least = 1;
    for _ in 0..20 {
        let total = search(&index, &text("lamp")).await.total;
        assert!((least..=20).contains(&total), "products only come");
        least = total;
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
    assert_eq!(search(&index, &text("lamp")).await.total, 20);
}
