//! `/staff/desk`: the requests that wait for the identity officers. Officers see facets and letters, never the report.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use crate::domain::day::Day;
use crate::domain::desk::Waiting;
use crate::domain::ids::StaffId;
use crate::domain::state::UnsealState;
use crate::http::error::RouteError;
use crate::http::extract::SignedIn;
use crate::http::html;
use crate::http::site::{SharedSite, Site};
use crate::http::staff::labels::{self, verdict_key};
use crate::http::staff::shell::{Section, Shell};
use crate::service::unseal::desk::Desk as AtDesk;
use crate::store::desk::{Unseal, Validation};
use crate::store::desk_requests::{Cursor, Item};
use crate::vault::base64;
use crate::vault::envelope::Author;
use crate::vault::letter::LetterKind;

/// One choice that narrows the list; sent as a query parameter.
pub struct Filter {
    pub name: &'static str,
    pub label: String,
    /// Value, label, and true if chosen. The first is "all", with an empty value.
    pub options: Vec<(String, String, bool)>,
}

/// One open request.
pub struct RequestRow {
    pub case: String,
    pub number: String,
    /// The key of the kind of request.
    pub kind: &'static str,
    pub area: String,
    pub asked_on: i64,
    /// Days since the request.
    pub age: i64,
    pub overdue: bool,
    /// The request of an area, with its reason; reporters give none.
    pub letter: Option<LetterView>,
    /// The last unseal of the case.
    pub last: Option<UnsealRow>,
}

/// An unseal of the officer's own that has no verdict yet.
pub struct UndecidedRow {
    pub case: String,
    pub number: String,
    pub class: String,
    pub opened_on: i64,
}

/// A letter that the officer's browser opens: attributes of `<sealed-letter>`.
pub struct LetterView {
    pub id: String,
    pub kind: &'static str,
    pub author: String,
    /// The author's name, for people.
    pub by: String,
    pub day: i64,
    /// The age file, base64.
    pub file: String,
}

/// One unseal of the case, by any officer.
pub struct UnsealRow {
    /// To the second: `2026-11-24 10:15:07`.
    pub at: String,
    pub class: String,
    pub by: String,
    /// The key of the outcome.
    pub outcome: &'static str,
    /// The opened version, where there are several.
    pub version: Option<i64>,
    /// The opened version was corrected since.
    pub is_of_earlier: bool,
}

/// `/staff/desk`
#[derive(Template)]
#[template(path = "staff/desk.html")]
pub struct Desk {
    pub shell: Shell,
    pub filters: Vec<Filter>,
    pub waiting: Vec<RequestRow>,
    pub undecided: Vec<UndecidedRow>,
    /// A verdict has just been taken.
    pub stated: bool,
    /// The number that was typed into the search and names no case.
    pub unknown: Option<String>,
    /// Addresses of the first page, unless this is it, and of the next one; with the filter.
    pub first: Option<String>,
    pub next: Option<String>,
}

/// The query of the address. Unknown values are passed over.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct DeskQuery {
    /// A case's number, as typed.
    number: Option<String>,
    #[serde(default)]
    kind: String,
    /// The end of the page before.
    #[serde(default)]
    after: String,
    /// Present when a verdict has just been taken.
    stated: Option<String>,
}

fn address(kind: Option<Waiting>, after: Option<&Cursor>) -> String {
    let kind = kind.map(|kind| format!("kind={kind}"));
    let after = after.map(|after| format!("after={}.{}", after.since, after.id));
    let parts: Vec<String> = kind.into_iter().chain(after).collect();
    if parts.is_empty() {
        Section::Desk.path().into()
    } else {
        format!("{}?{}", Section::Desk.path(), parts.join("&"))
    }
}

/// Reads a cursor that an address of ours has; none for anything else, which shows the first page.
fn read_cursor(text: &str) -> Option<Cursor> {
    let (since, id) = text.split_once('.')?;
    Some(Cursor {
        since: since.parse().ok()?,
        id: id.parse().ok()?,
    })
}

/// Returns the key of a kind of request.
pub(super) const fn kind_key(kind: Waiting) -> &'static str {
    match kind {
        Waiting::Validation => "desk-validation",
        Waiting::Correction => "desk-correction",
        Waiting::Erasure => "desk-erasure",
    }
}

/// `GET /staff/desk`. With a number it redirects to its case.
pub(crate) async fn show(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    Query(query): Query<DeskQuery>,
) -> Result<Response, RouteError> {
    let typed = query.number.filter(|number| !number.trim().is_empty());
    if let Some(typed) = &typed
        && let Some(case) = site.app.unseals.case_numbered(typed).await?
    {
        return Ok(Redirect::to(&format!("/staff/desk/{case}")).into_response());
    }
    let (kind, after) = (query.kind.parse().ok(), read_cursor(&query.after));
    let desk = site.app.unseals.desk(&member, kind, after.as_ref()).await?;
    let shell = Shell::of(&site, &member, Section::Desk);
    let status = if typed.is_some() {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    let page = Desk {
        filters: vec![kinds(&shell, &desk, kind)],
        waiting: desk
            .waiting
            .iter()
            .map(|(item, last)| row(&site, &shell, item, last.as_ref(), &desk.names))
            .collect(),
        undecided: desk
            .undecided
            .iter()
            .map(|(unseal, number)| UndecidedRow {
                case: unseal.case_id.to_string(),
                number: number.clone(),
                class: class(&site, &shell, &unseal.class),
                opened_on: Day::at(unseal.requested_at, &site.app.zone()).0,
            })
            .collect(),
        stated: query.stated.is_some(),
        unknown: typed,
        first: after.is_some().then(|| address(kind, None)),
        next: desk.next.as_ref().map(|next| address(kind, Some(next))),
        shell,
    };
    html::page(status, &page)
}

/// Makes the one filter, with the number of waiting requests of each kind.
fn kinds(shell: &Shell, desk: &AtDesk, chosen: Option<Waiting>) -> Filter {
    let t = &shell.page.t;
    let count = |kind: &Waiting| desk.counts.get(kind).copied().unwrap_or(0);
    let all: i64 = Waiting::ALL.iter().map(count).sum();
    let each = Waiting::ALL.iter().map(|kind| {
        let label = format!("{} ({})", t.get(kind_key(*kind)), count(kind));
        (kind.to_string(), label, chosen == Some(*kind))
    });
    let everything = (
        String::new(),
        format!("{} ({all})", t.get("desk-all")),
        chosen.is_none(),
    );
    Filter {
        name: "kind",
        label: t.get("desk-kind"),
        options: std::iter::once(everything).chain(each).collect(),
    }
}

fn row(site: &Site, shell: &Shell, item: &Item, last: Option<&Unseal>, names: &HashMap<StaffId, String>) -> RequestRow {
    let profile = &site.app.profile();
    let asked_on = item.asked_on.unwrap_or_else(|| Day::at(item.since, &site.app.zone()));
    let age = (site.app.today().0 - asked_on.0).max(0);
    let rules = &profile.officers;
    let limit = match item.kind {
        Waiting::Validation | Waiting::Correction => rules.validation_days,
        Waiting::Erasure => rules.erasure_days,
    };
    let letter = item.requested_by.zip(item.letter.as_ref());
    RequestRow {
        case: item.case_id.to_string(),
        number: item.number.clone(),
        kind: kind_key(item.kind),
        area: labels::area_label(profile, &item.area, shell.page.t.language()),
        asked_on: asked_on.0,
        age,
        overdue: age > i64::from(limit),
        letter: letter.map(|(by, file)| of_area(&item.id.to_string(), by, asked_on, file, names)),
        last: last.map(|unseal| UnsealRow::of(site, shell, unseal, names)),
    }
}

fn of_area(id: &str, by: StaffId, day: Day, file: &[u8], names: &HashMap<StaffId, String>) -> LetterView {
    LetterView {
        id: id.to_owned(),
        kind: LetterKind::ValidationRequest.as_str(),
        author: Author::Staff(by).to_string(),
        by: name(by, names),
        day: day.0,
        file: base64::encode(file),
    }
}

/// Makes the view of an area's request.
pub(super) fn letter(site: &Site, request: &Validation, names: &HashMap<StaffId, String>) -> LetterView {
    let day = Day::at(request.requested_at, &site.app.zone());
    of_area(
        &request.id.to_string(),
        request.requested_by,
        day,
        &request.letter,
        names,
    )
}

impl UnsealRow {
    pub(super) fn of(site: &Site, shell: &Shell, unseal: &Unseal, names: &HashMap<StaffId, String>) -> Self {
        Self {
            at: labels::time(&site.app.zone(), unseal.requested_at),
            class: class(site, shell, &unseal.class),
            by: name(unseal.officer_id, names),
            outcome: outcome(unseal),
            version: None,
            is_of_earlier: false,
        }
    }
}

pub(super) fn name(id: StaffId, names: &HashMap<StaffId, String>) -> String {
    names.get(&id).cloned().unwrap_or_else(|| id.to_string())
}

/// Returns the profile's name of a class of purposes; a code that it no longer has stands for itself.
pub(super) fn class(site: &Site, shell: &Shell, code: &str) -> String {
    let profile = site.app.profile();
    let known = profile.purpose(code);
    known.map_or_else(
        || code.to_owned(),
        |known| known.label.get(shell.page.t.language()).into(),
    )
}

/// Returns the key of an unseal's state or verdict.
pub(super) const fn outcome(unseal: &Unseal) -> &'static str {
    match (unseal.state, unseal.verdict) {
        (UnsealState::Requested, _) => "unseal-requested",
        (UnsealState::Refused, _) => "unseal-refused",
        (UnsealState::Released, None) => "unseal-undecided",
        (UnsealState::Released, Some(verdict)) => verdict_key(verdict),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;
    use crate::http::staff::shell::Section;
    use crate::http::testing::{assert_sound, letter, shell};

    fn desk(waiting: Vec<RequestRow>, unknown: Option<String>) -> String {
        let html = Desk {
            shell: shell(Section::Desk, Some(Role::Officer)),
            filters: vec![Filter {
                name: "kind",
                label: "Qué se pide".into(),
                options: vec![(String::new(), "Todos (2)".into(), true)],
            }],
            undecided: waiting
                .iter()
                .map(|row| UndecidedRow {
                    case: row.case.clone(),
                    number: row.number.clone(),
                    class: "Validar la identidad".into(),
                    opened_on: 20_781,
                })
                .collect(),
            waiting,
            stated: false,
            unknown,
            first: None,
            next: Some("/staff/desk?after=1.x".into()),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        html
    }

    #[test]
    fn an_empty_desk_says_so() {
        assert!(desk(Vec::new(), None).contains("Nada espera"));
    }

    #[test]
    fn the_desk_lists_what_waits_with_its_sealed_letter() {
        let row = |letter| RequestRow {
            case: "c1".into(),
            number: "2026-K7Q2M9-X".into(),
            kind: "desk-erasure",
            area: "Transparencia".into(),
            asked_on: 20_781,
            age: 2,
            overdue: true,
            letter,
            last: None,
        };
        let html = desk(vec![row(Some(letter())), row(None)], Some("2026-<b>".into()));
        assert!(html.contains("<sealed-letter case=\"c1\" letter=\"l\" kind=\"validation-request\""));
        assert!(html.contains("Sin veredicto") && html.contains("2 días") && html.contains("vencido"));
        assert!(html.contains("role=\"alert\"") && !html.contains("2026-<b>"));
    }

    #[test]
    fn a_page_s_end_is_read_back_and_anything_else_is_not() {
        let cursor = Cursor {
            since: 1_795_532_400,
            id: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".parse().unwrap(),
        };
        let written = address(Some(Waiting::Erasure), Some(&cursor));
        let (path, after) = written.split_once("&after=").unwrap();
        assert_eq!(path, "/staff/desk?kind=erasure");
        assert_eq!(read_cursor(after), Some(cursor));
        for wrong in ["", ".", "1", "x.a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d", "1.2"] {
            assert_eq!(read_cursor(wrong), None, "{wrong}");
        }
    }
}
