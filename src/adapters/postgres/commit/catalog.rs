use super::{Answer, Draft, LONG_LIMIT};
use crate::adapters::postgres::convert::saves;
use crate::adapters::postgres::fault::Fault;
use crate::domain::catalog::Category;
use crate::domain::shared::{CategoryId, Version};

impl Draft<'_> {
    pub(super) async fn save_category(
        &mut self,
        category: &Category,
        expected: Option<Version>,
    ) -> Result<(), Fault> {
        self.allow_long().await?;
        let answer = sqlx::query_as!(
            Answer,
            "SELECT refusal, subject, amount, current_setting('ecicomm.shown', true) AS shown FROM save_category($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            self.moment.clock,
            category.id.uuid(),
            expected.map(saves),
            saves(category.version),
            category.parent.map(CategoryId::uuid),
            category.slug.as_str(),
            category.name.as_str(),
            category.name.as_str().to_lowercase(),
            category.position,
        )
        .fetch_one(&mut *self.connection)
        .await?;
        self.passed(answer)
    }

    /// Lets a change of the tree, or a repair, take its time, until the end of the transaction.
    pub(super) async fn allow_long(&mut self) -> Result<(), Fault> {
        let limit = LONG_LIMIT.as_millis().to_string();
        let limit = sqlx::query!("SELECT set_config('statement_timeout', $1, true)", limit);
        limit.fetch_one(&mut *self.connection).await?;
        Ok(())
    }

    pub(super) async fn delete_category(
        &mut self,
        id: CategoryId,
        expected: Version,
    ) -> Result<(), Fault> {
        let answer = sqlx::query_as!(
            Answer,
            "SELECT refusal, subject, amount, current_setting('ecicomm.shown', true) AS shown FROM delete_category($1, $2, $3)",
            self.moment.clock,
            id.uuid(),
            saves(expected),
        )
        .fetch_one(&mut *self.connection)
        .await?;
        self.passed(answer)
    }
}
