//! What is true of a folder of files, and not of a bucket: half-written ones, times that tell nothing, the disk's room.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{fs, io};

use super::FileError;
use crate::domain::day::Day;
use crate::domain::ids::AttachmentId;

/// Bytes of a disk that are left to the database.
const RESERVE: u64 = 64 * 1024 * 1024;
/// Half-written files of one name that are looked for at most.
const UNFINISHED: u32 = 100;
/// 2038-01-01 after the epoch: every file system can tell it.
const AHEAD: Duration = Duration::from_hours(24 * 24_837);

/// A file's place in a folder of files.
pub(super) struct Spot {
    folder: PathBuf,
    shelf: PathBuf,
    file: PathBuf,
}

impl Spot {
    pub(super) fn of(folder: PathBuf, id: AttachmentId) -> Self {
        let name = id.to_string();
        Self {
            file: folder.join(&name[..2]).join(&name),
            shelf: folder.join(&name[..2]),
            folder,
        }
    }

    /// Removes what was begun under this name and never finished.
    pub(super) fn remove_unfinished(&self) -> Result<(), FileError> {
        for half in self.unfinished().collect::<Vec<_>>() {
            fs::remove_file(&half).map_err(|source| FileError::Folder { path: half, source })?;
        }
        Ok(())
    }

    /// The half-written files of this name, the newest last: `object_store` writes to `<name>#<number>` and renames at
    /// the end.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = PathBuf> {
        (1..=UNFINISHED)
            .map(|number| {
                let mut half = self.file.clone().into_os_string();
                half.push(format!("#{number}"));
                PathBuf::from(half)
            })
            .take_while(|half| half.exists())
    }

    /// A file has come or gone: neither folder tells when.
    pub(super) fn settle(&self) -> Result<(), FileError> {
        for path in [&self.shelf, &self.folder] {
            timeless(path).map_err(|source| FileError::Folder {
                path: path.clone(),
                source,
            })?;
        }
        Ok(())
    }

    /// The file's time says the day that it came, and never when it is read: Linux leaves a time of access alone that
    /// lies ahead (mounted with `strictatime` it does not).
    pub(super) fn date(&self, today: Day) -> Result<(), FileError> {
        let day = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(today.0).unwrap_or_default() * 86_400);
        let times = fs::FileTimes::new()
            .set_modified(day)
            .set_accessed(SystemTime::UNIX_EPOCH + AHEAD);
        let file = fs::File::options().write(true).open(&self.file);
        file.and_then(|file| file.set_times(times))
            .map_err(|source| FileError::Folder {
                path: self.file.clone(),
                source,
            })
    }
}

/// Whether reports, which are small and may lie on the same disk, need what is left of it.
pub(super) fn is_nearly_full(folder: &Path) -> bool {
    // Where it cannot be told, writing will tell.
    room(folder).is_some_and(|bytes| bytes < RESERVE)
}

/// Bytes that are left on the disk of a folder; None where it cannot be told.
pub fn room(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// A folder's time says nothing: a day would do, but a copy of the folder is as useful without.
pub(super) fn timeless(folder: &Path) -> io::Result<()> {
    let times = fs::FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
    fs::File::open(folder)?.set_times(times)
}

pub(super) fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    if !path.is_dir() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// `object_store` writes to `<name>#<number>` and renames at the end.
pub(super) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for shelf in fs::read_dir(folder)? {
        let shelf = shelf?.path();
        if !shelf.is_dir() {
            continue;
        }
        for file in fs::read_dir(&shelf)? {
            let file = file?;
            if file.file_name().to_string_lossy().contains('#') {
                fs::remove_file(file.path())?;
            }
        }
        timeless(&shelf)?;
    }
    Ok(())
}
