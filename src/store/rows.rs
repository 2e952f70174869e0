//! Rows that grant something carry a MAC over their table and all their columns. Here is the only way to read and write
//! them: a row whose MAC is wrong does not leave this module, so that it counts as absent.

use sqlx::FromRow;

use super::error::{Error, Result};
use super::row_guard::RowGuard;
use super::tx::Tx;
use crate::domain::row::{Column, RowAuthenticator};

/// A row that grants something.
pub(super) trait Granting {
    const TABLE: &'static str;

    /// Returns all columns but the MAC, in the order of the table.
    fn columns(&self) -> Vec<Column<'_>>;
}

/// A row as it was read. Only [`Tx::found`] and [`Tx::all_authentic`] give what it holds.
#[derive(FromRow)]
pub(super) struct Stored<T> {
    #[sqlx(flatten)]
    row: T,
    mac: Option<Vec<u8>>,
}

impl Tx {
    /// Returns the MAC to store with a row.
    ///
    /// # Errors
    /// [`Error::NoRowKey`]
    pub(super) fn mac<R: Granting>(&self, row: &R) -> Result<Vec<u8>> {
        Ok(self.row_key()?.mac(R::TABLE, &row.columns()))
    }

    /// Returns the row that was found, if its MAC is right.
    ///
    /// # Errors
    /// [`Error::NoRowKey`]
    pub(super) fn found<R: Granting>(&self, stored: Option<Stored<R>>) -> Result<Option<R>> {
        Ok(self.all_authentic(stored)?.pop())
    }

    /// Returns the rows whose MACs are right, in their order. Says so if there are others.
    ///
    /// # Errors
    /// [`Error::NoRowKey`]
    pub(super) fn all_authentic<R: Granting>(&self, stored: impl IntoIterator<Item = Stored<R>>) -> Result<Vec<R>> {
        let (mut rows, mut refused) = (Vec::new(), 0_u64);
        for stored in stored {
            if self.is_authentic(&stored)? {
                rows.push(stored.row);
            } else {
                refused += 1;
            }
        }
        if refused > 0 {
            tracing::error!(
                table = R::TABLE,
                rows = refused,
                "a row with a wrong MAC counts as absent: somebody else wrote to the database"
            );
            if let Some(observer) = &self.guard().observer {
                observer.observe_refused_row(R::TABLE);
            }
        }
        Ok(rows)
    }

    /// Returns the rows whose MACs are wrong, for those who count them.
    ///
    /// # Errors
    /// [`Error::NoRowKey`]
    pub(super) fn refused<R: Granting>(&self, stored: Vec<Stored<R>>) -> Result<Vec<R>> {
        let mut refused = Vec::new();
        for stored in stored {
            if !self.is_authentic(&stored)? {
                refused.push(stored.row);
            }
        }
        Ok(refused)
    }

    fn is_authentic<R: Granting>(&self, stored: &Stored<R>) -> Result<bool> {
        let key = self.row_key()?;
        let mac = stored.mac.as_deref();
        Ok(mac.is_some_and(|mac| key.is_authentic(R::TABLE, &stored.row.columns(), mac)))
    }

    fn row_key(&self) -> Result<&dyn RowAuthenticator> {
        self.guard().key.as_deref().ok_or(Error::NoRowKey)
    }

    const fn guard(&self) -> &RowGuard {
        match self {
            Self::Sqlite(_, guard) | Self::Postgres(_, guard) => guard,
        }
    }
}
