//! The witness's files as a verification uses them: the journal's lines, its state, and what restores have lost.

use std::collections::{HashMap, HashSet};

use tlog_tiles::Hash;

use super::duties::{Opening, WitnessFacts};
use super::pins::Pins;
use super::verification_error::VerificationError;
use crate::audit::restore::RestoreStatement;
use crate::audit::verify::{RowDefect, RowFinding};
use crate::store::{self, Tx};
use crate::vault::hash::Hash32;
use crate::witness::journal::{self, Event, Line};
use crate::witness::setup::WitnessSnapshot;

/// A finding about the witness's files.
fn bad_files(defect: RowDefect) -> VerificationError {
    VerificationError::Row(RowFinding::new("witness", "", None, defect), None)
}

/// Returns the journal's lines, after checking that they are a chain that begins with the pinned keys, only grows, and has
/// what the state file counts.
pub(super) fn read_journal(
    pins: &Pins,
    before: &WitnessSnapshot,
    after: &WitnessSnapshot,
) -> std::result::Result<Vec<Line>, VerificationError> {
    let lines = journal::read(&after.lines).map_err(|bad| VerificationError::Journal(bad.to_string()))?;
    if !after.lines.starts_with(&before.lines) {
        let what = "it has lost or changed lines while it was read";
        return Err(VerificationError::Journal(what.into()));
    }
    let is_ours = |line: &Line| match &line.event {
        Event::Init(init) => {
            init.instance == pins.instance
                && init.authority == pins.authority
                && init.log == pins.log
                && init.witness == pins.witness
        }
        _ => false,
    };
    if !lines.first().is_some_and(is_ours) {
        let what = "it does not begin with this installation's keys";
        return Err(VerificationError::Journal(what.into()));
    }
    if let Some((counted, last)) = after.head {
        let at = counted.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        match at.and_then(|at| lines.get(at)) {
            Some(line) if line.hash == last => {}
            Some(_) => return Err(bad_files(RowDefect::StateDiffers)),
            None => return Err(bad_files(RowDefect::JournalShort)),
        }
    }
    Ok(lines)
}

/// Checks that the witness's files are not older than the newest checkpoint that it countersigned. `after` was read after
/// the snapshot was taken.
pub(super) async fn check_currency(tx: &mut Tx, after: &WitnessSnapshot) -> std::result::Result<(), VerificationError> {
    let newest = store::log::latest_cosigned(tx).await?;
    let size = newest.map_or(0, |newest| newest.tree_size.unsigned_abs());
    if after.size < size {
        let entry = Some(size.saturating_sub(1));
        let finding = RowFinding::new("witness", "", entry, RowDefect::WitnessBehind);
        return Err(VerificationError::Row(finding, None));
    }
    Ok(())
}

/// The content of the witness's journal, without the parts that a restore has lost.
#[derive(Default)]
pub(super) struct Known {
    /// The last tree that it saw, or none if it is not asked.
    pub(super) last: Option<(u64, Hash32)>,
    /// The restores that it accepted: their notes and content.
    pub(super) restores: Vec<(Vec<u8>, RestoreStatement)>,
    pub(super) forgotten: u64,
    pub(super) lost_unseals: u64,
    openings: HashMap<u64, Opening>,
    tombstones: HashSet<Hash32>,
    rosters: HashSet<Hash32>,
}

impl Known {
    /// Reads the journal's lines. Of unseals after line `old`, only those count that the log of `size` has too.
    pub(super) fn of(pins: &Pins, last: (u64, Hash32), lines: Vec<Line>, old: u64, size: u64) -> Self {
        let mut known = Self {
            last: Some(last),
            ..Self::default()
        };
        for line in lines {
            match line.event {
                Event::Unseal(unseal) if line.seq < old || unseal.index < size => {
                    let opening = Opening {
                        leaf: unseal.leaf,
                        order: unseal.order,
                    };
                    known.openings.insert(unseal.index, opening);
                }
                Event::Erasure(erasure) => drop(known.tombstones.insert(erasure.manifest)),
                Event::Roster(roster) => drop(known.rosters.insert(roster.hash)),
                Event::Restored(event) => {
                    // The witness accepted it because it verifies. If it does not, the log's entry will not verify
                    // either.
                    let authority = pins.authority.as_bytes();
                    if let Ok(restored) = RestoreStatement::verify(&event.note.0, pins.instance, authority) {
                        known.restore(event.note.0, restored);
                    }
                }
                Event::Init(_) | Event::Unseal(_) => {}
            }
        }
        known
    }

    /// Removes the lines that the restore has lost.
    fn restore(&mut self, note: Vec<u8>, restored: RestoreStatement) {
        let before = self.openings.len();
        self.openings.retain(|index, _| *index < restored.kept.size);
        self.lost_unseals += (before - self.openings.len()) as u64;
        if restored.seen.is_none() {
            self.forgotten = restored.kept.size;
        }
        self.restores.push((note, restored));
    }

    /// Returns index and leaf hash of each opening.
    pub(super) fn leaves(&self) -> Vec<(u64, Hash)> {
        let leaf = |(index, opening): (&u64, &Opening)| (*index, Hash(*opening.leaf.as_bytes()));
        self.openings.iter().map(leaf).collect()
    }

    /// Returns the manifests that have a tombstone.
    pub(super) fn erased(&self) -> HashSet<Hash32> {
        self.tombstones.clone()
    }

    /// Returns the facts that the duties need.
    pub(super) fn facts(&self) -> WitnessFacts {
        WitnessFacts {
            openings: self.openings.clone(),
            tombstones: self.tombstones.clone(),
            rosters: self.rosters.clone(),
            forgotten: self.forgotten,
            has_restores: !self.restores.is_empty(),
        }
    }
}
