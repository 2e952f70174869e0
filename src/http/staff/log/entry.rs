//! `/staff/log/{leaf}`: one entry with all that its leaf holds, and the proof for the auditor's browser that the log holds
//! it. The proof is a file for others, too.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value};

use crate::audit::entry::{Act, Actor, Entry};
use crate::audit::proof::Proof;
use crate::audit::tree::leaf_hash;
use crate::http::error::RouteError;
use crate::http::extract::{PathId, SignedIn};
use crate::http::html;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::log::words::{PurposeView, Words, plain};
use crate::http::staff::shell::{Section, Shell};
use crate::service::audit::reading::ReadEntry;
use crate::service::people::sessions::Member;
use crate::service::{Error, Result};
use crate::vault::base64;
use crate::vault::roster::fingerprint;
use crate::witness::signatures;

/// The proof that the browser checks: attributes of `<verified-entry>`, base64.
pub struct Evidence {
    pub entry: String,
    /// Hashes of the inclusion proof, with spaces between them.
    pub hashes: String,
    pub checkpoint: String,
}

/// The bytes that the actor signed.
pub struct SignedFacts {
    pub what: String,
    /// Text where it is one, else base64.
    pub payload: String,
}

/// The contents of the entry, where its bytes read.
pub struct Facts {
    pub id: String,
    pub at: String,
    pub act: String,
    pub code: &'static str,
    pub actor: String,
    /// The actor as the entry has it, for the list of their acts.
    pub actor_code: String,
    /// Fingerprints of the actor's keys in any roster.
    pub fingerprints: Vec<String>,
    /// Number and id of the case.
    pub case: Option<(String, String)>,
    pub detail: Vec<(String, String)>,
    pub signed: Option<SignedFacts>,
    /// True if a text belongs to it that is sealed to the auditors.
    pub has_text: bool,
}

/// `/staff/log/{leaf}`
#[derive(Template)]
#[template(path = "staff/log_entry.html")]
pub struct EntryPage {
    pub shell: Shell,
    pub leaf: u64,
    pub hash: String,
    pub facts: Option<Facts>,
    pub purposes: Vec<PurposeView>,
    /// None while no countersigned checkpoint holds it.
    pub evidence: Option<Evidence>,
    /// True if there is a later entry.
    pub later: bool,
}

impl EntryPage {
    fn earlier(&self) -> Option<u64> {
        self.leaf.checked_sub(1)
    }
}

/// `GET /staff/log/{leaf}`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    PathId(leaf): PathId<u64>,
) -> Result<Response, RouteError> {
    let shell = Shell::of(&site, &member, Section::Log);
    html::page(StatusCode::OK, &read(&site, shell, &member, leaf).await?)
}

async fn read(site: &Site, shell: Shell, member: &Member, leaf: u64) -> Result<EntryPage> {
    let app = &site.app;
    let found = app.log.log_leaf(member.id, leaf).await?;
    let ReadEntry {
        stored,
        entry,
        case_number,
        letters,
    } = found.read;
    let purposes = letters
        .iter()
        .filter_map(|letter| PurposeView::new(app.instance, letter, entry.as_ref()))
        .collect();
    let facts = entry.as_ref().map(|entry| {
        let words = Words::new(site, &shell, found.names);
        let case = case_number.zip(entry.case.map(|id| id.to_string()));
        facts(site, &words, entry, case)
    });
    let proof = match app.log.proof_at(leaf).await {
        Ok(proof) => proof,
        Err(Error::Internal(error)) => {
            // Somebody cut the tree's hashes: the page says that nothing shows the entry to be in the log.
            tracing::error!(%error, leaf, "an entry's proof cannot be made");
            None
        }
        Err(error) => return Err(error),
    };
    Ok(EntryPage {
        leaf,
        hash: hex::encode(leaf_hash(app.instance, &stored.body).0),
        facts,
        purposes,
        evidence: proof.as_ref().map(evidence),
        later: found.has_later,
        shell,
    })
}

fn evidence(proof: &Proof) -> Evidence {
    let hashes: Vec<String> = proof.hashes.iter().map(|hash| base64::encode(hash)).collect();
    Evidence {
        entry: base64::encode(&proof.extra.entry.0),
        hashes: hashes.join(" "),
        checkpoint: base64::encode(&proof.checkpoint),
    }
}

fn facts(site: &Site, words: &Words<'_>, entry: &Entry, case: Option<(String, String)>) -> Facts {
    let keys = match entry.actor {
        Actor::Staff(id) => site.app.rosters.author_keys(id),
        _ => Vec::new(),
    };
    Facts {
        id: entry.id.to_string(),
        at: words.time(entry.time),
        act: words.act(entry.act),
        code: entry.act.code(),
        actor: words.actor(entry.actor),
        actor_code: entry.actor.to_string(),
        fingerprints: keys.iter().map(fingerprint).collect(),
        case,
        detail: whole(&entry.detail),
        signed: signatures(entry).into_iter().next().map(|signed| SignedFacts {
            payload: readable(&signed.payload.0),
            what: signed.what,
        }),
        has_text: entry.act == Act::UnsealRequested,
    }
}

/// Writes bytes as text, indented where they are JSON.
fn readable(bytes: &[u8]) -> String {
    let json: Option<Value> = serde_json::from_slice(bytes).ok();
    let indented = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
    indented.unwrap_or_else(|| String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| base64::encode(bytes)))
}

/// Writes every value in full. Nested values are indented.
fn whole(detail: &Map<String, Value>) -> Vec<(String, String)> {
    let told = |value: &Value| match value {
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        value => plain(value),
    };
    detail.iter().map(|(key, value)| (key.clone(), told(value))).collect()
}

/// `GET /staff/log/{leaf}/proof`
pub(crate) async fn proof(State(site): State<SharedSite>, PathId(leaf): PathId<u64>) -> Result<Response, RouteError> {
    // The entry is not countersigned yet; that takes up to a minute.
    let proof = site.app.log.proof_at(leaf).await?.ok_or(RouteError::Conflict)?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"sigilo-{leaf}.tlog-proof\""),
        ),
    ];
    Ok((headers, proof.to_text()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use crate::http::testing::{assert_sound, shell};

    fn page(facts: Option<Facts>, evidence: Option<Evidence>) -> String {
        let html = EntryPage {
            shell: shell(Section::Log, Some(Role::Auditor)),
            leaf: 7,
            hash: "00ff".into(),
            facts,
            purposes: Vec::new(),
            evidence,
            later: true,
        };
        let html = html.render().unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn what_does_not_read_and_what_is_not_countersigned_is_said() {
        let html = page(None, None);
        assert!(
            html.contains("no se puede leer") && html.contains("todavía no"),
            "{html}"
        );
        assert!(html.contains("/staff/log/6") && html.contains("/staff/log/8") && !html.contains("/proof"));
    }

    #[test]
    fn a_text_that_is_not_for_this_auditor_is_said_to_be_missing() {
        let facts = Facts {
            id: "i".into(),
            at: "2026".into(),
            act: "Pidió".into(),
            code: "unseal.requested",
            actor: "<Olga>".into(),
            actor_code: "staff:x".into(),
            fingerprints: vec!["0000 1111 2222 3333".into()],
            case: Some(("2026-K7Q2M9-X".into(), "c".into())),
            detail: vec![("request".into(), "{\n}".into())],
            signed: Some(SignedFacts {
                what: "unseal-request".into(),
                payload: "{\n}".into(),
            }),
            has_text: true,
        };
        let evidence = Evidence {
            entry: "AA==".into(),
            hashes: "BB== CC==".into(),
            checkpoint: "DD==".into(),
        };
        let html = page(Some(facts), Some(evidence));
        assert!(
            html.contains("&#60;Olga&#62;") && html.contains("no tiene una copia"),
            "{html}"
        );
        assert!(html.contains("<verified-entry index=\"7\" entry=\"AA==\" proof=\"BB== CC==\" checkpoint=\"DD==\">"));
        assert!(html.contains("href=\"/staff/log/7/proof\""));
    }
}
