//! The embedded engine: how it is made for the suite, and what it owes beyond the port.

use std::path::PathBuf;

use ecicomm::adapters::tantivy::TantivyIndex;
use ecicomm::ports::PortErrorKind;

use super::*;

pub(super) fn in_memory() -> Backend {
    Backend::of(TantivyIndex::in_memory().unwrap())
}

pub(super) fn in_folder() -> Backend {
    let folder = folder();
    let index = TantivyIndex::in_folder(&folder.0).unwrap();
    Backend { index: Arc::new(index), folder: Some(folder) }
}

fn folder() -> Folder {
    Folder(std::env::temp_dir().join(format!("ecicomm-search-{}", Uuid::new_v4())))
}

fn open(folder: &Folder) -> Index {
    Arc::new(TantivyIndex::in_folder(&folder.0).unwrap())
}

fn generations(folder: &Folder) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

#[tokio::test]
async fn a_folder_keeps_everything() {
    let folder = folder();
    let index = open(&folder);
    fill(&index, [product(1, "Brass lamp"), product(2, "Oak desk")]).await;
    index.apply(vec![delete(2, 5)]).await.unwrap();
    drop(index);
    let index = open(&folder);
    assert_eq!(index.count().await.unwrap(), 1);
    assert_eq!(found(&index, &text("lamp")).await, [1]);
    fill(&index, [SearchDocument { version: 4, ..product(2, "Oak desk") }]).await;
    assert_eq!(index.count().await.unwrap(), 1, "the late version is late after a restart too");
}

#[tokio::test]
async fn a_folder_keeps_what_was_published_and_nothing_else() {
    let folder = folder();
    let index = open(&folder);
    fill(&index, [product(1, "Brass lamp")]).await;
    let mut rebuild = index.rebuild().await.unwrap();
    rebuild.add(vec![product(2, "Oak desk")]).await.unwrap();
    rebuild.publish().await.unwrap();
    assert_eq!(generations(&folder).len(), 1);
    let mut abandoned = index.rebuild().await.unwrap();
    abandoned.add(vec![product(3, "Pine shelf")]).await.unwrap();
    drop((abandoned, index));
    let index = open(&folder);
    assert_eq!(found(&index, &text("")).await, [2]);
    assert_eq!(generations(&folder).len(), 1);
}

#[tokio::test]
async fn a_folder_is_held_by_one_index_at_a_time() {
    let folder = folder();
    let held = open(&folder);
    let second = TantivyIndex::in_folder(&folder.0);
    assert_eq!(second.err().map(|error| error.kind()), Some(PortErrorKind::Unavailable));
    drop(held);
    open(&folder);
}

#[tokio::test]
async fn a_damaged_folder_gives_an_empty_index() {
    let folder = folder();
    fill(&open(&folder), [product(1, "Brass lamp")]).await;
    let generation = generations(&folder).remove(0);
    std::fs::write(generation.join("meta.json"), "{").unwrap();
    let index = open(&folder);
    assert_eq!(index.count().await.unwrap(), 0);
    fill(&index, [product(2, "Oak desk")]).await;
    assert_eq!(found(&index, &text("desk")).await, [2]);
}

#[tokio::test]
async fn a_lost_folder_is_told_while_searches_go_on_and_a_rebuild_brings_it_back() {
    let folder = folder();
    let index = open(&folder);
    fill(&index, [product(1, "Brass lamp")]).await;
    std::fs::remove_dir_all(&folder.0).unwrap();
    assert!(index.apply(vec![put(product(2, "Oak desk"))]).await.is_err());
    assert_eq!(found(&index, &text("lamp")).await, [1]);
    let mut rebuild = index.rebuild().await.unwrap();
    rebuild.add(vec![product(1, "Brass lamp")]).await.unwrap();
    rebuild.publish().await.unwrap();
    fill(&index, [product(2, "Oak desk")]).await;
    drop(index);
    assert_eq!(found(&open(&folder), &text("")).await, [1, 2]);
}
