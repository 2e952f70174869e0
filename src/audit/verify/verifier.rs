//! The verifier: entry by entry, from the first one on.

use std::collections::{BTreeMap, HashMap, HashSet};

use memchr::memmem;
use tlog_tiles::Hash;

use super::acts::SignedActs;
use super::defect::{Defect, Finding};
use super::input::{EntrySource, Expectations, PinnedKeys, RosterHistory, StoredCheckpoint, StoredEntry, Summary};
use crate::audit::checkpoint::{Checkpoint, FIRST_ORIGIN};
use crate::audit::entry::{Act, AnsweredDetail, Entry};
use crate::audit::restore::{RestoreStatement, RestoredDetail};
use crate::audit::tree::{Frontier, leaf_hash};
use crate::domain::ids::EntryId;

/// A root that the tree must have at a size.
enum Anchor {
    Checkpoint { note: Vec<u8>, cosigned: bool },
    Witness(Hash),
}

/// Verifies entry by entry; memory grows with ids only.
pub struct Verifier<R> {
    pinned: PinnedKeys,
    rosters: R,
    /// Roots that the tree must have, by size.
    anchors: BTreeMap<u64, Vec<Anchor>>,
    journal: Option<HashMap<u64, Hash>>,
    restores: Option<Vec<Vec<u8>>>,
    forgotten: u64,
    /// Origin of the checkpoints from here on.
    origin: u64,
    /// Root before the current entry, if that one may be a restore.
    before: Option<Hash>,
    /// The tree of the entries.
    computed: Frontier,
    /// The tree of the stored leaf hashes.
    stored: Frontier,
    summary: Summary,
    /// Entries that an anchor has confirmed.
    confirmed: u64,
    /// The first entry since then whose stored hashes are not its own.
    differs: Option<u64>,
    /// The first entry since then that is bad by itself. It waits, since an earlier one may prove edited.
    bad: Option<Finding>,
    ids: HashSet<EntryId>,
    requested: HashMap<EntryId, u64>,
    acts: SignedActs,
}

impl<R: RosterHistory> Verifier<R> {
    /// Creates a verifier of an empty log.
    pub fn new(pinned: PinnedKeys, expected: Expectations, rosters: R) -> Self {
        let mut anchors: BTreeMap<u64, Vec<Anchor>> = BTreeMap::new();
        for StoredCheckpoint { size, note, cosigned } in expected.checkpoints {
            let anchor = Anchor::Checkpoint { note, cosigned };
            anchors.entry(size).or_default().push(anchor);
        }
        if let Some((size, root)) = expected.witness {
            anchors.entry(size).or_default().push(Anchor::Witness(root));
        }
        let unseals = expected.journal.as_ref().map_or(0, Vec::len);
        Self {
            pinned,
            rosters,
            anchors,
            journal: expected.journal.map(|journal| journal.into_iter().collect()),
            restores: expected.restores,
            forgotten: expected.forgotten,
            origin: FIRST_ORIGIN,
            before: None,
            computed: Frontier::default(),
            stored: Frontier::default(),
            summary: Summary {
                unseals: u64::try_from(unseals).unwrap_or(u64::MAX),
                ..Summary::default()
            },
            confirmed: 0,
            differs: None,
            bad: None,
            ids: HashSet::new(),
            requested: HashMap::new(),
            acts: SignedActs::default(),
        }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// The first bad entry, as soon as none before it can be bad.
    pub fn push(&mut self, stored: StoredEntry) -> Result<(), Finding> {
        self.check_anchors()?;
        let index = self.summary.entries;
        if stored.index != index {
            return Err(self.earliest(Finding::new(index, Defect::Missing { next: stored.index })));
        }
        // Only a restore needs this root, which costs a few hashes.
        let restores = memmem::find(stored.body, Act::LogRestored.code().as_bytes()).is_some();
        self.before = restores.then(|| self.computed.root());
        let leaf = leaf_hash(self.pinned.instance, stored.body);
        let own = self.computed.push(leaf);
        let (stored_leaf, same) = match stored.source {
            EntrySource::Row { hashes, .. } => {
                let same = own.len() == hashes.len() && own.iter().zip(hashes).all(|(a, b)| a.0 == b.0);
                (hashes.first().copied().unwrap_or(leaf), same)
            }
            EntrySource::Tile(hash) => (hash, hash.0 == leaf.0),
        };
        self.stored.push(stored_leaf);
        if !same {
            self.differs.get_or_insert(index);
        }
        if let Err(defect) = self.check_entry(&stored, leaf) {
            self.bad.get_or_insert(Finding::new(index, defect));
        }
        self.summary.entries += 1;
        Ok(())
    }

    /// Ends the verification after the last entry.
    ///
    /// # Errors
    /// The first bad entry.
    pub fn finish(mut self) -> Result<Summary, Finding> {
        self.check_anchors()?;
        let end = self.summary.entries;
        let mut truncated = None;
        for (size, anchors) in std::mem::take(&mut self.anchors) {
            for anchor in anchors {
                match self.root_of(size, &anchor) {
                    Ok(_) => truncated = Some(size),
                    Err(forged) => return Err(self.earliest(forged)),
                }
            }
        }
        let unseal_beyond = self.journal.iter().flatten().map(|(index, _)| index + 1).max();
        truncated = truncated.max(unseal_beyond.filter(|size| *size > end));
        if let Some(size) = truncated {
            return Err(self.earliest(Finding::new(end, Defect::Truncated { size })));
        }
        match self.take_pending() {
            Some(finding) => Err(finding),
            None => Ok(self.summary),
        }
    }

    /// Takes the first bad entry among those that no anchor has confirmed.
    fn take_pending(&mut self) -> Option<Finding> {
        let differs = self.differs.map(|index| Finding::new(index, Defect::Differs));
        let all = [self.bad.take(), differs];
        all.into_iter().flatten().min_by_key(|finding| finding.index)
    }

    /// Returns the earlier of `finding` and the pending one.
    fn earliest(&mut self, finding: Finding) -> Finding {
        match self.take_pending() {
            Some(earlier) if earlier.index < finding.index => earlier,
            _ => finding,
        }
    }

    /// Returns the root that an anchor demands.
    fn root_of(&self, size: u64, anchor: &Anchor) -> Result<Hash, Finding> {
        let PinnedKeys {
            instance,
            log,
            witness,
            authority: _,
        } = &self.pinned;
        let checkpoint = match anchor {
            Anchor::Witness(root) => return Ok(*root),
            Anchor::Checkpoint { note, cosigned: true } => Checkpoint::read_cosigned(note, *instance, log, witness),
            // A countersigned one that is not marked so hides how far the witness has seen.
            Anchor::Checkpoint { note, .. } if Checkpoint::read_cosigned(note, *instance, log, witness).is_ok() => {
                return Err(Finding::new(size.saturating_sub(1), Defect::CheckpointForged { size }));
            }
            Anchor::Checkpoint { note, .. } => Checkpoint::read_signed(note, *instance, log),
        };
        match checkpoint {
            Ok(checkpoint) if checkpoint.size == size && checkpoint.origin == self.origin => Ok(checkpoint.root),
            _ => Err(Finding::new(size.saturating_sub(1), Defect::CheckpointForged { size })),
        }
    }

    /// Compares the tree so far with the anchors of its size.
    fn check_anchors(&mut self) -> Result<(), Finding> {
        let size = self.summary.entries;
        let Some(anchors) = self.anchors.remove(&size) else {
            return Ok(());
        };
        let (computed, stored) = (self.computed.root(), self.stored.root());
        let (mut forged, mut held) = (None, Vec::new());
        for anchor in &anchors {
            let wanted = match self.root_of(size, anchor) {
                Ok(root) => root,
                Err(finding) => {
                    forged = Some(finding);
                    continue;
                }
            };
            if wanted.0 != computed.0 {
                let finding = match (anchor, self.differs) {
                    (_, Some(index)) if wanted.0 == stored.0 => Finding::new(index, Defect::Edited),
                    (Anchor::Checkpoint { .. }, _) => Finding::new(self.confirmed, Defect::Rewritten { size }),
                    (Anchor::Witness(_), _) => Finding::new(self.confirmed, Defect::WitnessDisagrees { size }),
                };
                self.differs = None;
                return Err(self.earliest(finding));
            }
            held.push(anchor);
        }
        // Counted only now: another anchor of the same size might have disagreed.
        for anchor in &held {
            if matches!(anchor, Anchor::Witness(_) | Anchor::Checkpoint { cosigned: true, .. }) {
                self.summary.witnessed = size;
            }
            if matches!(anchor, Anchor::Checkpoint { .. }) {
                self.summary.signed = size;
            }
            self.confirmed = size;
        }
        if !held.is_empty() {
            // The entries are right, so their stored hashes are wrong.
            if let Some(index) = self.differs.take() {
                return Err(self.earliest(Finding::new(index, Defect::StoredHash)));
            }
        }
        match forged {
            Some(forged) => Err(self.earliest(forged)),
            None if !held.is_empty() => self.bad.take().map_or(Ok(()), Err),
            None => Ok(()),
        }
    }

    /// Checks the entry by itself: shape, id, place, signature and what its act asks for.
    fn check_entry(&mut self, stored: &StoredEntry, leaf: Hash) -> Result<(), Defect> {
        let index = stored.index;
        let journaled = self.journal.as_ref().map(|journal| journal.get(&index));
        if let Some(Some(seen)) = journaled
            && seen.0 != leaf.0
        {
            return Err(Defect::JournalDiffers);
        }
        let entry = Entry::read(stored.body).map_err(|_| Defect::Unreadable)?;
        if !self.ids.insert(entry.id) {
            return Err(Defect::Repeated);
        }
        if let EntrySource::Row { case, .. } = stored.source
            && entry.case != case
        {
            return Err(Defect::Misfiled);
        }
        self.acts.check(self.pinned.instance, &self.rosters, &entry, leaf)?;
        match entry.act {
            Act::RosterPublished if !self.rosters.publish(&entry) => Err(Defect::RosterRefused),
            Act::UnsealRequested => {
                self.requested.insert(entry.id, index);
                Ok(())
            }
            Act::UnsealReleased => self.check_release(&entry),
            Act::LogRestored => self.check_restore(index, &entry),
            _ => Ok(()),
        }
    }

    /// A release names its request, which the witness journaled before it released its half.
    fn check_release(&self, entry: &Entry) -> Result<(), Defect> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let request = AnsweredDetail::of(entry).and_then(|detail| self.requested.get(&detail.requested));
        match request {
            Some(index) if *index < self.forgotten || journal.contains_key(index) => Ok(()),
            _ => Err(Defect::NotInJournal),
        }
    }

    /// A restore is one that the authority signed for this place; a new origin begins here.
    fn check_restore(&mut self, index: u64, entry: &Entry) -> Result<(), Defect> {
        let PinnedKeys {
            instance, authority, ..
        } = &self.pinned;
        let statement = RestoredDetail::of(entry).map(|detail| detail.statement.0);
        let statement = statement.ok_or(Defect::RestoreForged)?;
        let restored = RestoreStatement::verify(&statement, *instance, authority).map_err(|_| Defect::RestoreForged)?;
        // The entry itself has been appended already.
        let here = restored.kept.size == index && Some(restored.kept.root.0) == self.before.map(|root| root.0);
        if !here || restored.origin != self.origin + 1 {
            return Err(Defect::RestoreForged);
        }
        // A later witness does not know what an earlier one accepted.
        let is_known = |known: &Vec<Vec<u8>>| known.contains(&statement) || index < self.forgotten;
        if !self.restores.as_ref().is_none_or(is_known) {
            return Err(Defect::NotInJournal);
        }
        self.origin = restored.origin;
        Ok(())
    }
}
