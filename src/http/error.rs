//! What can go wrong between a visitor and a page, and the one place that turns it into a response.
//!
//! Handlers return a [`RouteError`]; a middleware renders it in the visitor's language, as a page or, under `/api/`,
//! as a problem document (RFC 9457). Internal text is logged, never sent.

use askama::Template as _;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde_json::json;

use crate::http::api::unsealing::{self, OfficerProblem};
use crate::http::guards;
use crate::http::observe::RequestNumber;
use crate::http::pages::Asked;
use crate::http::pages::problem::{Problem, Told};
use crate::http::pages::staff::problem::StaffProblem;
use crate::http::pages::staff::{Place, Shell};
use crate::http::security::Uploads;
use crate::http::site::SharedSite;
use crate::i18n::Texts;
use crate::service;
use crate::service::people::sessions::Member;
use crate::store;

/// Seconds after which an overload may have passed, and after which there may be room on the disk.
const OVERLOADED: u32 = 5;
const FULL: u32 = 600;

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteError {
    /// The request makes no sense.
    BadRequest,
    /// Nobody is signed in.
    Unauthorized,
    /// Not for this visitor, or not sent by our own pages.
    Forbidden,
    NotFound,
    MethodNotAllowed,
    /// The state has changed since the page was made.
    Conflict,
    TooLarge,
    /// Understood, but not acceptable.
    Unprocessable,
    /// Too often; seconds after which it may be tried again.
    Slowed(u32),
    /// Refused early; nothing is lost.
    Overloaded,
    /// The disk is nearly full: no report can be begun.
    NoRoom,
    /// An identity stays closed, and why.
    Unreleased(OfficerProblem),
    /// Our fault.
    Internal,
}

impl RouteError {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Slowed(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded | Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreleased(problem) => unsealing::describe_problem(problem).0,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// For statuses that axum itself answers with.
    pub(crate) const fn from_status(status: StatusCode) -> Option<Self> {
        Some(match status {
            StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::BadRequest,
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::CONFLICT => Self::Conflict,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNPROCESSABLE_ENTITY => Self::Unprocessable,
            StatusCode::TOO_MANY_REQUESTS => Self::Slowed(60),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT => Self::Overloaded,
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal,
            _ => return None,
        })
    }

    /// Stable name: the last part of the problem's type, and of the text's key.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Conflict => "conflict",
            Self::TooLarge => "too-large",
            Self::Unprocessable => "unprocessable",
            Self::Slowed(_) => "too-many-tries",
            Self::Overloaded => "overloaded",
            Self::NoRoom => "no-room",
            Self::Unreleased(problem) => unsealing::describe_problem(problem).1,
            Self::Internal => "internal",
        }
    }

    /// Of a response that has no page yet.
    pub(crate) fn of(response: &Response) -> Option<Self> {
        let bare = response
            .headers()
            .get(CONTENT_TYPE)
            .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
        let error = response.extensions().get::<Self>().copied();
        error.or_else(|| Self::from_status(response.status()).filter(|_| bare))
    }

    /// Whether the same request may well succeed a little later.
    pub(crate) const fn passes(self) -> bool {
        matches!(self, Self::Slowed(_) | Self::Overloaded | Self::NoRoom | Self::Internal)
    }

    /// Seconds after which it is worth trying again, where that can be said.
    const fn retry_after(self) -> Option<u32> {
        match self {
            Self::Slowed(seconds) => Some(seconds),
            Self::Overloaded => Some(OVERLOADED),
            Self::NoRoom => Some(FULL),
            _ => None,
        }
    }

    /// What a person reads of it in a problem document.
    fn title(self, t: &Texts) -> String {
        match self {
            Self::Unreleased(problem) => unsealing::format_problem(problem, t),
            _ => t.get(&format!("problem-{}", self.code())),
        }
    }
}

impl RouteError {
    /// What its page says.
    const fn told(self) -> Told {
        Told {
            code: self.code(),
            wait: match self {
                Self::Slowed(seconds) => Some(seconds),
                _ => None,
            },
        }
    }
}

impl IntoResponse for RouteError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<service::Error> for RouteError {
    /// The one exhaustive place where a use case's error becomes a visitor's.
    fn from(error: service::Error) -> Self {
        match error {
            service::Error::Overloaded(_) => Self::Overloaded,
            service::Error::NotFound => Self::NotFound,
            service::Error::Forbidden => Self::Forbidden,
            service::Error::Conflict => Self::Conflict,
            service::Error::NoRoom => Self::NoRoom,
            service::Error::Invalid(reason) => {
                tracing::info!(reason, "refused as not acceptable");
                Self::Unprocessable
            }
            service::Error::Store(error) if error.is_full() => {
                tracing::error!(%error, "the disk is full");
                Self::NoRoom
            }
            service::Error::Store(error) if error.is_overload() => {
                tracing::warn!(%error, "the database does not answer");
                Self::Overloaded
            }
            service::Error::Unavailable(reason) => {
                tracing::error!(%reason, "unavailable");
                Self::Overloaded
            }
            service::Error::Store(error) => {
                tracing::error!(%error, "store");
                Self::Internal
            }
            service::Error::Internal(error) => {
                tracing::error!(%error, "internal");
                Self::Internal
            }
        }
    }
}

impl From<store::Error> for RouteError {
    fn from(error: store::Error) -> Self {
        service::Error::from(error).into()
    }
}

/// The language of a reporter's session, where a guard knows it: errors are told in it.
#[derive(Debug, Clone)]
pub(crate) struct Spoken(pub(crate) String);

/// Who of staff is signed in, where a guard knows it: errors are told in their language, on a page of theirs.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn(pub(crate) Member);

/// Whether a script of ours asks, which reads problem documents.
pub(crate) fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept == "application/json")
}

/// Gives every error a body: a page, or a problem document under `/api/` and for scripts.
pub(crate) async fn render(State(site): State<SharedSite>, request: Request, next: Next) -> Response {
    let api = request.uri().path().starts_with("/api/") || wants_json(request.headers());
    let staff = request.uri().path().starts_with("/staff");
    let asked = Asked::of(request.uri());
    let number = request.extensions().get::<RequestNumber>().cloned();
    let mut response = next.run(request).await;
    let kept = guards::taken(&mut response);
    let Some(error) = RouteError::of(&response) else {
        return response;
    };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    let spoken = parts.extensions.remove::<Spoken>().map(|Spoken(language)| language);
    let member = parts.extensions.remove::<SignedIn>().map(|SignedIn(member)| member);
    let asked = asked.as_deref().filter(|code| site.languages.has(code));
    let language = asked
        .or(spoken.as_deref())
        .or(member.as_ref().map(|member| member.language.as_str()));
    // Of what the log tells nothing, nobody needs a number.
    let number = number.filter(|_| member.is_some() || error.status().is_server_error());
    let number = number.map(|number| number.to_string());
    let body = if api {
        let title = error.title(&site.languages.texts(language));
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
                Some(member) => Shell::of(&site, member, Place::SignIn),
                None => Shell::of_nobody(&site, language),
            };
            StaffProblem::new(shell, error.told(), again, number).render()
        } else {
            let page = site.page(language, "/");
            let ways = match error {
                RouteError::NoRoom => site.app.profile().other_ways(page.t.language()),
                _ => Vec::new(),
            };
            Problem::new(page, error.told(), again, ways, number).render()
        };
        rendered.unwrap_or_default()
    };
    if let Some(seconds) = error.retry_after() {
        parts.headers.insert(RETRY_AFTER, seconds.into());
    }
    parts.status = error.status();
    Response::from_parts(parts, body.into())
}

/// A rendered page with a status.
///
/// # Errors
/// [`RouteError::Internal`] when the template fails.
pub(crate) fn page(status: StatusCode, template: &impl askama::Template) -> Result<Response, RouteError> {
    match template.render() {
        Ok(html) => Ok((status, Html(html)).into_response()),
        Err(error) => {
            tracing::error!(%error, "template");
            Err(RouteError::Internal)
        }
    }
}

/// The same of a page with the script that shows how far files are.
///
/// # Errors
/// [`RouteError::Internal`] when the template fails.
pub(crate) fn page_with_upload(status: StatusCode, template: &impl askama::Template) -> Result<Response, RouteError> {
    let mut response = page(status, template)?;
    response.extensions_mut().insert(Uploads);
    Ok(response)
}
