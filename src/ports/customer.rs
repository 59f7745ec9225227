//! Reading the people of the shop.

use std::sync::Arc;

use async_trait::async_trait;

use super::PortError;
use crate::domain::customer::StaffMember;
use crate::domain::shared::StaffId;

/// Members of staff, to be read.
#[async_trait]
pub trait StaffQueries: Send + Sync {
    /// A member by id.
    async fn staff(&self, id: StaffId) -> Result<Option<Arc<StaffMember>>, PortError>;

    /// A member by normalised e-mail.
    async fn staff_by_email(&self, email: &str) -> Result<Option<Arc<StaffMember>>, PortError>;

    /// Whether anyone can administer the shop.
    async fn has_administrator(&self) -> Result<bool, PortError>;
}
