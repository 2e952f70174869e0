//! Errors of the store.

/// Errors of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("not a database address: it must be sqlite:<path> or postgres://…")]
    Address,
    /// There is no database at this address.
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
    /// The database was opened without the key of the rows that grant something.
    #[error("the rows that grant something cannot be checked: their key was not given")]
    NoRowKey,
    /// A write touched the wrong number of rows: somebody else was first, or the row is missing.
    #[error("{what}: {found} rows instead of {expected}")]
    Rows {
        what: &'static str,
        expected: u64,
        found: u64,
    },
}

impl Error {
    /// Returns true if no connection was free in time, or the database is away: answer 503 with Retry-After.
    #[must_use]
    pub fn is_overload(&self) -> bool {
        match self {
            // `Io`: the connection broke. SQLite has no such error.
            Self::Database(sqlx::Error::PoolTimedOut | sqlx::Error::Io(_)) => true,
            // PostgreSQL stops, starts, or has no connection left.
            Self::Database(sqlx::Error::Database(error)) => {
                matches!(error.code().as_deref(), Some("57P01" | "57P02" | "57P03" | "53300"))
            }
            _ => false,
        }
    }

    /// Returns true if the disk is full: PostgreSQL's 53100, SQLite's 13.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        matches!(error.code().as_deref(), Some("53100" | "13"))
    }

    /// Returns true if a row with this key is already there.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// The store's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Errors after which the same transaction, run again, may succeed. Errors of use cases implement it for `Db::write`.
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

/// Returns an error unless a write touched the expected number of rows.
pub(super) fn expect_rows(what: &'static str, expected: u64, found: u64) -> Result<()> {
    if expected == found {
        Ok(())
    } else {
        Err(Error::Rows { what, expected, found })
    }
}
