use super::{Draft, unchanged};
use crate::adapters::postgres::convert::{json, saves};
use crate::adapters::postgres::fault::Fault;
use crate::domain::pricing::{Promotion, ShippingMethod, TaxRate};
use crate::domain::shared::{CouponCode, PromotionId, ShippingMethodId, TaxRateId, Version};
use crate::ports::store::{Conflict, Unique};

/// What a look before a save found.
struct Look {
    /// Whether what is kept has the version that the write was decided on.
    unchanged: bool,
    /// Whether another has the value that must be unique.
    taken: bool,
}

impl Look {
    fn passed(
        &self,
        what: &'static str,
        unique: Unique,
        value: impl FnOnce() -> String,
    ) -> Result<(), Fault> {
        if !self.unchanged {
            return Err(Conflict::Stale(what).into());
        }
        if self.taken {
            return Err(Conflict::Taken(unique, value()).into());
        }
        Ok(())
    }
}

impl Draft<'_> {
    pub(super) async fn save_promotion(
        &mut self,
        promotion: &Promotion,
        expected: Option<Version>,
    ) -> Result<(), Fault> {
        let (id, code) = (promotion.id().uuid(), promotion.code().map(CouponCode::as_str));
        let look = sqlx::query_as!(
            Look,
            r#"SELECT
                (SELECT version FROM promotions WHERE id = $1 FOR UPDATE)
                    IS NOT DISTINCT FROM $2 AS "unchanged!",
                EXISTS (SELECT FROM promotions WHERE code = $3 AND id <> $1) AS "taken!""#,
            id,
            expected.map(saves),
            code,
        );
        let look = look.fetch_one(&mut *self.connection).await?;
        look.passed("promotion", Unique::CouponCode, || code.unwrap_or_default().to_owned())?;
        let saved = sqlx::query!(
            "INSERT INTO promotions AS p (id, version, code, record)
             VALUES ($1, $2, $3, $4::text::jsonb)
             ON CONFLICT (id) DO UPDATE SET
                 version = excluded.version, code = excluded.code, record = excluded.record
             WHERE p.version = $5",
            id,
            saves(promotion.version()),
            code,
            json(promotion)?,
            expected.map(saves),
        );
        let saved = saved.execute(&mut *self.connection).await?;
        unchanged("promotion", saved.rows_affected())?;
        self.tell_promotion(promotion.id()).await
    }

    async fn tell_promotion(&mut self, id: PromotionId) -> Result<(), Fault> {
        let told = sqlx::query!(
            "SELECT tell('promotion', $1, 'changed', now_by($2), NULL)",
            id.uuid().to_string(),
            self.moment.clock,
        );
        told.fetch_one(&mut *self.connection).await?;
        Ok(())
    }

    pub(super) async fn delete_promotion(
        &mut self,
        id: PromotionId,
        expected: Version,
    ) -> Result<(), Fault> {
        let deleted = sqlx::query!(
            "DELETE FROM promotions WHERE id = $1 AND version = $2",
            id.uuid(),
            saves(expected),
        );
        let deleted = deleted.execute(&mut *self.connection).await?;
        unchanged("promotion", deleted.rows_affected())?;
        self.tell_promotion(id).await
    }

    pub(super) async fn save_tax_rate(
        &mut self,
        tax_rate: &TaxRate,
        expected: Option<Version>,
    ) -> Result<(), Fault> {
        let (id, parts) = (tax_rate.id().uuid(), tax_rate.parts());
        let name = parts.name.to_lowercase();
        let region = parts.region.as_deref().map(|region| region.trim().to_lowercase());
        let look = sqlx::query_as!(
            Look,
            r#"SELECT
                (SELECT version FROM tax_rates WHERE id = $1 FOR UPDATE)
                    IS NOT DISTINCT FROM $2 AS "unchanged!",
                EXISTS (
                    SELECT FROM tax_rates
                    WHERE name_key = $3 AND country = $4 AND region_key IS NOT DISTINCT FROM $5
                        AND category = $6 AND id <> $1
                ) AS "taken!""#,
            id,
            expected.map(saves),
            name,
            parts.country.as_str(),
            region,
            parts.category.as_str(),
        );
        let look = look.fetch_one(&mut *self.connection).await?;
        look.passed("tax rate", Unique::TaxRate, || parts.name.clone())?;
        let saved = sqlx::query!(
            "INSERT INTO tax_rates AS t
                 (id, version, name_key, country, region_key, category, record)
             VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
             ON CONFLICT (id) DO UPDATE SET
                 version = excluded.version, name_key = excluded.name_key,
                 country = excluded.country, region_key = excluded.region_key,
                 category = excluded.category, record = excluded.record
             WHERE t.version = $8",
            id,
            saves(tax_rate.version()),
            name,
            parts.country.as_str(),
            region,
            parts.category.as_str(),
            json(tax_rate)?,
            expected.map(saves),
        );
        let saved = saved.execute(&mut *self.connection).await?;
        unchanged("tax rate", saved.rows_affected())
    }

    pub(super) async fn delete_tax_rate(
        &mut self,
        id: TaxRateId,
        expected: Version,
    ) -> Result<(), Fault> {
        let deleted = sqlx::query!(
            "DELETE FROM tax_rates WHERE id = $1 AND version = $2",
            id.uuid(),
            saves(expected),
        );
        let deleted = deleted.execute(&mut *self.connection).await?;
        unchanged("tax rate", deleted.rows_affected())
    }

    pub(super) async fn save_method(
        &mut self,
        method: &ShippingMethod,
        expected: Option<Version>,
    ) -> Result<(), Fault> {
        let (id, code) = (method.id().uuid(), method.code().as_str());
        let look = sqlx::query_as!(
            Look,
            r#"SELECT
                (SELECT version FROM shipping_methods WHERE id = $1 FOR UPDATE)
                    IS NOT DISTINCT FROM $2 AS "unchanged!",
                EXISTS (SELECT FROM shipping_methods WHERE code = $3 AND id <> $1) AS "taken!""#,
            id,
            expected.map(saves),
            code,
        );
        let look = look.fetch_one(&mut *self.connection).await?;
        look.passed("shipping method", Unique::ShippingCode, || code.to_owned())?;
        let saved = sqlx::query!(
            "INSERT INTO shipping_methods AS m (id, version, code, record)
             VALUES ($1, $2, $3, $4::text::jsonb)
             ON CONFLICT (id) DO UPDATE SET
                 version = excluded.version, code = excluded.code, record = excluded.record
             WHERE m.version = $5",
            id,
            saves(method.version()),
            code,
            json(method)?,
            expected.map(saves),
        );
        let saved = saved.execute(&mut *self.connection).await?;
        unchanged("shipping method", saved.rows_affected())
    }

    pub(super) async fn delete_method(
        &mut self,
        id: ShippingMethodId,
        expected: Version,
    ) -> Result<(), Fault> {
        let deleted = sqlx::query!(
            "DELETE FROM shipping_methods WHERE id = $1 AND version = $2",
            id.uuid(),
            saves(expected),
        );
        let deleted = deleted.execute(&mut *self.connection).await?;
        unchanged("shipping method", deleted.rows_affected())
    }
}
