//! Entries of the audit log: the stored form, and the leaf that is hashed (`docs/PROTOCOL.md`, section 10).
//! The module must not know where entries are kept. No entry holds free text: that is a letter, and `detail` commits to it.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use unicode_normalization::is_nfc;

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, EntryId, InstanceId, StaffId};
use crate::domain::transcript::Transcript;

/// Size of the largest entry, in bytes. An entry bundle of C2SP tlog-tiles counts the bytes of an entry in sixteen bits.
pub const MAX_ENTRY_BYTES: usize = 65_000;

/// Reason why bytes are no entry.
#[derive(Debug, thiserror::Error)]
pub enum InvalidEntry {
    /// The JSON does not read.
    #[error("not the JSON of an entry: {0}")]
    Json(#[from] serde_json::Error),
    /// The text is not in Unicode normal form C.
    #[error("not UTF-8 in normal form C")]
    NotNormal,
}

/// The text is no act's code.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not the code of an act")]
pub struct UnknownAct;

macro_rules! acts {
    ($($name:ident = $code:literal,)+) => {
        /// Kind of an act. The codes are stored and never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Act {
            $(
                #[doc = concat!("`", $code, "`")]
                #[serde(rename = $code)]
                $name,
            )+
        }

        impl Act {
            /// All acts.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The stable text code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }
        }

        impl FromStr for Act {
            type Err = UnknownAct;

            fn from_str(code: &str) -> Result<Self, UnknownAct> {
                match code {
                    $($code => Ok(Self::$name),)+
                    _ => Err(UnknownAct),
                }
            }
        }
    };
}

/// Group of acts; the log can be filtered by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Sign-ins, and denied access.
    Access,
    /// Staff, areas and rosters.
    People,
    /// Cases and their attachments.
    Cases,
    /// Identities: validation, unseal, verdict, erasure.
    Identities,
    /// The installation and the log itself.
    System,
}

impl Group {
    /// All groups.
    pub const ALL: [Self; 5] = [Self::Access, Self::People, Self::Cases, Self::Identities, Self::System];

    /// The stable text code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::People => "people",
            Self::Cases => "cases",
            Self::Identities => "identities",
            Self::System => "system",
        }
    }

    /// Lists the acts of the group.
    pub fn acts(self) -> impl Iterator<Item = Act> {
        Act::ALL.iter().copied().filter(move |act| act.group() == self)
    }
}

impl Act {
    /// Returns the group, by the subject that stands before the point of the code.
    pub fn group(self) -> Group {
        let code = self.code();
        match (code.split('.').next().unwrap_or_default(), code) {
            (_, "staff.signed_in" | "staff.sign_in_failed" | "staff.signed_out") | ("access", _) => Group::Access,
            ("staff" | "area" | "roster", _) => Group::People,
            ("case" | "attachment", _) => Group::Cases,
            ("validation" | "reports" | "unseal" | "check" | "verdict" | "identity" | "erasure", _) => {
                Group::Identities
            }
            _ => Group::System,
        }
    }
}

acts! {
    InstanceCreated = "instance.created",
    RosterPublished = "roster.published",
    StaffAdded = "staff.added",
    StaffLeft = "staff.left",
    StaffSignedIn = "staff.signed_in",
    StaffSignInFailed = "staff.sign_in_failed",
    StaffSignedOut = "staff.signed_out",
    AccessDenied = "access.denied",
    AreaKeyMade = "area.key_made",
    AreaMemberAdded = "area.member_added",
    CaseOpened = "case.opened",
    CaseMessage = "case.message",
    CaseNote = "case.note",
    CaseStateChanged = "case.state_changed",
    CaseAttachment = "case.attachment",
    AttachmentOpened = "attachment.opened",
    CaseErased = "case.erased",
    CaseRecused = "case.recused",
    ValidationRequested = "validation.requested",
    ReportsCovered = "reports.covered",
    UnsealRequested = "unseal.requested",
    UnsealReleased = "unseal.released",
    UnsealRefused = "unseal.refused",
    VerdictStated = "verdict.stated",
    IdentityShown = "identity.shown",
    CheckNoted = "check.noted",
    IdentityErased = "identity.erased",
    ErasureRefused = "erasure.refused",
    ConfigurationChanged = "configuration.changed",
    LogRestored = "log.restored",
    BackupTaken = "backup.taken",
    DatabaseMoved = "database.moved",
    LogVerified = "log.verified",
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The text names no actor.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an actor: staff:<uuid>, system, nobody or authority")]
pub struct InvalidActor;

/// Actor of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Actor {
    /// A member of staff.
    Staff(StaffId),
    /// The server by itself.
    System,
    /// An unknown person, whose sign-in failed.
    Nobody,
    /// The offline authority.
    Authority,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staff(id) => write!(f, "staff:{id}"),
            Self::System => f.write_str("system"),
            Self::Nobody => f.write_str("nobody"),
            Self::Authority => f.write_str("authority"),
        }
    }
}

impl FromStr for Actor {
    type Err = InvalidActor;

    fn from_str(text: &str) -> Result<Self, InvalidActor> {
        match text {
            "system" => Ok(Self::System),
            "nobody" => Ok(Self::Nobody),
            "authority" => Ok(Self::Authority),
            _ => {
                let id = text.strip_prefix("staff:").ok_or(InvalidActor)?;
                // The id's parser also accepts capitals; the comparison below does not.
                let id: StaffId = id.parse().map_err(|_| InvalidActor)?;
                let actor = Self::Staff(id);
                if actor.to_string() == text {
                    Ok(actor)
                } else {
                    Err(InvalidActor)
                }
            }
        }
    }
}

impl TryFrom<String> for Actor {
    type Error = InvalidActor;

    fn try_from(text: String) -> Result<Self, InvalidActor> {
        text.parse()
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> Self {
        actor.to_string()
    }
}

/// Bytes that are written as base64 (standard, padded) in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Base64(pub Vec<u8>);

impl TryFrom<String> for Base64 {
    type Error = base64::DecodeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        BASE64_STANDARD.decode(text).map(Self)
    }
}

impl From<Base64> for String {
    fn from(bytes: Base64) -> Self {
        BASE64_STANDARD.encode(bytes.0)
    }
}

/// An actor's signature over a payload: `Sign(by's key, what, payload)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedPayload {
    /// The signer.
    pub by: StaffId,
    /// Domain-separation label of the signature.
    pub what: String,
    /// The signed bytes.
    pub payload: Base64,
    /// The Ed25519 signature, 64 bytes.
    pub signature: Base64,
}

/// One entry. Hash and verify its *stored bytes*, never bytes that were serialized again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Names the entry; unique in the log.
    pub id: EntryId,
    /// When it was written, in seconds since 1970.
    pub time: UnixSeconds,
    /// The actor.
    pub actor: Actor,
    /// The act.
    pub act: Act,
    /// The case that it is about.
    pub case: Option<CaseId>,
    /// Codes, ids and hashes; the shape depends on the act.
    pub detail: Map<String, Value>,
    /// The actor's signature, for acts that are signed.
    pub signed: Option<SignedPayload>,
}

impl Entry {
    /// Writes the bytes to store.
    ///
    /// # Errors
    /// [`InvalidEntry::NotNormal`] when a text in it is not in normal form C.
    pub fn to_bytes(&self) -> Result<Vec<u8>, InvalidEntry> {
        let text = serde_json::to_string(self)?;
        if is_nfc(&text) {
            Ok(text.into_bytes())
        } else {
            Err(InvalidEntry::NotNormal)
        }
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// [`InvalidEntry`] for unknown or missing fields, codes and spellings, or text not in normal form C.
    pub fn read(stored: &[u8]) -> Result<Self, InvalidEntry> {
        let text = std::str::from_utf8(stored).map_err(|_| InvalidEntry::NotNormal)?;
        if !is_nfc(text) {
            return Err(InvalidEntry::NotNormal);
        }
        Ok(serde_json::from_str(text)?)
    }
}

/// `detail` of an `unseal.released` or `unseal.refused` entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnsweredDetail {
    /// The id of the `unseal.requested` entry that is answered.
    pub requested: EntryId,
    /// Code of the witness's refusal, if it refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

impl AnsweredDetail {
    /// Reads the detail of an entry; `None` when it has another shape.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        serde_json::from_value(Value::Object(entry.detail.clone())).ok()
    }
}

/// Builds the leaf of an entry's stored bytes, `T("audit-entry", instance, e)`.
#[must_use]
pub fn leaf(instance: InstanceId, stored: &[u8]) -> Transcript {
    Transcript::new("audit-entry", instance).field(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_reads_back_and_strangers_are_refused() {
        let entry = Entry {
            id: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap(),
            time: 1_790_000_000,
            actor: Actor::System,
            act: Act::InstanceCreated,
            case: None,
            detail: Map::new(),
            signed: None,
        };
        let stored = entry.to_bytes().unwrap();
        assert_eq!(Entry::read(&stored).unwrap(), entry);
        let text = String::from_utf8(stored).unwrap();
        assert!(Entry::read(text.replacen('{', "{\"more\":1,", 1).as_bytes()).is_err());
        assert!(Entry::read(text.replace("instance.created", "instance.sold").as_bytes()).is_err());
        assert!(Entry::read(text.replace("system", "anybody").as_bytes()).is_err());
    }
}
