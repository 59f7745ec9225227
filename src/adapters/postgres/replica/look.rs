use std::future::Future;
use std::io::ErrorKind;
use std::pin::Pin;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::time::{Instant, timeout};

use super::lag::{Past, Place, Stream};

/// How long a look at one of the two waits for an answer.
const LOOK_LIMIT: Duration = Duration::from_secs(1);

/// What a look at a replica and at its primary found.
#[derive(Debug)]
pub enum Found {
    /// It has everything that was committed at this moment.
    AsOf(Instant),
    /// It is a replica, but as of when is not known: it is far behind, or the shop began just now.
    Behind,
    /// It is none that the shop may ask.
    Unfit(Unfit),
    /// It does not answer.
    Away(sqlx::Error),
    /// The primary does not answer, so nothing new is known of the replica.
    Alone(sqlx::Error),
}

/// Why a server that answers is not what lists are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It writes by itself.
    #[error("names a server that is no replica: it is not in recovery")]
    NoReplica,
    /// It copies something else.
    #[error("names a replica of another server than DATABASE_URL does")]
    OtherCluster,
    /// It is the right server, and another database of it.
    #[error("names another database than DATABASE_URL does")]
    OtherDatabase,
    /// It has not followed a change of the primary, or follows one that is no primary any more.
    #[error("names a replica that does not follow the present primary")]
    OtherTimeline,
    /// It has what the primary never wrote.
    #[error("names a replica that is ahead of the primary, so it follows another")]
    Ahead,
}

impl Unfit {
    /// Whether it stays so until someone changes something, and is a mistake at the start.
    pub fn is_mistake(self) -> bool {
        matches!(self, Self::NoReplica | Self::OtherCluster | Self::OtherDatabase)
    }
}

/// A primary at a moment.
struct Primary {
    stream: Stream,
    database: String,
    place: Place,
}

/// A replica at a moment.
struct Copy {
    recovers: bool,
    stream: Stream,
    database: String,
    place: Place,
}

/// Looks at a replica and its primary, over a connection of its own to each: where requests queue for
/// theirs, the look does not.
pub struct Looker {
    primary: Line,
    replica: Line,
    past: Past,
}

impl Looker {
    /// One who remembers where the primary was for as long as a replica may be behind.
    pub fn new(primary: PgConnectOptions, replica: PgConnectOptions, lag: Duration) -> Self {
        Self { primary: Line::new(primary), replica: Line::new(replica), past: Past::new(lag) }
    }

    /// Looks at the primary, then at the replica, then at the primary again: a replica that is close
    /// behind came to where the primary was before, and none comes to where it was not yet.
    pub async fn look(&mut self) -> Found {
        let before = match self.look_at_primary().await {
            Ok(before) => before,
            Err(error) => return Found::Alone(error),
        };
        let copy = match self.replica.ask(|line| Box::pin(copy(line))).await {
            Ok(copy) => copy,
            Err(error) => return Found::Away(error),
        };
        let after = match self.look_at_primary().await {
            Ok(after) => after,
            Err(error) => return Found::Alone(error),
        };
        if let Some(unfit) = unfit(&before, &copy).or_else(|| unfit(&after, &copy)) {
            return Found::Unfit(unfit);
        }
        if copy.place > after.place {
            return Found::Unfit(Unfit::Ahead);
        }
        self.past.as_of(copy.place).map_or(Found::Behind, Found::AsOf)
    }

    async fn look_at_primary(&mut self) -> Result<Primary, sqlx::Error> {
        let told = self.primary.ask(|line| {
            Box::pin(async {
                // What is committed by now is written by the time that it answers.
                let began = Instant::now();
                Ok((began, primary(line).await?))
            })
        });
        let (began, primary) = told.await?;
        self.past.note(began, primary.stream, primary.place);
        Ok(primary)
    }
}

fn unfit(primary: &Primary, copy: &Copy) -> Option<Unfit> {
    Some(match copy {
        copy if !copy.recovers => Unfit::NoReplica,
        copy if copy.stream.cluster != primary.stream.cluster => Unfit::OtherCluster,
        copy if copy.database != primary.database => Unfit::OtherDatabase,
        copy if copy.stream.timeline != primary.stream.timeline => Unfit::OtherTimeline,
        _ => return None,
    })
}

/// A place that is written, not only meant to be: where nothing is left to write, a replica comes to
/// just there.
async fn primary(connection: &mut PgConnection) -> Result<Primary, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT system_identifier AS "cluster!", current_database()::text AS "database!",
            ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int AS "timeline!",
            (pg_current_wal_lsn() - '0/0')::bigint AS "place!"
        FROM pg_control_system()"#
    )
    .fetch_one(connection)
    .await?;
    let stream = Stream { cluster: row.cluster, timeline: row.timeline };
    Ok(Primary { stream, database: row.database, place: row.place })
}

/// The timeline is what the replica wrote down of it: one that follows a new primary is asked once it
/// did, at its next restart point at the latest. One that replayed nothing yet has come to no place.
async fn copy(connection: &mut PgConnection) -> Result<Copy, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT pg_is_in_recovery() AS "recovers!", system_identifier AS "cluster!",
            current_database()::text AS "database!",
            greatest(c.timeline_id, r.min_recovery_end_timeline) AS "timeline!",
            coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint, 0) AS "place!"
        FROM pg_control_system(), pg_control_checkpoint() c, pg_control_recovery() r"#
    )
    .fetch_one(connection)
    .await?;
    let stream = Stream { cluster: row.cluster, timeline: row.timeline };
    Ok(Copy { recovers: row.recovers, stream, database: row.database, place: row.place })
}

type Asked<'c, T> = Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 'c>>;

/// A connection that is opened anew where it failed.
struct Line {
    options: PgConnectOptions,
    open: Option<PgConnection>,
}

impl Line {
    fn new(options: PgConnectOptions) -> Self {
        Self { options, open: None }
    }

    async fn ask<T>(
        &mut self,
        ask: impl for<'c> Fn(&'c mut PgConnection) -> Asked<'c, T>,
    ) -> Result<T, sqlx::Error> {
        let asked = async {
            // One that fails or says nothing is dropped with this. It may have ended since the last
            // look, which tells nothing of the server.
            if let Some(mut line) = self.open.take()
                && let Ok(told) = ask(&mut line).await
            {
                self.open = Some(line);
                return Ok(told);
            }
            let mut line = self.options.connect().await?;
            let told = ask(&mut line).await?;
            self.open = Some(line);
            Ok(told)
        };
        let silent = |_| sqlx::Error::Io(ErrorKind::TimedOut.into());
        timeout(LOOK_LIMIT, asked).await.map_err(silent)?
    }
}
