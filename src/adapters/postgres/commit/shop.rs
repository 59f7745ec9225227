use super::{Draft, unchanged};
use crate::adapters::postgres::convert::{json, saves};
use crate::adapters::postgres::fault::Fault;
use crate::domain::customer::{Role, StaffMember};
use crate::domain::shared::Version;
use crate::ports::imports::ImportReport;
use crate::ports::store::{Conflict, Unique};

impl Draft<'_> {
    pub(super) async fn save_staff(
        &mut self,
        member: &StaffMember,
        expected: Option<Version>,
    ) -> Result<(), Fault> {
        let (id, email) = (member.id.uuid(), member.email.normalised());
        let look = sqlx::query!(
            r#"SELECT
                (SELECT version FROM staff WHERE id = $1 FOR UPDATE)
                    IS NOT DISTINCT FROM $2 AS "unchanged!",
                EXISTS (SELECT FROM staff WHERE email = $3 AND id <> $1) AS "taken!""#,
            id,
            expected.map(saves),
            email,
        );
        let look = look.fetch_one(&mut *self.connection).await?;
        if !look.unchanged {
            return Err(Conflict::Stale("staff member").into());
        }
        if look.taken {
            return Err(Conflict::Taken(Unique::Email, email).into());
        }
        let saved = sqlx::query!(
            "INSERT INTO staff AS s (id, version, email, administers, record)
             VALUES ($1, $2, $3, $4, $5::text::jsonb)
             ON CONFLICT (id) DO UPDATE SET
                 version = excluded.version, email = excluded.email,
                 administers = excluded.administers, record = excluded.record
             WHERE s.version = $6",
            id,
            saves(member.version),
            email,
            member.active && member.role == Role::Administrator,
            json(member)?,
            expected.map(saves),
        );
        let saved = saved.execute(&mut *self.connection).await?;
        unchanged("staff member", saved.rows_affected())
    }

    pub(super) async fn save_import(
        &mut self,
        report: &ImportReport,
        expected: Option<Version>,
    ) -> Result<(), Fault> {
        let (id, version) = (report.id.uuid(), saves(report.version));
        let saved = sqlx::query!(
            "INSERT INTO imports AS i (id, version, record)
             SELECT $1, $2, $3::text::jsonb
             WHERE $4::bigint IS NULL OR EXISTS (SELECT FROM imports WHERE id = $1)
             ON CONFLICT (id) DO UPDATE SET version = excluded.version, record = excluded.record
             WHERE i.version = $4",
            id,
            version,
            json(report)?,
            expected.map(saves),
        );
        let saved = saved.execute(&mut *self.connection).await?;
        unchanged("import", saved.rows_affected())
    }

    pub(super) async fn put_secret(&mut self, name: &str, value: &[u8]) -> Result<(), Fault> {
        let kept = sqlx::query!(
            "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            name,
            value,
        );
        let kept = kept.execute(&mut *self.connection).await?;
        if kept.rows_affected() == 0 {
            return Err(Conflict::Taken(Unique::Secret, name.to_owned()).into());
        }
        Ok(())
    }
}
