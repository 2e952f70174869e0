//! Verification of the whole log, from the first entry on: it names the first bad one.
//!
//! Fed with what is stored and with what others know: signed checkpoints, the witness's last size, its journal. It must
//! not know where they come from, nor what a roster looks like ([`RosterHistory`]).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use ed25519_dalek::{Signature, VerifyingKey};
use memchr::memmem;
use tlog_tiles::Hash;

use crate::audit::checkpoint::{Checkpoint, FIRST_ORIGIN};
use crate::audit::entry::{Act, Actor, AnsweredDetail, Entry, SignedPayload};
use crate::audit::restore::{RestoreStatement, RestoredDetail};
use crate::audit::tree::{Frontier, leaf_hash};
use crate::domain::ids::{CaseId, EntryId, InstanceId, StaffId};
use crate::domain::transcript::Transcript;

/// The keys that the auditor trusts, from elsewhere than the database.
#[derive(Debug, Clone, Copy)]
pub struct PinnedKeys {
    pub instance: InstanceId,
    pub authority: [u8; 32],
    pub log: [u8; 32],
    pub witness: [u8; 32],
}

/// Whose signature counts when. Fed in the log's order, so that a signature is checked against the roster of its time.
pub trait RosterHistory {
    /// Takes the roster of a `roster.published` entry; `false` when there is none that verifies and follows.
    fn publish(&mut self, entry: &Entry) -> bool;
    /// The Ed25519 key of a member of the roster in force.
    fn verify_key(&self, staff: StaffId) -> Option<[u8; 32]>;
}

/// A stored checkpoint.
#[derive(Debug, Clone)]
pub struct StoredCheckpoint {
    pub size: u64,
    pub note: Vec<u8>,
    /// Whether it claims the witness's cosignature.
    pub cosigned: bool,
}

/// What is known besides the entries.
#[derive(Debug, Default)]
pub struct Expectations {
    pub checkpoints: Vec<StoredCheckpoint>,
    /// Size and root of the last checkpoint that the witness saw, asked from the witness itself.
    pub witness: Option<(u64, Hash)>,
    /// Index and leaf hash of each unseal in the witness's journal; none when the journal is not at hand.
    pub journal: Option<Vec<(u64, Hash)>>,
    /// Notes of the restores that the witness accepted; none when the journal is not at hand.
    pub restores: Option<Vec<Vec<u8>>>,
    /// Entries before this one were witnessed by a witness whose files are lost.
    pub forgotten: u64,
}

/// An entry as it is stored.
#[derive(Debug, Clone, Copy)]
pub struct StoredEntry<'a> {
    pub index: u64,
    pub body: &'a [u8],
    pub beside: EntrySource<'a>,
}

/// What is kept beside an entry.
#[derive(Debug, Clone, Copy)]
pub enum EntrySource<'a> {
    /// In a database: under which case it is listed, and the stored tree hashes from this leaf's position up to before
    /// the next leaf's.
    Row { case: Option<CaseId>, hashes: &'a [Hash] },
    /// In an export: the leaf hash that stands in a tile.
    Tile(Hash),
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    #[error("it is not the entry that was signed for")]
    Edited,
    #[error("its tree hash was changed; the entry itself is the one that was signed for")]
    StoredHash,
    #[error("entry and tree hash do not belong together, and no checkpoint tells which of them was changed")]
    Differs,
    #[error("it, or one after it and before {size}, is not what the checkpoint of size {size} was signed for")]
    Rewritten { size: u64 },
    #[error("it, or one after it and before {size}, is not what the witness saw at size {size}")]
    WitnessDisagrees { size: u64 },
    #[error("it is missing; the next one is {next}")]
    Missing { next: u64 },
    #[error("the log ends here, but had {size} entries")]
    Truncated { size: u64 },
    #[error("the checkpoint of size {size} does not bear its signatures")]
    CheckpointForged { size: u64 },
    #[error("it does not read as an entry")]
    Unreadable,
    #[error("an entry before it has the same id")]
    Repeated,
    #[error("it is listed under another case, act, actor or time than it names")]
    Misfiled,
    #[error("its signature does not verify")]
    BadSignature,
    #[error("it is signed by somebody else than its actor, or by nobody in the roster")]
    UnknownSigner,
    #[error("the roster that it publishes does not verify or does not follow")]
    RosterRefused,
    #[error("the witness's journal has another entry here")]
    JournalDiffers,
    #[error("it tells of a release or a restore that the witness's journal does not have")]
    NotInJournal,
    #[error("it tells of a restore that the authority did not sign for this place")]
    RestoreForged,
    #[error(
        "it covers seal {0}, which is no longer there and was not erased, or its case names another reporter's key"
    )]
    SealExchanged(String),
}

impl Defect {
    /// A stable name, for the texts of pages and for what is kept of a verification.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::StoredHash => "stored-hash",
            Self::Differs => "differs",
            Self::Rewritten { .. } => "rewritten",
            Self::WitnessDisagrees { .. } => "witness-disagrees",
            Self::Missing { .. } => "missing",
            Self::Truncated { .. } => "truncated",
            Self::CheckpointForged { .. } => "checkpoint-forged",
            Self::Unreadable => "unreadable",
            Self::Repeated => "repeated",
            Self::Misfiled => "misfiled",
            Self::BadSignature => "bad-signature",
            Self::UnknownSigner => "unknown-signer",
            Self::RosterRefused => "roster-refused",
            Self::JournalDiffers => "journal-differs",
            Self::NotInJournal => "not-in-journal",
            Self::RestoreForged => "restore-forged",
            Self::SealExchanged(_) => "seal-exchanged",
        }
    }
}

/// The first bad entry. When something is missing, `index` is where it should stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub index: u64,
    pub what: Defect,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "entry {}: {}", self.index, self.what)
    }
}

impl std::error::Error for Finding {}

/// What was verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    pub entries: u64,
    /// Entries under a checkpoint that the log signed; those after it wait for theirs.
    pub signed: u64,
    /// Entries under a checkpoint that the witness countersigned, or under the last that it says it saw.
    pub witnessed: u64,
    /// Unseals in the witness's journal.
    pub unseals: u64,
}

enum Anchor {
    Checkpoint { note: Vec<u8>, cosigned: bool },
    Witness(Hash),
}

/// Verifies entry by entry; memory grows with ids only.
pub struct Verifier<R> {
    pinned: PinnedKeys,
    rosters: R,
    /// What the tree must be, by size.
    anchors: BTreeMap<u64, Vec<Anchor>>,
    journal: Option<HashMap<u64, Hash>>,
    restores: Option<Vec<Vec<u8>>>,
    forgotten: u64,
    /// Of the checkpoints from here on.
    origin: u64,
    /// The root before the entry at hand.
    before: Option<Hash>,
    /// The tree of the entries, and the tree of the stored leaf hashes: only what appending needs.
    made: Frontier,
    stored: Frontier,
    summary: Summary,
    /// Up to here an anchor has confirmed every entry.
    confirmed: u64,
    /// The first entry since then whose stored hashes are not its own.
    differs: Option<u64>,
    /// The first entry since then that is bad by itself. Not told at once: an earlier one may prove edited.
    bad: Option<Finding>,
    ids: HashSet<EntryId>,
    requested: HashMap<EntryId, u64>,
}

fn bad(index: u64, what: Defect) -> Finding {
    Finding { index, what }
}

impl<R: RosterHistory> Verifier<R> {
    pub fn new(pinned: PinnedKeys, evidence: Expectations, rosters: R) -> Self {
        let mut anchors: BTreeMap<u64, Vec<Anchor>> = BTreeMap::new();
        for StoredCheckpoint { size, note, cosigned } in evidence.checkpoints {
            let anchor = Anchor::Checkpoint { note, cosigned };
            anchors.entry(size).or_default().push(anchor);
        }
        if let Some((size, root)) = evidence.witness {
            anchors.entry(size).or_default().push(Anchor::Witness(root));
        }
        let unseals = evidence.journal.as_ref().map_or(0, Vec::len);
        Self {
            pinned,
            rosters,
            anchors,
            journal: evidence.journal.map(|journal| journal.into_iter().collect()),
            restores: evidence.restores,
            forgotten: evidence.forgotten,
            origin: FIRST_ORIGIN,
            before: None,
            made: Frontier::default(),
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
        }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// The first bad entry, as soon as it is certain that none before it is.
    pub fn entry(&mut self, stored: StoredEntry) -> Result<(), Finding> {
        self.settle()?;
        let index = self.summary.entries;
        if stored.index != index {
            return Err(self.first(bad(index, Defect::Missing { next: stored.index })));
        }
        // The root is needed only there, and costs a few hashes.
        let restores = memmem::find(stored.body, Act::LogRestored.code().as_bytes()).is_some();
        self.before = restores.then(|| self.made.root());
        let leaf = leaf_hash(self.pinned.instance, stored.body);
        let own = self.made.push(leaf);
        let (stored_leaf, same) = match stored.beside {
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
        if let Err(what) = self.judge(&stored, leaf) {
            self.bad.get_or_insert(bad(index, what));
        }
        self.summary.entries += 1;
        Ok(())
    }

    /// When all entries have been taken.
    ///
    /// # Errors
    /// The first bad entry.
    pub fn finish(mut self) -> Result<Summary, Finding> {
        self.settle()?;
        let end = self.summary.entries;
        let mut truncated = None;
        for (size, anchors) in std::mem::take(&mut self.anchors) {
            for anchor in anchors {
                match self.root_of(size, &anchor) {
                    Ok(_) => truncated = Some(size),
                    Err(forged) => return Err(self.first(forged)),
                }
            }
        }
        let unseal_beyond = self.journal.iter().flatten().map(|(index, _)| index + 1).max();
        truncated = truncated.max(unseal_beyond.filter(|size| *size > end));
        if let Some(size) = truncated {
            return Err(self.first(bad(end, Defect::Truncated { size })));
        }
        match self.earlier() {
            Some(finding) => Err(finding),
            None => Ok(self.summary),
        }
    }

    /// What is bad among the entries that no anchor has confirmed.
    fn earlier(&mut self) -> Option<Finding> {
        let differs = self.differs.map(|index| bad(index, Defect::Differs));
        let all = [self.bad.take(), differs];
        all.into_iter().flatten().min_by_key(|finding| finding.index)
    }

    /// The earliest of a finding and of what is bad before it.
    fn first(&mut self, finding: Finding) -> Finding {
        match self.earlier() {
            Some(earlier) if earlier.index < finding.index => earlier,
            _ => finding,
        }
    }

    /// The root that an anchor asks for.
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
            Anchor::Checkpoint { note, .. } => Checkpoint::read_signed(note, *instance, log),
        };
        match checkpoint {
            Ok(checkpoint) if checkpoint.size == size && checkpoint.origin == self.origin => Ok(checkpoint.root),
            _ => Err(bad(size.saturating_sub(1), Defect::CheckpointForged { size })),
        }
    }

    /// Holds the tree so far against the anchors of its size.
    fn settle(&mut self) -> Result<(), Finding> {
        let size = self.summary.entries;
        let Some(anchors) = self.anchors.remove(&size) else {
            return Ok(());
        };
        let (made, stored) = (self.made.root(), self.stored.root());
        let (mut forged, mut held) = (None, Vec::new());
        for anchor in &anchors {
            let wanted = match self.root_of(size, anchor) {
                Ok(root) => root,
                Err(finding) => {
                    forged = Some(finding);
                    continue;
                }
            };
            if wanted.0 != made.0 {
                let finding = match (anchor, self.differs) {
                    (_, Some(index)) if wanted.0 == stored.0 => bad(index, Defect::Edited),
                    (Anchor::Checkpoint { .. }, _) => bad(self.confirmed, Defect::Rewritten { size }),
                    (Anchor::Witness(_), _) => bad(self.confirmed, Defect::WitnessDisagrees { size }),
                };
                self.differs = None;
                return Err(self.first(finding));
            }
            held.push(anchor);
        }
        // Only now: another anchor of the same size might have disagreed.
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
            // The entries are the right ones, so it is their hashes that are not.
            if let Some(index) = self.differs.take() {
                return Err(self.first(bad(index, Defect::StoredHash)));
            }
        }
        match forged {
            Some(forged) => Err(self.first(forged)),
            None if !held.is_empty() => self.bad.take().map_or(Ok(()), Err),
            None => Ok(()),
        }
    }

    /// Whether the entry is good by itself.
    fn judge(&mut self, stored: &StoredEntry, leaf: Hash) -> Result<(), Defect> {
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
        if let EntrySource::Row { case, .. } = stored.beside
            && entry.case != case
        {
            return Err(Defect::Misfiled);
        }
        if let Some(signed) = &entry.signed {
            self.signature(&entry, signed)?;
        }
        match entry.act {
            Act::RosterPublished if !self.rosters.publish(&entry) => Err(Defect::RosterRefused),
            Act::UnsealRequested => {
                self.requested.insert(entry.id, index);
                Ok(())
            }
            Act::UnsealReleased => self.released(&entry),
            Act::LogRestored => self.restored(index, &entry),
            _ => Ok(()),
        }
    }

    /// A release names its request, and the witness wrote that down before it released anything.
    fn released(&self, entry: &Entry) -> Result<(), Defect> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let request = AnsweredDetail::of(entry).and_then(|detail| self.requested.get(&detail.requested));
        match request {
            Some(index) if *index < self.forgotten || journal.contains_key(index) => Ok(()),
            _ => Err(Defect::NotInJournal),
        }
    }

    /// From here on the log is one that the authority has declared to go on from a backup.
    fn restored(&mut self, index: u64, entry: &Entry) -> Result<(), Defect> {
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

    fn signature(&self, entry: &Entry, signed: &SignedPayload) -> Result<(), Defect> {
        if entry.actor != Actor::Staff(signed.by) {
            return Err(Defect::UnknownSigner);
        }
        let key = self.rosters.verify_key(signed.by).ok_or(Defect::UnknownSigner)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| Defect::UnknownSigner)?;
        let message = Transcript::new(&signed.what, self.pinned.instance).field(&signed.payload.0);
        let signature = Signature::from_slice(&signed.signature.0).map_err(|_| Defect::BadSignature)?;
        key.verify_strict(message.as_bytes(), &signature)
            .map_err(|_| Defect::BadSignature)
    }
}

#[cfg(test)]
mod tests;
