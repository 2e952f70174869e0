//! The words for an entry: names for ids, words for acts, and the letters that come with it.

use std::collections::HashMap;

use serde_json::Value;

use crate::audit::entry::{Act, Actor, Entry, Group};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::state::State;
use crate::http::site::Site;
use crate::http::staff::labels;
use crate::http::staff::shell::Shell;
use crate::i18n::{StateTexts as _, Texts};
use crate::store::desk::Letter;
use crate::vault::base64;
use crate::witness::signatures;

/// Characters of a value that the list shows; the entry's own page has all of them.
const MAX_SHOWN_CHARS: usize = 80;
/// Characters of an id that the list shows: enough to tell two apart.
const SHORT_ID_CHARS: usize = 8;
/// Characters of an id.
const ID_CHARS: usize = 36;

/// The keys of a detail that have words of their own.
const NAMED: [&str; 26] = [
    "area",
    "attachment",
    "bad_entry",
    "check",
    "entries",
    "from",
    "hash",
    "letter",
    "made_at",
    "manifests",
    "outcome",
    "path",
    "reason",
    "record",
    "refusal",
    "request",
    "requested",
    "role",
    "signatures",
    "staff",
    "statements",
    "to",
    "unseal",
    "verdict",
    "version",
    "what",
];

/// A purpose that the auditor's browser opens: attributes of `<sealed-letter>`.
pub struct LetterView {
    pub case: String,
    pub id: String,
    pub kind: String,
    pub author: String,
    /// The age file to this auditor, base64.
    pub file: String,
    /// Hex, from the signed request.
    pub commitment: Option<String>,
}

impl LetterView {
    pub(super) fn new(letter: Letter, entry: Option<&Entry>) -> Self {
        Self {
            case: letter.case_id.to_string(),
            id: letter.id.to_string(),
            kind: letter.kind,
            author: entry.map(|entry| entry.actor.to_string()).unwrap_or_default(),
            file: base64::encode(&letter.file),
            commitment: entry.and_then(commitment),
        }
    }
}

/// Reads the commitment to the purpose's text from the bytes that the officer signed.
fn commitment(entry: &Entry) -> Option<String> {
    let signed = signatures(entry).into_iter().next()?;
    let request: Value = serde_json::from_slice(&signed.payload.0).ok()?;
    request.get("commitment")?.as_str().map(str::to_owned)
}

/// Returns the key of an act's words.
pub(super) const fn act_key(act: Act) -> &'static str {
    match act {
        Act::InstanceCreated => "act-instance-created",
        Act::RosterPublished => "act-roster-published",
        Act::StaffAdded => "act-staff-added",
        Act::StaffLeft => "act-staff-left",
        Act::StaffSignedIn => "act-staff-signed-in",
        Act::StaffSignInFailed => "act-staff-sign-in-failed",
        Act::StaffSignedOut => "act-staff-signed-out",
        Act::AccessDenied => "act-access-denied",
        Act::AreaKeyMade => "act-area-key-made",
        Act::AreaMemberAdded => "act-area-member-added",
        Act::CaseOpened => "act-case-opened",
        Act::CaseMessage => "act-case-message",
        Act::CaseNote => "act-case-note",
        Act::CaseStateChanged => "act-case-state-changed",
        Act::CaseAttachment => "act-case-attachment",
        Act::AttachmentOpened => "act-attachment-opened",
        Act::CaseErased => "act-case-erased",
        Act::CaseRecused => "act-case-recused",
        Act::ValidationRequested => "act-validation-requested",
        Act::ReportsCovered => "act-reports-covered",
        Act::UnsealRequested => "act-unseal-requested",
        Act::UnsealReleased => "act-unseal-released",
        Act::UnsealRefused => "act-unseal-refused",
        Act::VerdictStated => "act-verdict-stated",
        Act::IdentityShown => "act-identity-shown",
        Act::CheckNoted => "act-check-noted",
        Act::ErasureRefused => "act-erasure-refused",
        Act::IdentityErased => "act-identity-erased",
        Act::ConfigurationChanged => "act-configuration-changed",
        Act::LogRestored => "act-log-restored",
        Act::LogVerified => "act-log-verified",
        Act::BackupTaken => "act-backup-taken",
        Act::DatabaseMoved => "act-database-moved",
    }
}

/// Returns the key of a group's name.
pub(super) const fn group_key(group: Group) -> &'static str {
    match group {
        Group::Access => "log-group-access",
        Group::People => "log-group-people",
        Group::Cases => "log-group-cases",
        Group::Identities => "log-group-identities",
        Group::System => "log-group-system",
    }
}

/// Writes a value for people.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "–".to_owned(),
        other => other.to_string(),
    }
}

/// Writes a value as far as the list has room: the beginning of an id, the length of a list, no bytes.
fn short(value: &Value) -> Option<String> {
    match value {
        Value::Array(list) => Some(list.len().to_string()),
        Value::Object(_) | Value::Null => None,
        value => {
            let text = plain(value);
            let length = text.chars().count();
            if length == ID_CHARS && text.parse::<CaseId>().is_ok() {
                Some(text.chars().take(SHORT_ID_CHARS).chain(['…']).collect())
            } else {
                (length <= MAX_SHOWN_CHARS).then_some(text)
            }
        }
    }
}

/// Names and texts for a page's entries.
pub(super) struct Words<'a> {
    site: &'a Site,
    t: Texts,
    names: HashMap<StaffId, String>,
}

impl<'a> Words<'a> {
    /// `names` are those of everybody on the staff.
    pub(super) fn new(site: &'a Site, shell: &Shell, names: HashMap<StaffId, String>) -> Self {
        Self {
            site,
            t: shell.page.t.clone(),
            names,
        }
    }

    pub(super) const fn texts(&self) -> &Texts {
        &self.t
    }

    pub(super) fn time(&self, at: UnixSeconds) -> String {
        labels::time(&self.site.app.zone(), at)
    }

    pub(super) fn act(&self, act: Act) -> String {
        self.t.get(act_key(act))
    }

    /// Describes an entry's detail for the list.
    pub(super) fn detail(&self, entry: &Entry) -> Vec<(String, String)> {
        let told = entry.detail.iter().filter_map(|(key, value)| {
            let named = NAMED.contains(&key.as_str());
            let label = if named {
                self.t.get(&format!("log-key-{}", key.replace('_', "-")))
            } else {
                key.clone()
            };
            Some((label, self.in_words(key, value).or_else(|| short(value))?))
        });
        told.collect()
    }

    /// Returns the words for a code; none where it has none.
    fn in_words(&self, key: &str, value: &Value) -> Option<String> {
        let (profile, language) = (&self.site.app.profile(), self.t.language());
        if key == "made_at" {
            return Some(self.time(value.as_i64()?));
        }
        let code = value.as_str()?;
        match key {
            "from" | "to" => Some(self.t.get(code.parse::<State>().ok()?.staff_title())),
            "verdict" => Some(self.t.get(labels::verdict_key(code.parse().ok()?))),
            "outcome" => Some(self.t.get(labels::outcome_key(code.parse().ok()?))),
            "role" => Some(self.t.get(labels::role_key(code.parse().ok()?))),
            "reason" => Some(profile.erasure_reason(code)?.label.get(language).into()),
            "what" => Some(profile.check(code)?.label.get(language).into()),
            "area" => Some(labels::area_label(profile, code, language)),
            "staff" => self.names.get(&code.parse::<StaffId>().ok()?).cloned(),
            _ => None,
        }
    }

    pub(super) fn actor(&self, actor: Actor) -> String {
        match actor {
            Actor::Staff(id) => self.names.get(&id).cloned().unwrap_or_else(|| id.to_string()),
            Actor::System => self.t.get("actor-system"),
            Actor::Nobody => self.t.get("actor-nobody"),
            Actor::Authority => self.t.get("actor-authority"),
        }
    }

    /// Returns everybody on the staff, as actors are written, sorted by name.
    pub(super) fn staff(&self) -> Vec<(String, String)> {
        let all = self.names.iter();
        let mut all: Vec<_> = all
            .map(|(id, name)| (Actor::Staff(*id).to_string(), name.clone()))
            .collect();
        all.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_room_for_what_people_read() {
        let told = |value: Value| short(&value);
        assert_eq!(told("corto".into()).as_deref(), Some("corto"));
        assert_eq!(told(vec!["x"; 500].into()).as_deref(), Some("500"));
        assert_eq!(
            told("a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into()).as_deref(),
            Some("a1a2a3a4…")
        );
        assert_eq!(told("x".repeat(MAX_SHOWN_CHARS + 1).into()), None);
        assert_eq!(told(serde_json::json!({ "state": "closed" })), None);
    }
}
