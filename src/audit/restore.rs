//! The authority's statement that a restore has lost a part of the log (`docs/PROTOCOL.md`, section 10).
//! Only the authority can make witness and auditors go on from less than the witness has seen.

use serde::{Deserialize, Serialize};
use tlog_tiles::Hash;

use crate::audit::checkpoint::FIRST_ORIGIN;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::InstanceId;
use crate::domain::note::{self, ED25519, NoteError, NoteKey, Party};

/// Name of the statement in the note's first line.
const LABEL: &str = "log-restored";

/// Tree head: size and root of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeHead {
    /// Size, in entries.
    pub size: u64,
    /// Root, as lower-case hex in JSON.
    #[serde(with = "hex_hash")]
    pub root: Hash,
}

/// A restore: the tree from which the log goes on, and the tree that the witness had seen by then.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoreStatement {
    /// The installation.
    pub instance: InstanceId,
    /// Origin of the checkpoints from now on: one more than before.
    pub origin: u64,
    /// The tree of the backup. The entry that carries this statement is the next one.
    pub kept: TreeHead,
    /// The tree that the witness saw last; `None` if its files are lost too, and a new one begins.
    pub seen: Option<TreeHead>,
    /// When it was stated, in seconds since 1970.
    pub time: UnixSeconds,
}

impl RestoreStatement {
    /// Formats the text that the authority signs.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        note::json_text(LABEL, self.instance, self)
    }

    /// Returns true if a text is such a statement, and not another text that the authority signs.
    #[must_use]
    pub fn is_statement(text: &[u8]) -> bool {
        text.starts_with(format!("sigilo/v1/{LABEL}/").as_bytes())
    }

    /// Reads an unsigned text.
    ///
    /// # Errors
    /// [`NoteError::OtherText`], also when nothing was lost or the origin is the first.
    pub fn read(text: &[u8], instance: InstanceId) -> Result<Self, NoteError> {
        let read: Self = note::read_json(text, LABEL, instance)?;
        let loses = read.seen.is_none_or(|seen| seen.size > read.kept.size);
        if read.instance == instance && read.origin > FIRST_ORIGIN && loses {
            Ok(read)
        } else {
            Err(NoteError::OtherText)
        }
    }

    /// Signs the statement as a note.
    ///
    /// # Errors
    /// [`NoteError::Malformed`], which does not happen for a text like this.
    pub fn sign(&self, authority: &dyn NoteKey) -> Result<Vec<u8>, NoteError> {
        note::sign(&self.text(), Party::Authority, self.instance, authority)
    }

    /// Reads a note that the authority signed.
    ///
    /// # Errors
    /// [`NoteError`]
    pub fn verify(note: &[u8], instance: InstanceId, authority: &[u8; 32]) -> Result<Self, NoteError> {
        let text = note::verify(note, ED25519, Party::Authority, instance, authority)?;
        Self::read(&text, instance)
    }

    /// Reads a note that was verified before.
    #[must_use]
    pub fn read_unverified(note: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(note).ok()?;
        serde_json::from_str(text.lines().nth(1)?).ok()
    }

    /// Returns the number of lost entries, as far as the witness knows.
    #[must_use]
    pub fn lost_entries(&self) -> Option<u64> {
        Some(self.seen?.size.saturating_sub(self.kept.size))
    }
}

/// `detail` of a `log.restored` entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestoredDetail {
    /// The authority's signed note.
    pub statement: super::entry::Base64,
}

impl RestoredDetail {
    /// Reads the detail of an entry; `None` when it has another shape.
    #[must_use]
    pub fn of(entry: &super::entry::Entry) -> Option<Self> {
        serde_json::from_value(serde_json::Value::Object(entry.detail.clone())).ok()
    }
}

/// A tree hash as lower-case hex.
mod hex_hash {
    use serde::{Deserialize as _, Deserializer, Serializer, de};
    use tlog_tiles::Hash;

    pub(super) fn serialize<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(hash.0))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; 32];
        let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        match hex::decode_to_slice(&text, &mut bytes) {
            Ok(()) if is_lower => Ok(Hash(bytes)),
            _ => Err(de::Error::custom("not a SHA-256 in lower-case hex")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::secret::Key32;
    use crate::vault::signing::SigningKey;

    #[test]
    fn it_counts_from_the_authority_alone_and_only_where_something_is_lost() {
        let instance: InstanceId = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap();
        let key = |byte| SigningKey::from_seed(&Key32::from_slice(&[byte; 32]).unwrap());
        let (authority, other) = (key(1), key(2));
        let tree = |size| TreeHead {
            size,
            root: Hash([9; 32]),
        };
        let restored = RestoreStatement {
            instance,
            origin: 2,
            kept: tree(5),
            seen: Some(tree(8)),
            time: 1_795_000_000,
        };
        let note = restored.sign(&authority).unwrap();
        let read = RestoreStatement::verify(&note, instance, &authority.public()).unwrap();
        assert_eq!((&read, read.lost_entries()), (&restored, Some(3)));
        assert!(RestoreStatement::is_statement(&note) && RestoreStatement::is_statement(&restored.text()));
        assert!(RestoreStatement::verify(&note, instance, &other.public()).is_err());
        for senseless in [
            RestoreStatement {
                seen: Some(tree(5)),
                ..restored.clone()
            },
            RestoreStatement {
                origin: 1,
                ..restored.clone()
            },
        ] {
            let note = senseless.sign(&authority).unwrap();
            assert!(
                RestoreStatement::verify(&note, instance, &authority.public()).is_err(),
                "{senseless:?}"
            );
        }
        let anew = RestoreStatement { seen: None, ..restored };
        let note = anew.sign(&authority).unwrap();
        assert_eq!(
            RestoreStatement::verify(&note, instance, &authority.public())
                .unwrap()
                .lost_entries(),
            None
        );
    }
}
