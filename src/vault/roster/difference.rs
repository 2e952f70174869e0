//! The changes from one roster to the next, for a person who is about to sign.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::types::{Area, Member, PasskeyRule, Roster, UnsealPasskey};
use crate::domain::ids::{InstanceId, StaffId};
use crate::domain::role::Role;
use crate::vault::agefile::Recipient;
use crate::vault::base64;
use crate::vault::key_words::KeyWords;
use crate::vault::signing::VerifyKey;

/// The changes from one roster to the next.
#[derive(Debug, Default)]
pub struct Difference {
    /// All changes, a line each.
    pub changes: Vec<String>,
    /// Changes that lower protection. Each is confirmed by itself.
    pub lowered: Vec<String>,
    /// Keys that the roster before did not name so. The signer types the words of each, from its owner's sheet.
    pub keys: Vec<NewKey>,
}

/// A key that a signer has not signed before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// Tells it from others, in a file of words: `member <id>`, `area <code> <version>`, `witness`, `log` …
    pub label: String,
    /// Describes the owner of the key, for people.
    pub owner: String,
    /// The words that its owner reads out.
    pub words: KeyWords,
}

impl NewKey {
    /// The key of a member, from the keys themselves.
    #[must_use]
    pub fn of_member(
        instance: InstanceId,
        person: (StaffId, &str, Role),
        recipient: &Recipient,
        verify_key: &VerifyKey,
    ) -> Self {
        let (id, name, role) = person;
        Self {
            label: format!("member {id}"),
            owner: format!("{} {}", role.as_str(), shown(name)),
            words: KeyWords::of_member(instance, person, recipient, verify_key),
        }
    }

    /// One version of an area's key.
    #[must_use]
    pub fn of_area(instance: InstanceId, area: &str, version: u64, recipient: &Recipient) -> Self {
        Self {
            label: format!("area {} {version}", shown(area)),
            owner: format!("key {version} of area {}", shown(area)),
            words: KeyWords::of_area(instance, area, version, recipient),
        }
    }

    /// Formats a line of a file of words: label, colon, words in `language`.
    #[must_use]
    pub fn line(&self, language: &str) -> String {
        format!("{}: {}", self.label, self.words.words(language))
    }
}

/// Text of a proposal, which must not move the cursor of whoever reads it.
fn shown(text: &str) -> String {
    text.escape_debug().to_string()
}

fn list(codes: &[String]) -> String {
    shown(&codes.join(", "))
}

impl Roster {
    /// Lists the changes since `old`, for a reviewer who is about to sign.
    #[must_use]
    pub fn difference(&self, old: Option<&Self>) -> Difference {
        Difference {
            changes: self.changes(old),
            lowered: old.map_or_else(Vec::new, |old| self.lowered(old)),
            keys: self.new_keys(old),
        }
    }

    fn changes(&self, old: Option<&Self>) -> Vec<String> {
        // Makers of keys may have left.
        let all = old.into_iter().chain([self]).flat_map(|roster| &roster.members);
        let names: HashMap<StaffId, &str> = all.map(|member| (member.id, member.name.as_str())).collect();
        let before = old.map_or_else(Vec::new, |old| old.lines(&names));
        let after = self.lines(&names);
        let gone = before.iter().filter(|line| !after.contains(line));
        let new = after.iter().filter(|line| !before.contains(line));
        (gone.map(|line| format!("- {line}")))
            .chain(new.map(|line| format!("+ {line}")))
            .collect()
    }

    /// The whole roster, a line for each thing that can change by itself.
    fn lines(&self, names: &HashMap<StaffId, &str>) -> Vec<String> {
        let mut lines: Vec<String> = self.areas.iter().map(|area| describe_area(area, names)).collect();
        lines.extend(self.members.iter().map(describe_member));
        for (member, passkey) in self.passkeys() {
            let synced = if passkey.synced { "synced" } else { "device-bound" };
            lines.push(format!(
                "{} confirms with {synced} passkey {}",
                shown(&member.name),
                base64::encode(&passkey.credential)
            ));
        }
        lines.extend((self.external_recipients.iter()).map(|external| {
            let (id, name) = (shown(&external.id), shown(&external.name));
            format!("external recipient {id}, {name}, seals to {}", external.recipient)
        }));
        let (policy, retention) = (&self.policy, &self.retention);
        lines.extend([
            format!("officers' desk {}", shown(&self.desk)),
            format!("quorum {}", self.quorum),
            format!("at least {} officers", policy.minimum_officers),
            format!("{} openings in 24 hours for each officer", policy.openings_per_officer),
            format!("{} openings in 24 hours for the desk", policy.openings_per_desk),
            format!("{} erasures in 24 hours", policy.erasures),
            format!("classes that stand alone: {}", list(&policy.alone)),
            format!("passkeys that confirm openings: {}", policy.unseal_passkeys.as_str()),
            format!("identities go {} days after closing", retention.closed_days),
            format!("{} identities expire in 24 hours", retention.expiries),
            format!("origins of the service: {}", list(&self.origins.server)),
            match &self.origins.witness {
                Some(witness) => format!("origin of the witness's page: {}", shown(&witness.origin)),
                None => "the witness has no page of its own".into(),
            },
            format!(
                "witness seals to {}, signs with {}",
                self.witness.recipient,
                String::from(self.witness.verify_key)
            ),
            format!(
                "log {} signs with {}",
                shown(&self.log.origin),
                String::from(self.log.verify_key)
            ),
        ]);
        lines
    }

    fn passkeys(&self) -> impl Iterator<Item = (&Member, &UnsealPasskey)> {
        let of = |member: &'_ Member| member.unseal_passkeys.len();
        let members = self.members.iter().filter(move |member| of(member) > 0);
        members.flat_map(|member| member.unseal_passkeys.iter().map(move |passkey| (member, passkey)))
    }

    fn lowered(&self, old: &Self) -> Vec<String> {
        let mut lowered = Vec::new();
        let mut say = |if_so: bool, line: String| {
            if if_so {
                lowered.push(line);
            }
        };
        let (new, was) = (&self.policy, &old.policy);
        say(
            self.quorum < old.quorum,
            format!("quorum {} instead of {}", self.quorum, old.quorum),
        );
        say(
            new.minimum_officers < was.minimum_officers,
            format!(
                "at least {} officers instead of {}",
                new.minimum_officers, was.minimum_officers
            ),
        );
        for (now, then, what) in [
            (
                new.openings_per_officer,
                was.openings_per_officer,
                "openings for each officer",
            ),
            (new.openings_per_desk, was.openings_per_desk, "openings for the desk"),
            (new.erasures, was.erasures, "erasures"),
            (self.retention.expiries, old.retention.expiries, "expiries"),
        ] {
            say(now > then, format!("{now} {what} in 24 hours instead of {then}"));
        }
        for class in new.alone.iter().filter(|class| !was.alone.contains(class)) {
            say(true, format!("class {} needs nobody else's request", shown(class)));
        }
        say(
            strength(new.unseal_passkeys) < strength(was.unseal_passkeys),
            format!(
                "passkeys that confirm openings: {} instead of {}",
                new.unseal_passkeys.as_str(),
                was.unseal_passkeys.as_str()
            ),
        );
        for (member, passkey) in old.passkeys() {
            let stays = self.members.iter().find(|now| now.id == member.id);
            say(
                stays.is_some_and(|now| !now.unseal_passkeys.contains(passkey)),
                format!(
                    "{} loses passkey {}",
                    shown(&member.name),
                    base64::encode(&passkey.credential)
                ),
            );
        }
        // Sooner, so that nobody can find them any more; or later than reporters were told.
        let (days, before) = (self.retention.closed_days, old.retention.closed_days);
        say(
            days != before,
            format!("identities go {days} days after closing instead of {before}"),
        );
        for area in &self.areas {
            let before = old.areas.iter().find(|before| before.id == area.id);
            let back = before.filter(|before| before.recipient != area.recipient && before.version >= area.version);
            if let Some(before) = back {
                say(
                    true,
                    format!(
                        "area {} goes from key {} to key {}",
                        shown(&area.id),
                        before.version,
                        area.version
                    ),
                );
            }
        }
        for origin in self
            .origins
            .server
            .iter()
            .filter(|origin| !old.origins.server.contains(origin))
        {
            say(true, format!("the service is reached at {}, too", shown(origin)));
        }
        let page = self.origins.witness.as_ref();
        if page != old.origins.witness.as_ref() && old.origins.witness.is_some() {
            let origin = page.map_or_else(|| "nowhere".to_owned(), |page| shown(&page.origin));
            say(true, format!("the witness's own page moves to {origin}"));
        }
        say(
            self.desk != old.desk,
            format!(
                "the officers' desk is {} instead of {}",
                shown(&self.desk),
                shown(&old.desk)
            ),
        );
        lowered
    }

    fn new_keys(&self, old: Option<&Self>) -> Vec<NewKey> {
        let instance = self.instance;
        let mut keys = Vec::new();
        for member in &self.members {
            let words = member.key_words(instance);
            let known = old.and_then(|old| old.members.iter().find(|known| known.id == member.id));
            if known.is_none_or(|known| known.key_words(instance) != words) {
                let person = (member.id, member.name.as_str(), member.role);
                keys.push(NewKey::of_member(
                    instance,
                    person,
                    &member.recipient,
                    &member.verify_key,
                ));
            }
        }
        for area in &self.areas {
            let known = old.and_then(|old| old.areas.iter().find(|known| known.id == area.id));
            if known.is_none_or(|known| known != area) && !self.is_bound(area, old) {
                keys.push(NewKey::of_area(instance, &area.id, area.version, &area.recipient));
            }
            if let Some(reserve) = &area.reserve
                && known.is_none_or(|known| known.reserve.as_ref() != Some(reserve))
            {
                keys.push(NewKey {
                    label: format!("reserve {}", shown(&area.id)),
                    owner: format!("the reserve of area {}", shown(&area.id)),
                    words: KeyWords::of_reserve(instance, &area.id, reserve),
                });
            }
        }
        for (member, passkey) in self.passkeys() {
            let known = old.is_some_and(|old| {
                old.passkeys()
                    .any(|known| known.0.id == member.id && known.1 == passkey)
            });
            if !known {
                keys.push(NewKey {
                    label: format!("passkey {} {}", member.id, base64::encode(&passkey.credential)),
                    owner: format!("a passkey of {}", shown(&member.name)),
                    words: passkey.key_words(instance, member.id),
                });
            }
        }
        for external in &self.external_recipients {
            if old.is_none_or(|old| !old.external_recipients.contains(external)) {
                keys.push(NewKey {
                    label: format!("external {}", shown(&external.id)),
                    owner: format!("external recipient {}", shown(&external.name)),
                    words: external.key_words(instance),
                });
            }
        }
        if old.is_none_or(|old| old.witness != self.witness) {
            keys.push(NewKey {
                label: "witness".into(),
                owner: "the witness".into(),
                words: self.witness.key_words(instance),
            });
        }
        if old.is_none_or(|old| old.log != self.log) {
            keys.push(NewKey {
                label: "log".into(),
                owner: "the audit log".into(),
                words: self.log.key_words(instance),
            });
        }
        keys
    }

    /// True if a member of the area signed its key. The words of members are compared, and so their keys answer for it.
    fn is_bound(&self, area: &Area, old: Option<&Self>) -> bool {
        let members = old.into_iter().chain([self]).flat_map(|roster| &roster.members);
        members
            .filter(|member| member.id == area.maker && member.verify_key == area.maker_key)
            .any(|member| member.areas.contains(&area.id))
    }
}

fn describe_area(area: &Area, names: &HashMap<StaffId, &str>) -> String {
    let maker = names
        .get(&area.maker)
        .map_or_else(|| area.maker.to_string(), |name| shown(name));
    let mut line = format!(
        "area {}, key {}, seals to {}, made by {maker}",
        shown(&area.id),
        area.version,
        area.recipient
    );
    if let Some(reserve) = &area.reserve {
        let _infallible = write!(line, ", with the reserve {reserve}");
    }
    line
}

fn describe_member(member: &Member) -> String {
    let mut line = format!("{} {}, {}", member.role.as_str(), shown(&member.name), member.id);
    if !member.areas.is_empty() {
        let _infallible = write!(line, ", of {}", list(&member.areas));
    }
    if !member.leads.is_empty() {
        let _infallible = write!(line, ", leads {}", list(&member.leads));
    }
    let _infallible = write!(
        line,
        ", seals to {}, signs with {}",
        member.recipient,
        String::from(member.verify_key)
    );
    line
}

const fn strength(rule: PasskeyRule) -> u8 {
    match rule {
        PasskeyRule::None => 0,
        PasskeyRule::Any => 1,
        PasskeyRule::DeviceBound => 2,
    }
}
