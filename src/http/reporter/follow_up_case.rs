//! `/follow-up/case`: the page of the case for a reporter who came back with the eight words.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::dialogue::{Cleaning, FileLimits, FileView};
use crate::domain::day::Day;
use crate::domain::facets::Verdict;
use crate::domain::state::{State as CaseState, UnsealState};
use crate::http::cookies::{self, CookieName};
use crate::http::error::RouteError;
use crate::http::extract::ReturningReporter;
use crate::http::html;
use crate::http::page::Page;
use crate::http::reporter::email_notices::EmailNotices;
use crate::http::reporter::own_data::OwnData;
use crate::http::site::{SharedSite, Site};
use crate::i18n::StateTexts as _;
use crate::service::follow_up::OwnFile;

/// A message of either side.
pub struct MessageRow {
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
    /// Name and size; none when the file was changed since it was sent.
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

/// The outcome of an unseal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Requested; the witness has not answered.
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
    /// The opened version was corrected since.
    pub is_of_earlier: bool,
}

/// The statement of the witness about this case.
pub struct Statement {
    pub count: u64,
    /// Day of the statement.
    pub day: i64,
    /// The signed note, to be shown as it is.
    pub note: String,
}

/// The news above the page: what the reporter has just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// A message was kept.
    Sent,
    /// Files were added to the case.
    FilesSent,
    /// A message was typed before the session ended, and stands in its field again.
    Carried,
    /// The identity has a new version.
    Corrected,
    /// The erasure was asked for.
    ErasureRequested,
}

/// `/follow-up/case`
#[derive(Template)]
#[template(path = "follow_up_case.html")]
pub struct Case {
    pub page: Page,
    pub number: String,
    pub state: CaseState,
    pub received_on: i64,
    pub respond_by: i64,
    pub responded_on: Option<i64>,
    pub resolve_by: i64,
    /// The report, for the reporter's own eyes: question and answer.
    pub narrative: Vec<(String, String)>,
    pub messages: Vec<MessageRow>,
    pub files: Vec<CaseFile>,
    /// Files that arrived and are not sent yet.
    pub waiting: Vec<FileView>,
    pub limits: FileLimits,
    pub openings: Vec<Opening>,
    /// The last verdict on the newest version, in the profile's words.
    pub verdict: Option<String>,
    pub data: OwnData,
    pub has_identity: bool,
    /// The identity was erased: nobody can open it any more.
    pub identity_erased: bool,
    /// False: somebody exchanged the seal or the reporter's key.
    pub is_intact: bool,
    /// `None` while the witness cannot be asked: then the page says so.
    pub statement: Option<Statement>,
    pub notice: Option<Notice>,
    /// The field for a message: its error, and the text that was typed.
    pub error: Option<String>,
    pub typed: String,
    /// The error of the files.
    pub file_error: Option<String>,
    /// The reason why nothing was done about the personal data.
    pub identity_error: Option<String>,
    /// None where it is not offered.
    pub by_email: Option<EmailNotices>,
}

impl Case {
    fn file_described(&self) -> &'static str {
        if self.file_error.is_some() {
            " archivos-error"
        } else {
            ""
        }
    }

    /// Returns true if the witness counts other openings than the page shows: the reporter must not miss that.
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

/// The feedback on the form that was just sent.
#[derive(Default)]
pub(super) struct CaseFeedback {
    pub(super) notice: Option<Notice>,
    pub(super) error: Option<String>,
    pub(super) typed: String,
    pub(super) file_error: Option<String>,
    pub(super) identity_error: Option<String>,
    /// The address for notices: its error, and the text that was typed.
    pub(super) address: Option<(String, String)>,
}

/// `GET /follow-up/case`
pub(crate) async fn show(
    State(site): State<SharedSite>,
    RawQuery(query): RawQuery,
    reporter: ReturningReporter,
) -> Result<Response, RouteError> {
    let query = query.unwrap_or_default();
    let notices = [
        ("sent", Notice::Sent),
        ("files-sent", Notice::FilesSent),
        ("corrected", Notice::Corrected),
        ("erasure", Notice::ErasureRequested),
    ];
    let notice = notices
        .iter()
        .find(|(word, _)| query.split('&').any(|part| part == *word));
    let feedback = CaseFeedback {
        notice: notice.map(|(_, notice)| *notice),
        ..CaseFeedback::default()
    };
    render(&site, &reporter, StatusCode::OK, feedback).await
}

/// Renders the page of the case.
///
/// # Errors
/// [`RouteError`] as reading the case has it
pub(super) async fn render(
    site: &Site,
    reporter: &ReturningReporter,
    status: StatusCode,
    feedback: CaseFeedback,
) -> Result<Response, RouteError> {
    let own = site.app.follow_up.own_case(reporter).await?;
    let language = reporter
        .requested
        .as_deref()
        .filter(|code| site.languages.has(code))
        .unwrap_or(&reporter.language);
    let page = site.page(Some(language), "/follow-up/case");
    let unreadable = page.t.get("case-unreadable");
    let narrative = own.narrative.as_ref().map(|narrative| {
        narrative
            .answers()
            .iter()
            .map(|answer| (answer.label.clone(), answer.text.clone()))
            .collect()
    });
    let messages = own.conversation.iter().map(|line| MessageRow {
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
        notice: feedback.notice,
        error: feedback.error,
        typed: feedback.typed,
        file_error: feedback.file_error,
        identity_error: feedback.identity_error,
        by_email: EmailNotices::of_case(site, &own.case, feedback.address).await?,
        page,
    };
    html::page_with_upload(status, &case)
}

/// `POST /follow-up/leave`: ends the session.
pub(crate) async fn leave(State(site): State<SharedSite>, reporter: ReturningReporter) -> Result<Response, RouteError> {
    site.app.follow_up.end_follow_up(&reporter).await?;
    let page = site.page(Some(&reporter.language), "/");
    let mut response = Redirect::to(&page.at("/")).into_response();
    response
        .headers_mut()
        .append(SET_COOKIE, cookies::clear(CookieName::FollowUp));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::reporter::own_data::OwnRequest;
    use crate::http::testing::{assert_sound, page};

    fn case() -> Case {
        Case {
            page: page("es"),
            number: "2026-K7Q2M9-X".into(),
            state: CaseState::InReview,
            received_on: 20_781,
            respond_by: 20_784,
            responded_on: None,
            resolve_by: 20_800,
            narrative: vec![("¿Qué pasó?".into(), "Me pidieron <dinero>.".into())],
            messages: vec![MessageRow {
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
