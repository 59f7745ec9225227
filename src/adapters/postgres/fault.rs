use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::domain::shared::{PromotionId, Sku};
use crate::ports::store::{CommitError, Conflict, Unique};
use crate::ports::{PortError, PortErrorKind};

/// Why work on the database did not go through.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A condition did not hold.
    #[error(transparent)]
    Refused(#[from] Conflict),
    /// The database or the way to it failed.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// What was read makes no sense, or what was to be written.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// The code of [`refuse`](self) in `migrations/`.
const REFUSED: &str = "ZE001";

/// Codes of a race that was lost: someone else had what was to be written or locked. Among them are
/// the violations of unique and foreign keys, which a look before each write makes a matter of
/// moments: the next try looks again, and the refusal is told then.
const RACES: [&str; 5] = ["40001", "40P01", "55P03", "23505", "23503"];

/// Codes of a server that is starting, stopping, overrun, or not the one that writes.
const AWAY: [&str; 8] = ["57P03", "57P04", "53300", "53400", "25006", "3D000", "28P01", "28000"];

/// The one of them of a server that has all the connections that it takes.
const FULL: &str = "53300";

/// The one of them of a server that is starting or stopping.
const STARTING: &str = "57P03";

/// The one of them of a server that takes no writes.
const READ_ONLY: &str = "25006";

/// Codes of a connection that ended in the middle, on the server's side.
const CUT: [&str; 6] = ["57P01", "57P02", "57P05", "08000", "08003", "08006"];

/// Classes of codes of a server that lacks disk, memory or the like, or whose system fails it.
const LACKING: [&str; 2] = ["53", "58"];

/// The code of a statement that took too long. The server undid it.
const CANCELLED: &str = "57014";

impl Fault {
    /// The failure of a read.
    pub fn of_read(self) -> PortError {
        match self {
            Self::Port(error) => error,
            Self::Refused(conflict) => PortError::internal(conflict),
            Self::Sql(error) => PortError::new(kind(&error), error),
        }
    }

    /// The failure of a write. `sent` tells whether the commit was on its way, so that a connection
    /// that broke leaves its outcome unknown.
    pub fn of_write(self, sent: bool) -> CommitError {
        match self {
            Self::Refused(conflict) => CommitError::Refused(conflict),
            Self::Port(error) => CommitError::Port(error),
            Self::Sql(error) => match refusal(&error) {
                Some(Ok(conflict)) => CommitError::Refused(conflict),
                Some(Err(unknown)) => CommitError::Port(unknown),
                None if sent && is_lost(&error) => CommitError::Port(PortError::timeout(error)),
                None => CommitError::Port(PortError::new(kind(&error), error)),
            },
        }
    }

    /// Whether the connection is gone.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Sql(error) if is_lost(error))
    }

    /// Whether there is no server that takes connections, or one that is starting or stopping.
    pub fn is_out_of_reach(&self) -> bool {
        self.is_cut() || self.has_code(STARTING)
    }

    /// Whether the server takes no more connections just now. Nothing was sent.
    pub fn is_full(&self) -> bool {
        self.has_code(FULL)
    }

    /// Whether the server takes no writes, as one whose place another took.
    pub fn is_read_only(&self) -> bool {
        self.has_code(READ_ONLY)
    }

    fn has_code(&self, code: &str) -> bool {
        matches!(self, Self::Sql(error) if database_error(error).is_some_and(|e| e.code() == code))
    }

    /// Whether another try may go through.
    pub fn is_lost_race(&self) -> bool {
        match self {
            Self::Sql(error) => database_error(error).is_some_and(|e| RACES.contains(&e.code())),
            Self::Refused(_) | Self::Port(_) => false,
        }
    }
}

/// What kind of failure it is for a caller.
fn kind(error: &sqlx::Error) -> PortErrorKind {
    use sqlx::Error as E;
    match error {
        E::ColumnDecode { .. } | E::Decode(_) | E::RowNotFound => PortErrorKind::Corrupt,
        E::Io(_)
        | E::Tls(_)
        | E::Protocol(_)
        | E::PoolTimedOut
        | E::PoolClosed
        | E::WorkerCrashed => PortErrorKind::Unavailable,
        _ => match database_error(error).map(PgDatabaseError::code) {
            Some(code) if RACES.contains(&code) => PortErrorKind::Conflict,
            Some(CANCELLED) => PortErrorKind::Unavailable,
            Some(code) if AWAY.contains(&code) || CUT.contains(&code) => PortErrorKind::Unavailable,
            Some(code) if LACKING.iter().any(|class| code.starts_with(class)) => {
                PortErrorKind::Unavailable
            }
            _ => PortErrorKind::Internal,
        },
    }
}

/// Whether the connection is gone and with it the answer.
fn is_lost(error: &sqlx::Error) -> bool {
    use sqlx::Error as E;
    match error {
        E::Io(_) | E::Tls(_) | E::Protocol(_) | E::WorkerCrashed => true,
        _ => database_error(error).is_some_and(ends_connection),
    }
}

/// Whether the server ends the connection with this. One that refuses a connection for reasons of its
/// own is no sign of that.
fn ends_connection(error: &PgDatabaseError) -> bool {
    let fatal = matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic);
    CUT.contains(&error.code()) || fatal && !AWAY.contains(&error.code())
}

fn database_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

/// What `refuse` raised, if it did.
fn refusal(error: &sqlx::Error) -> Option<Result<Conflict, PortError>> {
    let error = database_error(error).filter(|error| error.code() == REFUSED)?;
    let amount = error.hint().and_then(|hint| hint.parse().ok());
    Some(conflict(error.message(), error.detail().unwrap_or_default(), amount.unwrap_or(0)))
}

/// A refusal as the functions of `migrations/` name it.
pub fn conflict(refusal: &str, subject: &str, amount: i64) -> Result<Conflict, PortError> {
    let taken = |unique| Conflict::Taken(unique, subject.to_owned());
    let sku = || Sku::try_new(subject).map_err(PortError::corrupt);
    Ok(match refusal {
        "stale" => Conflict::Stale(known_name(subject)),
        "sku" => taken(Unique::Sku),
        "product_slug" => taken(Unique::ProductSlug),
        "import_key" => taken(Unique::ImportKey),
        "category_slug" => taken(Unique::CategorySlug),
        "category_name" => taken(Unique::CategoryName),
        "order_number" => taken(Unique::OrderNumber),
        "out_of_stock" => Conflict::OutOfStock { sku: sku()?, available: amount },
        "below_zero" => Conflict::BelowZero { sku: sku()? },
        "no_stock" => Conflict::NoStock(sku()?),
        "stock_left" => Conflict::StockLeft(sku()?),
        "reservation_lost" => Conflict::ReservationLost,
        "cart_ordered" => Conflict::CartOrdered,
        "promotion_spent" => {
            let promotion = PromotionId::parse(subject).map_err(PortError::corrupt)?;
            Conflict::PromotionSpent { promotion }
        }
        "key_taken" => Conflict::KeyTaken,
        "in_use" => Conflict::InUse(known_name(subject)),
        other => return Err(PortError::internal(format!("the database refuses for {other}"))),
    })
}

/// The thing that a refusal is about, which conflicts name by a constant.
fn known_name(subject: &str) -> &'static str {
    ["product", "category", "stock", "order", "saga", "reservation", "uses"]
        .into_iter()
        .find(|known| *known == subject)
        .unwrap_or("thing")
}
