//! The content of a roster.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::role::Role;
use crate::vault::agefile::Recipient;
use crate::vault::areakeys::AreaRecipient;
use crate::vault::base64;
use crate::vault::hash::Hash32;
use crate::vault::key_words::KeyWords;
use crate::vault::signing::{Signature, VerifyKey};

/// Content of a roster, which the authority signs as JSON in a C2SP note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// The installation.
    pub instance: InstanceId,
    /// Version, from 1.
    pub version: u64,
    /// Hash of the version before; `None` for the first.
    pub previous: Option<Hash32>,
    /// The web origins of the service and of the witness's own page.
    pub origins: Origins,
    /// All areas, the officers' desk among them.
    pub areas: Vec<Area>,
    /// Code of the area that is the officers' desk.
    pub desk: String,
    /// All members of staff.
    pub members: Vec<Member>,
    /// Number of officers that an unseal takes.
    pub quorum: u8,
    /// Limits of openings and erasures, which the witness enforces.
    pub policy: Policy,
    /// Time after which identities are erased.
    pub retention: Retention,
    /// Recipients outside the institution.
    pub external_recipients: Vec<ExternalRecipient>,
    /// The witness's keys.
    pub witness: WitnessEntry,
    /// The audit log's key and origin.
    pub log: LogEntry,
}

/// Web origins, such as `https://denuncias.example`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origins {
    /// Origins of the service, at least one.
    pub server: Vec<String>,
    /// Origin of the witness's own page; `None` with an embedded witness.
    pub witness: Option<WitnessOrigin>,
}

/// Origin of the witness's own page, on which officers confirm openings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessOrigin {
    /// The page's origin.
    pub origin: String,
    /// `WebAuthn`'s relying party id: the host.
    pub rp_id: String,
}

/// A unit of staff with its own key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// The profile's code.
    pub id: String,
    /// Version of the area's key, from 1.
    pub version: u64,
    /// The area's public key.
    pub recipient: Recipient,
    /// The member who made the key; they may have left.
    pub maker: StaffId,
    /// The maker's verify key.
    pub maker_key: VerifyKey,
    /// The maker's signature of area, version, recipient and reserve.
    pub signature: Signature,
    /// A second recipient of everything for the area, kept offline.
    pub reserve: Option<Recipient>,
}

impl Area {
    /// The public part of the key, which the maker signs.
    pub fn signed(&self) -> AreaRecipient<'_> {
        AreaRecipient {
            area: &self.id,
            version: self.version,
            recipient: &self.recipient,
            reserve: self.reserve.as_ref(),
        }
    }

    /// Key words of the area's key.
    pub fn key_words(&self, instance: InstanceId) -> KeyWords {
        KeyWords::of_area(instance, &self.id, self.version, &self.recipient)
    }
}

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The member.
    pub id: StaffId,
    /// The member's name, as people say it.
    pub name: String,
    /// The member's role.
    pub role: Role,
    /// Codes of the member's areas.
    pub areas: Vec<String>,
    /// Codes of those areas that the member leads. It is no key.
    pub leads: Vec<String>,
    /// The member's public key.
    pub recipient: Recipient,
    /// The member's verify key.
    pub verify_key: VerifyKey,
    /// Passkeys with which an officer confirms openings on the witness's own page.
    pub unseal_passkeys: Vec<UnsealPasskey>,
}

impl Member {
    /// Key words of the member's keys.
    pub fn key_words(&self, instance: InstanceId) -> KeyWords {
        KeyWords::of_member(
            instance,
            (self.id, &self.name, self.role),
            &self.recipient,
            &self.verify_key,
        )
    }
}

/// A `WebAuthn` credential of an officer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnsealPasskey {
    /// Credential id.
    #[serde(with = "base64::bytes")]
    pub credential: Vec<u8>,
    /// Public key in the form of COSE.
    #[serde(with = "base64::bytes")]
    pub public_key: Vec<u8>,
    /// True if a provider may copy it to other devices.
    pub synced: bool,
}

impl UnsealPasskey {
    /// Key words of the passkey of a member.
    pub fn key_words(&self, instance: InstanceId, member: StaffId) -> KeyWords {
        KeyWords::of_unseal_passkey(instance, member, &self.credential, &self.public_key)
    }
}

/// Limits of openings and erasures. Counts are of any 24 hours by the witness's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Least number of officers in a roster that has any.
    pub minimum_officers: u8,
    /// Openings that one officer may sign.
    pub openings_per_officer: u32,
    /// Openings of the whole desk.
    pub openings_per_desk: u32,
    /// Erasures at a reporter's request.
    pub erasures: u32,
    /// Classes of purposes that need nobody else's signed request.
    pub alone: Vec<String>,
    /// Passkeys with which each opening is confirmed.
    pub unseal_passkeys: PasskeyRule,
}

/// The passkeys that confirm openings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyRule {
    /// Openings are confirmed by no passkey.
    None,
    /// Synced passkeys are accepted.
    Any,
    /// Only passkeys that stay in their device.
    DeviceBound,
}

impl PasskeyRule {
    /// The rule's code.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Any => "any",
            Self::DeviceBound => "device_bound",
        }
    }
}

/// Time after which identities are erased, and how many expire in any 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days from a case's closing until its identity is erased.
    pub closed_days: u32,
    /// Identities that expire in any 24 hours by the witness's clock.
    pub expiries: u32,
}

/// Somebody outside the institution to whom a case can be handed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalRecipient {
    /// A code.
    pub id: String,
    /// The name, as people say it.
    pub name: String,
    /// The public key.
    pub recipient: Recipient,
}

impl ExternalRecipient {
    /// Key words of the recipient.
    pub fn key_words(&self, instance: InstanceId) -> KeyWords {
        KeyWords::of_external(instance, &self.id, &self.name, &self.recipient)
    }
}

/// The witness's keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessEntry {
    /// Recipient of witness halves and purpose letters.
    pub recipient: Recipient,
    /// Verifies cosignatures and statements.
    pub verify_key: VerifyKey,
}

impl WitnessEntry {
    /// Key words of the witness.
    pub fn key_words(&self, instance: InstanceId) -> KeyWords {
        KeyWords::of_witness(instance, &self.recipient, &self.verify_key)
    }
}

/// The audit log's key and origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogEntry {
    /// Verifies checkpoints.
    pub verify_key: VerifyKey,
    /// `<host>/log/<instance>`.
    pub origin: String,
}

impl LogEntry {
    /// Key words of the log.
    pub fn key_words(&self, instance: InstanceId) -> KeyWords {
        KeyWords::of_log(instance, &self.verify_key, &self.origin)
    }
}
