//! `/staff/log`: the audit log for the auditor, newest first. Free text is a letter that the auditor's browser opens.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Extension, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Place, Shell};
use crate::audit::entry::{Act, Actor, Entry};
use crate::domain::ids::{CaseId, StaffId};
use crate::http::error::{self, RouteError};
use crate::http::site::{SharedSite, Site};
use crate::service::Result;
use crate::service::sessions::Member;
use crate::store;
use crate::vault::base64;

/// How many entries a page has.
const PAGE: i64 = 50;
/// How much of a value is shown; the command line has all of it.
const LONGEST: usize = 300;

/// A purpose that the auditor's browser opens: `<sealed-letter>`'s attributes.
pub struct Letter {
    pub case: String,
    pub id: String,
    pub kind: String,
    pub author: String,
    /// The age file to this auditor, base64.
    pub file: String,
    /// Hex, from the signed request.
    pub commitment: Option<String>,
}

/// One entry.
pub struct Row {
    /// Its leaf in the tree; none until it is sequenced.
    pub leaf: Option<i64>,
    pub at: String,
    pub actor: String,
    /// The act's code.
    pub act: &'static str,
    /// The case's number.
    pub case: Option<String>,
    pub detail: Vec<(String, String)>,
    /// Whether the actor signed it.
    pub signed: bool,
    pub letters: Vec<Letter>,
}

/// The newest checkpoint.
pub struct CheckpointFacts {
    pub size: i64,
    pub at: String,
    pub cosigned: bool,
}

/// `/staff/log`
#[derive(Template)]
#[template(path = "staff/log.html")]
pub struct Log {
    pub shell: Shell,
    pub checkpoint: Option<CheckpointFacts>,
    pub rows: Vec<Row>,
    /// Addresses of the first page, unless this is it, and of the next one.
    pub first: Option<String>,
    pub next: Option<String>,
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// Entries below this leaf; the newest when absent.
    before: Option<i64>,
}

/// `GET /staff/log`
pub(crate) async fn show(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Query(asked): Query<Asked>,
) -> Result<Response, RouteError> {
    let shell = Shell::of(&site, &member, Place::Log);
    error::page(StatusCode::OK, &read(&site, shell, &member, asked.before).await?)
}

async fn read(site: &Site, shell: Shell, member: &Member, before: Option<i64>) -> Result<Log> {
    let app = &site.app;
    let mut tx = app.db.read().await?;
    let sequenced = store::log::before_leaf(&mut tx, before.unwrap_or(i64::MAX), PAGE).await?;
    let mut entries = Vec::new();
    if before.is_none() {
        // What the sequencer will take up within a second.
        entries = store::log::unsequenced(&mut tx, PAGE).await?;
        entries.reverse();
    }
    let last = sequenced
        .last()
        .and_then(|entry| entry.leaf_index)
        .filter(|leaf| *leaf > 0);
    entries.extend(sequenced);
    let checkpoint = store::log::latest_checkpoint(&mut tx).await?;
    let people = store::staff::list(&mut tx).await?;
    let names: HashMap<StaffId, String> = people.into_iter().map(|staff| (staff.id, staff.name)).collect();
    let mut numbers: HashMap<CaseId, String> = HashMap::new();
    let mut rows = Vec::with_capacity(entries.len());
    for stored in &entries {
        if let Some(id) = stored.case_id.filter(|id| !numbers.contains_key(id)) {
            let case = store::cases::by_id(&mut tx, id).await?;
            numbers.insert(id, case.map_or_else(|| id.to_string(), |case| case.number));
        }
        let letters = store::desk::letters_for(&mut tx, stored.id, member.id).await?;
        let entry = Entry::read(&stored.body).ok();
        rows.push(Row {
            leaf: stored.leaf_index,
            at: super::time(&app.zone, entry.as_ref().map_or(stored.written, |entry| entry.time)),
            actor: entry
                .as_ref()
                .map_or_else(String::new, |entry| actor(&shell, entry.actor, &names)),
            act: entry.as_ref().map_or("?", |entry| entry.act.code()),
            case: stored.case_id.and_then(|id| numbers.get(&id).cloned()),
            detail: entry.as_ref().map(|entry| detail(&entry.detail)).unwrap_or_default(),
            signed: entry.as_ref().is_some_and(|entry| entry.signed.is_some()),
            letters: letters
                .into_iter()
                .map(|letter| Letter {
                    case: letter.case_id.to_string(),
                    id: letter.id.to_string(),
                    kind: letter.kind,
                    author: entry.as_ref().map(|entry| entry.actor.to_string()).unwrap_or_default(),
                    file: base64::encode(&letter.file),
                    commitment: entry.as_ref().and_then(commitment),
                })
                .collect(),
        });
    }
    drop(tx);
    let address = Place::Log.path();
    Ok(Log {
        checkpoint: checkpoint.map(|checkpoint| CheckpointFacts {
            size: checkpoint.tree_size,
            at: super::time(&app.zone, checkpoint.made_at),
            cosigned: checkpoint.cosigned,
        }),
        rows,
        first: before.is_some().then(|| address.to_owned()),
        next: last.map(|leaf| format!("{address}?before={leaf}")),
        shell,
    })
}

fn actor(shell: &Shell, actor: Actor, names: &HashMap<StaffId, String>) -> String {
    let t = &shell.page.t;
    match actor {
        Actor::Staff(id) => names.get(&id).cloned().unwrap_or_else(|| id.to_string()),
        Actor::System => t.get("actor-system"),
        Actor::Nobody => t.get("actor-nobody"),
        Actor::Authority => t.get("actor-authority"),
    }
}

fn detail(map: &Map<String, Value>) -> Vec<(String, String)> {
    let plain = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let short = |text: String| {
        if text.chars().count() > LONGEST {
            text.chars().take(LONGEST).chain(['…']).collect()
        } else {
            text
        }
    };
    map.iter()
        .map(|(key, value)| (key.clone(), short(plain(value))))
        .collect()
}

/// What the purpose's text must open: from the bytes that the officer signed.
fn commitment(entry: &Entry) -> Option<String> {
    if entry.act != Act::UnsealRequested {
        return None;
    }
    let said: Option<Value> = entry
        .signed
        .as_ref()
        .and_then(|signed| serde_json::from_slice(&signed.payload.0).ok());
    let named = said
        .as_ref()
        .and_then(|said| said.get("commitment"))
        .or_else(|| entry.detail.get("commitment"))?;
    named.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::Role;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::tests::assert_sound;

    #[test]
    fn an_entry_shows_its_facts_and_its_letter_stays_sealed() {
        let html = Log {
            shell: shell(Place::Log, Some(Role::Auditor)),
            checkpoint: Some(CheckpointFacts {
                size: 12,
                at: "2026-11-24 10:00:00".into(),
                cosigned: false,
            }),
            rows: vec![Row {
                leaf: Some(11),
                at: "2026-11-24 09:59:59".into(),
                actor: "Olga Paz".into(),
                act: "unseal.requested",
                case: Some("2026-K7Q2M9-X".into()),
                detail: vec![("class".into(), "<validate>".into())],
                signed: true,
                letters: vec![Letter {
                    case: "c".into(),
                    id: "l".into(),
                    kind: "purpose".into(),
                    author: "staff:x".into(),
                    file: "AAAA".into(),
                    commitment: Some("00ff".into()),
                }],
            }],
            first: None,
            next: Some("/staff/log?before=11".into()),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        assert!(html.contains("<sealed-letter case=\"c\" letter=\"l\" kind=\"purpose\" author=\"staff:x\" file=\"AAAA\" commitment=\"00ff\">"));
        assert!(html.contains("&#60;validate&#62;") && html.contains("2026-K7Q2M9-X"));
        assert!(html.contains("Todavía sin la firma del testigo"));
    }

    #[test]
    fn long_details_are_cut() {
        let map = serde_json::json!({ "many": vec!["x"; 500], "text": "corto" });
        let Value::Object(map) = map else { unreachable!() };
        let shown = detail(&map);
        assert!(shown.iter().all(|(_, value)| value.chars().count() <= LONGEST + 1));
        assert!(shown.contains(&("text".into(), "corto".into())));
    }
}
