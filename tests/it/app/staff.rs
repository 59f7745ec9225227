use std::sync::Arc;
use std::sync::Mutex;

use async_trait::async_trait;
use ecicomm::adapters::system::JwtTokens;
use ecicomm::app::{AppError, Shop};
use ecicomm::domain::customer::{Actor, Role, StaffMember};
use ecicomm::domain::shared::*;
use ecicomm::ports::PortError;
use ecicomm::ports::store::{UnitOfWork, Write};
use ecicomm::ports::system::PasswordHasher;

use super::support::{HandClock, shop_with};

const EMAIL: &str = "Admin@Example.com";
const PASSWORD: &str = "Tr1cky!pw";

/// A hasher that writes down what it was asked.
#[derive(Default)]
struct WatchedHasher(Mutex<Vec<Option<String>>>);

#[async_trait]
impl PasswordHasher for WatchedHasher {
    async fn hash(&self, password: &str) -> Result<String, PortError> {
        Ok(format!("hash of {password}"))
    }

    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, PortError> {
        self.0.lock().unwrap().push(hash.map(str::to_owned));
        Ok(hash == Some(format!("hash of {password}").as_str()))
    }
}

struct Staff {
    shop: Shop,
    hasher: Arc<WatchedHasher>,
    clock: Arc<HandClock>,
}

impl Staff {
    async fn new() -> Self {
        let (hasher, clock) = (Arc::new(WatchedHasher::default()), HandClock::new());
        let shop = shop_with(|ports| {
            ports.hasher = hasher.clone();
            ports.clock = clock.clone();
            ports.tokens = Arc::new(JwtTokens::new(&[7; 48], clock.clone()));
        })
        .await;
        assert!(shop.staff.ensure_administrator(EMAIL, PASSWORD).await.unwrap());
        Self { shop, hasher, clock }
    }

    async fn member(&self) -> Arc<StaffMember> {
        let found = self.shop.ports.staff.staff_by_email("admin@example.com").await.unwrap();
        found.unwrap()
    }

    async fn deactivate(&self) {
        let known = self.member().await;
        let expected = Some(known.version);
        let member = Arc::new(StaffMember {
            active: false,
            version: known.version.next(),
            ..StaffMember::clone(&known)
        });
        let unit =
            UnitOfWork::of(self.shop.ports.clock.now(), Write::SaveStaff { member, expected });
        self.shop.ports.store.commit(unit).await.unwrap();
    }
}

#[tokio::test]
async fn a_member_signs_in_without_regard_to_the_case_of_the_address() {
    let staff = Staff::new().await;
    let signed = staff.shop.staff.sign_in("admin@EXAMPLE.com", PASSWORD).await.unwrap();
    assert_eq!((signed.role, signed.expires_in_seconds), (Role::Administrator, 15 * 60));
    let actor = staff.shop.staff.authenticate(&signed.access_token).await.unwrap();
    assert_eq!(actor, Actor::Staff { id: staff.member().await.id, role: Role::Administrator });
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_one_answer_and_cost_one_check_each() {
    let staff = Staff::new().await;
    for (email, password) in
        [(EMAIL, "wrong"), ("nobody@example.com", PASSWORD), ("no address", PASSWORD), ("", "")]
    {
        let refused = staff.shop.staff.sign_in(email, password).await;
        assert!(matches!(refused, Err(AppError::Unauthenticated)), "{email}");
    }
    let asked = staff.hasher.0.lock().unwrap().clone();
    let known = Some(format!("hash of {PASSWORD}"));
    assert_eq!(asked, [known, None, None, None]);
}

#[tokio::test]
async fn a_member_who_left_can_neither_sign_in_nor_go_on() {
    let staff = Staff::new().await;
    let token = staff.shop.staff.sign_in(EMAIL, PASSWORD).await.unwrap().access_token;
    staff.deactivate().await;
    let refused = staff.shop.staff.sign_in(EMAIL, PASSWORD).await;
    assert!(matches!(refused, Err(AppError::Unauthenticated)));
    let refused = staff.shop.staff.authenticate(&token).await;
    assert!(matches!(refused, Err(AppError::Unauthenticated)));
}

#[tokio::test]
async fn a_token_holds_for_its_lifetime_and_no_longer() {
    let staff = Staff::new().await;
    let token = staff.shop.staff.sign_in(EMAIL, PASSWORD).await.unwrap().access_token;
    staff.clock.advance(Span::seconds(15 * 60 - 1));
    assert!(staff.shop.staff.authenticate(&token).await.is_ok());
    staff.clock.advance(Span::seconds(2));
    assert!(staff.shop.staff.authenticate(&token).await.is_err());
    assert!(staff.shop.staff.authenticate("made up").await.is_err());
}

#[tokio::test]
async fn there_is_one_first_administrator() {
    let staff = Staff::new().await;
    assert!(!staff.shop.staff.ensure_administrator("other@example.com", "weak").await.unwrap());
    let other = staff.shop.ports.staff.staff_by_email("other@example.com").await.unwrap();
    assert!(other.is_none());
}

#[tokio::test]
async fn a_weak_password_is_refused_by_the_name_of_its_setting() {
    let shop = shop_with(|_| {}).await;
    let refused = shop.staff.ensure_administrator("nobody", "weak").await;
    let Err(AppError::Invalid(errors)) = refused else { panic!("{refused:?}") };
    let places: Vec<&str> = errors.iter().map(|error| &*error.pointer).collect();
    assert_eq!(places, ["/admin/email", "/admin/password"]);
    assert_eq!(
        errors[1].detail,
        "the setting admin.password (ECICOMM__ADMIN__PASSWORD) must have 8 to 30 characters and \
         contain an upper case letter and contain a digit and contain a character that is neither \
         letter nor digit"
    );
    assert!(!shop.ports.staff.has_administrator().await.unwrap());
}
