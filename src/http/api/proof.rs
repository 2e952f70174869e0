//! Inclusion proofs as the browser reads them.

use serde_json::{Value, json};

use crate::vault::base64;
use crate::witness::Inclusion;

/// Writes the proof that an entry stands in the log, with the countersigned checkpoint of its tree.
pub(crate) fn inclusion(inclusion: &Inclusion, checkpoint: &[u8]) -> Value {
    let proof = inclusion.proof.iter().map(|hash| base64::encode(hash.as_bytes()));
    json!({
        "entry": base64::encode(&inclusion.entry.0),
        "index": inclusion.index,
        "proof": proof.collect::<Vec<_>>(),
        "checkpoint": base64::encode(checkpoint),
    })
}
