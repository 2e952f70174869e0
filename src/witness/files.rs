//! Names of the files in which a witness keeps what it may not forget.

use std::path::{Path, PathBuf};

/// Paths of a witness's files.
pub(super) struct Files {
    pub(super) journal: PathBuf,
    pub(super) state: PathBuf,
}

impl Files {
    /// The files in a witness's folder.
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self {
            journal: folder.join("journal"),
            state: folder.join("state.json"),
        }
    }
}
