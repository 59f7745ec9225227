use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tokio::time::{sleep, timeout};

use super::postgres::{self, Postgres};

/// Longer than a replica takes to replay anything here.
const SOON: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(5);

/// What both servers are set to: nothing waits for a disk, but what is committed is sent at once, and
/// kept for a replica that is away.
const SETTINGS: [&str; 3] = ["fsync=off", "full_page_writes=off", "wal_keep_size=1GB"];

/// A Postgres server and a streaming replica of it. Both are processes of this machine, also where
/// there is a docker engine: the replica begins as a copy of the primary's files.
pub struct Pair {
    pub primary: Postgres,
    pub replica: Postgres,
}

impl Pair {
    /// Two servers of the test's own, to be hurt.
    pub fn start() -> Self {
        let primary = Postgres::local(&SETTINGS, postgres::init);
        let source = format!("--dbname={}", primary.url("postgres"));
        let args = [source.as_str(), "-N", "-R", "-X", "stream", "-c", "fast"];
        let copy = |data: &Path, user: Option<&str>| {
            postgres::make("pg_basebackup", data, user, &args);
        };
        let replica = Postgres::local(&SETTINGS, copy);
        Self { primary, replica }
    }

    /// The two that the tests of this process share. Nobody pauses or kills them.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Pair> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Returns when the replica has replayed everything that is committed by now.
    pub async fn caught_up(&self) {
        let place = self.ask(&self.primary, "SELECT pg_current_wal_lsn()::text").await;
        let replayed = format!("SELECT (pg_last_wal_replay_lsn() >= '{place}')::text");
        self.until(&replayed, "true").await;
    }

    /// Has the replica stop replaying what it receives, after what is committed by now.
    pub async fn pause(&self) {
        self.caught_up().await;
        self.order("SELECT pg_wal_replay_pause()").await;
        self.until("SELECT pg_get_wal_replay_pause_state()", "paused").await;
    }

    /// Has it go on.
    pub async fn resume(&self) {
        self.order("SELECT pg_wal_replay_resume()").await;
    }

    /// Has the replica follow what is there, or nothing where nothing is.
    pub async fn follow(&self, place: &str) {
        self.order(&format!("ALTER SYSTEM SET primary_conninfo = '{place}'")).await;
        self.order("SELECT pg_reload_conf()").await;
    }

    /// Has the replica do something.
    pub async fn order(&self, statement: &str) {
        let mut connection = connect(&self.replica).await;
        connection.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Returns when the replica answers so.
    async fn until(&self, question: &str, wanted: &str) {
        let answered = async {
            while self.ask(&self.replica, question).await != wanted {
                sleep(PAUSE).await;
            }
        };
        timeout(SOON, answered).await.unwrap_or_else(|_| panic!("{question} should be {wanted}"));
    }

    async fn ask(&self, server: &Postgres, question: &str) -> String {
        let mut connection = connect(server).await;
        let question = sqlx::query_scalar(AssertSqlSafe(question.to_owned()));
        let answer = question.fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        answer
    }
}

async fn connect(server: &Postgres) -> PgConnection {
    PgConnection::connect(&server.url("postgres")).await.unwrap()
}
