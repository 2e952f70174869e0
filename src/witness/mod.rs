//! The party that holds the other half of every identity key and countersigns the log.
//! The [`Witness`] trait is all that the server sees of it, in-process or on another host; it must not know the
//! database.

pub mod absent;
pub mod checks;
pub mod core;
pub mod in_process;
pub mod journal;
pub mod refusal;
pub mod setup;
pub mod state;
pub mod statement;

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::audit::entry::{Act, Base64, Entry, SignedPayload};
use crate::domain::ids::{CaseId, StaffId};
use crate::vault::hash::Hash32;
use crate::vault::signing::{Signature, VerifyKey};
pub use refusal::Refusal;

/// What a method of [`Witness`] returns: boxed, so that the trait can be a `dyn`.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send + 'a>>;

/// `detail` of an `unseal.requested` entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedDetail {
    /// The request's stored bytes.
    pub request: Base64,
    pub signatures: Vec<OfficerSignature>,
}

/// One officer's signature over a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerSignature {
    pub officer: StaffId,
    pub signature: Signature,
}

/// Every signature that an entry bears: its own, and those of the officers over the request that it carries.
#[must_use]
pub fn signatures(entry: &Entry) -> Vec<SignedPayload> {
    let requested = (entry.act == Act::UnsealRequested).then(|| entry.detail.clone());
    let requested = requested.and_then(|detail| serde_json::from_value(serde_json::Value::Object(detail)).ok());
    let officers = requested
        .into_iter()
        .flat_map(|RequestedDetail { request, signatures }| {
            signatures.into_iter().map(move |signed| SignedPayload {
                by: signed.officer,
                what: "unseal-request".to_owned(),
                payload: request.clone(),
                signature: Base64(signed.signature.as_bytes().to_vec()),
            })
        });
    entry.signed.iter().cloned().chain(officers).collect()
}

/// `detail` of a `manifests.covered` entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredDetail {
    /// Shuffled, so that their order tells nothing.
    pub manifests: Vec<CoveredManifest>,
}

/// A manifest that the log covers, and the reporter's key that signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredManifest {
    pub manifest: Hash32,
    pub verify_key: VerifyKey,
}

/// That an entry's stored bytes stand in the tree.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    pub entry: Base64,
    pub index: u64,
    /// The inclusion proof in the tree of the checkpoint that comes along.
    pub proof: Vec<Hash32>,
}

/// A checkpoint signed by the log, and the proof that it continues the last that the witness saw: from the witness's
/// own size ([`Witness::last_checkpoint`]) to this one. Not needed when both sizes are the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    pub checkpoint: Base64,
    pub consistency: Vec<Hash32>,
}

/// Everything that the checks of an unseal need (`docs/PROTOCOL.md`, section 9).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsealOrder {
    /// The `unseal.requested` entry: request and signatures are read from its `detail` ([`RequestedDetail`]).
    pub requested: Inclusion,
    /// The `manifests.covered` entry that names the manifest ([`CoveredDetail`]).
    pub covered: Inclusion,
    pub advance: Advance,
    pub manifest: Base64,
    pub manifest_signature: Signature,
    /// Where the manifest corrects another: those before it, the newest first, down to version 1.
    #[serde(default)]
    pub earlier: Vec<EarlierVersion>,
    /// The purpose letter, an age file to the witness.
    pub letter: Base64,
    /// The witness's half of the identity key, an age file to the witness.
    pub half: Base64,
}

/// A manifest that was corrected since, and the entry that covers it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierVersion {
    pub covered: Inclusion,
    pub manifest: Base64,
    pub manifest_signature: Signature,
}

/// The half, sealed to the request's ephemeral recipient, and the countersigned checkpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub half: Base64,
    pub cosigned: Base64,
}

/// The witness, wherever it runs. Notes are C2SP signed notes.
///
/// A caller that gets [`Refusal::Inconsistent`] asks for [`Witness::last_checkpoint`] and tries once more: another
/// countersignature may have come in between.
pub trait Witness: Send + Sync {
    /// Releases its half, once for each request.
    ///
    /// The same order may be repeated as long as the request is fresh, in case that the server stopped before it
    /// stored the answer: same entry, manifest, letter and half; checkpoint and proofs may be newer. The answer goes to
    /// the same ephemeral recipient, and the journal gets no second line. A leaf with anything else, or the same request
    /// under another leaf, is [`Refusal::Replayed`].
    fn unseal(&self, order: UnsealOrder) -> Answer<'_, Release>;
    /// The checkpoint with the witness's cosignature.
    fn cosign(&self, advance: Advance) -> Answer<'_, Base64>;
    /// A fresh [`statement::RosterStatement`], as a note.
    fn roster_statement(&self) -> Answer<'_, Base64>;
    /// Takes the next roster, an authority-signed note; the latest once more is no error.
    fn accept_roster(&self, note: Base64) -> Answer<'_, ()>;
    /// A [`statement::OpeningStatement`] for a case, counted from the witness's own journal, as a note.
    fn opening_statement(&self, case: CaseId) -> Answer<'_, Base64>;
    /// Size and root of the last checkpoint seen.
    fn last_checkpoint(&self) -> Answer<'_, (u64, Hash32)>;
    /// Keeps a tombstone: this manifest is refused for ever.
    fn erase(&self, manifest: Hash32) -> Answer<'_, ()>;
    /// The journal's lines, without their line feeds, for the audit ([`journal::read`]).
    fn journal(&self) -> Answer<'_, Vec<String>>;
}

#[cfg(test)]
mod tests;
