//! `/staff/log`: the audit log for the auditor, newest first, narrowed by the query. Free text is a letter that the
//! auditor's browser opens.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::audit::entry::{Act, Actor, Group};
use crate::domain::day::Day;
use crate::http::error::RouteError;
use crate::http::extract::SignedIn;
use crate::http::html;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::labels;
use crate::http::staff::log::verification::VerificationView;
use crate::http::staff::log::words::{PurposeView, Words, act_key, group_key};
use crate::http::staff::shell::{Section, Shell};
use crate::service::Result;
use crate::service::audit::reading::ReadEntry;
use crate::service::people::sessions::Member;
use crate::store::filters::{self, LogFilter};
use crate::vault::base64;
use crate::witness::signatures;

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
    /// True if the actor signed it.
    pub signed: bool,
    pub purposes: Vec<PurposeView>,
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

/// The filters of the list.
pub struct Filters {
    pub kinds: Vec<Choices>,
    pub actors: Vec<Choice>,
    pub case: String,
    pub from: String,
    pub to: String,
}

impl Filters {
    /// Returns true if anything narrows the list.
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
    pub checking: VerificationView,
    pub filters: Filters,
    /// The key of the text about a filter that is not understood.
    pub unknown: Option<&'static str>,
    pub rows: Vec<Row>,
    /// Addresses of the first page, unless this is it, and of the next one; with all that narrows them.
    pub first: Option<String>,
    pub next: Option<String>,
}

/// The query of the address. Empty values are "all", as a form sends them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct LogQuery {
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
    /// The end of the page before.
    #[serde(default)]
    after: String,
}

/// The search that a query asks for.
enum LogSearch {
    Entries(LogFilter),
    /// The key of the text about the filter that is not understood.
    NotUnderstood(&'static str),
}

impl LogQuery {
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
        format!("{}{query}", Section::Log.path())
    }

    /// Reads the position; none for anything that no address of ours has, which shows the first page.
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

    /// Reads the search.
    async fn search(&self, site: &Site) -> Result<LogSearch> {
        let Some(acts) = self.acts() else {
            return Ok(LogSearch::NotUnderstood("log-unknown-kind"));
        };
        let actor = match self.actor.as_str() {
            "" => None,
            text => match text.parse::<Actor>() {
                Ok(actor) => Some(actor.to_string()),
                Err(_) => return Ok(LogSearch::NotUnderstood("log-unknown-actor")),
            },
        };
        let case = match self.case.trim() {
            "" => None,
            text => match site.app.log.logged_case(text).await? {
                Some(case) => Some(case),
                None => return Ok(LogSearch::NotUnderstood("log-unknown-case")),
            },
        };
        let day = |text: &str| match text {
            "" => Some(None),
            text => text.parse().ok().map(|date| Some(Day::from_date(date))),
        };
        let (Some(from), Some(to)) = (day(&self.from), day(&self.to)) else {
            return Ok(LogSearch::NotUnderstood("log-unknown-day"));
        };
        let zone = &site.app.zone();
        Ok(LogSearch::Entries(LogFilter {
            acts,
            actor,
            case,
            from: from.map(|day| day.start(zone)),
            until: to.map(|day| day.plus_days(1).start(zone)),
        }))
    }
}

/// `GET /staff/log`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    Query(query): Query<LogQuery>,
) -> Result<Response, RouteError> {
    let shell = Shell::of(&site, &member, Section::Log);
    html::page(StatusCode::OK, &read(&site, shell, &member, &query).await?)
}

async fn read(site: &Site, shell: Shell, member: &Member, query: &LogQuery) -> Result<Log> {
    let checking = VerificationView::read(site, &shell).await?;
    let (search, unknown) = match query.search(site).await? {
        LogSearch::Entries(search) => (Some(search), None),
        LogSearch::NotUnderstood(key) => (None, Some(key)),
    };
    let after = query.after();
    let page = site.app.log.log_page(member.id, search.as_ref(), after).await?;
    let words = Words::new(site, &shell, page.names);
    Ok(Log {
        checkpoint: page.checkpoint.map(|checkpoint| CheckpointFacts {
            size: checkpoint.tree_size,
            at: labels::time(&site.app.zone(), checkpoint.made_at),
            cosigned: checkpoint.cosigned.then(|| base64::encode(&checkpoint.note)),
        }),
        checking,
        filters: filter_choices(&words, query),
        unknown,
        rows: page.entries.into_iter().map(|read| row(&words, read)).collect(),
        first: after.is_some().then(|| query.address(None)),
        next: page.next.map(|next| query.address(Some(next))),
        shell,
    })
}

fn row(words: &Words<'_>, read: ReadEntry) -> Row {
    let entry = read.entry.as_ref();
    Row {
        leaf: read.stored.leaf_index,
        at: words.time(entry.map_or(read.stored.listed.at, |entry| entry.time)),
        actor: entry.map_or_else(String::new, |entry| words.actor(entry.actor)),
        act: entry.map(|entry| words.act(entry.act)),
        case: read.case_number,
        detail: entry.map_or_else(Vec::new, |entry| words.detail(entry)),
        signed: entry.is_some_and(|entry| !signatures(entry).is_empty()),
        purposes: (read.letters.iter())
            .filter_map(|letter| PurposeView::new(words.instance(), letter, entry))
            .collect(),
    }
}

fn filter_choices(words: &Words<'_>, query: &LogQuery) -> Filters {
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
            &query.kind,
        );
        let acts = group
            .acts()
            .map(|act| choice(act.code(), t.get(act_key(act)), &query.kind));
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
            .map(|(value, label)| choice(&value, label, &query.actor))
            .collect(),
        case: query.case.clone(),
        from: query.from.clone(),
        to: query.to.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use crate::http::testing::{assert_sound, page, shell};

    #[test]
    fn an_entry_shows_its_facts_and_its_letter_stays_sealed() {
        let html = Log {
            shell: shell(Section::Log, Some(Role::Auditor)),
            checkpoint: Some(CheckpointFacts {
                size: 12,
                at: "2026-11-24 10:00:00".into(),
                cosigned: None,
            }),
            checking: VerificationView::none(),
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
                purposes: vec![PurposeView {
                    case: "c".into(),
                    request: "00aa".into(),
                    class: "x".into(),
                    commitment: "00ff".into(),
                    file: "AAAA".into(),
                }],
            }],
            first: None,
            next: Some("/staff/log?after=9.11".into()),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        let purpose = "<verified-purpose case=\"c\" request=\"00aa\" class=\"x\" commitment=\"00ff\" file=\"AAAA\">";
        assert!(html.contains(purpose), "{html}");
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
        let query = LogQuery {
            kind: "identities".into(),
            case: "2026-K7Q2M9-X".into(),
            from: "\"><script>".into(),
            ..LogQuery::default()
        };
        let next = filters::LogCursor { at: 5, leaf: 7 };
        let address = query.address(Some(next));
        assert_eq!(address, "/staff/log?kind=identities&case=2026-K7Q2M9-X&after=5.7");
        let again = LogQuery {
            after: "5.7".into(),
            ..LogQuery::default()
        };
        assert_eq!(again.after(), Some(next));
        for wrong in ["", "5", "x.7", "5.7.1"] {
            let query = LogQuery {
                after: wrong.into(),
                ..LogQuery::default()
            };
            assert_eq!(query.after(), None, "{wrong}");
        }
        assert_eq!(query.acts().unwrap().len(), Group::Identities.acts().count());
    }
}
