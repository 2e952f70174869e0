//! The folder of a demo: a temporary one, or one that is kept and started again.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::cli::error::{CommandError, cannot_read, cannot_write, write_file};
use crate::cli::terminal::print_error_line;

/// The file that is written last, when a demo is complete. It holds the receipt to try.
const RECEIPT: &str = "receipt.txt";

/// The folder of a demo. Unless the demo is kept, it is removed when this is dropped, also after an error.
pub(super) struct Folder {
    path: PathBuf,
    /// The receipt to try, if the folder holds a demo already.
    receipt: Option<String>,
    is_kept: bool,
}

impl Folder {
    /// Makes a folder that is removed when the demo stops.
    pub(super) fn temporary() -> Result<Self, CommandError> {
        let path = std::env::temp_dir().join(format!("sigilo-demo-{}", std::process::id()));
        fs::create_dir(&path).map_err(|error| cannot_write(&path, &error))?;
        Ok(Self::new(path))
    }

    /// Opens the folder of a demo that was kept, or makes one for a new demo.
    pub(super) fn open(path: &Path) -> Result<Self, CommandError> {
        match fs::create_dir(path) {
            Ok(()) => return Ok(Self::new(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(cannot_write(path, &error)),
        }
        let no_step = "name a new or an empty folder";
        let is_empty = fs::read_dir(path)
            .map_err(|error| cannot_read(path, &error, no_step))?
            .next()
            .is_none();
        if is_empty {
            return Ok(Self::new(path.to_owned()));
        }
        let file = path.join(RECEIPT);
        match fs::read_to_string(&file) {
            Ok(receipt) => Ok(Self {
                path: path.to_owned(),
                receipt: Some(receipt.trim().to_owned()),
                is_kept: true,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(CommandError::new(
                format!("--folder {}: is not empty, and holds no complete demo", path.display()),
                "name a new or an empty folder; if a demo was broken off while it was made here, delete this one first",
            )),
            Err(error) => Err(cannot_read(&file, &error, no_step)),
        }
    }

    fn new(path: PathBuf) -> Self {
        Self {
            path,
            receipt: None,
            is_kept: false,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The receipt to try, if the folder holds a demo already.
    pub(super) fn receipt(&self) -> Option<&str> {
        self.receipt.as_deref()
    }

    /// Keeps a demo that is complete now.
    pub(super) fn keep(&mut self, receipt: &str) -> Result<(), CommandError> {
        write_file(&self.path.join(RECEIPT), format!("{receipt}\n").as_bytes())?;
        self.is_kept = true;
        Ok(())
    }

    pub(super) const fn is_kept(&self) -> bool {
        self.is_kept
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        if let Err(error) = fs::remove_dir_all(&self.path) {
            print_error_line!("sigilo: {} could not be removed: {error}", self.path.display());
        }
    }
}
