use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::Database;

/// Empties every table and has every sequence begin again. Rows go before those that they refer to by
/// trying again.
const EMPTY: &str = "DO $$
DECLARE
    name text;
    emptied boolean;
BEGIN
    LOOP
        emptied := true;
        FOR name IN SELECT c.oid::regclass::text FROM pg_class c
            WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
                AND c.relname <> '_sqlx_migrations'
        LOOP
            BEGIN
                EXECUTE 'DELETE FROM ' || name;
            EXCEPTION WHEN foreign_key_violation THEN
                emptied := false;
            END;
        END LOOP;
        EXIT WHEN emptied;
    END LOOP;
    PERFORM setval(s.seqrelid, s.seqstart, false) FROM pg_sequence s;
END
$$";

/// How many sessions of others there are.
const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
        AND pid <> pg_backend_pid()";

/// How often it is looked whether the last user's sessions are over, and the pause between.
const LOOKS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(10);

/// Databases that are not in use, the one that was longest ago first.
static SPARE: Mutex<VecDeque<Known>> = Mutex::new(VecDeque::new());

/// A database as one that was made just now, which others had before: to empty one takes a twentieth
/// of the time that a new one takes. It is for tests that do nothing to a database but use it.
pub struct Lent(Option<Known>);

struct Known {
    database: Database,
    /// What its migrations put in: the rows of each table, as JSON.
    rows: Vec<(String, String)>,
}

impl Lent {
    /// One that nobody else has until this is dropped.
    pub async fn new() -> Self {
        let spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        if let Some(known) = spare
            && known.empty().await
        {
            return Self(Some(known));
        }
        let database = Database::new().await;
        let rows = rows(&mut connect(&database).await).await;
        Self(Some(Known { database, rows }))
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        self.0.as_ref().expect("it is given back by the drop alone").database.url()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        SPARE.lock().unwrap_or_else(PoisonError::into_inner).extend(self.0.take());
    }
}

impl Known {
    /// Empties it; `false` where someone is still at work on it.
    async fn empty(&self) -> bool {
        let mut connection = connect(&self.database).await;
        if !alone(&mut connection).await {
            return false;
        }
        sqlx::raw_sql(EMPTY).execute(&mut connection).await.unwrap();
        for (table, rows) in &self.rows {
            let put = format!(
                "INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, $1::json)"
            );
            sqlx::query(AssertSqlSafe(put)).bind(rows).execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
        true
    }
}

async fn connect(database: &Database) -> PgConnection {
    PgConnection::connect(database.url()).await.unwrap()
}

async fn alone(connection: &mut PgConnection) -> bool {
    for _ in 0..LOOKS {
        let others: i64 = sqlx::query_scalar(OTHERS).fetch_one(&mut *connection).await.unwrap();
        if others == 0 {
            return true;
        }
        tokio::time::sleep(PAUSE).await;
    }
    false
}

/// All rows but those that tell of the migrations.
async fn rows(connection: &mut PgConnection) -> Vec<(String, String)> {
    let tables = "SELECT c.oid::regclass::text FROM pg_class c
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
            AND c.relname <> '_sqlx_migrations'";
    let mut all = Vec::new();
    for table in sqlx::query(tables).fetch_all(&mut *connection).await.unwrap() {
        let table: String = table.get(0);
        let read = format!("SELECT json_agg(t)::text FROM {table} t");
        let rows: Option<String> =
            sqlx::query_scalar(AssertSqlSafe(read)).fetch_one(&mut *connection).await.unwrap();
        all.extend(rows.map(|rows| (table, rows)));
    }
    all
}
