//! Files in a folder: unfinished ones, file times that reveal nothing, and free space. A bucket needs none of this.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use super::error::BlobError;
use crate::domain::day::Day;
use crate::domain::ids::AttachmentId;

/// Bytes of a disk that are left to the database.
const RESERVED_BYTES: u64 = 64 * 1024 * 1024;
/// Largest number of unfinished files of one name that are looked for.
const MAX_UNFINISHED: u32 = 100;
/// 2038-01-01 after the epoch: every file system can store it.
const FAR_AHEAD: Duration = Duration::from_hours(24 * 24_837);

/// The path of one blob, with the two folders that it lies in.
pub(super) struct BlobPath {
    folder: PathBuf,
    subfolder: PathBuf,
    file: PathBuf,
}

impl BlobPath {
    pub(super) fn new(folder: PathBuf, id: AttachmentId) -> Self {
        let name = id.to_string();
        Self {
            file: folder.join(&name[..2]).join(&name),
            subfolder: folder.join(&name[..2]),
            folder,
        }
    }

    /// Removes files that were begun under this name and never finished.
    pub(super) fn remove_unfinished(&self) -> Result<(), BlobError> {
        for path in self.unfinished().collect::<Vec<_>>() {
            fs::remove_file(&path).map_err(|source| BlobError::Folder { path, source })?;
        }
        Ok(())
    }

    /// Lists the unfinished files of this name, the newest last.
    ///
    /// `object_store` writes to `<name>#<number>` and renames at the end.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = PathBuf> {
        (1..=MAX_UNFINISHED)
            .map(|number| {
                let mut path = self.file.clone().into_os_string();
                path.push(format!("#{number}"));
                PathBuf::from(path)
            })
            .take_while(|path| path.exists())
    }

    /// Erases the times of both folders, which would tell when a file came or went.
    pub(super) fn erase_folder_times(&self) -> Result<(), BlobError> {
        for path in [&self.subfolder, &self.folder] {
            erase_times(path).map_err(|source| BlobError::Folder {
                path: path.clone(),
                source,
            })?;
        }
        Ok(())
    }

    /// Sets the file's time of modification to the day it came, and its time of access to one far ahead.
    ///
    /// Linux leaves a time of access alone that lies ahead, so that reading leaves no trace; a file system mounted
    /// with `strictatime` does not.
    pub(super) fn set_day(&self, today: Day) -> Result<(), BlobError> {
        let day = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(today.0).unwrap_or_default() * 86_400);
        let times = fs::FileTimes::new()
            .set_modified(day)
            .set_accessed(SystemTime::UNIX_EPOCH + FAR_AHEAD);
        let file = fs::File::options().write(true).open(&self.file);
        file.and_then(|file| file.set_times(times))
            .map_err(|source| BlobError::Folder {
                path: self.file.clone(),
                source,
            })
    }
}

/// Returns true when the remaining space must stay free for reports, which may lie on the same disk.
pub(super) fn is_nearly_full(folder: &Path) -> bool {
    // Where it is unknown, writing will tell.
    free_bytes(folder).is_some_and(|bytes| bytes < RESERVED_BYTES)
}

/// Returns the free bytes on the disk of a folder; None where they are unknown.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Sets a folder's time to the epoch. The day would do, but a copy of the folder is as useful without.
pub(super) fn erase_times(folder: &Path) -> io::Result<()> {
    let times = fs::FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
    fs::File::open(folder)?.set_times(times)
}

/// Creates the folder if it is missing, and closes it to everybody but its owner.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    if !path.is_dir() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// Removes all unfinished files of the folder (`<name>#<number>`).
pub(super) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for subfolder in fs::read_dir(folder)? {
        let subfolder = subfolder?.path();
        if !subfolder.is_dir() {
            continue;
        }
        for file in fs::read_dir(&subfolder)? {
            let file = file?;
            if file.file_name().to_string_lossy().contains('#') {
                fs::remove_file(file.path())?;
            }
        }
        erase_times(&subfolder)?;
    }
    Ok(())
}
