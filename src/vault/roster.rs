//! The roster: the signed list of all recipients to whom anything is sealed (`docs/PROTOCOL.md`, section 6).
//!
//! A [`VerifiedRoster`] exists only after the pinned authority's signature and every rule have been checked.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::note::{self, ED25519, Party};
use crate::domain::role::Role;
use crate::domain::transcript::Transcript;
use crate::vault::agefile::Recipient;
use crate::vault::hash::Hash32;
use crate::vault::signing::{SigningKey, VerifyKey};

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
    /// All areas, the officers' desk among them.
    pub areas: Vec<Area>,
    /// Code of the area that is the officers' desk.
    pub desk: String,
    /// All members of staff.
    pub members: Vec<Member>,
    /// Number of officers that an unseal takes.
    pub quorum: u8,
    /// The witness's keys.
    pub witness: WitnessEntry,
    /// The audit log's verify key.
    pub log: VerifyKey,
}

/// A unit of staff with its own key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// The profile's code.
    pub id: String,
    /// The area's public key.
    pub recipient: Recipient,
}

/// A member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The member.
    pub id: StaffId,
    /// The member's role.
    pub role: Role,
    /// Codes of the member's areas.
    pub areas: Vec<String>,
    /// The member's public key.
    pub recipient: Recipient,
    /// The member's verify key.
    pub verify_key: VerifyKey,
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

/// Reason why a roster is refused.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum RosterError {
    /// The signature does not verify.
    #[error("the roster does not bear the authority's signature")]
    BadSignature,
    /// The text does not read, or names another installation.
    #[error("not a roster of this instance")]
    Malformed,
    /// A rule is broken; carries its text.
    #[error("the roster breaks a rule: {0}")]
    Rule(&'static str),
    /// It does not follow this version.
    #[error("the roster does not follow version {0}")]
    DoesNotFollow(u64),
}

/// A roster that the pinned authority signed and that keeps every rule.
#[derive(Debug, Clone)]
pub struct VerifiedRoster {
    roster: Roster,
    note: Vec<u8>,
    hash: Hash32,
}

fn check(roster: &Roster) -> Result<(), RosterError> {
    let rule = |holds: bool, what| if holds { Ok(()) } else { Err(RosterError::Rule(what)) };
    rule(
        roster.version >= 1 && (roster.version == 1) == roster.previous.is_none(),
        "versions count from 1 in a chain",
    )?;
    let areas: HashSet<&str> = roster.areas.iter().map(|area| area.id.as_str()).collect();
    rule(areas.len() == roster.areas.len(), "each area stands once")?;
    rule(
        areas.contains(roster.desk.as_str()),
        "the officers' desk is one of the areas",
    )?;
    let ids: HashSet<StaffId> = roster.members.iter().map(|member| member.id).collect();
    rule(ids.len() == roster.members.len(), "each member stands once")?;
    let recipients: Vec<&Recipient> = (roster.areas.iter().map(|area| &area.recipient))
        .chain(roster.members.iter().map(|member| &member.recipient))
        .chain([&roster.witness.recipient])
        .collect();
    rule(
        recipients.iter().collect::<HashSet<_>>().len() == recipients.len(),
        "recipients are unique",
    )?;
    let keys: Vec<&VerifyKey> = roster
        .members
        .iter()
        .map(|member| &member.verify_key)
        .chain([&roster.witness.verify_key, &roster.log])
        .collect();
    rule(
        keys.iter().collect::<HashSet<_>>().len() == keys.len(),
        "verify keys are unique",
    )?;
    for member in &roster.members {
        let of: HashSet<&str> = member.areas.iter().map(String::as_str).collect();
        rule(
            of.len() == member.areas.len() && of.is_subset(&areas),
            "members belong to areas of the roster",
        )?;
        let officer = member.role == Role::Officer;
        rule(
            officer == of.contains(roster.desk.as_str()),
            "officers, and nobody else, are of the desk",
        )?;
        rule(!officer || of.len() == 1, "officers are of nothing but the desk")?;
        rule(member.role != Role::Clerk || of.is_empty(), "clerks are of no area")?;
    }
    rule(roster.quorum >= 1, "the quorum is at least 1")?;
    let officers = roster.members.iter().filter(|m| m.role == Role::Officer).count();
    rule(
        officers == 0 || (usize::from(roster.quorum)..=255).contains(&officers),
        "there are at least as many officers as the quorum, and at most 255",
    )
}

impl Roster {
    /// Formats the note's text.
    pub fn text(&self) -> Vec<u8> {
        note::json_text("roster", self.instance, self)
    }

    /// Checks the rules, and signs with the authority's key. Returns the note.
    ///
    /// # Errors
    /// [`RosterError::Rule`]
    pub fn sign(&self, authority: &SigningKey) -> Result<Vec<u8>, RosterError> {
        check(self)?;
        note::sign(&self.text(), Party::Authority, self.instance, authority).map_err(|_| RosterError::Malformed)
    }

    /// Lists the changes since `old` for a reviewer who is about to sign: one line each, with fingerprints.
    pub fn difference(&self, old: Option<&Self>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut add = |sign: char, what: String| lines.push(format!("{sign} {what}"));
        let member = |m: &Member| {
            format!(
                "{} {} [{}] seals to {} signs with {}",
                m.role.as_str(),
                m.id,
                m.areas.join(", ").escape_debug(),
                m.recipient,
                fingerprint(&m.verify_key)
            )
        };
        let area = |a: &Area| format!("area {} seals to {}", a.id.escape_debug(), a.recipient);
        let (old_members, old_areas) = old.map_or((&[][..], &[][..]), |old| (&old.members, &old.areas));
        for gone in old_areas.iter().filter(|a| !self.areas.contains(a)) {
            add('-', area(gone));
        }
        for new in self.areas.iter().filter(|a| !old_areas.contains(a)) {
            add('+', area(new));
        }
        for gone in old_members.iter().filter(|m| !self.members.contains(m)) {
            add('-', member(gone));
        }
        for new in self.members.iter().filter(|m| !old_members.contains(m)) {
            add('+', member(new));
        }
        if old.is_none_or(|old| old.desk != self.desk) {
            add('+', format!("officers' desk {}", self.desk.escape_debug()));
        }
        if old.is_none_or(|old| old.quorum != self.quorum) {
            add('+', format!("quorum {}", self.quorum));
        }
        if old.is_none_or(|old| old.witness != self.witness) {
            add(
                '+',
                format!(
                    "witness seals to {} signs with {}",
                    self.witness.recipient,
                    fingerprint(&self.witness.verify_key)
                ),
            );
        }
        if old.is_none_or(|old| old.log != self.log) {
            add('+', format!("log signs with {}", fingerprint(&self.log)));
        }
        lines
    }
}

/// Formats a short form of a key that people can compare aloud: 16 hex digits in fours.
pub fn fingerprint(key: &VerifyKey) -> String {
    let hex = Hash32::of_bytes(key.as_bytes()).to_string();
    (0..4)
        .map(|four| &hex[4 * four..4 * four + 4])
        .collect::<Vec<_>>()
        .join(" ")
}

impl VerifiedRoster {
    /// Verifies a note against the pinned authority.
    ///
    /// # Errors
    /// [`RosterError`]
    pub fn verify(instance: InstanceId, bytes: &[u8], authority: &VerifyKey) -> Result<Self, RosterError> {
        let text = note::verify(bytes, ED25519, Party::Authority, instance, authority.as_bytes())
            .map_err(|_| RosterError::BadSignature)?;
        let roster: Roster = note::read_json(&text, "roster", instance).map_err(|_| RosterError::Malformed)?;
        if roster.instance != instance {
            return Err(RosterError::Malformed);
        }
        check(&roster)?;
        let hash = Hash32::of(&Transcript::new("roster-hash", instance).field(&text));
        Ok(Self {
            roster,
            note: bytes.to_vec(),
            hash,
        })
    }

    /// Checks that this version follows `previous`.
    ///
    /// # Errors
    /// [`RosterError::DoesNotFollow`] unless this is the version right after `previous`.
    pub fn follows(&self, previous: &Self) -> Result<(), RosterError> {
        if self.roster.version == previous.roster.version + 1 && self.roster.previous == Some(previous.hash) {
            Ok(())
        } else {
            Err(RosterError::DoesNotFollow(previous.roster.version))
        }
    }

    /// The roster's content.
    pub const fn roster(&self) -> &Roster {
        &self.roster
    }
    /// Version, from 1.
    pub const fn version(&self) -> u64 {
        self.roster.version
    }
    /// Hash of the note's text; names the roster.
    pub const fn hash(&self) -> Hash32 {
        self.hash
    }
    /// The signed note's bytes.
    pub fn note(&self) -> &[u8] {
        &self.note
    }
    /// Number of officers that an unseal takes.
    pub const fn quorum(&self) -> u8 {
        self.roster.quorum
    }
    /// The witness's public key.
    pub const fn witness_recipient(&self) -> &Recipient {
        &self.roster.witness.recipient
    }
    /// The witness's verify key.
    pub const fn witness_key(&self) -> &VerifyKey {
        &self.roster.witness.verify_key
    }
    /// Finds an area's public key by its code.
    pub fn area(&self, id: &str) -> Option<&Recipient> {
        self.roster
            .areas
            .iter()
            .find(|area| area.id == id)
            .map(|area| &area.recipient)
    }
    /// Code of the officers' desk.
    pub fn desk(&self) -> &str {
        &self.roster.desk
    }
    /// Finds a member.
    pub fn member(&self, id: StaffId) -> Option<&Member> {
        self.roster.members.iter().find(|member| member.id == id)
    }
    /// Officers in the roster's order, which is the order of their shares.
    pub fn officers(&self) -> Vec<&Member> {
        self.with_role(Role::Officer)
    }
    /// Lists the members of a role, in the roster's order.
    pub fn with_role(&self, role: Role) -> Vec<&Member> {
        self.roster
            .members
            .iter()
            .filter(|member| member.role == role)
            .collect()
    }
}
