//! The witness's state file: the last checkpoint seen, the latest roster, and the journal's length.
//! It is replaced by renaming, so that it is always either the old or the new one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::audit::checkpoint::FIRST_ORIGIN;
use crate::audit::entry::Base64;
use crate::vault::hash::Hash32;

/// Content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// Origin of the last checkpoint seen. Older files lack it.
    #[serde(default = "first_origin")]
    pub(super) origin: u64,
    /// Size of the last checkpoint seen, in entries.
    pub(super) size: u64,
    pub(super) root: Hash32,
    /// The latest roster's note.
    pub(super) roster: Option<Base64>,
    /// Lines of the journal when this was written: a journal that has lost lines since is noticed.
    pub(super) lines: u64,
    /// Hash of the last of these lines.
    pub(super) last: Hash32,
}

const fn first_origin() -> u64 {
    FIRST_ORIGIN
}

impl State {
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&std::fs::read(path)?)?)
    }

    /// Replaces the file. When this returns, it is on the disk.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;

        let new = path.with_extension("new");
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.sync_all()?;
        std::fs::rename(&new, path)?;
        match path.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}
