//! Input and result of a verification.

use tlog_tiles::Hash;

use crate::audit::entry::Entry;
use crate::domain::ids::{CaseId, InstanceId, StaffId};

/// Keys that the auditor trusts, known from elsewhere than the database.
#[derive(Debug, Clone, Copy)]
pub struct PinnedKeys {
    /// The installation whose log is verified.
    pub instance: InstanceId,
    /// Ed25519 key that signs rosters and restore statements.
    pub authority: [u8; 32],
    /// Ed25519 key that signs the log's checkpoints.
    pub log: [u8; 32],
    /// Ed25519 key that countersigns checkpoints.
    pub witness: [u8; 32],
}

/// Verify keys in force at each point of the log.
///
/// It is fed in the log's order, so that a signature is checked against the roster of its time.
pub trait RosterHistory {
    /// Takes the roster of a `roster.published` entry; returns false unless it verifies and follows the one before.
    fn publish(&mut self, entry: &Entry) -> bool;
    /// Returns the Ed25519 key of a member of the roster in force.
    fn verify_key(&self, staff: StaffId) -> Option<[u8; 32]>;
}

/// A stored checkpoint.
#[derive(Debug, Clone)]
pub struct StoredCheckpoint {
    /// Size of its tree, in entries.
    pub size: u64,
    /// The signed note.
    pub note: Vec<u8>,
    /// True if it claims to bear the witness's cosignature.
    pub cosigned: bool,
}

/// Expectations that the log must match, known from elsewhere than its entries.
#[derive(Debug, Default)]
pub struct Expectations {
    /// Stored checkpoints, in any order.
    pub checkpoints: Vec<StoredCheckpoint>,
    /// Size and root of the last checkpoint that the witness saw, as the witness itself says.
    pub witness: Option<(u64, Hash)>,
    /// Index and leaf hash of each unseal in the witness's journal; `None` without the journal.
    pub journal: Option<Vec<(u64, Hash)>>,
    /// Notes of the restores that the witness accepted; `None` without the journal.
    pub restores: Option<Vec<Vec<u8>>>,
    /// Entries before this index were witnessed by a witness whose files are lost.
    pub forgotten: u64,
}

/// An entry to verify.
#[derive(Debug, Clone, Copy)]
pub struct StoredEntry<'a> {
    /// Its index in the log, from 0.
    pub index: u64,
    /// Its stored bytes.
    pub body: &'a [u8],
    /// Its source, with the tree hashes that are stored there.
    pub source: EntrySource<'a>,
}

/// Source of an entry, with the tree hashes that are stored beside it.
#[derive(Debug, Clone, Copy)]
pub enum EntrySource<'a> {
    /// A row of the database.
    Row {
        /// The case under which the entry is listed.
        case: Option<CaseId>,
        /// Stored tree hashes from this leaf's position up to before the next leaf's.
        hashes: &'a [Hash],
    },
    /// An export: the leaf hash that a tile holds.
    Tile(Hash),
}

/// Result of a verification that found nothing bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Entries in the log.
    pub entries: u64,
    /// Entries under a checkpoint that the log signed; those after it wait for theirs.
    pub signed: u64,
    /// Entries under a checkpoint that the witness countersigned, or under the last that it says it saw.
    pub witnessed: u64,
    /// Unseals in the witness's journal.
    pub unseals: u64,
}
