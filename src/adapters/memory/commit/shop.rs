use std::sync::Arc;

use super::{Draft, free, unchanged};
use crate::domain::customer::StaffMember;
use crate::domain::shared::Version;
use crate::ports::imports::ImportReport;
use crate::ports::store::{Conflict, Unique};

impl Draft<'_> {
    pub(super) fn save_staff(
        &mut self,
        member: Arc<StaffMember>,
        expected: Option<Version>,
    ) -> Result<(), Conflict> {
        let kept = self.state.staff.get(&member.id).cloned();
        unchanged("staff member", kept.as_ref().map(|kept| kept.version), expected)?;
        let email = member.email.normalised();
        free(self.state.staff_emails.get(&email), &member.id, Unique::Email, &email)?;
        self.state.put_staff(member);
        Ok(())
    }

    pub(super) fn save_import(
        &mut self,
        report: Arc<ImportReport>,
        expected: Option<Version>,
    ) -> Result<(), Conflict> {
        let kept = self.state.imports.get(&report.id).map(|kept| kept.version);
        unchanged("import", kept, expected)?;
        self.state.put_import(report);
        Ok(())
    }

    pub(super) fn put_secret(&mut self, name: String, value: Vec<u8>) -> Result<(), Conflict> {
        if self.state.secrets.contains_key(&name) {
            return Err(Conflict::Taken(Unique::Secret, name));
        }
        self.state.put_secret(name, value.into());
        Ok(())
    }
}
