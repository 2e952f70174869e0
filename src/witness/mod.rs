//! The party that holds the other half of every identity key and countersigns the log.
//! This trait is all that the server sees of it, in-process or on another host; it must not know the database.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::audit::entry::Base64;
use crate::domain::ids::CaseId;

/// What a method of [`Witness`] returns: boxed, so that the trait can be a `dyn`.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// That an entry's stored bytes stand in the tree.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    pub entry: Base64,
    pub index: u64,
    /// Hashes of the inclusion proof in the tree of the checkpoint that comes along.
    pub proof: Vec<Base64>,
}

/// A signed checkpoint, and the proof that it continues the last that the witness saw.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    pub checkpoint: Base64,
    pub consistency: Vec<Base64>,
}

/// Everything that the checks of an unseal need (`docs/PROTOCOL.md`, section 9).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsealOrder {
    /// The `unseal.requested` entry: request and signatures are read from its `detail`.
    pub requested: Inclusion,
    /// The `manifests.covered` entry that names the manifest.
    pub covered: Inclusion,
    pub advance: Advance,
    pub manifest: Base64,
    pub manifest_signature: Base64,
    /// The purpose letter, an age file to the witness.
    pub letter: Base64,
    /// The witness's half of the identity key, an age file to the witness.
    pub half: Base64,
}

/// The half, sealed to the request's ephemeral recipient, and the countersigned checkpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub half: Base64,
    pub cosigned: Base64,
}

/// Why the witness does not do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("the order is malformed")]
    Malformed,
    #[error("fewer officers of the roster signed than the quorum asks for")]
    QuorumUnmet,
    #[error("an officer's signature does not verify")]
    WrongSignature,
    #[error("the request names another roster than the latest")]
    WrongRoster,
    #[error("the request names another manifest")]
    WrongManifest,
    #[error("the request names another case")]
    WrongCase,
    #[error("the purpose is empty")]
    EmptyPurpose,
    #[error("the purpose does not match its commitment")]
    WrongPurpose,
    #[error("the entry does not stand in the log")]
    NotInLog,
    #[error("the checkpoint does not continue the last one seen")]
    Inconsistent,
    #[error("this request was used before")]
    Replayed,
    #[error("the request's time is more than 10 minutes from the witness's clock")]
    Stale,
    #[error("the log does not cover the manifest")]
    NotCovered,
    #[error("the identity was erased")]
    Erased,
    #[error("the roster is not the next one, or the authority did not sign it")]
    RosterRefused,
    #[error("the witness cannot be reached or cannot write its journal")]
    Unavailable,
}

/// The witness, wherever it runs. Hashes are raw bytes; notes are C2SP signed notes.
pub trait Witness: Send + Sync {
    fn unseal(&self, order: UnsealOrder) -> Answer<'_, Release>;
    /// The checkpoint with the witness's cosignature.
    fn cosign(&self, advance: Advance) -> Answer<'_, Base64>;
    /// A fresh `roster-statement`.
    fn roster_statement(&self) -> Answer<'_, Base64>;
    /// Takes the next roster, an authority-signed note.
    fn accept_roster(&self, note: Base64) -> Answer<'_, ()>;
    /// An `opening-statement` for a case, counted from the witness's own journal.
    fn opening_statement(&self, case: CaseId) -> Answer<'_, Base64>;
    /// Size and root of the last checkpoint seen.
    fn last_checkpoint(&self) -> Answer<'_, (u64, Base64)>;
    /// Keeps a tombstone: this manifest (by hash) is refused for ever.
    fn erase(&self, manifest: Base64) -> Answer<'_, ()>;
    /// The journal's lines, for the audit.
    fn journal(&self) -> Answer<'_, Vec<Base64>>;
}
