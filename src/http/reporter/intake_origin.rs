//! The origin of a report: the reporter's own browser, or the counter, where a clerk types what somebody tells in person
//! or by telephone. One chat serves both; this type holds the differences.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;

use crate::domain::facets::Channel;
use crate::http::cookies::CookieName;
use crate::http::error::RouteError;
use crate::http::page::RequestedLanguage;
use crate::http::route::{Route, Side};
use crate::http::site::Site;
use crate::service::intake::{DRAFT_LIFETIME_SECONDS, draft_lifetime_seconds};
use crate::service::people::sessions::Member;

/// The prefix of the clerk's pages; the paths of the chat follow it as they are.
pub(crate) const COUNTER: &str = "/staff/filing";

/// The browser in which a report is made. The side of the route decides.
#[derive(Debug)]
pub(crate) enum IntakeOrigin {
    /// The reporter's browser, with the language that the address asks for.
    Web(RequestedLanguage),
    /// The browser of a clerk, whom the guard has let in.
    Counter(Box<Member>),
}

impl<S: Sync> FromRequestParts<S> for IntakeOrigin {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RouteError> {
        let route = parts.extensions.get::<&'static Route>();
        if route.is_none_or(|route| route.side != Side::Counter) {
            return Ok(Self::Web(RequestedLanguage::of(&parts.uri)));
        }
        let member = parts.extensions.get::<Member>().cloned();
        Ok(Self::Counter(Box::new(member.ok_or(RouteError::Unauthorized)?)))
    }
}

impl IntakeOrigin {
    /// Returns the cookie of the draft, and later of its receipt.
    pub(crate) const fn cookie(&self) -> CookieName {
        match self {
            Self::Web(_) => CookieName::Draft,
            Self::Counter(_) => CookieName::Filing,
        }
    }

    /// Returns the channel that the case will name.
    pub(crate) const fn channel(&self) -> Channel {
        match self {
            Self::Web(_) => Channel::Web,
            Self::Counter(_) => Channel::Desk,
        }
    }

    /// Returns the seconds that a draft waits for its next answer: at the counter no longer than the clerk's session.
    pub(crate) const fn draft_seconds(&self) -> i64 {
        draft_lifetime_seconds(self.channel())
    }

    /// Returns the seconds that the cookie lives; none: until the browser is closed.
    pub(crate) const fn cookie_seconds(&self) -> Option<i64> {
        match self {
            Self::Web(_) => Some(DRAFT_LIFETIME_SECONDS),
            Self::Counter(_) => None,
        }
    }

    /// Returns the language of the pages, as far as it is known.
    pub(crate) fn language(&self) -> Option<&str> {
        match self {
            Self::Web(asked) => asked.as_deref(),
            Self::Counter(member) => Some(&member.language),
        }
    }

    /// To a path of the chat, behind this origin.
    pub(crate) fn redirect(&self, site: &Site, language: Option<&str>, path: &str) -> Response {
        match self {
            Self::Web(_) => site.redirect(language, path),
            Self::Counter(_) => site.redirect(language, &format!("{COUNTER}{path}")),
        }
    }

    /// Redirects to the page where a report begins.
    pub(crate) fn redirect_to_start(&self, site: &Site) -> Response {
        let start = match self {
            Self::Web(_) => "/",
            Self::Counter(_) => COUNTER,
        };
        site.redirect(self.language(), start)
    }
}
