//! Free space on the disks of reports and files. Work that cannot be finished must not begin: files are refused first,
//! then new reports, before anybody types. Work that has begun can still be finished.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::config::DiskReserve;
use crate::domain::clock::UnixSeconds;
use crate::store::blobs::free_bytes;

/// A folder that grows, and the name of its content: `database`, `files` or `witness`.
pub type Growing = (&'static str, PathBuf);

/// Seconds for which a measurement counts.
const MEASUREMENT_SECONDS: i64 = 5;

/// The kinds of data for which there is still room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// No room, not even for reports.
    Nothing,
    /// Room for reports, not for files.
    Reports,
    Everything,
}

impl DiskReserve {
    /// Returns the room that so many free bytes are.
    pub const fn room_in(&self, left: u64) -> Room {
        if left < self.reports {
            Room::Nothing
        } else if left < self.files {
            Room::Reports
        } else {
            Room::Everything
        }
    }
}

/// The folders that grow, and the space that must stay free on their disks.
#[derive(Debug)]
pub struct Disks {
    folders: Vec<Growing>,
    reserve: DiskReserve,
    looked: Mutex<Option<(UnixSeconds, Option<u64>)>>,
}

impl Disks {
    pub const fn new(folders: Vec<Growing>, reserve: DiskReserve) -> Self {
        Self {
            folders,
            reserve,
            looked: Mutex::new(None),
        }
    }

    /// Returns the folders, and the name of each one's content.
    pub fn folders(&self) -> &[Growing] {
        &self.folders
    }

    /// Returns the space that must stay free.
    pub const fn reserve(&self) -> DiskReserve {
        self.reserve
    }

    /// Returns the free bytes on the fullest disk, measured a few seconds ago at most. None if they cannot be
    /// measured.
    pub fn left(&self, now: UnixSeconds) -> Option<u64> {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        match *looked {
            Some((at, left)) if (0..MEASUREMENT_SECONDS).contains(&(now - at)) => left,
            _ => {
                let left = self.folders.iter().filter_map(|(_, folder)| free_bytes(folder)).min();
                *looked = Some((now, left));
                left
            }
        }
    }

    /// Returns the room that is left. If it cannot be measured, everything is tried.
    pub fn room(&self, now: UnixSeconds) -> Room {
        self.left(now)
            .map_or(Room::Everything, |left| self.reserve.room_in(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_refused_first() {
        let reserve = DiskReserve {
            files: 100,
            reports: 10,
        };
        let rooms = [9, 10, 99, 100].map(|left| reserve.room_in(left));
        assert_eq!(rooms, [Room::Nothing, Room::Reports, Room::Reports, Room::Everything]);
        assert!(Room::Nothing < Room::Reports && Room::Reports < Room::Everything);
    }

    #[test]
    fn a_look_counts_for_a_few_seconds_and_the_fullest_disk_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = DiskReserve {
            files: u64::MAX,
            reports: 0,
        };
        let inside = folder.path().join("inside");
        let disks = Disks::new(vec![("files", inside.clone())], reserve);
        assert_eq!(disks.room(1000), Room::Everything, "what cannot be told is no refusal");
        std::fs::create_dir(inside).unwrap();
        assert_eq!(disks.left(1000 + MEASUREMENT_SECONDS - 1), None);
        assert_eq!(disks.room(1000 + MEASUREMENT_SECONDS), Room::Reports);
        // A clock that was set back does not stop the measurements.
        assert!(disks.left(0).is_some());
    }
}
