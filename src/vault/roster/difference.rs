//! The changes from one roster to the next, for a person who is about to sign.

use super::types::{Area, Member, Roster};
use crate::vault::hash::Hash32;
use crate::vault::signing::VerifyKey;

impl Roster {
    /// Lists the changes since `old` for a reviewer who is about to sign: one line each, with fingerprints.
    pub fn difference(&self, old: Option<&Self>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut add = |sign: char, what: String| lines.push(format!("{sign} {what}"));
        let member = |m: &Member| {
            format!(
                "{} {} {} [{}] seals to {} signs with {}",
                m.role.as_str(),
                m.name.escape_debug(),
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
            let log = &self.log;
            add(
                '+',
                format!(
                    "log {} signs with {}",
                    log.origin.escape_debug(),
                    fingerprint(&log.verify_key)
                ),
            );
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
