//! Extractors: what the access guard found out about a request, and the parameters of its path.

use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, RawPathParams};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::http::cookies::{self, CookieName};
use crate::http::error::RouteError;
use crate::http::page::RequestedLanguage;
use crate::http::site::{SharedSite, Site};
use crate::service::follow_up::Returning;
use crate::service::people::sessions::Member;
use crate::store::cases::Case;

/// The member of staff who is signed in. Only for routes of staff.
pub(crate) struct SignedIn(pub(crate) Member);

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RouteError> {
        let member = parts.extensions.get::<Member>().cloned();
        member.map(Self).ok_or(RouteError::Unauthorized)
    }
}

/// The case that the path names, which the member may see. Only for routes with access by case.
pub(crate) struct NamedCase(pub(crate) Case);

impl<S: Sync> FromRequestParts<S> for NamedCase {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RouteError> {
        parts
            .extensions
            .get::<Case>()
            .cloned()
            .map(Self)
            .ok_or(RouteError::NotFound)
    }
}

/// The last parameter of the path. One that does not read is not found.
pub(crate) struct PathId<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for PathId<T> {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, RouteError> {
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let parameters = parameters.map_err(|_| RouteError::NotFound)?;
        let last = parameters.iter().last().and_then(|(_, text)| text.parse().ok());
        last.map(Self).ok_or(RouteError::NotFound)
    }
}

/// A reporter who has presented a receipt, and the language that the address asks for.
pub(crate) struct ReturningReporter {
    pub(crate) session: Arc<Returning>,
    pub(crate) requested: RequestedLanguage,
}

impl Deref for ReturningReporter {
    type Target = Returning;

    fn deref(&self) -> &Returning {
        &self.session
    }
}

impl ReturningReporter {
    /// Returns the language of the pages: that of the address, else that of the session.
    pub(crate) fn page_language(&self) -> &str {
        self.requested.as_deref().unwrap_or(&self.session.language)
    }
}

/// Only for routes of reporters.
impl<S: Sync> FromRequestParts<S> for ReturningReporter {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, RouteError> {
        let session = parts.extensions.get::<Arc<Returning>>().cloned();
        Ok(Self {
            session: session.ok_or(RouteError::Unauthorized)?,
            requested: RequestedLanguage::of(&parts.uri),
        })
    }
}

/// For routes of everybody that treat reporters with a session differently.
impl OptionalFromRequestParts<SharedSite> for ReturningReporter {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, site: &SharedSite) -> Result<Option<Self>, RouteError> {
        let session = find_returning(site, &parts.headers).await?;
        Ok(session.map(|session| Self {
            session: Arc::new(session),
            requested: RequestedLanguage::of(&parts.uri),
        }))
    }
}

/// Finds the session of a reporter who has presented a receipt, as long as it lives.
pub(crate) async fn find_returning(site: &Site, headers: &HeaderMap) -> Result<Option<Returning>, RouteError> {
    match cookies::read(headers, CookieName::FollowUp) {
        Some(cookie) => Ok(site.app.follow_up.returning(cookie).await?),
        None => Ok(None),
    }
}
