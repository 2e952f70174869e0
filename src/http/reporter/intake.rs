//! Extractors for the pages of a report that is being made: the draft, and the receipt that follows it.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

use crate::http::cookies;
use crate::http::error::RouteError;
use crate::http::reporter::intake_origin::IntakeOrigin;
use crate::http::site::{SharedSite, Site};
use crate::service::intake::{OpenDraft, ShownReceipt};

/// The page of the receipt of what was submitted.
pub(super) const RECEIPT_PATH: &str = "/report/receipt";

/// The draft of this visitor.
pub(crate) struct CurrentDraft(pub(crate) OpenDraft);

/// The answer for a visitor without a draft.
pub(crate) enum NoDraft {
    /// A redirect: to the receipt of what was submitted, or to the start.
    Elsewhere(Response),
    Failed(RouteError),
}

/// The receipt of what this visitor has submitted, while it is shown.
pub(crate) struct CurrentReceipt(pub(crate) Option<ShownReceipt>);

impl IntoResponse for NoDraft {
    fn into_response(self) -> Response {
        match self {
            Self::Elsewhere(response) => response,
            Self::Failed(error) => error.into_response(),
        }
    }
}

impl<E: Into<RouteError>> From<E> for NoDraft {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl FromRequestParts<SharedSite> for CurrentDraft {
    type Rejection = NoDraft;

    async fn from_request_parts(parts: &mut Parts, site: &SharedSite) -> Result<Self, NoDraft> {
        let origin = IntakeOrigin::from_request_parts(parts, site).await?;
        find_draft(site, &origin, &parts.headers).await
    }
}

impl FromRequestParts<SharedSite> for CurrentReceipt {
    type Rejection = RouteError;

    async fn from_request_parts(parts: &mut Parts, site: &SharedSite) -> Result<Self, RouteError> {
        let origin = IntakeOrigin::from_request_parts(parts, site).await?;
        Ok(Self(match cookies::read(&parts.headers, origin.cookie()) {
            Some(cookie) => site.app.intake.shown_receipt(cookie).await?,
            None => None,
        }))
    }
}

/// Finds the draft of a visitor.
///
/// # Errors
/// [`NoDraft`]
pub(super) async fn find_draft(
    site: &Site,
    origin: &IntakeOrigin,
    headers: &HeaderMap,
) -> Result<CurrentDraft, NoDraft> {
    let Some(cookie) = cookies::read(headers, origin.cookie()) else {
        return Err(NoDraft::Elsewhere(origin.redirect_to_start(site)));
    };
    if let Some(draft) = site.app.intake.draft(cookie).await? {
        return Ok(CurrentDraft(draft));
    }
    Err(NoDraft::Elsewhere(
        if site.app.intake.shown_receipt(cookie).await?.is_some() {
            origin.redirect(site, origin.language(), RECEIPT_PATH)
        } else {
            origin.redirect_to_start(site)
        },
    ))
}
