//! `/staff/log`: the audit log for the auditor, newest first, narrowed by what the address says. Free text is a letter
//! that the auditor's browser opens.

pub mod checking;
pub mod entry;
mod words;

use askama::Template;
use axum::extract::{Extension, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{Place, Shell};
use crate::audit::entry::{Act, Actor, Entry, Group};
use crate::domain::day::Day;
use crate::domain::ids::CaseId;
use crate::http::error::{self, RouteError};
use crate::http::site::{SharedSite, Site};
use crate::service::Result;
use crate::service::people::sessions::Member;
use crate::store::filters::{self, LogFilter};
use crate::store::{self, Tx};
use crate::vault::base64;
use crate::witness::signatures;
use checking::Checking;
use words::{Letter, Words, act_key, group_key};

/// How many entries a page has.
const PAGE: i64 = 50;

/// One entry.
pub struct Row {
    /// Its leaf in the tree; none until it is sequenced.
    pub leaf: Option<i64>,
    pub at: String,
    pub actor: String,
    /// The act in words; none when its bytes do not read.
    pub act: Option<String>,
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
    /// A countersigned note, base64, that the auditor's browser verifies.
    pub cosigned: Option<String>,
}

/// One choice; the first of a group names it.
pub struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

/// Choices under a heading.
pub struct Choices {
    pub heading: String,
    pub choices: Vec<Choice>,
}

/// What the list is narrowed by.
pub struct Filters {
    pub kinds: Vec<Choices>,
    pub actors: Vec<Choice>,
    pub case: String,
    pub from: String,
    pub to: String,
}

impl Filters {
    /// Whether anything narrows the list.
    fn any(&self) -> bool {
        let typed = [&self.case, &self.from, &self.to].iter().any(|text| !text.is_empty());
        let kinds = self.kinds.iter().flat_map(|group| &group.choices);
        typed || kinds.chain(&self.actors).any(|choice| choice.chosen)
    }
}

/// `/staff/log`
#[derive(Template)]
#[template(path = "staff/log.html")]
pub struct Log {
    pub shell: Shell,
    pub checkpoint: Option<CheckpointFacts>,
    pub checking: Checking,
    pub filters: Filters,
    /// What was asked for and is not understood: a key of the texts.
    pub unknown: Option<&'static str>,
    pub rows: Vec<Row>,
    /// Addresses of the first page, unless this is it, and of the next one; with all that narrows them.
    pub first: Option<String>,
    pub next: Option<String>,
}

/// What the address says. Empty values are "all", as a form sends them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// A group of acts, or one act.
    #[serde(default)]
    kind: String,
    #[serde(default)]
    actor: String,
    /// The number of a case, or its id where it is erased.
    #[serde(default)]
    case: String,
    /// Days, both included.
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// Where the page before ended.
    #[serde(default)]
    after: String,
}

impl Asked {
    fn address(&self, after: Option<filters::LogCursor>) -> String {
        let mut parts = Vec::new();
        // Codes, numbers and days: nothing that would need escaping gets through.
        for (name, value) in [
            ("kind", &self.kind),
            ("actor", &self.actor),
            ("case", &self.case),
            ("from", &self.from),
            ("to", &self.to),
        ] {
            if !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b)) {
                parts.push(format!("{name}={value}"));
            }
        }
        if let Some(after) = after {
            parts.push(format!("after={}.{}", after.at, after.leaf));
        }
        let query = if parts.is_empty() {
            String::new()
        } else {
            format!("?{}", parts.join("&"))
        };
        format!("{}{query}", Place::Log.path())
    }

    /// `None` for whatever was not written here: the first page is shown then.
    fn after(&self) -> Option<filters::LogCursor> {
        let (at, leaf) = self.after.split_once('.')?;
        Some(filters::LogCursor {
            at: at.parse().ok()?,
            leaf: leaf.parse().ok()?,
        })
    }

    fn acts(&self) -> Option<Vec<&'static str>> {
        if self.kind.is_empty() {
            return Some(Vec::new());
        }
        if let Ok(act) = self.kind.parse::<Act>() {
            return Some(vec![act.code()]);
        }
        let group = Group::ALL.into_iter().find(|group| group.code() == self.kind)?;
        Some(group.acts().map(Act::code).collect())
    }

    /// What to look for, or the key of the text that says what is not understood.
    async fn sought(&self, site: &Site, tx: &mut Tx) -> Result<Result<LogFilter, &'static str>> {
        let Some(acts) = self.acts() else {
            return Ok(Err("log-unknown-kind"));
        };
        let actor = match self.actor.as_str() {
            "" => None,
            text => match text.parse::<Actor>() {
                Ok(actor) => Some(actor.to_string()),
                Err(_) => return Ok(Err("log-unknown-actor")),
            },
        };
        let case = match self.case.trim() {
            "" => None,
            text => match case_named(tx, text).await? {
                Some(case) => Some(case),
                None => return Ok(Err("log-unknown-case")),
            },
        };
        let day = |text: &str| match text {
            "" => Some(None),
            text => text.parse().ok().map(|date| Some(Day::from_date(date))),
        };
        let (Some(from), Some(to)) = (day(&self.from), day(&self.to)) else {
            return Ok(Err("log-unknown-day"));
        };
        let zone = &site.app.zone();
        Ok(Ok(LogFilter {
            acts,
            actor,
            case,
            from: from.map(|day| day.start(zone)),
            until: to.map(|day| day.plus_days(1).start(zone)),
        }))
    }
}

/// A case by its number, as typed, or by its id: the number of an erased case is gone, its entries are not.
async fn case_named(tx: &mut Tx, text: &str) -> Result<Option<CaseId>> {
    let case = store::cases::by_number(tx, &text.to_ascii_uppercase()).await?;
    Ok(case
        .map(|case| case.id)
        .or_else(|| text.to_ascii_lowercase().parse().ok()))
}

/// `GET /staff/log`
pub(crate) async fn show(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Query(asked): Query<Asked>,
) -> Result<Response, RouteError> {
    let shell = Shell::of(&site, &member, Place::Log);
    error::page(StatusCode::OK, &read(&site, shell, &member, &asked).await?)
}

async fn read(site: &Site, shell: Shell, member: &Member, asked: &Asked) -> Result<Log> {
    let app = &site.app;
    let checking = Checking::read(site, &shell).await?;
    let mut tx = app.db.read().await?;
    let (sought, unknown) = match asked.sought(site, &mut tx).await? {
        Ok(sought) => (Some(sought), None),
        Err(what) => (None, Some(what)),
    };
    let after = asked.after();
    let mut entries = Vec::new();
    let mut next = None;
    if let Some(sought) = sought {
        if after.is_none() {
            // What the sequencer will take up within a second.
            entries = store::log::unsequenced(&mut tx, PAGE).await?;
            entries.retain(|entry| sought.has(entry));
            entries.reverse();
        }
        let mut listed = filters::list_log_entries(&mut tx, &sought, after, PAGE + 1).await?;
        if listed.len() > usize::try_from(PAGE).unwrap_or_default() {
            listed.pop();
            let last = listed.last();
            next = last.and_then(|last| {
                Some(filters::LogCursor {
                    at: last.listed.at,
                    leaf: last.leaf_index?,
                })
            });
        }
        entries.extend(listed);
    }
    let latest = store::log::latest_checkpoint(&mut tx).await?;
    let mut words = Words::of(site, &shell, &mut tx).await?;
    let mut rows = Vec::with_capacity(entries.len());
    for stored in &entries {
        rows.push(row(&mut words, &mut tx, member, stored).await?);
    }
    let filters = filters_of(&words, asked);
    drop(tx);
    Ok(Log {
        checkpoint: latest.map(|checkpoint| CheckpointFacts {
            size: checkpoint.tree_size,
            at: super::time(&app.zone(), checkpoint.made_at),
            cosigned: checkpoint.cosigned.then(|| base64::encode(&checkpoint.note)),
        }),
        checking,
        filters,
        unknown,
        rows,
        first: after.is_some().then(|| asked.address(None)),
        next: next.map(|next| asked.address(Some(next))),
        shell,
    })
}

async fn row(words: &mut Words<'_>, tx: &mut Tx, member: &Member, stored: &store::log::Entry) -> Result<Row> {
    let entry = Entry::read(&stored.body).ok();
    let case = entry.as_ref().map_or(stored.listed.case_id, |entry| entry.case);
    let case = match case {
        Some(id) => Some(words.number(tx, id).await?),
        None => None,
    };
    let letters = store::desk::letters_for(tx, stored.id, member.id).await?;
    Ok(Row {
        leaf: stored.leaf_index,
        at: words.time(entry.as_ref().map_or(stored.listed.at, |entry| entry.time)),
        actor: entry
            .as_ref()
            .map_or_else(String::new, |entry| words.actor(entry.actor)),
        act: entry.as_ref().map(|entry| words.act(entry.act)),
        case,
        detail: entry.as_ref().map_or_else(Vec::new, |entry| words.detail(entry)),
        signed: entry.as_ref().is_some_and(|entry| !signatures(entry).is_empty()),
        letters: letters
            .into_iter()
            .map(|letter| Letter::of(letter, entry.as_ref()))
            .collect(),
    })
}

fn filters_of(words: &Words<'_>, asked: &Asked) -> Filters {
    let t = words.texts();
    let choice = |value: &str, label: String, chosen: &str| Choice {
        chosen: value == chosen,
        value: value.to_owned(),
        label,
    };
    let kinds = Group::ALL.map(|group| {
        let heading = t.get(group_key(group));
        let whole = choice(
            group.code(),
            t.with("log-group-all", &[("group", heading.clone().into())]),
            &asked.kind,
        );
        let acts = group
            .acts()
            .map(|act| choice(act.code(), t.get(act_key(act)), &asked.kind));
        Choices {
            heading,
            choices: std::iter::once(whole).chain(acts).collect(),
        }
    });
    let others = [Actor::System, Actor::Authority, Actor::Nobody];
    let others = others.map(|actor| (actor.to_string(), words.actor(actor)));
    let actors = words.staff().into_iter().chain(others);
    Filters {
        kinds: kinds.into(),
        actors: actors
            .map(|(value, label)| choice(&value, label, &asked.actor))
            .collect(),
        case: asked.case.clone(),
        from: asked.from.clone(),
        to: asked.to.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::Role;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::tests::{assert_sound, page};

    #[test]
    fn an_entry_shows_its_facts_and_its_letter_stays_sealed() {
        let html = Log {
            shell: shell(Place::Log, Some(Role::Auditor)),
            checkpoint: Some(CheckpointFacts {
                size: 12,
                at: "2026-11-24 10:00:00".into(),
                cosigned: None,
            }),
            checking: Checking::none(),
            filters: Filters {
                kinds: Vec::new(),
                actors: Vec::new(),
                case: "<x>".into(),
                from: String::new(),
                to: String::new(),
            },
            unknown: None,
            rows: vec![Row {
                leaf: Some(11),
                at: "2026-11-24 09:59:59".into(),
                actor: "Olga Paz".into(),
                act: Some("Pidió abrir".into()),
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
            next: Some("/staff/log?after=9.11".into()),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        assert!(html.contains("<sealed-letter case=\"c\" letter=\"l\" kind=\"purpose\" author=\"staff:x\" file=\"AAAA\" commitment=\"00ff\">"));
        assert!(html.contains("&#60;validate&#62;") && html.contains("2026-K7Q2M9-X"));
        assert!(html.contains("href=\"/staff/log/11\"") && html.contains("value=\"&#60;x&#62;\""));
        assert!(html.contains("Todavía sin la firma del testigo"));
    }

    #[test]
    fn every_act_and_group_has_words_in_every_language() {
        for language in ["es", "en"] {
            let t = page(language).t;
            for act in Act::ALL {
                assert_ne!(t.get(act_key(*act)), act_key(*act));
            }
            for group in Group::ALL {
                assert!(group.acts().count() > 1);
                assert_ne!(t.get(group_key(group)), "");
            }
        }
    }

    #[test]
    fn the_address_keeps_what_was_asked_and_nothing_else() {
        let asked = Asked {
            kind: "identities".into(),
            case: "2026-K7Q2M9-X".into(),
            from: "\"><script>".into(),
            ..Asked::default()
        };
        let next = filters::LogCursor { at: 5, leaf: 7 };
        let address = asked.address(Some(next));
        assert_eq!(address, "/staff/log?kind=identities&case=2026-K7Q2M9-X&after=5.7");
        let again = Asked {
            after: "5.7".into(),
            ..Asked::default()
        };
        assert_eq!(again.after(), Some(next));
        for wrong in ["", "5", "x.7", "5.7.1"] {
            let asked = Asked {
                after: wrong.into(),
                ..Asked::default()
            };
            assert_eq!(asked.after(), None, "{wrong}");
        }
        assert_eq!(asked.acts().unwrap().len(), Group::Identities.acts().count());
    }
}
