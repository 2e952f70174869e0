//! Data that the server sends to the witness, and the witness's release.

use serde::{Deserialize, Serialize};

use crate::audit::entry::Base64;
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
    /// The `reports.covered` entry that names the manifest ([`CoveredDetail`](super::detail::CoveredDetail)).
    pub covered: Inclusion,
    /// The checkpoint in whose tree both entries stand.
    pub advance: Advance,
    /// The manifest's stored bytes.
    pub manifest: Base64,
    /// The reporter's signature over the manifest.
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
    /// The `reports.covered` entry that names it.
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
}
