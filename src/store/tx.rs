//! A transaction on either database, and the macros that write a query once for both.

use sqlx::{Postgres, Sqlite};

use super::error::Result;
use super::row_guard::RowGuard;

/// A transaction on one of the two databases. Dropping it without [`Tx::commit`] rolls it back.
#[must_use = "a transaction that is not committed leaves nothing behind"]
#[derive(Debug)]
pub enum Tx {
    Sqlite(sqlx::Transaction<'static, Sqlite>, RowGuard),
    Postgres(sqlx::Transaction<'static, Postgres>, RowGuard),
}

impl Tx {
    /// Commits the transaction: when this returns, it is on the disk.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx, _) => tx.commit().await?,
            Self::Postgres(tx, _) => tx.commit().await?,
        }
        Ok(())
    }

    /// Rolls the transaction back now, without waiting for the drop.
    pub async fn rollback(self) -> Result<()> {
        match self {
            Self::Sqlite(tx, _) => tx.rollback().await?,
            Self::Postgres(tx, _) => tx.rollback().await?,
        }
        Ok(())
    }
}

/// Expands `$body` once for each database, with `$c` as its connection.
macro_rules! on {
    ($tx:expr, $c:ident => $body:expr) => {
        match $tx {
            $crate::store::tx::Tx::Sqlite(tx, _) => {
                let $c = &mut **tx;
                $body
            }
            $crate::store::tx::Tx::Postgres(tx, _) => {
                let $c = &mut **tx;
                $body
            }
        }
    };
}

/// Runs a statement on either database and returns the number of rows that it touched.
macro_rules! execute {
    ($tx:expr, $sql:literal $(, $value:expr)* $(,)?) => {
        on!($tx, c => sqlx::query($sql)$(.bind($value))*.execute(c).await?.rows_affected())
    };
}

/// Fetches at most one row, as `$row`: a `FromRow` struct or a tuple.
macro_rules! fetch_optional {
    ($row:ty, $tx:expr, $sql:literal $(, $value:expr)* $(,)?) => {
        on!($tx, c => sqlx::query_as::<_, $row>($sql)$(.bind($value))*.fetch_optional(c).await?)
    };
}

/// Fetches all rows, as `$row`.
macro_rules! fetch_all {
    ($row:ty, $tx:expr, $sql:literal $(, $value:expr)* $(,)?) => {
        on!($tx, c => sqlx::query_as::<_, $row>($sql)$(.bind($value))*.fetch_all(c).await?)
    };
}
