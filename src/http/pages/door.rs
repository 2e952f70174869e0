//! Where a dialogue is held: in the reporter's own browser, or at the counter, where a clerk types what somebody tells in
//! person or by telephone. One chat serves both; in what they differ stands here.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;

use super::Asked;
use crate::domain::facets::Channel;
use crate::http::cookies::CookieName;
use crate::http::error::RouteError;
use crate::http::site::Site;
use crate::service::intake::DRAFT_LIFETIME_SECONDS;
use crate::service::people::sessions::{Member, SESSION_IDLE_SECONDS};

/// Where the clerk's pages begin; the chat's paths follow it as they are.
pub(crate) const COUNTER: &str = "/staff/filing";

/// Whose browser it is. A handler gets the one whose path was asked for.
#[derive(Debug)]
pub(crate) enum Door {
    /// The reporter's, with the language that the address asks for.
    Web(Asked),
    /// The clerk's, whom the guard has let in.
    Counter(Box<Member>),
}

impl<S: Sync> FromRequestParts<S> for Door {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RouteError> {
        if !parts.uri.path().starts_with(COUNTER) {
            return Ok(Self::Web(Asked::of(&parts.uri)));
        }
        let member = parts.extensions.get::<Member>().cloned();
        Ok(Self::Counter(Box::new(member.ok_or(RouteError::Unauthorized)?)))
    }
}

impl Door {
    /// Under which cookie the draft lies, and later its receipt.
    pub(crate) const fn cookie(&self) -> CookieName {
        match self {
            Self::Web(_) => CookieName::Draft,
            Self::Counter(_) => CookieName::Filing,
        }
    }

    /// What the case will say of how it came in.
    pub(crate) const fn channel(&self) -> Channel {
        match self {
            Self::Web(_) => Channel::Web,
            Self::Counter(_) => Channel::Desk,
        }
    }

    /// Seconds that a draft waits for its next answer: at the counter no longer than the clerk's session.
    pub(crate) const fn life(&self) -> i64 {
        match self {
            Self::Web(_) => DRAFT_LIFETIME_SECONDS,
            Self::Counter(_) => SESSION_IDLE_SECONDS,
        }
    }

    /// Seconds that the cookie lives; none: until the browser is closed.
    pub(crate) const fn cookie_life(&self) -> Option<i64> {
        match self {
            Self::Web(_) => Some(DRAFT_LIFETIME_SECONDS),
            Self::Counter(_) => None,
        }
    }

    /// The language to speak, as far as it is known.
    pub(crate) fn language(&self) -> Option<&str> {
        match self {
            Self::Web(asked) => asked.as_deref(),
            Self::Counter(member) => Some(&member.language),
        }
    }

    /// To a path of the chat, behind this door.
    pub(crate) fn redirect(&self, site: &Site, language: Option<&str>, path: &str) -> Response {
        match self {
            Self::Web(_) => site.redirect(language, path),
            Self::Counter(_) => site.redirect(language, &format!("{COUNTER}{path}")),
        }
    }

    /// To where a report begins.
    pub(crate) fn to_start(&self, site: &Site) -> Response {
        let start = match self {
            Self::Web(_) => "/",
            Self::Counter(_) => COUNTER,
        };
        site.redirect(self.language(), start)
    }
}
