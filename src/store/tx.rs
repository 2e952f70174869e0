//! A transaction on either database, the macro that writes a query once for both, and what can go wrong.

use sqlx::{Postgres, Sqlite};

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("not a database address: it must be sqlite:<path> or postgres://…")]
    Address,
    /// Nobody has made a database at this address.
    #[error("there is no database of Sigilo")]
    Absent,
    #[error(
        "the database's schema ({found}) is newer than this program's ({known}): run the newer program, or restore \
         the backup taken before the upgrade"
    )]
    NewerSchema { found: i64, known: i64 },
    #[error(
        "the database's schema ({found}) is older than this program's ({known}): start the server once to bring it up to date"
    )]
    OlderSchema { found: i64, known: i64 },
    /// The schema has something that cannot be carried from one database to the other, which is a bug.
    #[error("cannot be carried over: {0}")]
    Portable(String),
    /// A write touched another number of rows than it must: somebody else was first, or the row is not there.
    #[error("{what}: {found} rows instead of {expected}")]
    Rows {
        what: &'static str,
        expected: u64,
        found: u64,
    },
}

impl Error {
    /// Nobody was free to answer in time, or the database is away for now: refuse with 503 and Retry-After.
    #[must_use]
    pub fn is_overload(&self) -> bool {
        match self {
            // The latter: the connection broke. SQLite has no such error.
            Self::Database(sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)) => true,
            // PostgreSQL stops, starts, or has no connection left.
            Self::Database(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("57P01" | "57P02" | "57P03" | "53300"))
            }
            _ => false,
        }
    }

    /// The disk is full: PostgreSQL's 53100, SQLite's 13.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        matches!(error.code().as_deref(), Some("53100" | "13"))
    }

    /// A row with this key is already there.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// The store's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Tells whether the same transaction, run again, may succeed. Errors of use cases implement it for [`crate::store::Db::write`].
pub trait Transient {
    fn is_transient(&self) -> bool;
}

impl Transient for Error {
    /// Serialization failures and deadlocks on PostgreSQL (40001, 40P01), busy and locked on SQLite (5, 6 and their
    /// extended codes).
    fn is_transient(&self) -> bool {
        let code = match self {
            Self::Database(sqlx::Error::Database(error)) => error.code(),
            _ => return false,
        };
        match code.as_deref() {
            Some("40001" | "40P01") => true,
            Some(code) if code.len() < 5 => code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6)),
            _ => false,
        }
    }
}

/// One transaction on one of the two databases. Dropped without [`Tx::commit`], it leaves nothing behind.
#[must_use = "a transaction that is not committed leaves nothing behind"]
#[derive(Debug)]
pub enum Tx {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Tx {
    /// Makes it last: when this returns, it is on the disk.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Undoes it now, without waiting for the drop.
    pub async fn rollback(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}

/// Expands `$body` once for each database, with `$c` the connection in hand.
macro_rules! on {
    ($tx:expr, $c:ident => $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                let $c = &mut **tx;
                $body
            }
            $crate::store::Tx::Postgres(tx) => {
                let $c = &mut **tx;
                $body
            }
        }
    };
}

/// Runs a statement on either database and returns the number of rows that it touched.
macro_rules! run {
    ($tx:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        on!($tx, c => sqlx::query($sql)$(.bind($value))*.execute(c).await?.rows_affected())
    };
}

/// Fetches at most one row into a struct.
macro_rules! one {
    ($tx:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        on!($tx, c => sqlx::query_as($sql)$(.bind($value))*.fetch_optional(c).await?)
    };
}

/// Fetches all rows into structs.
macro_rules! all {
    ($tx:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        on!($tx, c => sqlx::query_as($sql)$(.bind($value))*.fetch_all(c).await?)
    };
}

/// Holds a write to the number of rows that it must touch.
pub(super) fn exactly(what: &'static str, expected: u64, found: u64) -> Result<()> {
    if expected == found {
        Ok(())
    } else {
        Err(Error::Rows { what, expected, found })
    }
}
