//! `/staff/cases/{id}`: facets in clear, everything else as sealed elements that the analyst's browser opens.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::dialogue::FileLimits;
use crate::domain::day::Day;
use crate::domain::facets::{RecordKind, SealedBy, Verdict};
use crate::domain::ids::StaffId;
use crate::domain::state::State as CaseState;
use crate::http::api::proof::inclusion;
use crate::http::error::RouteError;
use crate::http::extract::{NamedCase, SignedIn};
use crate::http::html;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::labels;
use crate::http::staff::list::{InboxQuery, Pairs};
use crate::http::staff::recusal::Recusals;
use crate::http::staff::shell::{Section, Shell};
use crate::i18n::{StateTexts as _, Texts};
use crate::service::audit::coverage::Coverage;
use crate::service::casework::OpenedCase;
use crate::service::people::sessions::Member;
use crate::store;
use crate::store::desk::CaseEvent;
use crate::store::records::Record;
use crate::vault::base64;
use crate::vault::envelope::Author;
use crate::vault::hash::Hash32;

/// One sealed record, as the browser's `<sealed-record>` reads it.
pub struct SealedView {
    pub id: String,
    /// The record's kind, as its table column spells it.
    pub kind: &'static str,
    /// `reporter` or `staff:<uuid>`, to be compared with what the envelope says.
    pub author: String,
    /// The author's name, for people.
    pub by: String,
    pub day: i64,
    /// The sealed bytes, base64.
    pub body: String,
}

/// The keys with which the browser opens a case: recipients' files, base64.
pub struct KeysView {
    pub area: String,
    pub reporter_verify_key: String,
    /// JSON in base64: the manifest, and the proof that the log covers it; empty without a proof.
    pub coverage: String,
    pub shared: String,
    pub staff: String,
}

/// The outcome of validating the identity; the analyst sees no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validation {
    /// The report was made without identity.
    Nothing,
    NotRequested,
    Requested,
    /// There is a verdict.
    Stated,
    /// There was an identity, and no verdict.
    Erased,
}

impl Validation {
    const fn key(self) -> &'static str {
        match self {
            Self::Nothing => "validation-nothing",
            Self::NotRequested => "validation-not-asked",
            Self::Requested => "validation-asked",
            Self::Stated => "validation-stated",
            Self::Erased => "validation-erased",
        }
    }
}

/// One step of the case's history.
pub struct Event {
    /// Day and time: acts of staff are kept to the second.
    pub at: String,
    /// The event in words.
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
    pub state: CaseState,
    /// States that may follow: column value and state.
    pub next_states: Vec<(&'static str, CaseState)>,
    /// The state's column value, which the reason's record names.
    pub state_code: &'static str,
    /// Label and value, from the profile.
    pub facets: Vec<(String, String)>,
    pub received_on: i64,
    pub respond_by: Deadline,
    pub responded_on: Option<i64>,
    pub resolve_by: Deadline,
    pub validation: Validation,
    /// The last verdict, in the profile's words.
    pub verdict: Option<String>,
    pub identity_erased: bool,
    pub keys: KeysView,
    /// Narrative and shared fields, in order.
    pub report: Vec<SealedView>,
    pub messages: Vec<SealedView>,
    /// Files, in order; their bodies describe them.
    pub files: Vec<SealedView>,
    pub limits: FileLimits,
    /// Notes and reasons.
    pub notes: Vec<SealedView>,
    /// Oldest first.
    pub timeline: Vec<Event>,
    /// The distance of the next deadline, in words, if it is over.
    pub overdue: Option<String>,
    pub way: ListLinks,
    pub recusals: Recusals,
    /// Leaf hash of the newest signed act, in hex; empty before the first.
    pub newest_act: String,
}

/// A day that is a deadline.
pub struct Deadline {
    pub day: i64,
    /// The distance in words; none once nobody has to work on the case.
    pub words: Option<String>,
    pub over: bool,
}

/// The links to the list from which the analyst came, and to the cases around this one.
pub struct ListLinks {
    /// The address of the list.
    pub back: String,
    /// The cases before and after this one in the list.
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// `GET /staff/cases/{case}`: opening a case is an entry of the audit log, and marks it read.
pub(crate) async fn show(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    Query(pairs): Pairs,
) -> Result<Response, RouteError> {
    let query = InboxQuery::read(&pairs, &site.app.profile());
    let filter = query.filter(&member, site.app.today());
    let neighbours = site.app.casework.inbox_neighbours(&filter, query.order, &case).await?;
    let way = ListLinks {
        back: query.address(),
        previous: neighbours.previous.map(|case| query.case(case)),
        next: neighbours.next.map(|case| query.case(case)),
    };
    let opened = site.app.casework.open_case(&member, case.id).await?;
    let shell = Shell::of(&site, &member, Section::Inbox);
    html::page(StatusCode::OK, &render(&site, shell, &member, opened, way))
}

fn deadline(t: &Texts, state: CaseState, day: Day, today: Day) -> Deadline {
    Deadline {
        day: day.0,
        words: state.is_open().then(|| labels::due_in_words(t, day, today)),
        over: state.is_open() && day < today,
    }
}

fn render(site: &Site, shell: Shell, member: &Member, opened: OpenedCase, way: ListLinks) -> Case {
    let reporter = shell.page.t.get("case-from-reporter");
    let of_kinds = |kinds: &[RecordKind]| {
        let mine = opened.records.iter().filter(|record| kinds.contains(&record.kind));
        mine.map(|record| sealed(record, &reporter, &opened.names)).collect()
    };
    let report = of_kinds(&[RecordKind::Narrative, RecordKind::SharedFields]);
    let messages = of_kinds(&[RecordKind::Message]);
    let notes = of_kinds(&[RecordKind::Note, RecordKind::Reason]);
    let files = opened.attachments.iter().map(|file| SealedView {
        id: file.id.to_string(),
        kind: "attachment",
        author: file.author.clone(),
        by: author_name(&file.author, &reporter, &opened.names),
        day: file.day.0,
        body: base64::encode(&file.body),
    });
    let files = files.collect();
    let timeline = opened
        .events
        .iter()
        .map(|event| describe_event(site, &shell, event, &opened.names))
        .collect();
    let validation = match opened.case.verdict {
        Some(_) => Validation::Stated,
        None if opened.identity_erased => Validation::Erased,
        None if opened.validation_asked => Validation::Requested,
        None if opened.has_identity => Validation::NotRequested,
        None => Validation::Nothing,
    };
    let (case, today, t) = (opened.case, site.app.today(), &shell.page.t);
    let overdue = case.due_by().filter(|due| *due < today);
    let profile = site.app.profile();
    let rule = case.verdict.map(|verdict| profile.verdicts.rule(verdict));
    let recusals = Recusals::of(site, member, case.id, &case.area, &opened.recusals, &opened.names);
    Case {
        newest_act: hash_text(opened.newest_act),
        verdict: rule.map(|rule| rule.area.get(t.language()).into()),
        identity_erased: opened.identity_erased,
        id: case.id.to_string(),
        facets: facets(site, &shell, &case),
        overdue: overdue.map(|due| labels::due_in_words(t, due, today)),
        way,
        state: case.state,
        next_states: case.state.next().iter().map(|next| (next.as_str(), *next)).collect(),
        state_code: case.state.as_str(),
        received_on: case.received_on.0,
        respond_by: deadline(t, case.state, case.respond_by, today),
        responded_on: case.responded_on.map(|day| day.0),
        resolve_by: deadline(t, case.state, case.resolve_by, today),
        validation,
        keys: KeysView {
            area: case.area,
            reporter_verify_key: base64::encode(&case.reporter_verify_key),
            coverage: opened.coverage.as_ref().map(encode_coverage).unwrap_or_default(),
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

/// Writes the hash of an act for the page; empty where there is none.
pub(super) fn hash_text(hash: Option<Hash32>) -> String {
    hash.map(|hash| hash.to_string()).unwrap_or_default()
}

/// Writes the proof that the browser checks before it uses a key of the case, or takes anybody for its reporter.
fn encode_coverage(coverage: &Coverage) -> String {
    let json = json!({
        "statement": base64::encode(&coverage.statement),
        "signature": base64::encode(&coverage.signature),
        "inclusion": inclusion(&coverage.covered, &coverage.checkpoint),
    });
    base64::encode(json.to_string().as_bytes())
}

fn name_of(id: StaffId, names: &HashMap<StaffId, String>) -> String {
    names.get(&id).cloned().unwrap_or_else(|| id.to_string())
}

/// Returns the author of a row, for people.
fn author_name(author: &str, reporter: &str, names: &HashMap<StaffId, String>) -> String {
    match author.parse() {
        Ok(Author::Staff(id)) => name_of(id, names),
        Ok(Author::Reporter) => reporter.to_owned(),
        // Somebody wrote to the database; the envelope's signature will tell more.
        Err(_) => author.to_owned(),
    }
}

fn sealed(record: &Record, reporter: &str, names: &HashMap<StaffId, String>) -> SealedView {
    SealedView {
        id: record.id.to_string(),
        kind: record.kind.as_str(),
        author: record.author.clone(),
        by: author_name(&record.author, reporter, names),
        day: record.day.0,
        body: base64::encode(&record.body),
    }
}

fn describe_event(site: &Site, shell: &Shell, event: &CaseEvent, names: &HashMap<StaffId, String>) -> Event {
    let t = &shell.page.t;
    let value = |text: &Option<String>| text.clone().unwrap_or_default();
    let state = |text: &Option<String>| match value(text).parse::<CaseState>() {
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
        at: labels::time(&site.app.zone(), event.at),
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
        (t.get("facet-kind"), labels::kind_label(profile, case.kind, language)),
        (
            t.get("inbox-category"),
            labels::category_label(profile, &case.category, language),
        ),
        (t.get("inbox-area"), labels::area_label(profile, &case.area, language)),
    ];
    facets.extend(province.map(|name| (t.get("facet-province"), name)));
    facets.extend(establishment.map(|name| (t.get("facet-establishment"), name.to_owned())));
    facets.push((t.get("facet-channel"), t.get(labels::channel_key(case.channel))));
    facets.push((t.get("facet-sealed-by"), t.get(by)));
    facets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use crate::http::testing::{assert_sound, shell};

    fn one(kind: &'static str) -> SealedView {
        SealedView {
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
            shell: shell(Section::Inbox, Some(Role::Analyst)),
            id: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
            number: "2026-K7Q2M9-X".into(),
            state: CaseState::Received,
            next_states: vec![("in_review", CaseState::InReview)],
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
            validation: Validation::NotRequested,
            verdict: None,
            identity_erased: false,
            keys: KeysView {
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
            way: ListLinks {
                back: "/staff/inbox?state=all&unread=1".into(),
                previous: Some("/staff/cases/a0a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d?state=all&unread=1".into()),
                next: Some("/staff/cases/a2a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d?state=all&unread=1".into()),
            },
            recusals: Recusals::sample(),
            newest_act: "ab12".into(),
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
        assert!(html.contains("data-from=\"received\""));
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
