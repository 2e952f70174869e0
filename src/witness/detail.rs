//! Details of the audit entries that the witness reads: requests to unseal, and coverage of statements and manifests.

use serde::{Deserialize, Serialize};

use crate::audit::entry::{Act, Base64, Entry, SignedPayload};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::StaffId;
use crate::vault::hash::Hash32;
use crate::vault::signing::{Signature, VerifyKey};

/// `detail` of an `unseal.requested` entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedDetail {
    /// The request's stored bytes.
    pub request: Base64,
    /// Signatures over these bytes.
    pub signatures: Vec<OfficerSignature>,
}

/// One officer's signature over a request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerSignature {
    /// The officer whose key signed.
    pub officer: StaffId,
    /// Signature over the request's stored bytes.
    pub signature: Signature,
    /// When the officer signed, in seconds since 1970.
    pub time: UnixSeconds,
    /// The officer's gesture with the unseal passkey; none with a witness that has no page of its own.
    pub gesture: Option<Gesture>,
}

/// A gesture: a `WebAuthn` assertion on the witness's own page (`docs/PROTOCOL.md`, section 9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gesture {
    /// Id of the passkey.
    pub credential: Base64,
    /// The assertion's `authenticatorData`.
    pub authenticator_data: Base64,
    /// The assertion's `clientDataJSON`.
    pub client_data: Base64,
    /// The assertion's signature.
    pub signature: Base64,
}

/// Returns every signature that an entry bears: its own, and those of officers over the request that it carries.
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

/// `detail` of a `reports.covered` entry. Each list is sorted by hash, so that its order tells nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredDetail {
    /// Covered case statements.
    pub statements: Vec<CoveredStatement>,
    /// Covered manifests of seals.
    pub manifests: Vec<CoveredManifest>,
}

/// A case statement that the log covers, and the reporter's key that signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredStatement {
    /// Hash of the statement's stored bytes.
    pub statement: Hash32,
    /// The reporter's verify key.
    pub verify_key: VerifyKey,
}

/// A manifest that the log covers, and the reporter's key that signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredManifest {
    /// Hash of the manifest's stored bytes.
    pub manifest: Hash32,
    /// The reporter's verify key.
    pub verify_key: VerifyKey,
}
