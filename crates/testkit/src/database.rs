//! The kinds of database on which a test can run.

use std::path::Path;

use crate::postgres;

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    /// Returns the address of a database that is empty. SQLite's is a file of this name, which is not there yet.
    pub async fn empty(self, folder: &Path, name: &str) -> String {
        match self {
            Self::Sqlite => sqlite_address(&folder.join(name)),
            Self::Postgres => postgres::empty_url().await,
        }
    }
}

/// Returns the address of a SQLite database.
pub(crate) fn sqlite_address(file: &Path) -> String {
    format!("sqlite:{}", file.display())
}
