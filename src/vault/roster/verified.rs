//! Signing a roster, and reading one back.

use super::rules::RosterError;
use super::types::{Area, Member, Roster};
use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::note::{self, ED25519, Party};
use crate::domain::role::Role;
use crate::domain::transcript::Transcript;
use crate::vault::agefile::Recipient;
use crate::vault::hash::Hash32;
use crate::vault::signing::{SigningKey, VerifyKey};

/// A roster that the pinned authority signed and that keeps every rule.
#[derive(Debug, Clone)]
pub struct VerifiedRoster {
    roster: Roster,
    note: Vec<u8>,
    hash: Hash32,
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
        self.check()?;
        note::sign(&self.text(), Party::Authority, self.instance, authority).map_err(|_| RosterError::Malformed)
    }
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
        roster.check()?;
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
        self.area_entry(id).map(|area| &area.recipient)
    }
    /// Finds an area by its code.
    pub fn area_entry(&self, id: &str) -> Option<&Area> {
        self.roster.areas.iter().find(|area| area.id == id)
    }
    /// The audit log's verify key.
    pub const fn log_key(&self) -> &VerifyKey {
        &self.roster.log.verify_key
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
