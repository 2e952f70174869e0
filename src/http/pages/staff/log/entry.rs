//! `/staff/log/{leaf}`: one entry, with all that its leaf holds, and what shows the auditor's browser that the log holds
//! it; and the proof as a file for others.

use askama::Template;
use axum::extract::{Extension, Path, State as Shared};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value};

use super::super::{Place, Shell};
use super::words::{Letter, Words, plain};
use crate::audit::entry::{Act, Actor, Entry};
use crate::audit::proof::Proof;
use crate::audit::tree::leaf_hash;
use crate::http::error::{self, RouteError};
use crate::http::site::{SharedSite, Site};
use crate::service::people::sessions::Member;
use crate::service::{Error, Result};
use crate::store;
use crate::vault::base64;
use crate::vault::roster::fingerprint;
use crate::witness::signatures;

/// What the browser checks: `<verified-entry>`'s attributes, base64.
pub struct Evidence {
    pub entry: String,
    /// Hashes of the inclusion proof, with spaces between them.
    pub hashes: String,
    pub checkpoint: String,
}

/// What the actor signed.
pub struct SignedFacts {
    pub what: String,
    /// As text where it is one, else base64.
    pub payload: String,
}

/// What the entry says, where its bytes read.
pub struct Facts {
    pub id: String,
    pub at: String,
    pub act: String,
    pub code: &'static str,
    pub actor: String,
    /// As the entry has it, for the list of what they did.
    pub actor_code: String,
    /// Of the actor's keys in any roster.
    pub fingerprints: Vec<String>,
    /// Number and id of the case.
    pub case: Option<(String, String)>,
    pub detail: Vec<(String, String)>,
    pub signed: Option<SignedFacts>,
    /// Whether a text belongs to it that is sealed to the auditors.
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
    pub letters: Vec<Letter>,
    /// None while no countersigned checkpoint holds it.
    pub evidence: Option<Evidence>,
    /// Whether there is a later entry.
    pub later: bool,
}

impl EntryPage {
    fn earlier(&self) -> Option<u64> {
        self.leaf.checked_sub(1)
    }
}

/// `GET /staff/log/{leaf}`
pub(crate) async fn show(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Path(leaf): Path<String>,
) -> Result<Response, RouteError> {
    let leaf = leaf.parse().map_err(|_| RouteError::NotFound)?;
    let shell = Shell::of(&site, &member, Place::Log);
    error::page(StatusCode::OK, &read(&site, shell, &member, leaf).await?)
}

async fn read(site: &Site, shell: Shell, member: &Member, leaf: u64) -> Result<EntryPage> {
    let app = &site.app;
    let index = i64::try_from(leaf).map_err(|_| Error::NotFound)?;
    let mut tx = app.db.read().await?;
    let stored = store::log::at_leaf(&mut tx, index).await?.ok_or(Error::NotFound)?;
    let later = store::log::tree_size(&mut tx).await? > index + 1;
    let entry = Entry::read(&stored.body).ok();
    let letters = store::desk::letters_for(&mut tx, stored.id, member.id).await?;
    let letters = letters.into_iter().map(|letter| Letter::of(letter, entry.as_ref()));
    let letters: Vec<Letter> = letters.collect();
    let facts = match &entry {
        Some(entry) => {
            let mut words = Words::of(site, &shell, &mut tx).await?;
            let case = match entry.case {
                Some(id) => Some((words.number(&mut tx, id).await?, id.to_string())),
                None => None,
            };
            Some(facts(site, &words, entry, case))
        }
        None => None,
    };
    drop(tx);
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
        letters,
        evidence: proof.as_ref().map(evidence),
        later,
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

/// Bytes as text, indented where they are JSON.
fn readable(bytes: &[u8]) -> String {
    let json: Option<Value> = serde_json::from_slice(bytes).ok();
    let indented = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
    indented.unwrap_or_else(|| String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| base64::encode(bytes)))
}

/// Every value in full; what lies deeper is indented.
fn whole(detail: &Map<String, Value>) -> Vec<(String, String)> {
    let told = |value: &Value| match value {
        Value::Array(_) | Value::Object(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
        value => plain(value),
    };
    detail.iter().map(|(key, value)| (key.clone(), told(value))).collect()
}

/// `GET /staff/log/{leaf}/proof`
pub(crate) async fn proof(Shared(site): Shared<SharedSite>, Path(leaf): Path<String>) -> Result<Response, RouteError> {
    let leaf = leaf.parse().map_err(|_| RouteError::NotFound)?;
    // Not countersigned yet: in a minute it is.
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
    use crate::http::pages::staff::Role;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::tests::assert_sound;

    fn page(facts: Option<Facts>, evidence: Option<Evidence>) -> String {
        let html = EntryPage {
            shell: shell(Place::Log, Some(Role::Auditor)),
            leaf: 7,
            hash: "00ff".into(),
            facts,
            letters: Vec::new(),
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
