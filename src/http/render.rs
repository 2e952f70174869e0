//! Gives every error a body: a page in the visitor's language, or a problem document (RFC 9457) for scripts.

use askama::Template as _;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::json;

use crate::http::audience::{SessionLanguage, SignedInMember, wants_json};
use crate::http::error::RouteError;
use crate::http::middleware::form_replay;
use crate::http::middleware::request_id::RequestId;
use crate::http::officer_problem::{OfficerProblem, describe_problem};
use crate::http::page::RequestedLanguage;
use crate::http::reporter::problem::{Problem, ProblemText};
use crate::http::route::Side;
use crate::http::site::SharedSite;
use crate::http::staff::problem::StaffProblem;
use crate::http::staff::shell::{Section, Shell};
use crate::i18n::Texts;

/// Gives every error a body: a page, or a problem document where a script asks.
pub(crate) async fn render_errors(
    State((site, side)): State<(SharedSite, Side)>,
    request: Request,
    next: Next,
) -> Response {
    let as_problem = side.is_api() || wants_json(request.headers());
    let requested = RequestedLanguage::of(request.uri());
    let request_id = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    let kept = form_replay::take(&mut response);
    let Some(error) = RouteError::of(&response) else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    let session_language = parts
        .extensions
        .remove::<SessionLanguage>()
        .map(|SessionLanguage(language)| language);
    let member = parts
        .extensions
        .remove::<SignedInMember>()
        .map(|SignedInMember(member)| member);
    let requested = requested.as_deref().filter(|code| site.languages.has(code));
    let language = requested
        .or(session_language.as_deref())
        .or(member.as_ref().map(|member| member.language.as_str()));
    // A request of which the log tells nothing needs no id.
    let request_id = request_id.filter(|_| member.is_some() || error.status().is_server_error());
    let request_id = request_id.map(|id| id.to_string());
    let body = if as_problem {
        let title = title(error, &site.languages.texts(language));
        let mut problem =
            json!({ "type": format!("/problems/{}", error.code()), "title": title, "status": error.status().as_u16() });
        if let Some(request_id) = request_id {
            problem["request"] = request_id.into();
        }
        parts
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        problem.to_string()
    } else {
        parts
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let form = match kept {
            Some(kept) => kept.into_form().await,
            None => None,
        };
        let rendered = if side.has_staff_pages() {
            let shell = match &member {
                Some(member) => Shell::of(&site, member, Section::SignIn),
                None => Shell::of_nobody(&site, language),
            };
            StaffProblem::new(shell, problem_text(error), form, request_id).render()
        } else {
            let page = site.page(language, "/");
            let ways = match error {
                RouteError::NoRoom => site.app.profile().other_ways(page.t.language()),
                _ => Vec::new(),
            };
            Problem::new(page, problem_text(error), form, ways, request_id).render()
        };
        rendered.unwrap_or_default()
    };
    if let Some(seconds) = error.retry_after() {
        parts.headers.insert(RETRY_AFTER, seconds.into());
    }
    parts.status = error.status();
    Response::from_parts(parts, body.into())
}

/// The title of a problem document.
fn title(error: RouteError, t: &Texts) -> String {
    match error {
        RouteError::Unreleased(problem) => format_problem(problem, t),
        _ => t.get(&format!("problem-{}", error.code())),
    }
}

/// The words and the waiting time of an error's page.
const fn problem_text(error: RouteError) -> ProblemText {
    ProblemText {
        code: error.code(),
        wait: match error {
            RouteError::RateLimited(seconds) => Some(seconds),
            _ => None,
        },
    }
}

/// Formats the text of a problem.
fn format_problem(problem: OfficerProblem, t: &Texts) -> String {
    let (.., key) = describe_problem(problem);
    match problem {
        OfficerProblem::Quorum(officers) => t.with(key, &[("officers", i64::from(officers).into())]),
        OfficerProblem::TriedTooLittle { attempts, days } => {
            t.with(key, &[("attempts", attempts.into()), ("days", days.into())])
        }
        OfficerProblem::Refused(refusal) => t.with(key, &[("word", refusal.code().into())]),
        _ => t.get(key),
    }
}
