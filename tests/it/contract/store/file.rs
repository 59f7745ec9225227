//! The file of a folder: how it begins, who may have it, and the currency that it keeps.

use std::path::Path;
use std::sync::Barrier;

use ecicomm::adapters::memory::{MemoryConfig, MemoryStore};
use ecicomm::adapters::record::{Fact, Journal as _, Written};
use ecicomm::adapters::redb::RedbJournal;
use ecicomm::domain::shared::Currency;
use ecicomm::ports::PortErrorKind;

use crate::harness::build::at;
use crate::harness::disk::Disk;
use crate::harness::told;

#[test]
fn a_folder_is_for_one_process_at_a_time() {
    let folder = tempdir("one-process");
    let path = folder.join("shop.redb");
    let first = RedbJournal::open(&path).unwrap();
    let error = RedbJournal::open(&path).err().unwrap();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    for part in ["shop.redb", "in use", "another folder"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    drop(first);
    assert!(RedbJournal::open(&path).is_ok());
}

#[test]
fn what_is_no_shop_is_named_and_left_alone() {
    let folder = tempdir("no-shop");
    let path = folder.join("shop.redb");
    std::fs::write(&path, "a letter to nobody").unwrap();
    let error = RedbJournal::open(&path).err().unwrap();
    assert!(error.to_string().contains("shop.redb"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a letter to nobody");
}

#[test]
fn a_file_that_lost_all_its_bytes_is_no_new_shop() {
    let folder = tempdir("no-bytes");
    let path = folder.join("shop.redb");
    drop(RedbJournal::open(&path).unwrap());
    std::fs::write(&path, "").unwrap();
    let error = RedbJournal::open(&path).err().unwrap();
    assert_eq!(error.kind(), PortErrorKind::Corrupt);
    for part in ["shop.redb", "damaged", "restore it from a backup", "delete it to begin anew"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0, "it is left alone");
    std::fs::remove_file(&path).unwrap();
    assert!(RedbJournal::open(&path).is_ok());
}

#[test]
fn a_shop_that_a_crash_left_half_made_is_made_anew() {
    let folder = tempdir("half-made");
    let (path, left) = (folder.join("shop.redb"), folder.join("shop.redb.new"));
    for half in [&b""[..], b"half a header", &vec![0; 70_000]] {
        std::fs::write(&left, half).unwrap();
        let journal = RedbJournal::open(&path).unwrap();
        assert!(told::facts(&journal).unwrap().is_empty());
        assert!(!left.exists());
        drop(journal);
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn what_was_left_over_goes_when_the_shop_is_opened() {
    let folder = tempdir("left-over");
    let (path, left) = (folder.join("shop.redb"), folder.join("shop.redb.new"));
    let fact = Fact::Consumer("search".to_owned(), 7);
    keep(&RedbJournal::open(&path).unwrap(), &fact);
    std::fs::write(&left, "half a header").unwrap();
    assert_eq!(told::facts(&RedbJournal::open(&path).unwrap()).unwrap(), [fact]);
    assert!(!left.exists());
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_no_reason_for_a_new_shop() {
    let folder = tempdir("link");
    let path = folder.join("shop.redb");
    std::os::unix::fs::symlink(folder.join("away.redb"), &path).unwrap();
    let error = RedbJournal::open(&path).err().unwrap();
    assert_eq!(error.kind(), PortErrorKind::Unavailable);
    assert!(path.is_symlink() && !path.exists(), "it is left alone");
}

/// Makes the shop at `path` by as many as there are names, all at once. Those who had it, each with
/// what it had kept.
fn made_at_once(path: &Path, names: &[String]) -> Vec<Fact> {
    let start = Barrier::new(names.len());
    let make = &|name: &String| {
        start.wait();
        match RedbJournal::open(path) {
            Ok(journal) => {
                let fact = Fact::Consumer(name.clone(), 1);
                keep(&journal, &fact);
                Some(fact)
            }
            Err(error) => {
                assert_eq!(error.kind(), PortErrorKind::Unavailable, "{error}");
                assert!(error.to_string().contains("in use"), "{error}");
                None
            }
        }
    };
    std::thread::scope(|scope| {
        let makers: Vec<_> = names.iter().map(|name| scope.spawn(move || make(name))).collect();
        makers.into_iter().filter_map(|maker| maker.join().unwrap()).collect()
    })
}

#[test]
fn of_many_that_make_one_shop_none_loses_what_it_was_told_is_kept() {
    let folder = tempdir("at-once");
    let path = folder.join("shop.redb");
    // In the order in which a journal tells them.
    let names: Vec<String> = (0..6).map(|number| format!("maker-{number}")).collect();
    for _ in 0..10 {
        let kept = made_at_once(&path, &names);
        assert!(!kept.is_empty());
        assert_eq!(told::facts(&RedbJournal::open(&path).unwrap()).unwrap(), kept);
        std::fs::remove_file(&path).unwrap();
    }
}

/// The currency of the shop on a disk, for a process that is set to one or to none.
fn currency(disk: &Disk, set: Option<Currency>, only_looks: bool) -> Currency {
    let config = MemoryConfig { only_looks, ..MemoryConfig::new(set) };
    MemoryStore::journalled(config, disk.journal().unwrap(), at(0)).unwrap().currency()
}

#[test]
fn a_shop_keeps_the_currency_that_it_began_with() {
    let euro = Currency::try_new("EUR").unwrap();
    for (set, began) in [(Some(euro), euro), (None, Currency::USD)] {
        let disk = Disk::default();
        assert_eq!(currency(&disk, None, true), Currency::USD);
        let kept = told::facts(disk.journal().unwrap().as_ref()).unwrap();
        assert!(kept.is_empty(), "it only looked: {kept:?}");
        assert_eq!(currency(&disk, set, false), began);
        for other in [None, Some(Currency::USD), Some(euro)] {
            assert_eq!(currency(&disk, other, false), began, "{other:?}");
            assert_eq!(currency(&disk, other, true), began, "{other:?}");
        }
    }
}

#[test]
fn a_shop_of_before_currencies_were_kept_keeps_the_first_that_is_named() {
    let euro = Currency::try_new("EUR").unwrap();
    let disk = Disk::default();
    keep(disk.journal().unwrap().as_ref(), &Fact::ViewsFrom(1 << 32));
    assert_eq!(currency(&disk, None, false), Currency::USD);
    assert_eq!(currency(&disk, Some(euro), true), euro);
    assert_eq!(currency(&disk, None, false), Currency::USD, "nobody named one for good");
    assert_eq!(currency(&disk, Some(euro), false), euro);
    assert_eq!(currency(&disk, None, false), euro);
}

/// Has a journal keep a fact.
fn keep(journal: &RedbJournal, fact: &Fact) {
    assert!(matches!(journal.write(&mut std::iter::once(fact)), Written::Kept));
}

/// An empty folder of this test.
fn tempdir(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("ecicomm-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}
