use std::sync::Arc;

use crate::app::faults::Faults;
use crate::app::{AppError, Ports, ShopConfig};
use crate::domain::customer::{Actor, Password, PasswordFault, Role, StaffMember};
use crate::domain::shared::{Email, StaffId, Version};
use crate::ports::store::{CommitError, Conflict, Unique, UnitOfWork, Write};
use crate::ports::system::StaffClaims;

/// What someone gets who signed in.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// What to send along from now on.
    pub access_token: String,
    /// How long it holds.
    pub expires_in_seconds: i64,
    /// What they are.
    pub role: Role,
}

/// Members of staff.
#[derive(Clone)]
pub struct StaffService {
    ports: Arc<Ports>,
    config: Arc<ShopConfig>,
}

impl StaffService {
    /// The use cases over these ports.
    pub fn new(ports: Arc<Ports>, config: Arc<ShopConfig>) -> Self {
        Self { ports, config }
    }

    /// Signs a member in. An unknown address, a wrong password and a member who may not sign in are
    /// one answer, `Unauthenticated`, and take the same time.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, AppError> {
        let member = match Email::try_new(email) {
            Ok(email) => self.ports.staff.staff_by_email(&email.normalised()).await?,
            Err(_) => None,
        };
        let hash = member.as_ref().map(|member| member.password_hash.as_str());
        let right = self.ports.hasher.verify(password, hash).await?;
        let member = member.filter(|member| right && member.active);
        let member = member.ok_or(AppError::Unauthenticated)?;
        let lifetime = self.config.access_token_lifetime;
        let expires_at = self.ports.clock.now().plus(lifetime);
        let claims = StaffClaims { staff: member.id, role: member.role, expires_at };
        Ok(SignedIn {
            access_token: self.ports.tokens.issue(&claims)?,
            expires_in_seconds: lifetime.as_micros() / 1_000_000,
            role: member.role,
        })
    }

    /// Who sends `token`: a member who may still sign in, as what they are today.
    pub async fn authenticate(&self, token: &str) -> Result<Actor, AppError> {
        let claims = self.ports.tokens.verify(token, self.ports.clock.now());
        let claims = claims.ok_or(AppError::Unauthenticated)?;
        let member = self.ports.staff.staff(claims.staff).await?.filter(|member| member.active);
        let member = member.ok_or(AppError::Unauthenticated)?;
        Ok(Actor::Staff { id: member.id, role: member.role })
    }

    /// Makes the first administrator, unless the shop has one; whether it made one. The errors name
    /// the settings, for that is where these come from.
    pub async fn ensure_administrator(
        &self,
        email: &str,
        password: &str,
    ) -> Result<bool, AppError> {
        if self.ports.staff.has_administrator().await? {
            return Ok(false);
        }
        let mut faults = Faults::default();
        let email = faults.note(|| "/admin/email".into(), Email::try_new(email));
        let password = Password::try_new(password).map_err(|broken| of_setting(&broken));
        let password = faults.note(|| "/admin/password".into(), password);
        let (email, password) = faults.finish(email.zip(password))?;
        let at = self.ports.clock.now();
        let member = Arc::new(StaffMember {
            id: StaffId::new(self.ports.ids.next()),
            email,
            password_hash: self.ports.hasher.hash(password.expose()).await?,
            role: Role::Administrator,
            active: true,
            created_at: at,
            version: Version::FIRST,
        });
        let unit = UnitOfWork::of(at, Write::SaveStaff { member, expected: None });
        match self.ports.store.commit(unit).await {
            Ok(()) => Ok(true),
            // Another process started at the same moment with the same settings.
            Err(CommitError::Refused(Conflict::Taken(Unique::Email, _))) => Ok(false),
            Err(error) => Err(AppError::of_commit(error)),
        }
    }
}

fn of_setting(broken: &[PasswordFault]) -> String {
    let rules: Vec<String> = broken.iter().map(PasswordFault::to_string).collect();
    format!("the setting admin.password (ECICOMM__ADMIN__PASSWORD) must {}", rules.join(" and "))
}
