//! `/staff/cases/{id}`: facets in clear, everything else as sealed elements that the analyst's browser opens.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Extension, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::list::{Asked, Pairs};
use super::recusal::Recusals;
use super::{Place, Shell};
use crate::dialogue::FileLimits;
use crate::domain::day::Day;
use crate::domain::facets::{RecordKind, SealedBy, Verdict};
use crate::domain::ids::StaffId;
use crate::domain::state::State;
use crate::http::api;
use crate::http::error::{self, RouteError};
use crate::http::pages::StateTexts as _;
use crate::http::site::{SharedSite, Site};
use crate::i18n::Texts;
use crate::service::audit::coverage::Coverage;
use crate::service::casework::OpenedCase;
use crate::service::people::sessions::Member;
use crate::store;
use crate::store::desk::CaseEvent;
use crate::store::filters::{self, Cursor};
use crate::store::records::Record;
use crate::vault::base64;
use crate::vault::envelope::Author;

/// One sealed record, as the browser's `<sealed-record>` reads it.
pub struct Sealed {
    pub id: String,
    /// The record's kind, as its table column spells it.
    pub kind: &'static str,
    /// `reporter` or `staff:<uuid>`, to be compared with what the envelope says.
    pub author: String,
    /// Who wrote it, for people.
    pub by: String,
    pub day: i64,
    /// The sealed bytes, base64.
    pub body: String,
}

/// What the browser needs to open a case: recipients' files, base64.
pub struct Keys {
    pub area: String,
    pub reporter_verify_key: String,
    /// JSON in base64: the manifest, and that the log covers it; empty where that cannot be shown.
    pub coverage: String,
    pub shared: String,
    pub staff: String,
}

/// What came of validating the identity; the analyst sees no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// The report was made without identity.
    Nothing,
    NotAsked,
    Asked,
    /// There is a verdict.
    Stated,
    /// There was an identity, and no verdict.
    Erased,
}

impl Validation {
    const fn key(self) -> &'static str {
        match self {
            Self::Nothing => "validation-nothing",
            Self::NotAsked => "validation-not-asked",
            Self::Asked => "validation-asked",
            Self::Stated => "validation-stated",
            Self::Erased => "validation-erased",
        }
    }
}

/// One step of the case's history.
pub struct Event {
    /// The day, and its time for people: what staff does is kept to the second.
    pub at: String,
    /// What happened, in words.
    pub what: String,
    pub by: String,
}

/// `/staff/cases/{id}`
#[derive(Template)]
#[template(path = "staff/case.html")]
pub struct Case {
    pub shell: Shell,
    pub id: String,
    pub number: String,
    pub state: State,
    /// States that may follow: column value and state.
    pub next_states: Vec<(&'static str, State)>,
    /// The state's column value, which the reason's record names.
    pub state_code: &'static str,
    /// Label and value, from the profile.
    pub facets: Vec<(String, String)>,
    pub received_on: i64,
    pub respond_by: Deadline,
    pub responded_on: Option<i64>,
    pub resolve_by: Deadline,
    pub validation: Validation,
    /// What the last verdict means, in the profile's words.
    pub verdict: Option<String>,
    pub identity_erased: bool,
    pub keys: Keys,
    /// Narrative and shared fields, in order.
    pub report: Vec<Sealed>,
    pub messages: Vec<Sealed>,
    /// Files, in order; their bodies describe them.
    pub files: Vec<Sealed>,
    pub limits: FileLimits,
    /// Notes and reasons.
    pub notes: Vec<Sealed>,
    /// Oldest first.
    pub timeline: Vec<Event>,
    /// How far the next deadline is, in words, if it is over.
    pub overdue: Option<String>,
    pub way: Way,
    pub recusals: Recusals,
}

/// A day that is a deadline.
pub struct Deadline {
    pub day: i64,
    /// How far it is, in words; nothing once nobody has to work on the case.
    pub words: Option<String>,
    pub over: bool,
}

/// How the analyst came here, and where the way goes on.
pub struct Way {
    /// Where the list was.
    pub back: String,
    /// The cases that stand before and after this one in it.
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// `GET /staff/cases/{case}`: opening a case is an entry of the audit log, and marks it read.
pub(crate) async fn show(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(found): Extension<store::cases::Case>,
    Query(pairs): Pairs,
) -> Result<Response, RouteError> {
    let asked = Asked::read(&pairs, &site.app.profile());
    let filter = asked.filter(&member, site.app.today());
    let here = Cursor::at(&found, asked.order);
    let mut tx = site.app.db.read().await?;
    let follows = filters::list_page(&mut tx, &filter, asked.order, Some(&here), 1).await?;
    let previous = filters::find_previous(&mut tx, &filter, asked.order, &here).await?;
    drop(tx);
    let way = Way {
        back: asked.address(),
        previous: previous.map(|case| asked.case(case)),
        next: follows.cases.first().map(|case| asked.case(case.id)),
    };
    let opened = site.app.casework.open_case(&member, found.id).await?;
    let shell = Shell::of(&site, &member, Place::Inbox);
    error::page(StatusCode::OK, &drawn(&site, shell, &member, opened, way))
}

fn deadline(t: &Texts, state: State, day: Day, today: Day) -> Deadline {
    Deadline {
        day: day.0,
        words: state.is_open().then(|| super::due_in_words(t, day, today)),
        over: state.is_open() && day < today,
    }
}

fn drawn(site: &Site, shell: Shell, member: &Member, opened: OpenedCase, way: Way) -> Case {
    let reporter = shell.page.t.get("case-from-reporter");
    let of_kinds = |kinds: &[RecordKind]| {
        let mine = opened.records.iter().filter(|record| kinds.contains(&record.kind));
        mine.map(|record| sealed(record, &reporter, &opened.names)).collect()
    };
    let report = of_kinds(&[RecordKind::Narrative, RecordKind::SharedFields]);
    let messages = of_kinds(&[RecordKind::Message]);
    let notes = of_kinds(&[RecordKind::Note, RecordKind::Reason]);
    let files = opened.attachments.iter().map(|file| Sealed {
        id: file.id.to_string(),
        kind: "attachment",
        author: file.author.clone(),
        by: by(&file.author, &reporter, &opened.names),
        day: file.day.0,
        body: base64::encode(&file.body),
    });
    let files = files.collect();
    let timeline = opened
        .events
        .iter()
        .map(|event| told(site, &shell, event, &opened.names))
        .collect();
    let validation = match opened.case.verdict {
        Some(_) => Validation::Stated,
        None if opened.identity_erased => Validation::Erased,
        None if opened.validation_asked => Validation::Asked,
        None if opened.has_identity => Validation::NotAsked,
        None => Validation::Nothing,
    };
    let (case, today, t) = (opened.case, site.app.today(), &shell.page.t);
    let overdue = case.due_by().filter(|due| *due < today);
    let profile = site.app.profile();
    let rule = case.verdict.map(|verdict| profile.verdicts.rule(verdict));
    let recusals = Recusals::of(site, member, case.id, &case.area, &opened.recusals, &opened.names);
    Case {
        verdict: rule.map(|rule| rule.area.get(t.language()).into()),
        identity_erased: opened.identity_erased,
        id: case.id.to_string(),
        facets: facets(site, &shell, &case),
        overdue: overdue.map(|due| super::due_in_words(t, due, today)),
        way,
        state: case.state,
        next_states: case.state.next().iter().map(|next| (next.as_str(), *next)).collect(),
        state_code: case.state.as_str(),
        received_on: case.received_on.0,
        respond_by: deadline(t, case.state, case.respond_by, today),
        responded_on: case.responded_on.map(|day| day.0),
        resolve_by: deadline(t, case.state, case.resolve_by, today),
        validation,
        keys: Keys {
            area: case.area,
            reporter_verify_key: base64::encode(&case.reporter_verify_key),
            coverage: opened.coverage.as_ref().map(coverage).unwrap_or_default(),
            shared: base64::encode(&opened.shared.file),
            staff: base64::encode(&opened.staff.file),
        },
        number: case.number,
        report,
        messages,
        files,
        limits: FileLimits::of(&site.app.profile()),
        notes,
        timeline,
        recusals,
        shell,
    }
}

/// What the browser checks before it takes anybody for the reporter.
fn coverage(coverage: &Coverage) -> String {
    let json = json!({
        "manifest": base64::encode(&coverage.manifest),
        "manifest_signature": base64::encode(&coverage.manifest_signature),
        "inclusion": api::inclusion(&coverage.covered, &coverage.checkpoint),
    });
    base64::encode(json.to_string().as_bytes())
}

fn name_of(id: StaffId, names: &HashMap<StaffId, String>) -> String {
    names.get(&id).cloned().unwrap_or_else(|| id.to_string())
}

/// An author for people, as a row names them.
fn by(author: &str, reporter: &str, names: &HashMap<StaffId, String>) -> String {
    match author.parse() {
        Ok(Author::Staff(id)) => name_of(id, names),
        Ok(Author::Reporter) => reporter.to_owned(),
        // Somebody wrote to the database; the envelope's signature will tell more.
        Err(_) => author.to_owned(),
    }
}

fn sealed(record: &Record, reporter: &str, names: &HashMap<StaffId, String>) -> Sealed {
    Sealed {
        id: record.id.to_string(),
        kind: record.kind.as_str(),
        author: record.author.clone(),
        by: by(&record.author, reporter, names),
        day: record.day.0,
        body: base64::encode(&record.body),
    }
}

fn told(site: &Site, shell: &Shell, event: &CaseEvent, names: &HashMap<StaffId, String>) -> Event {
    let t = &shell.page.t;
    let value = |text: &Option<String>| text.clone().unwrap_or_default();
    let state = |text: &Option<String>| match value(text).parse::<State>() {
        Ok(state) => t.get(state.staff_title()),
        Err(_) => value(text),
    };
    let what = match event.what.as_str() {
        "state" => format!("{} → {}", state(&event.old_value), state(&event.new_value)),
        "validation_requested" => t.get("event-validation-requested"),
        _ => match value(&event.new_value).parse::<Verdict>() {
            Ok(verdict) => site.app.profile().verdicts.rule(verdict).area.get(t.language()).into(),
            Err(_) => value(&event.new_value),
        },
    };
    Event {
        at: super::time(&site.app.zone(), event.at),
        what,
        by: event.staff_id.map(|id| name_of(id, names)).unwrap_or_default(),
    }
}

pub(super) fn facets(site: &Site, shell: &Shell, case: &store::cases::Case) -> Vec<(String, String)> {
    let (profile, t) = (&site.app.profile(), &shell.page.t);
    let language = t.language();
    let by = match case.sealed_by {
        SealedBy::Server => "sealed-by-server",
        SealedBy::Browser => "sealed-by-browser",
    };
    let province = case
        .province
        .as_ref()
        .and_then(|code| profile.provinces.get(code))
        .cloned();
    let establishment = case
        .establishment
        .as_deref()
        .and_then(|code| profile.establishment(code));
    let mut facets = vec![
        (t.get("facet-kind"), super::kind_label(profile, case.kind, language)),
        (
            t.get("inbox-category"),
            super::category_label(profile, &case.category, language),
        ),
        (t.get("inbox-area"), super::area_label(profile, &case.area, language)),
    ];
    facets.extend(province.map(|name| (t.get("facet-province"), name)));
    facets.extend(establishment.map(|name| (t.get("facet-establishment"), name.to_owned())));
    facets.push((t.get("facet-channel"), t.get(super::channel_key(case.channel))));
    facets.push((t.get("facet-sealed-by"), t.get(by)));
    facets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::staff::Role;
    use crate::http::pages::staff::tests::shell;
    use crate::http::pages::tests::assert_sound;

    fn one(kind: &'static str) -> Sealed {
        Sealed {
            id: format!("id-of-{kind}"),
            kind,
            author: "reporter".into(),
            by: "Reportante".into(),
            day: 20_781,
            body: "AAAA".into(),
        }
    }

    #[test]
    fn every_record_is_sealed_and_inside_its_case() {
        let html = Case {
            shell: shell(Place::Inbox, Some(Role::Analyst)),
            id: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
            number: "2026-K7Q2M9-X".into(),
            state: State::Received,
            next_states: vec![("in_review", State::InReview)],
            state_code: "received",
            facets: vec![("Tipo".into(), "Denuncia".into())],
            received_on: 20_781,
            respond_by: Deadline {
                day: 20_784,
                words: Some("vencido hace 3 días".into()),
                over: true,
            },
            responded_on: None,
            resolve_by: Deadline {
                day: 20_870,
                words: Some("vence en 83 días".into()),
                over: false,
            },
            validation: Validation::NotAsked,
            verdict: None,
            identity_erased: false,
            keys: Keys {
                area: "denuncias".into(),
                reporter_verify_key: "S0VZ".into(),
                coverage: "Q09W".into(),
                shared: "U0hB".into(),
                staff: "U1RB".into(),
            },
            report: vec![one("narrative")],
            messages: vec![one("message")],
            files: vec![one("attachment")],
            limits: FileLimits {
                files: 10,
                file_mb: 100,
                total_mb: 250,
            },
            notes: vec![one("note")],
            timeline: vec![Event {
                at: "2026-11-24 10:00".into(),
                what: "Recibido → En análisis".into(),
                by: "Ana Ruiz".into(),
            }],
            overdue: Some("vencido hace 3 días".into()),
            way: Way {
                back: "/staff/inbox?state=all&unread=1".into(),
                previous: Some("/staff/cases/a0a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d?state=all&unread=1".into()),
                next: Some("/staff/cases/a2a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d?state=all&unread=1".into()),
            },
            recusals: Recusals::sample(),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        let (open, close) = (
            html.find("<sealed-case ").unwrap(),
            html.find("</sealed-case>").unwrap(),
        );
        for kind in ["narrative", "message", "note"] {
            let at = html.find(&format!("record=\"id-of-{kind}\"")).unwrap();
            assert!(open < at && at < close, "{kind} stands in its sealed-case");
        }
        let at = html.find("attachment=\"id-of-attachment\"").unwrap();
        assert!(open < at && at < close, "a file stands in its sealed-case");
        for form in ["message", "note", "reason", "validation-request", "attachment"] {
            assert!(html.contains(&format!("data-seal=\"{form}\"")), "{form}");
        }
        assert!(html.contains("data-from=\"received\"") && html.contains("name=\"from\" value=\"received\""));
        assert_eq!(
            html.matches("<form data-recuse").count()
                + html.matches("<form data-seal").count()
                + html.matches("<form class=\"panel\" data-seal").count(),
            html.matches("<fieldset data-needs-script disabled>").count(),
            "nothing can be sent before the script has loaded"
        );
        assert!(html.matches("vencido hace 3 días").count() == 2 && html.contains("vence en 83 días"));
        assert!(html.contains("Recibido → En análisis"));
        assert!(html.contains("href=\"/staff/inbox?state=all&#38;unread=1\""));
        assert!(html.contains("rel=\"next\" href=\"/staff/cases/a2a2a3a4-"));
        assert!(html.contains("rel=\"prev\" href=\"/staff/cases/a0a2a3a4-"));
    }
}
