//! A complete installation that is made once in a process, for each kind of database, and copied for each test. Its
//! Argon2 hashes, keys and rosters would otherwise cost most of a short test's time.

use std::path::Path;

use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::database::{Database, sqlite_address};
use crate::folder_copy::FolderCopy;
use crate::postgres;

/// The name of SQLite's file in the folder of an installation.
const FILE: &str = "sigilo.sqlite";
/// PostgreSQL's database that holds the installation. It stays closed, so that it can be copied.
const TEMPLATE: &str = "template_installation";

static ON_SQLITE: OnceCell<FolderCopy> = OnceCell::const_new();
static ON_POSTGRES: OnceCell<FolderCopy> = OnceCell::const_new();

/// Copies the installation: its files into an empty folder, its database to a new one. Returns the database's address.
///
/// The first call in a process makes the installation with `install`. That takes a folder and the address of an empty
/// database, and closes both.
pub(crate) async fn copy<F: Future<Output = TempDir>>(
    database: Database,
    install: impl FnOnce(TempDir, String) -> F,
    folder: &Path,
) -> String {
    let snapshot = match database {
        Database::Sqlite => &ON_SQLITE,
        Database::Postgres => &ON_POSTGRES,
    };
    let files = snapshot
        .get_or_init(|| async {
            let original = tempfile::tempdir().unwrap();
            let address = match database {
                Database::Sqlite => sqlite_address(&original.path().join(FILE)),
                Database::Postgres => postgres::new_template(TEMPLATE).await,
            };
            let original = install(original, address).await;
            assert!(
                !original.path().join("sigilo.sqlite-wal").exists(),
                "the database is closed"
            );
            FolderCopy::read(original.path())
        })
        .await;
    files.write(folder);
    match database {
        Database::Sqlite => sqlite_address(&folder.join(FILE)),
        Database::Postgres => postgres::copy_of(TEMPLATE).await,
    }
}
