//! `/follow-up/case`: what the reporter finds who came back by eight words.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, Form, RawQuery, State as Shared};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::by_email::{self, ByEmail};
use super::entry::{Entry, EntryError};
use super::own_data::OwnData;
use super::{Asked, Page, StateTexts as _};
use crate::dialogue::{Cleaning, FileLimits, FileView};
use crate::domain::day::Day;
use crate::domain::facets::Verdict;
use crate::domain::state::{State, UnsealState};
use crate::http::access::returning;
use crate::http::cookies::{self, CookieName};
use crate::http::error::{self, RouteError};
use crate::http::site::{SharedSite, Site};
use crate::service;
use crate::service::follow_up::{OwnFile, Returning};

/// What was written, by either side.
pub struct Message {
    pub mine: bool,
    /// Days since 1970-01-01.
    pub day: i64,
    pub text: String,
}

/// A file of the case, from either side.
pub struct CaseFile {
    pub id: String,
    pub mine: bool,
    /// Days since 1970-01-01.
    pub day: i64,
    /// None when it was changed since it was sent.
    pub line: Option<(String, u64)>,
}

impl From<&OwnFile> for CaseFile {
    fn from(file: &OwnFile) -> Self {
        Self {
            id: file.id.to_string(),
            mine: file.mine,
            day: file.day.0,
            line: file
                .content
                .as_ref()
                .map(|content| (content.name().clone(), *content.size())),
        }
    }
}

/// What came of an unseal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Asked for; the witness has not answered.
    Requested,
    Refused,
    /// Opened; no verdict yet.
    Opened,
    Valid,
    Mismatch,
    Unreachable,
}

impl Outcome {
    const fn key(self) -> &'static str {
        match self {
            Self::Requested => "outcome-requested",
            Self::Refused => "outcome-refused",
            Self::Opened => "outcome-opened",
            Self::Valid => "outcome-valid",
            Self::Mismatch => "outcome-mismatch",
            Self::Unreachable => "outcome-unreachable",
        }
    }
}

/// One opening of the identity. Never the purpose's text, never the officer's name.
pub struct Opening {
    pub day: i64,
    /// The purpose's class, already in the reporter's words (from the profile).
    pub class: String,
    pub outcome: Outcome,
    /// What was opened was corrected since.
    pub is_of_earlier: bool,
}

/// What the witness states by itself about this case.
pub struct Statement {
    pub count: u64,
    /// Day of the statement.
    pub day: i64,
    /// The signed note, to be shown as it is.
    pub note: String,
}

/// What just became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// It was kept.
    Sent,
    /// Files were added to the case.
    FilesSent,
    /// It was typed before the session ended, and stands in its field again.
    Carried,
    /// The identity has a new version.
    Corrected,
    /// The erasure was asked for.
    ErasureAsked,
}

/// `/follow-up/case`
#[derive(Template)]
#[template(path = "follow_up_case.html")]
pub struct Case {
    pub page: Page,
    pub number: String,
    pub state: State,
    pub received_on: i64,
    pub respond_by: i64,
    pub responded_on: Option<i64>,
    pub resolve_by: i64,
    /// What was reported, for the reporter's own eyes: question and answer.
    pub narrative: Vec<(String, String)>,
    pub messages: Vec<Message>,
    pub files: Vec<CaseFile>,
    /// Files that arrived and are not sent yet.
    pub waiting: Vec<FileView>,
    pub limits: FileLimits,
    pub openings: Vec<Opening>,
    /// What the last verdict on the newest version means, in the profile's words.
    pub verdict: Option<String>,
    pub data: OwnData,
    pub has_identity: bool,
    /// Its time is over: nobody can open it any more.
    pub identity_erased: bool,
    /// False: somebody exchanged the seal or the reporter's key.
    pub is_intact: bool,
    /// `None` while the witness cannot be asked: then the page says so.
    pub statement: Option<Statement>,
    pub notice: Option<Notice>,
    /// The message's field: what is wrong, and what was typed.
    pub error: Option<String>,
    pub typed: String,
    /// What is wrong with the files.
    pub file_error: Option<String>,
    /// Why nothing was done about the personal data.
    pub identity_error: Option<String>,
    /// None where it is not offered.
    pub by_email: Option<ByEmail>,
}

impl Case {
    fn file_described(&self) -> &'static str {
        if self.file_error.is_some() {
            " archivos-error"
        } else {
            ""
        }
    }

    // The witness counts by itself; a difference is the one thing that the reporter must not miss.
    fn disagrees(&self) -> bool {
        let seen = self
            .openings
            .iter()
            .filter(|opening| !matches!(opening.outcome, Outcome::Requested | Outcome::Refused))
            .count();
        self.statement
            .as_ref()
            .is_some_and(|statement| statement.count != seen as u64)
    }
}

/// `GET /follow-up/case`
pub(crate) async fn show(
    Shared(site): Shared<SharedSite>,
    asked: Asked,
    RawQuery(query): RawQuery,
    Extension(who): Extension<Arc<Returning>>,
) -> Result<Response, RouteError> {
    let says = |word: &str| {
        query
            .as_deref()
            .is_some_and(|query| query.split('&').any(|part| part == word))
    };
    let notices = [
        ("sent", Notice::Sent),
        ("files-sent", Notice::FilesSent),
        ("corrected", Notice::Corrected),
        ("erasure", Notice::ErasureAsked),
    ];
    let view = Shown {
        notice: notices.iter().find(|(word, _)| says(word)).map(|(_, notice)| *notice),
        ..Shown::default()
    };
    drawn(&site, &asked, &who, StatusCode::OK, view).await
}

/// What the page says about the message or the files that were just sent, or not.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) notice: Option<Notice>,
    pub(super) error: Option<String>,
    pub(super) typed: String,
    pub(super) file_error: Option<String>,
    pub(super) identity_error: Option<String>,
    /// The address for notices: what is wrong with it, and what was typed.
    pub(super) address: Option<(String, String)>,
}

pub(super) async fn drawn(
    site: &Site,
    asked: &Asked,
    who: &Returning,
    status: StatusCode,
    view: Shown,
) -> Result<Response, RouteError> {
    let own = site.app.follow_up.own_case(who).await?;
    let language = asked
        .as_deref()
        .filter(|code| site.languages.has(code))
        .unwrap_or(&who.language);
    let page = site.page(Some(language), "/follow-up/case");
    let unreadable = page.t.get("case-unreadable");
    let narrative = own.narrative.as_ref().map(|narrative| {
        narrative
            .answers()
            .iter()
            .map(|answer| (answer.label.clone(), answer.text.clone()))
            .collect()
    });
    let messages = own.conversation.iter().map(|line| Message {
        mine: line.mine,
        day: line.day.0,
        text: line
            .text
            .as_ref()
            .map_or_else(|| unreadable.clone(), |text| text.to_string()),
    });
    let openings = own.openings.iter().map(|opening| Opening {
        day: opening.day.0,
        class: site
            .app
            .profile()
            .purpose(&opening.class)
            .map_or_else(String::new, |purpose| purpose.label.get(language).into()),
        outcome: match (opening.state, opening.verdict) {
            (UnsealState::Requested, _) => Outcome::Requested,
            (UnsealState::Refused, _) => Outcome::Refused,
            (UnsealState::Released, None) => Outcome::Opened,
            (UnsealState::Released, Some(Verdict::Valid)) => Outcome::Valid,
            (UnsealState::Released, Some(Verdict::Mismatch)) => Outcome::Mismatch,
            (UnsealState::Released, Some(Verdict::Unreachable)) => Outcome::Unreachable,
        },
        is_of_earlier: opening.is_of_earlier,
    });
    let last = own.openings.iter().rev().find(|opening| !opening.is_of_earlier);
    let verdict = last.and_then(|opening| opening.verdict);
    let case = Case {
        number: own.case.number.clone(),
        state: own.case.state,
        received_on: own.case.received_on.0,
        respond_by: own.case.respond_by.0,
        responded_on: own.case.responded_on.map(|day| day.0),
        resolve_by: own.case.resolve_by.0,
        narrative: narrative.unwrap_or_else(|| vec![(String::new(), unreadable.clone())]),
        messages: messages.collect(),
        openings: openings.collect(),
        verdict: verdict
            .filter(|_| !own.identity_erased)
            .map(|verdict| site.app.profile().verdicts.rule(verdict).reporter.get(language).into()),
        data: OwnData::of(site, language, &own),
        has_identity: own.has_identity,
        identity_erased: own.identity_erased,
        is_intact: own.is_intact,
        statement: site
            .app
            .follow_up
            .opening_statement(&own)
            .await
            .map(|statement| Statement {
                count: statement.count,
                day: Day::at(statement.time, &site.app.zone()).0,
                note: statement.note,
            }),
        files: own.files.iter().map(CaseFile::from).collect(),
        waiting: own.waiting.iter().map(FileView::from).collect(),
        limits: FileLimits::of(&site.app.profile()),
        notice: view.notice,
        error: view.error,
        typed: view.typed,
        file_error: view.file_error,
        identity_error: view.identity_error,
        by_email: by_email::of_case(site, &own.case, view.address).await?,
        page,
    };
    error::page_with_upload(status, &case)
}

/// A message to the area.
#[derive(Deserialize)]
pub(crate) struct Written {
    text: Zeroizing<String>,
}

/// `POST /follow-up/message`. Open to everybody, because what was typed before the session ended must not be lost: the
/// words are asked for again, and the text goes along.
pub(crate) async fn write(
    Shared(site): Shared<SharedSite>,
    asked: Asked,
    headers: HeaderMap,
    Form(written): Form<Written>,
) -> Result<Response, RouteError> {
    let Some(who) = returning(&site, &headers).await? else {
        let entry = Entry {
            page: site.page(asked.as_deref(), "/follow-up"),
            error: Some(EntryError::Expired),
            carried: written.text.to_string(),
        };
        return error::page(StatusCode::UNPROCESSABLE_ENTITY, &entry);
    };
    let key = match site.app.follow_up.write_as_reporter(&who, &written.text).await {
        Ok(()) => return Ok(site.redirect(Some(&who.language), "/follow-up/case?sent#conversacion")),
        Err(service::Error::Invalid(_)) => "case-message-invalid",
        Err(service::Error::Conflict) => "case-message-closed",
        Err(error) => return Err(error.into()),
    };
    let error = site.page(Some(&who.language), "/").t.get(key);
    let view = Shown {
        error: Some(error),
        typed: written.text.to_string(),
        ..Shown::default()
    };
    drawn(&site, &asked, &who, StatusCode::UNPROCESSABLE_ENTITY, view).await
}

/// `POST /follow-up/leave`: ends the session.
pub(crate) async fn leave(
    Shared(site): Shared<SharedSite>,
    Extension(who): Extension<Arc<Returning>>,
) -> Result<Response, RouteError> {
    site.app.follow_up.end_follow_up(&who).await?;
    let page = site.page(Some(&who.language), "/");
    let mut response = Redirect::to(&page.at("/")).into_response();
    response
        .headers_mut()
        .append(SET_COOKIE, cookies::clear(CookieName::FollowUp));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pages::own_data::OwnRequest;
    use crate::http::pages::tests::{assert_sound, page};

    fn case() -> Case {
        Case {
            page: page("es"),
            number: "2026-K7Q2M9-X".into(),
            state: State::InReview,
            received_on: 20_781,
            respond_by: 20_784,
            responded_on: None,
            resolve_by: 20_800,
            narrative: vec![("¿Qué pasó?".into(), "Me pidieron <dinero>.".into())],
            messages: vec![Message {
                mine: false,
                day: 20_782,
                text: "¿Recuerda el día?".into(),
            }],
            openings: vec![Opening {
                day: 20_783,
                class: "Validar la identidad".into(),
                outcome: Outcome::Valid,
                is_of_earlier: true,
            }],
            verdict: None,
            data: OwnData {
                requests: vec![OwnRequest {
                    day: 20_784,
                    key: "own-erasure-refused",
                    reason: Some("Hay un proceso legal.".into()),
                }],
                may_correct: true,
                may_erase: true,
            },
            has_identity: true,
            identity_erased: false,
            is_intact: true,
            statement: Some(Statement {
                count: 1,
                day: 20_783,
                note: "sigilo-witness".into(),
            }),
            files: vec![CaseFile {
                id: "a1a2a3a4-b1b2-4c1c-8d1d-2d3d4d5d6d7d".into(),
                mine: true,
                day: 20_782,
                line: Some(("receta.jpg".into(), 84_200)),
            }],
            waiting: Vec::new(),
            limits: FileLimits {
                files: 10,
                file_mb: 100,
                total_mb: 250,
            },
            notice: None,
            error: None,
            typed: String::new(),
            file_error: None,
            identity_error: None,
            by_email: None,
        }
    }

    #[test]
    fn the_case_tells_state_talk_and_openings() {
        let html = case().render().unwrap();
        assert_sound(&html);
        for part in [
            "2026-K7Q2M9-X",
            "¿Recuerda el día?",
            "Validar la identidad",
            "&#60;dinero&#62;",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(!html.contains("id=\"diferencia\""));
        assert!(html.contains("Hay un proceso legal.") && html.contains("href=\"/follow-up/identity/erasure\""));
    }

    #[test]
    fn an_opening_that_only_the_witness_knows_is_told() {
        let mut hidden = case();
        hidden.openings.clear();
        assert!(hidden.render().unwrap().contains("id=\"diferencia\""));
    }
}
