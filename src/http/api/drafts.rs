//! `/api/v1/staff/cases/{case}/drafts`: unsent texts of a member, which their browser seals to themselves.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;

use crate::domain::facets::DraftField;
use crate::http::api::body::{JsonBody, decode};
use crate::http::error::RouteError;
use crate::http::extract::{NamedCase, PathId, SignedIn};
use crate::http::site::SharedSite;
use crate::service::casework::drafts::MAX_STAFF_DRAFT_BYTES;
use crate::vault::base64;

/// An age file to the member.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftSubmission {
    body: String,
}

/// `GET …/drafts`: the member's own drafts.
pub(crate) async fn list(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
) -> Result<Response, RouteError> {
    let drafts = site.app.casework.drafts_of(&member, case.id).await?;
    let drafts = drafts
        .iter()
        .map(|draft| json!({ "field": draft.field, "body": base64::encode(&draft.body) }));
    Ok(axum::Json(json!({ "drafts": drafts.collect::<Vec<_>>() })).into_response())
}

/// `PUT …/drafts/{field}`
pub(crate) async fn keep(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    PathId(field): PathId<DraftField>,
    JsonBody(sealed): JsonBody<DraftSubmission>,
) -> Result<StatusCode, RouteError> {
    let body = decode(&sealed.body, MAX_STAFF_DRAFT_BYTES)?;
    site.app.casework.keep_draft(&member, case.id, field, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE …/drafts/{field}`
pub(crate) async fn discard(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    PathId(field): PathId<DraftField>,
) -> Result<StatusCode, RouteError> {
    site.app.casework.discard_draft(&member, case.id, field).await?;
    Ok(StatusCode::NO_CONTENT)
}
