//! Identifiers: UUIDs of version 4 only, because other versions contain a time.

use std::fmt;
use std::str::FromStr;

use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid, Variant};

/// The text was not a version 4 UUID.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a version 4 UUID")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, sqlx::Type)]
        #[serde(try_from = "String", into = "Uuid")]
        #[sqlx(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh random id.
            pub fn random(rng: &mut dyn CryptoRng) -> Self {
                let mut bytes = [0; 16];
                rng.fill_bytes(&mut bytes);
                Self(Builder::from_random_bytes(bytes).into_uuid())
            }

            /// The 16 bytes that enter transcripts.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// Reads those bytes; `None` if they are no version 4 UUID.
            #[must_use]
            pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok()?.try_into().ok()
            }

            #[must_use]
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl TryFrom<Uuid> for $name {
            type Error = InvalidId;

            fn try_from(id: Uuid) -> Result<Self, InvalidId> {
                if id.get_version_num() == 4 && id.get_variant() == Variant::RFC4122 {
                    Ok(Self(id))
                } else {
                    Err(InvalidId)
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(text: String) -> Result<Self, InvalidId> {
                text.parse()
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // Only hyphenated and in lower case: one id, one spelling.
                if text.len() != 36 || text.bytes().any(|byte| byte.is_ascii_uppercase()) {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map_err(|_| InvalidId)?.try_into()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )+};
}

ids! {
    /// One installation of Sigilo; part of every hash, key and signature.
    InstanceId;
    /// A case: the work item that a report becomes.
    CaseId;
    /// One sealed piece of a case.
    RecordId;
    /// An attachment of a case; also the id of the record that describes it, and the name of its blob.
    AttachmentId;
    /// An identity seal; also the record id of its identity record.
    SealId;
    /// A member of staff.
    StaffId;
    /// An entry of a queue: a notification, a message, a notice.
    QueuedId;
    /// An entry of the audit log.
    EntryId;
    /// A letter: text sealed to one member of staff who holds no case key.
    LetterId;
    /// One unseal, from request to verdict.
    UnsealId;
    /// An area's request to the officers' desk to validate an identity.
    ValidationId;
    /// A check or an attempt to reach somebody; also the letter id of its note.
    CheckingId;
    /// A reporter's request about their own personal data.
    RequestId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_versions_and_spellings_are_refused() {
        assert!("0195e0a0-0000-7000-8000-000000000000".parse::<CaseId>().is_err());
        for spelling in [
            "a1a2a3a4b1b24c1c8d1d2d3d4d5d6d7d",
            "A1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d",
            "{a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d}",
        ] {
            assert!(spelling.parse::<CaseId>().is_err());
            assert!(serde_json::from_str::<CaseId>(&format!("{spelling:?}")).is_err());
        }
        let id: CaseId = "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap();
        assert_eq!(id.to_string(), "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d");
    }
}
