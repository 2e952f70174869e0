//! How full the disks are on which reports and files lie. What cannot be kept to the end must not be begun: files are
//! refused first, then new reports, before anybody types; what was begun can still be finished.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::config::DiskReserve;
use crate::domain::clock::UnixSeconds;
use crate::store::blobs::free_bytes;

/// A folder that grows, and what grows there: `database`, `files` or `witness`.
pub type Growing = (&'static str, PathBuf);

/// Seconds for which a look counts.
const LOOK: i64 = 5;

/// What there is still room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Room {
    /// Not even for reports.
    Nothing,
    /// For reports, not for files.
    Reports,
    Everything,
}

impl DiskReserve {
    /// What so many bytes are room for.
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

/// The folders that grow, and how much must be left where they are.
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

    /// The folders, and what grows in each.
    pub fn folders(&self) -> &[Growing] {
        &self.folders
    }

    /// How much must be left.
    pub const fn reserve(&self) -> DiskReserve {
        self.reserve
    }

    /// Bytes left on the fullest of them, as they were a few seconds ago at most; none where it cannot be told.
    pub fn left(&self, now: UnixSeconds) -> Option<u64> {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        match *looked {
            Some((at, left)) if (0..LOOK).contains(&(now - at)) => left,
            _ => {
                let left = self.folders.iter().filter_map(|(_, folder)| free_bytes(folder)).min();
                *looked = Some((now, left));
                left
            }
        }
    }

    /// What there is room for. Where it cannot be told, writing will tell.
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
        assert_eq!(disks.left(1000 + LOOK - 1), None);
        assert_eq!(disks.room(1000 + LOOK), Room::Reports);
        // A clock that was put back is no reason to look never again.
        assert!(disks.left(0).is_some());
    }
}
