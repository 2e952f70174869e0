//! A folder that is kept in memory and written anew for each test.

use std::fs::{self, Permissions};
use std::path::{Path, PathBuf};

/// The content of a folder: all folders and files below it, each with its permissions.
pub(crate) struct FolderCopy(Vec<Entry>);

struct Entry {
    /// Relative to the folder.
    path: PathBuf,
    /// None for a folder.
    bytes: Option<Vec<u8>>,
    permissions: Permissions,
}

impl FolderCopy {
    pub(crate) fn read(folder: &Path) -> Self {
        let mut entries = Vec::new();
        read_below(folder, Path::new(""), &mut entries);
        Self(entries)
    }

    /// Writes everything into a folder that is empty.
    pub(crate) fn write(&self, folder: &Path) {
        for entry in &self.0 {
            let path = folder.join(&entry.path);
            match &entry.bytes {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::create_dir(&path).unwrap(),
            }
            fs::set_permissions(&path, entry.permissions.clone()).unwrap();
        }
    }
}

/// Reads a folder below the root. A folder comes before what is in it.
fn read_below(root: &Path, folder: &Path, entries: &mut Vec<Entry>) {
    for found in fs::read_dir(root.join(folder)).unwrap() {
        let found = found.unwrap();
        let path = folder.join(found.file_name());
        let metadata = found.metadata().unwrap();
        let is_folder = metadata.is_dir();
        entries.push(Entry {
            bytes: (!is_folder).then(|| fs::read(found.path()).unwrap()),
            permissions: metadata.permissions(),
            path: path.clone(),
        });
        if is_folder {
            read_below(root, &path, entries);
        }
    }
}
