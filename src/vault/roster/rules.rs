//! The rules that a roster keeps, when it is signed and when it is read.

use std::collections::HashSet;
use std::hash::Hash;

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::types::{PasskeyRule, Roster};
use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::role::Role;
use crate::vault::agefile::Recipient;
use crate::vault::signing::VerifyKey;

/// Longest name, in characters.
const MAX_NAME_CHARS: usize = 120;

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

/// True for a name that a roster may hold: NFC, 1 to 120 characters, none of them a control character or one that
/// changes how the text around it is shown.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let hides = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    (1..=MAX_NAME_CHARS).contains(&text.chars().count()) && is_nfc(text) && !text.contains(hides)
}

/// Normalizes a typed name: trimmed, NFC. It may still be none: [`is_name`].
#[must_use]
pub fn normalize_name(text: &str) -> String {
    text.trim().nfc().collect()
}

/// The part of an origin after its scheme.
fn host(origin: &str) -> Option<&str> {
    let host = origin
        .strip_prefix("https://")
        .or_else(|| origin.strip_prefix("http://"))?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:[]".contains(c);
    (!host.is_empty() && host.chars().all(allowed)).then_some(host)
}

/// The origin of an installation's log, for the address at which it is reached. `None` if the address is no web origin.
#[must_use]
pub fn log_origin(instance: InstanceId, public_url: &str) -> Option<String> {
    host(public_url).map(|host| format!("{host}/log/{instance}"))
}

fn are_unique<T: Hash + Eq>(all: impl IntoIterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    all.into_iter().all(|one| seen.insert(one))
}

fn rule(holds: bool, text: &'static str) -> Result<(), RosterError> {
    if holds { Ok(()) } else { Err(RosterError::Rule(text)) }
}

impl Roster {
    /// Checks every rule.
    ///
    /// # Errors
    /// [`RosterError::Rule`] with the first that is broken.
    pub fn check(&self) -> Result<(), RosterError> {
        rule(
            self.version >= 1 && (self.version == 1) == self.previous.is_none(),
            "versions count from 1 in a chain",
        )?;
        self.check_keys()?;
        self.check_areas()?;
        self.check_members()?;
        self.check_policy()?;
        self.check_origins()
    }

    fn check_keys(&self) -> Result<(), RosterError> {
        let recipients = (self.areas.iter().map(|area| &area.recipient))
            .chain(self.areas.iter().filter_map(|area| area.reserve.as_ref()))
            .chain(self.members.iter().map(|member| &member.recipient))
            .chain(self.external_recipients.iter().map(|external| &external.recipient))
            .chain([&self.witness.recipient]);
        rule(are_unique(recipients.map(Recipient::as_str)), "recipients are unique")?;
        let keys = (self.members.iter().map(|member| &member.verify_key))
            .chain([&self.witness.verify_key, &self.log.verify_key]);
        rule(are_unique(keys.map(VerifyKey::as_bytes)), "verify keys are unique")?;
        let passkeys = self.members.iter().flat_map(|member| &member.unseal_passkeys);
        rule(
            are_unique(passkeys.map(|passkey| &passkey.credential)),
            "passkeys are unique",
        )?;
        let external = &self.external_recipients;
        rule(
            are_unique(external.iter().map(|external| &external.id)),
            "each external recipient stands once",
        )?;
        let names = (self.members.iter().map(|member| &member.name))
            .chain(external.iter().flat_map(|external| [&external.id, &external.name]));
        rule(
            names.map(String::as_str).all(is_name),
            "names are in NFC, of 1 to 120 characters, without control characters",
        )
    }

    fn check_areas(&self) -> Result<(), RosterError> {
        rule(
            are_unique(self.areas.iter().map(|area| &area.id)),
            "each area stands once",
        )?;
        rule(
            self.areas.iter().any(|area| area.id == self.desk),
            "the officers' desk is one of the areas",
        )?;
        for area in &self.areas {
            rule(area.version >= 1, "versions of area keys count from 1")?;
            rule(
                area.signed()
                    .verify(self.instance, &area.maker_key, &area.signature)
                    .is_ok(),
                "the maker of an area's key signed it",
            )?;
            let maker = self.members.iter().find(|member| member.id == area.maker);
            rule(
                maker.is_none_or(|maker| maker.verify_key == area.maker_key),
                "the maker of an area's key has the key of that member",
            )?;
        }
        Ok(())
    }

    fn check_members(&self) -> Result<(), RosterError> {
        let ids: HashSet<StaffId> = self.members.iter().map(|member| member.id).collect();
        rule(ids.len() == self.members.len(), "each member stands once")?;
        let areas: HashSet<&str> = self.areas.iter().map(|area| area.id.as_str()).collect();
        for member in &self.members {
            let of: HashSet<&str> = member.areas.iter().map(String::as_str).collect();
            rule(
                of.len() == member.areas.len() && of.is_subset(&areas),
                "members belong to areas of the roster",
            )?;
            let leads: HashSet<&str> = member.leads.iter().map(String::as_str).collect();
            rule(
                leads.len() == member.leads.len() && leads.is_subset(&of),
                "leads belong to the areas that they lead",
            )?;
            let officer = member.role == Role::Officer;
            rule(
                officer == of.contains(self.desk.as_str()),
                "officers, and nobody else, are of the desk",
            )?;
            rule(!officer || of.len() == 1, "officers are of nothing but the desk")?;
            rule(member.role != Role::Clerk || of.is_empty(), "clerks are of no area")?;
            rule(
                officer || member.unseal_passkeys.is_empty(),
                "only officers have passkeys for openings",
            )?;
        }
        let number = |role| self.members.iter().filter(|member| member.role == role).count();
        let officers = number(Role::Officer);
        rule(
            officers == 0 || (usize::from(self.quorum)..=255).contains(&officers),
            "there are at least as many officers as the quorum, and at most 255",
        )?;
        rule(
            officers == 0 || officers >= usize::from(self.policy.minimum_officers),
            "there are at least as many officers as the policy's minimum",
        )?;
        rule(
            officers == 0 || number(Role::Auditor) > 0,
            "where there are officers, there is at least one auditor",
        )
    }

    fn check_policy(&self) -> Result<(), RosterError> {
        rule(self.quorum >= 1, "the quorum is at least 1")?;
        let policy = &self.policy;
        rule(
            policy.minimum_officers >= self.quorum,
            "the minimum of officers is at least the quorum",
        )?;
        let counts = [
            policy.openings_per_officer,
            policy.openings_per_desk,
            policy.erasures,
            self.retention.closed_days,
            self.retention.expiries,
        ];
        rule(
            counts.iter().all(|count| *count >= 1),
            "limits and retention are at least 1",
        )?;
        rule(
            are_unique(&policy.alone) && policy.alone.iter().all(|class| is_name(class)),
            "each class that stands alone is named once",
        )?;
        rule(
            policy.unseal_passkeys == PasskeyRule::None || self.origins.witness.is_some(),
            "passkeys for openings need the origin of the witness's page",
        )
    }

    fn check_origins(&self) -> Result<(), RosterError> {
        let origins = &self.origins;
        rule(
            !origins.server.is_empty() && are_unique(&origins.server),
            "the service has an origin, and each stands once",
        )?;
        let witness = origins.witness.as_ref();
        let mut all = origins.server.iter().chain(witness.map(|witness| &witness.origin));
        rule(
            all.all(|origin| host(origin).is_some()),
            "origins are a scheme and a host, such as https://denuncias.example",
        )?;
        rule(
            witness.is_none_or(|witness| {
                // The port is no part of it.
                let host = host(&witness.origin).map(|host| host.split(':').next().unwrap_or(host));
                host == Some(witness.rp_id.as_str())
            }),
            "the relying party of the witness's page is its host",
        )?;
        let name = self.log.origin.strip_suffix(&format!("/log/{}", self.instance));
        rule(
            name.is_some_and(|name| host(&format!("https://{name}")).is_some()),
            "the log's origin is <host>/log/<instance>",
        )
    }
}
