//! Gives every error a body: a page in the visitor's language, or a problem document (RFC 9457) for scripts.

use askama::Template as _;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::middleware::Next;
use axum::response::Response;
use serde_json::json;

use crate::http::audience::{SessionLanguage, SignedInMember, wants_json};
use crate::http::error::{RouteError, declined_problem};
use crate::http::middleware::form_replay;
use crate::http::middleware::request_id::RequestId;
use crate::http::page::RequestedLanguage;
use crate::http::reporter::problem::{Problem, ProblemText};
use crate::http::site::SharedSite;
use crate::http::staff::problem::StaffProblem;
use crate::http::staff::shell::{Section, Shell};
use crate::i18n::Texts;
use crate::service::unsealing::{Declined, word};

/// Gives every error a body: a page, or a problem document under `/api/` and for scripts.
pub(crate) async fn render(State(site): State<SharedSite>, request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/") || wants_json(request.headers());
    let staff = request.uri().path().starts_with("/staff");
    let asked = RequestedLanguage::of(request.uri());
    let number = request.extensions().get::<RequestId>().cloned();
    let mut response = next.run(request).await;
    let kept = form_replay::take(&mut response);
    let Some(error) = RouteError::of(&response) else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    let spoken = parts
        .extensions
        .remove::<SessionLanguage>()
        .map(|SessionLanguage(language)| language);
    let member = parts
        .extensions
        .remove::<SignedInMember>()
        .map(|SignedInMember(member)| member);
    let asked = asked.as_deref().filter(|code| site.languages.has(code));
    let language = asked
        .or(spoken.as_deref())
        .or(member.as_ref().map(|member| member.language.as_str()));
    // Of what the log tells nothing, nobody needs a number.
    let number = number.filter(|_| member.is_some() || error.status().is_server_error());
    let number = number.map(|number| number.to_string());
    let body = if api {
        let title = title(error, &site.languages.texts(language));
        let mut problem =
            json!({ "type": format!("/problems/{}", error.code()), "title": title, "status": error.status().as_u16() });
        if let Some(number) = number {
            problem["request"] = number.into();
        }
        parts
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        problem.to_string()
    } else {
        parts
            .headers
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let again = match kept {
            Some(kept) => kept.again().await,
            None => None,
        };
        let rendered = if staff {
            let shell = match &member {
                Some(member) => Shell::of(&site, member, Section::SignIn),
                None => Shell::of_nobody(&site, language),
            };
            StaffProblem::new(shell, problem_text(error), again, number).render()
        } else {
            let page = site.page(language, "/");
            let ways = match error {
                RouteError::NoRoom => site.app.profile.other_ways(page.t.language()),
                _ => Vec::new(),
            };
            Problem::new(page, problem_text(error), again, ways, number).render()
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
        RouteError::Unreleased(declined) => describe_declined(declined, t),
        _ => t.get(&format!("problem-{}", error.code())),
    }
}

/// The words and the waiting time of an error's page.
const fn problem_text(error: RouteError) -> ProblemText {
    ProblemText {
        code: error.code(),
        wait: match error {
            RouteError::Slowed(seconds) => Some(seconds),
            _ => None,
        },
    }
}

/// Explains why an identity stays closed.
fn describe_declined(declined: Declined, t: &Texts) -> String {
    let (.., key) = declined_problem(declined);
    match declined {
        Declined::Quorum(officers) => t.with(key, &[("officers", i64::from(officers).into())]),
        Declined::TriedTooLittle(attempts, days) => {
            t.with(key, &[("attempts", attempts.into()), ("days", days.into())])
        }
        Declined::Witness(refusal) => t.with(key, &[("word", word(refusal).into())]),
        _ => t.get(key),
    }
}
