//! Data that the server sends to the witness, and the witness's answers.

use serde::{Deserialize, Serialize};

use crate::audit::entry::Base64;
use crate::domain::ids::StaffId;
use crate::vault::hash::Hash32;
use crate::vault::signing::Signature;

/// Proof that an entry's stored bytes stand in the tree.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// The entry's stored bytes.
    pub entry: Base64,
    /// Its index in the log, from 0.
    pub index: u64,
    /// The inclusion proof in the tree of the checkpoint that comes along.
    pub proof: Vec<Hash32>,
}

/// A checkpoint signed by the log, and the proof that it continues the last one that the witness saw.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    /// The checkpoint, a note signed by the log.
    pub checkpoint: Base64,
    /// Consistency proof from the witness's own size
    /// ([`Witness::last_checkpoint`](super::interface::Witness::last_checkpoint)) to this one; empty for equal sizes.
    pub consistency: Vec<Hash32>,
}

/// Everything that the checks of an unseal need (`docs/PROTOCOL.md`, section 9).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsealOrder {
    /// The `unseal.requested` entry: request and signatures are read from its `detail`
    /// ([`RequestedDetail`](super::detail::RequestedDetail)).
    pub requested: Inclusion,
    /// The `manifests.covered` entry that names the manifest ([`CoveredDetail`](super::detail::CoveredDetail)).
    pub covered: Inclusion,
    /// The checkpoint in whose tree both entries stand.
    pub advance: Advance,
    /// The manifest's stored bytes.
    pub manifest: Base64,
    /// The reporter's signature over the manifest.
    pub manifest_signature: Signature,
    /// Where the manifest corrects another: those before it, the newest first, down to version 1.
    #[serde(default)]
    pub earlier: Vec<CoveredVersion>,
    /// The `validation.requested` entry of the request that is answered, where a member made it.
    pub answered: Option<Inclusion>,
    /// The purpose letter, an age file to the witness.
    pub letter: Base64,
    /// The witness's half of the identity key, an age file to the witness.
    pub half: Base64,
}

/// A version of an identity, and the entry that covers it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredVersion {
    /// The `manifests.covered` entry that names it.
    pub covered: Inclusion,
    /// The manifest's stored bytes.
    pub manifest: Base64,
    /// The reporter's signature over it.
    pub manifest_signature: Signature,
}

/// The witness's answer to an [`UnsealOrder`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The half, an age file to the request's ephemeral recipient.
    pub half: Base64,
    /// The order's checkpoint with the witness's countersignature.
    pub cosigned: Base64,
    /// The journal's head, a note ([`JournalHead`](super::statement::JournalHead)).
    pub head: Base64,
    /// The purpose, sealed to each auditor of the witness's roster, as the journal keeps it.
    pub purposes: Vec<SealedPurpose>,
}

/// The purpose of an opening, as the witness verified it, for one auditor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedPurpose {
    /// The auditor.
    pub auditor: StaffId,
    /// The age file to the auditor ([`crate::vault::verified_purpose`]).
    pub file: Base64,
}

/// The journal's knowledge of a request to unseal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournaledUnseal {
    /// The purpose, sealed to each auditor.
    pub purposes: Vec<SealedPurpose>,
    /// The journal's head, a note.
    pub head: Base64,
}

/// An order to erase an identity (`docs/PROTOCOL.md`, section 18).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureOrder {
    /// The checkpoint in whose tree all entries stand.
    pub advance: Advance,
    /// All versions of the identity, the newest first, down to version 1.
    pub versions: Vec<CoveredVersion>,
    /// The reason for which the witness may erase it.
    pub ground: ErasureGround,
}

/// The reason for an erasure, with its evidence.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub enum ErasureGround {
    /// The reporter asked for it, and an officer decided so.
    Request {
        /// The `erasure.decided` entry, which carries the officer's signed decision.
        decided: Inclusion,
        /// The reporter's request, its stored bytes.
        request: Base64,
        /// The reporter's signature over the request.
        signature: Signature,
    },
    /// The case was closed long enough ago.
    Expiry {
        /// The `case.state_changed` entry that closed the case.
        closed: Inclusion,
        /// A checkpoint that this witness countersigned when the case had been closed.
        seen: Base64,
        /// The proof that the entry stands in that checkpoint's tree.
        seen_proof: Vec<Hash32>,
    },
}

/// The one who asks for the witness's journal.
///
/// In one process, the caller says so itself. Between hosts, the connection's key must prove it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalReader {
    /// The server that this witness belongs to.
    Server,
    /// A member of staff; the witness gives it to auditors of its latest roster only.
    Member(StaffId),
}
