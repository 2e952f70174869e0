//! The unseal request: an officer signs it before the witness releases anything (`docs/PROTOCOL.md`, section 9).

use serde::{Deserialize, Serialize};

use crate::domain::case_number::CaseNumber;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, StaffId};
use crate::domain::transcript::Transcript;
use crate::vault::agefile::Recipient;
use crate::vault::base64;
use crate::vault::content::nfc;
use crate::vault::hash::{CommitmentSalt, Hash32};
use crate::vault::signing::{BadSignature, Signature, SigningKey, VerifyKey};

/// A signed request; its stored bytes are the JSON of this struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsealRequest {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The case's number, as the officer's page shows it.
    pub number: String,
    /// Manifest hash of the seal to open.
    pub manifest: Hash32,
    /// Hash of the roster that the officer goes by.
    pub roster: Hash32,
    /// Class of the purpose, a code of the profile.
    pub class: String,
    /// Commitment to the purpose's text.
    pub commitment: Hash32,
    /// 16 random bytes.
    #[serde(with = "base64::bytes")]
    pub nonce: Vec<u8>,
    /// Ephemeral recipient in the officer's browser, to which the witness seals its half.
    pub recipient: Recipient,
    /// The requesting officer.
    pub officer: StaffId,
    /// When it was signed, in seconds since 1970.
    pub time: UnixSeconds,
    /// When it ends, in seconds since 1970; at most [`MAX_VALID_SECONDS`] after `time`.
    pub expires: UnixSeconds,
    /// The request of somebody else that it answers; `None` where the roster's policy lets its class stand alone.
    pub answers: Option<Answers>,
}

/// Longest validity of a request, in seconds: 72 hours.
pub const MAX_VALID_SECONDS: i64 = 72 * 3600;

/// The request of somebody else that an unseal request answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The one who asked.
    pub by: AskedBy,
    /// Of a member: [`validation_request_hash`](crate::vault::validation::validation_request_hash). Of the reporter: the
    /// hash of the case statement.
    pub hash: Hash32,
}

/// The one whose request an unseal answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AskedBy {
    /// A member of the case's area, by a signed validation request.
    Member,
    /// The reporter, by the agreement in the case statement.
    Reporter,
}

/// The bytes are no request.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an unseal request")]
pub struct MalformedRequest;

impl UnsealRequest {
    /// Writes the bytes that are stored and signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plain struct")
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`MalformedRequest`]
    pub fn read(bytes: &[u8]) -> Result<Self, MalformedRequest> {
        let request: Self = serde_json::from_slice(bytes).map_err(|_| MalformedRequest)?;
        let is_sound = request.nonce.len() == 16 && CaseNumber::is_canonical(&request.number);
        if is_sound { Ok(request) } else { Err(MalformedRequest) }
    }

    /// Returns true if it is valid for at most [`MAX_VALID_SECONDS`] and has not ended at `now`.
    #[must_use]
    pub const fn is_valid_at(&self, now: UnixSeconds) -> bool {
        now <= self.expires && self.expires >= self.time && self.expires.saturating_sub(self.time) <= MAX_VALID_SECONDS
    }
}

fn transcript(instance: InstanceId, request: &[u8]) -> Transcript {
    Transcript::new("unseal-request", instance).field(request)
}

/// Signs a request's stored bytes with an officer's key.
pub fn sign(instance: InstanceId, request: &[u8], officer: &SigningKey) -> Signature {
    officer.sign(&transcript(instance, request))
}

/// Checks an officer's signature over a request's stored bytes.
///
/// # Errors
/// [`BadSignature`]
pub fn verify(
    instance: InstanceId,
    request: &[u8],
    signature: &Signature,
    officer: &VerifyKey,
) -> Result<(), BadSignature> {
    officer.verify(&transcript(instance, request), signature)
}

/// Hash that names a request's stored bytes, so that no request counts twice.
pub fn request_hash(instance: InstanceId, request: &[u8]) -> Hash32 {
    Hash32::of(&Transcript::new("unseal-request-hash", instance).field(request))
}

/// Commits to a purpose's text, in NFC as its letter carries it.
pub fn commit_purpose(instance: InstanceId, salt: &CommitmentSalt, text: &str) -> Hash32 {
    salt.commit("purpose", instance, nfc(text).as_bytes())
}
