//! The witness as the server sees it.

use std::future::Future;
use std::pin::Pin;

use crate::audit::entry::Base64;
use crate::domain::ids::CaseId;
use crate::vault::hash::Hash32;
use crate::witness::order::{Advance, ErasureOrder, JournalReader, JournaledUnseal, Release, UnsealOrder};
use crate::witness::refusal::Refusal;

/// Future of a [`Witness`] method: boxed, so that the trait can be a `dyn`.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// The witness, wherever it runs. Notes are C2SP signed notes.
///
/// A caller that gets [`Refusal::Inconsistent`] asks for [`Witness::last_checkpoint`] and tries once more: another
/// countersignature may have come in between.
pub trait Witness: Send + Sync {
    /// Releases its half, once for each request.
    ///
    /// The same order may be repeated while the request is fresh, in case that the server stopped before it stored the
    /// answer: same entry, manifest, letter and half; checkpoint and proofs may be newer. The answer goes to the same
    /// ephemeral recipient, and the journal gets no second line. A leaf with anything else, or the same request under
    /// another leaf, is [`Refusal::Replayed`].
    fn unseal(&self, order: UnsealOrder) -> Answer<'_, Release>;
    /// Returns what its journal has on the `unseal.requested` entry with this leaf hash.
    ///
    /// The line is written before the half is opened. So a line means that the half went out, unless the order was
    /// refused as [`Refusal::ForeignHalf`] or the witness stopped in between.
    fn journaled(&self, leaf: Hash32) -> Answer<'_, Option<JournaledUnseal>>;
    /// Returns the checkpoint with the witness's cosignature.
    fn cosign(&self, advance: Advance) -> Answer<'_, Base64>;
    /// Returns a fresh [`RosterStatement`](super::statement::RosterStatement), as a note.
    fn roster_statement(&self) -> Answer<'_, Base64>;
    /// Accepts the next roster, an authority-signed note; the latest once more is no error. Returns the journal's head, a
    /// note.
    fn accept_roster(&self, note: Base64) -> Answer<'_, Base64>;
    /// Returns an [`OpeningStatement`](super::statement::OpeningStatement) for a case, counted from the witness's own
    /// journal, as a note.
    fn opening_statement(&self, case: CaseId) -> Answer<'_, Base64>;
    /// Returns size (in entries) and root of the last checkpoint seen.
    fn last_checkpoint(&self) -> Answer<'_, (u64, Hash32)>;
    /// Keeps a tombstone for each version of an identity, which is then refused for ever. Returns the journal's head, a note.
    ///
    /// The same order may be repeated: versions that have a tombstone get no second line.
    fn erase(&self, order: ErasureOrder) -> Answer<'_, Base64>;
    /// Returns the journal's lines, without their line feeds ([`journal::read`](super::journal::read)). Only the server and
    /// the auditors of the latest roster read it.
    fn journal(&self, reader: JournalReader) -> Answer<'_, Vec<String>>;
}
