//! The case statement: the reporter's signed statement of a case's keys and facets (`docs/PROTOCOL.md`, section 3).
//!
//! A case key is an age file to a public recipient, so anybody can write one. The statement commits to both keys, so that
//! nobody uses a key that the report was not sealed with.

use serde::{Deserialize, Serialize};

use crate::domain::day::Day;
use crate::domain::facets::{Channel, Kind, SealedBy};
use crate::domain::ids::{CaseId, InstanceId};
use crate::domain::transcript::Transcript;
use crate::vault::agefile::Recipient;
use crate::vault::casekeys::{CaseKeys, KeyName};
use crate::vault::hash::{Commitment, CommitmentSalt, Hash32};
use crate::vault::secret::Key32;
use crate::vault::signing::{Signature, SigningKey, VerifyKey};

/// Domain-separation label of the signature.
const LABEL: &str = "case-statement";

/// Reason why a case statement is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum StatementError {
    /// The bytes are no first statement of a case of this installation.
    #[error("not a case statement of this instance")]
    Malformed,
    /// The signature does not verify.
    #[error("the reporter's key did not sign this statement")]
    BadSignature,
}

/// The facets of a case as they were when it was submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedFacets {
    /// Complaint or report of wrongdoing.
    pub kind: Kind,
    /// Category, a code of the profile.
    pub category: String,
    /// Province, a code of the profile.
    #[serde(deserialize_with = "Option::deserialize")]
    pub province: Option<String>,
    /// Establishment, a code of the profile.
    #[serde(deserialize_with = "Option::deserialize")]
    pub establishment: Option<String>,
    /// Channel by which the report came in.
    pub channel: Channel,
    /// Place where the report was sealed.
    pub sealed_by: SealedBy,
    /// The reporter's language.
    pub language: String,
    /// Day of the submission.
    pub received_on: Day,
}

/// Parts of a statement that do not follow from the sealed report itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementTerms {
    /// The case number.
    pub number: String,
    /// The facets.
    pub facets: StatedFacets,
    /// True if the reporter agreed to one validation of the identity.
    pub validation: bool,
}

/// A case statement; its stored bytes are the JSON of this struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseStatement {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The case number.
    pub number: String,
    /// Version; the reporter signs the first one only.
    pub version: u32,
    /// Hash of the statement before; the first has none.
    #[serde(deserialize_with = "Option::deserialize")]
    pub previous: Option<Hash32>,
    /// The reporter's recipient, which belongs to the receipt.
    pub recipient: Recipient,
    /// The facets at submission.
    pub facets: StatedFacets,
    /// The area that the case was sealed to.
    pub area: String,
    /// Hash of the roster that it was sealed to.
    pub roster: Hash32,
    /// Commitment to the shared key.
    pub shared: Commitment,
    /// Commitment to the staff key.
    pub staff: Commitment,
    /// True if the reporter agreed to one validation of the identity; it counts as their request, once.
    pub validation: bool,
}

/// A statement with its hash and signature, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedStatement {
    /// The stored bytes.
    pub bytes: Vec<u8>,
    /// Hash of the stored bytes.
    pub hash: Hash32,
    /// The reporter's signature over the stored bytes.
    pub signature: Signature,
}

/// Hash that names a statement everywhere, over its stored bytes.
pub fn statement_hash(instance: InstanceId, bytes: &[u8]) -> Hash32 {
    Hash32::of(&Transcript::new("statement-hash", instance).field(bytes))
}

fn transcript(instance: InstanceId, bytes: &[u8]) -> Transcript {
    Transcript::new(LABEL, instance).field(bytes)
}

const fn label(name: KeyName) -> &'static str {
    match name {
        KeyName::Shared => "shared-key",
        KeyName::Staff => "staff-key",
    }
}

/// Commits to a case key.
pub fn commit(instance: InstanceId, name: KeyName, salt: CommitmentSalt, key: &Key32) -> Commitment {
    Commitment {
        salt,
        hash: salt.commit(label(name), instance, key.expose()),
    }
}

impl CaseStatement {
    /// Writes the bytes that are stored and signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plain struct")
    }

    /// Signs the statement with the receipt's key.
    pub fn sign(&self, reporter: &SigningKey) -> SignedStatement {
        let bytes = self.to_bytes();
        SignedStatement {
            hash: statement_hash(self.instance, &bytes),
            signature: reporter.sign(&transcript(self.instance, &bytes)),
            bytes,
        }
    }

    /// Reads stored bytes of this installation. [`CaseStatement::verify`] also checks the signature.
    ///
    /// # Errors
    /// [`StatementError::Malformed`]
    pub fn read(instance: InstanceId, bytes: &[u8]) -> Result<Self, StatementError> {
        let statement: Self = serde_json::from_slice(bytes).map_err(|_| StatementError::Malformed)?;
        let is_first = statement.version == 1 && statement.previous.is_none();
        if statement.instance == instance && is_first {
            Ok(statement)
        } else {
            Err(StatementError::Malformed)
        }
    }

    /// Reads stored bytes that the reporter's key signed.
    ///
    /// # Errors
    /// [`StatementError`]
    pub fn verify(
        instance: InstanceId,
        bytes: &[u8],
        key: &VerifyKey,
        signature: &Signature,
    ) -> Result<Self, StatementError> {
        key.verify(&transcript(instance, bytes), signature)
            .map_err(|_| StatementError::BadSignature)?;
        Self::read(instance, bytes)
    }

    /// Returns true if the statement commits to this key.
    pub fn names(&self, name: KeyName, key: &Key32) -> bool {
        let Commitment { salt, hash } = match name {
            KeyName::Shared => &self.shared,
            KeyName::Staff => &self.staff,
        };
        salt.opens(label(name), self.instance, key.expose(), hash)
    }
}

/// Context in which a new case is stated.
#[derive(Debug, Clone, Copy)]
pub struct StatementContext<'a> {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// The area that it is sealed to.
    pub area: &'a str,
    /// Hash of the roster that names the area.
    pub roster: Hash32,
    /// The recipient that belongs to the receipt.
    pub reporter: &'a Recipient,
}

/// States a new case with fresh commitments to its keys.
pub fn state(
    context: StatementContext<'_>,
    terms: StatementTerms,
    keys: &CaseKeys,
    rng: &mut dyn rand::CryptoRng,
) -> CaseStatement {
    let instance = context.instance;
    let mut committed = |name, key| commit(instance, name, CommitmentSalt::random(rng), key);
    let (shared, staff) = (
        committed(KeyName::Shared, &keys.shared),
        committed(KeyName::Staff, &keys.staff),
    );
    CaseStatement {
        instance,
        case: context.case,
        number: terms.number,
        version: 1,
        previous: None,
        recipient: context.reporter.clone(),
        facets: terms.facets,
        area: context.area.to_owned(),
        roster: context.roster,
        shared,
        staff,
        validation: terms.validation,
    }
}
