use std::sync::Arc;

use async_trait::async_trait;

use crate::adapters::memory::MemoryStore;
use crate::domain::customer::{Role, StaffMember};
use crate::domain::shared::{ImportId, StaffId, Timestamp};
use crate::ports::PortError;
use crate::ports::customer::StaffQueries;
use crate::ports::idempotency::{IdempotencyKeys, KeyId, KeyRow};
use crate::ports::imports::{ImportQueries, ImportReport};

#[async_trait]
impl StaffQueries for MemoryStore {
    async fn staff(&self, id: StaffId) -> Result<Option<Arc<StaffMember>>, PortError> {
        Ok(self.snapshot().staff.get(&id).cloned())
    }

    async fn staff_by_email(&self, email: &str) -> Result<Option<Arc<StaffMember>>, PortError> {
        let state = self.snapshot();
        let id = state.staff_emails.get(email);
        Ok(id.and_then(|id| state.staff.get(id)).cloned())
    }

    async fn has_administrator(&self) -> Result<bool, PortError> {
        let state = self.snapshot();
        let administers =
            |member: &Arc<StaffMember>| member.active && member.role == Role::Administrator;
        Ok(state.staff.values().any(administers))
    }
}

#[async_trait]
impl IdempotencyKeys for MemoryStore {
    async fn key(&self, id: &KeyId, now: Timestamp) -> Result<Option<Arc<KeyRow>>, PortError> {
        Ok(self.snapshot().keys.live(id, now).cloned())
    }

    async fn expired(&self, now: Timestamp, most: usize) -> Result<usize, PortError> {
        Ok(self.snapshot().keys.expired(now).take(most).count())
    }
}

#[async_trait]
impl ImportQueries for MemoryStore {
    async fn import(&self, id: ImportId) -> Result<Option<Arc<ImportReport>>, PortError> {
        Ok(self.snapshot().imports.get(&id).cloned())
    }
}
