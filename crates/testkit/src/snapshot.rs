//! A complete installation that is made once in a process and copied for each test. Its Argon2 hashes, keys and rosters
//! would otherwise cost most of a short test's time.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::sync::OnceCell;

/// A file with its permissions.
struct Copy {
    bytes: Vec<u8>,
    permissions: Permissions,
}

/// The files of an installation that is closed.
struct Snapshot {
    database: Copy,
    /// The witness's files, by their names.
    witness: Vec<(PathBuf, Copy)>,
}

static SNAPSHOT: OnceCell<Snapshot> = OnceCell::const_new();

impl Copy {
    fn read(path: &Path) -> Self {
        Self {
            bytes: fs::read(path).unwrap(),
            permissions: fs::metadata(path).unwrap().permissions(),
        }
    }

    fn write(&self, path: &Path) {
        fs::write(path, &self.bytes).unwrap();
        fs::set_permissions(path, self.permissions.clone()).unwrap();
    }
}

impl Snapshot {
    /// Reads the files of a closed installation.
    fn read(folder: &Path) -> Self {
        assert!(!folder.join("sigilo.sqlite-wal").exists(), "the database is closed");
        let witness = fs::read_dir(folder.join("witness")).unwrap().map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into(), Copy::read(&entry.path()))
        });
        Self {
            database: Copy::read(&folder.join("sigilo.sqlite")),
            witness: witness.collect(),
        }
    }
}

/// Copies the installation: the witness's files into a new folder, the database to a new file. The first call in a
/// process makes the installation with `install`, which returns its folder, closed.
pub(crate) async fn copy<F: Future<Output = TempDir>>(install: impl FnOnce() -> F, witness: &Path, database: &Path) {
    let snapshot = SNAPSHOT
        .get_or_init(|| async { Snapshot::read(install().await.path()) })
        .await;
    snapshot.database.write(database);
    fs::create_dir(witness).unwrap();
    fs::set_permissions(witness, Permissions::from_mode(0o700)).unwrap();
    for (name, file) in &snapshot.witness {
        file.write(&witness.join(name));
    }
}
