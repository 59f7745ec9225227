use std::fmt;

use super::Role;
use crate::domain::shared::{Email, StaffId, Timestamp, Version};

/// Someone who works for the shop.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// Who.
    pub id: StaffId,
    /// What they sign in with; unique without regard to case.
    pub email: Email,
    /// The hash of their password, as a PHC string.
    pub password_hash: String,
    /// What they are.
    pub role: Role,
    /// Whether they may sign in.
    pub active: bool,
    /// When they were added.
    pub created_at: Timestamp,
    /// How often they were saved.
    pub version: Version,
}

impl fmt::Debug for StaffMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaffMember({}, {})", self.id, self.role.as_str())
    }
}
