//! Members of staff, imports and the shop's own secrets.

use std::sync::Arc;

use ecicomm::domain::customer::{Role, StaffMember};
use ecicomm::domain::shared::{ImportId, StaffId, Version};
use ecicomm::ports::imports::{ImportError, ImportReport, ImportStatus};
use ecicomm::ports::store::{Conflict, Unique, Write};
use uuid::Uuid;

use super::Backend;
use crate::harness::build::{at, before, email};

macro_rules! cases {
    ($open:path) => {
        crate::contract::store::tests!(
            $open,
            people,
            [
                a_member_reads_back_with_every_field,
                emails_are_unique_without_regard_to_case,
                a_member_is_saved_only_on_the_version_it_has,
                an_administrator_is_one_who_may_sign_in,
                of_many_first_administrators_with_one_email_exactly_one_is_kept,
                an_import_reads_back_with_every_field_as_it_goes_on,
                an_import_is_saved_only_on_the_version_it_has,
                a_secret_is_kept_once,
            ]
        );
    };
}
pub(crate) use cases;

fn member(number: u128, address: &str) -> StaffMember {
    StaffMember {
        id: StaffId::new(Uuid::from_u128(number)),
        email: email(address),
        password_hash: format!("hash-{number}"),
        role: Role::Administrator,
        active: true,
        created_at: at(3),
        version: Version::FIRST,
    }
}

fn save(member: &StaffMember) -> Write {
    Write::SaveStaff { expected: before(member.version), member: Arc::new(member.clone()) }
}

pub async fn a_member_reads_back_with_every_field(b: Backend) {
    let ada = member(1, "Ada@Example.com");
    assert_eq!(b.staff.staff(ada.id).await.unwrap(), None);
    assert_eq!(b.staff.staff_by_email("ada@example.com").await.unwrap(), None);
    b.commit([save(&ada)]).await;
    let kept = b.staff.staff_by_email("ada@example.com").await.unwrap();
    assert_eq!(kept, Some(Arc::new(ada.clone())));
    assert_eq!(b.staff.staff(ada.id).await.unwrap(), kept);
}

pub async fn emails_are_unique_without_regard_to_case(b: Backend) {
    b.commit([save(&member(1, "ada@example.com"))]).await;
    let taken = Conflict::Taken(Unique::Email, "ada@example.com".to_owned());
    assert_eq!(b.refusal(save(&member(2, "ADA@example.com"))).await, taken);

    let renamed = StaffMember { version: Version::new(2), ..member(1, "eva@example.com") };
    b.commit([save(&renamed), save(&member(2, "Ada@example.com"))]).await;
    let owner = b.staff.staff_by_email("ada@example.com").await.unwrap().unwrap();
    assert_eq!(owner.id, member(2, "a@b.c").id);
}

pub async fn a_member_is_saved_only_on_the_version_it_has(b: Backend) {
    b.commit([save(&member(1, "ada@example.com"))]).await;
    let stale = Conflict::Stale("staff member");
    assert_eq!(b.refusal(save(&member(1, "ada@example.com"))).await, stale);
    let far = StaffMember { version: Version::new(3), ..member(1, "ada@example.com") };
    assert_eq!(b.refusal(save(&far)).await, stale);
}

pub async fn an_administrator_is_one_who_may_sign_in(b: Backend) {
    assert!(!b.staff.has_administrator().await.unwrap());
    let inactive = StaffMember { active: false, ..member(1, "ada@example.com") };
    b.commit([save(&inactive)]).await;
    assert!(!b.staff.has_administrator().await.unwrap());
    b.commit([save(&member(2, "bob@example.com"))]).await;
    assert!(b.staff.has_administrator().await.unwrap());
}

pub async fn of_many_first_administrators_with_one_email_exactly_one_is_kept(b: Backend) {
    let rivals = (1..=16).map(|number| vec![save(&member(number, "ada@example.com"))]);
    let outcomes = b.race(rivals.collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

fn report() -> ImportReport {
    ImportReport {
        id: ImportId::new(Uuid::from_u128(1)),
        status: ImportStatus::Running,
        created: 1,
        updated: 2,
        unchanged: 3,
        failed: 4,
        errors: vec![ImportError { line: 7, reason: "a price is missing".to_owned() }],
        started_at: at(1),
        updated_at: at(2),
        version: Version::FIRST,
    }
}

fn save_import(report: &ImportReport) -> Write {
    Write::SaveImport { expected: before(report.version), report: Arc::new(report.clone()) }
}

pub async fn an_import_reads_back_with_every_field_as_it_goes_on(b: Backend) {
    let first = report();
    assert_eq!(b.imports.import(first.id).await.unwrap(), None);
    b.commit([save_import(&first)]).await;
    assert_eq!(b.imports.import(first.id).await.unwrap(), Some(Arc::new(first.clone())));
    for (version, status) in [(2, ImportStatus::Completed), (3, ImportStatus::Failed)] {
        let later = ImportReport { status, version: Version::new(version), ..first.clone() };
        b.commit([save_import(&later)]).await;
        assert_eq!(b.imports.import(first.id).await.unwrap(), Some(Arc::new(later)));
    }
}

pub async fn an_import_is_saved_only_on_the_version_it_has(b: Backend) {
    let later = ImportReport { version: Version::new(2), ..report() };
    assert_eq!(b.refusal(save_import(&later)).await, Conflict::Stale("import"));
    b.commit([save_import(&report())]).await;
    assert_eq!(b.refusal(save_import(&report())).await, Conflict::Stale("import"));
}

pub async fn a_secret_is_kept_once(b: Backend) {
    let put = |value: u8| Write::PutSecret { name: "signing".to_owned(), value: vec![value; 32] };
    assert_eq!(b.store.secret("signing").await.unwrap(), None);
    b.race((0..8).map(|value| vec![put(value)]).collect()).await;
    let kept = b.store.secret("signing").await.unwrap().unwrap();
    let taken = Conflict::Taken(Unique::Secret, "signing".to_owned());
    assert_eq!(b.refusal(put(99)).await, taken);
    assert_eq!(b.store.secret("signing").await.unwrap(), Some(kept.clone()));
    assert!(kept.len() == 32 && kept[0] < 8);
    assert_eq!(b.store.secret("other").await.unwrap(), None);
}
