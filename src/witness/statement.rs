//! Statements that the witness signs (`docs/PROTOCOL.md`, section 6): the latest roster, the openings of a case, and the
//! journal's head.
//! Formats only; the witness's state is in `core`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId};
use crate::domain::note::{self, ED25519, NoteError, Party};
use crate::vault::hash::Hash32;
use crate::vault::signing::{SigningKey, VerifyKey};

/// Validity of a roster statement, in seconds.
pub const ROSTER_STATEMENT_VALID_SECONDS: i64 = 24 * 60 * 60;

/// Names the latest roster that the witness has accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RosterStatement {
    /// The installation.
    pub instance: InstanceId,
    /// The roster's version, from 1.
    pub version: u64,
    /// The roster's hash.
    pub hash: Hash32,
    /// The witness's clock, in seconds since 1970.
    pub time: UnixSeconds,
}

impl RosterStatement {
    /// Returns true if intake may rely on it: at most 24 hours old, and at most one hour ahead of the clock.
    ///
    /// Clocks differ; but a statement dated far ahead would be valid for ever.
    #[must_use]
    pub const fn is_fresh(&self, now: UnixSeconds) -> bool {
        let age = now.saturating_sub(self.time);
        age <= ROSTER_STATEMENT_VALID_SECONDS && age >= -3600
    }
}

/// Counts the openings of a case in the witness's own journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningStatement {
    /// The installation.
    pub instance: InstanceId,
    /// The case.
    pub case: CaseId,
    /// Openings of the case's identity.
    pub count: u64,
    /// Leaf hashes of the `unseal.requested` entries, in the journal's order.
    pub leaves: Vec<Hash32>,
    /// Size of the last tree that the witness saw, in entries.
    pub tree_size: u64,
    /// The witness's clock, in seconds since 1970.
    pub time: UnixSeconds,
}

/// Names how far the witness's journal went. The log records it, so that the journal cannot lose lines unnoticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalHead {
    /// The installation.
    pub instance: InstanceId,
    /// Number of lines.
    pub lines: u64,
    /// Hash of the last line.
    pub last: Hash32,
    /// The witness's clock, in seconds since 1970.
    pub time: UnixSeconds,
}

/// A statement of the witness, as a C2SP signed note.
pub trait Statement: Serialize + DeserializeOwned {
    /// Name of its kind in the note's first line.
    const LABEL: &'static str;

    /// Returns the installation that the JSON names.
    fn instance(&self) -> InstanceId;

    /// Signs as a note.
    ///
    /// # Errors
    /// [`NoteError::Malformed`], which does not happen for a text like this.
    fn sign(&self, witness: &SigningKey) -> Result<Vec<u8>, NoteError> {
        let text = note::json_text(Self::LABEL, self.instance(), self);
        note::sign(&text, Party::Witness, self.instance(), witness)
    }

    /// Reads a note that the witness signed.
    ///
    /// # Errors
    /// [`NoteError`]
    fn verify(note: &[u8], instance: InstanceId, witness: &VerifyKey) -> Result<Self, NoteError> {
        let text = note::verify(note, ED25519, Party::Witness, instance, witness.as_bytes())?;
        let statement: Self = note::read_json(&text, Self::LABEL, instance)?;
        if statement.instance() == instance {
            Ok(statement)
        } else {
            Err(NoteError::OtherText)
        }
    }
}

impl Statement for RosterStatement {
    const LABEL: &'static str = "roster-statement";

    fn instance(&self) -> InstanceId {
        self.instance
    }
}

impl Statement for OpeningStatement {
    const LABEL: &'static str = "opening-statement";

    fn instance(&self) -> InstanceId {
        self.instance
    }
}

impl Statement for JournalHead {
    const LABEL: &'static str = "journal-head";

    fn instance(&self) -> InstanceId {
        self.instance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::secret::Key32;

    #[test]
    fn a_statement_counts_from_its_witness_about_its_subject_and_for_a_day() {
        let instance: InstanceId = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap();
        let key = SigningKey::from_seed(&Key32::from_slice(&[1; 32]).unwrap());
        let other = SigningKey::from_seed(&Key32::from_slice(&[2; 32]).unwrap());
        let statement = RosterStatement {
            instance,
            version: 3,
            hash: Hash32::of_bytes(b"roster"),
            time: 1_795_000_000,
        };
        let note = statement.sign(&key).unwrap();
        assert_eq!(
            RosterStatement::verify(&note, instance, &key.verify_key()).unwrap(),
            statement
        );
        assert!(RosterStatement::verify(&note, instance, &other.verify_key()).is_err());
        assert!(OpeningStatement::verify(&note, instance, &key.verify_key()).is_err());
        assert!(statement.is_fresh(statement.time + 86_400) && !statement.is_fresh(statement.time + 86_401));
        assert!(statement.is_fresh(statement.time - 3600) && !statement.is_fresh(statement.time - 3601));
    }
}
