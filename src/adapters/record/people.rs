//! Records of people.

use serde::{Deserialize, Serialize};

use super::form::{Form as _, is_on, mirrors, on};
use super::kept::records;
use super::shared::{Id, Saves, Time, Word};
use crate::domain::customer::{Role, StaffMember};
use crate::domain::shared::{Email, StaffId, Timestamp, Version};

#[derive(Serialize, Deserialize)]
#[serde(remote = "Role", rename_all = "snake_case")]
enum RoleForm {
    Administrator,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "StaffMember")]
struct StaffMemberForm {
    #[serde(with = "Id")]
    id: StaffId,
    #[serde(with = "Word")]
    email: Email,
    password_hash: String,
    #[serde(with = "RoleForm")]
    role: Role,
    #[serde(default = "on", skip_serializing_if = "is_on")]
    active: bool,
    #[serde(with = "Time")]
    created_at: Timestamp,
    #[serde(with = "Saves")]
    version: Version,
}

mirrors!(StaffMemberForm of StaffMember);

records! { StaffMember = "staff member" by StaffMemberForm }
