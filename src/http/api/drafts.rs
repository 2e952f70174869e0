//! `/api/v1/staff/cases/{case}/drafts`: what a member typed and did not send, sealed by their browser to themselves.

use std::collections::HashMap;

use axum::extract::{Extension, Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;

use super::{Body, bytes};
use crate::domain::facets::DraftField;
use crate::http::error::RouteError;
use crate::http::site::SharedSite;
use crate::service::casework::drafts::MAX_STAFF_DRAFT_BYTES;
use crate::service::people::sessions::Member;
use crate::store::cases::Case;
use crate::vault::base64;

/// An age file to the member.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sealed {
    body: String,
}

fn field_in(path: &HashMap<String, String>) -> Result<DraftField, RouteError> {
    let field = path.get("field").and_then(|field| field.parse().ok());
    field.ok_or(RouteError::NotFound)
}

/// `GET …/drafts`: one's own.
pub(crate) async fn list(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
) -> Result<Response, RouteError> {
    let drafts = site.app.casework.drafts_of(&member, case.id).await?;
    let drafts = drafts
        .iter()
        .map(|draft| json!({ "field": draft.field, "body": base64::encode(&draft.body) }));
    Ok(axum::Json(json!({ "drafts": drafts.collect::<Vec<_>>() })).into_response())
}

/// `PUT …/drafts/{field}`
pub(crate) async fn keep(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    Path(path): Path<HashMap<String, String>>,
    Body(sealed): Body<Sealed>,
) -> Result<StatusCode, RouteError> {
    let field = field_in(&path)?;
    let body = bytes(&sealed.body, MAX_STAFF_DRAFT_BYTES)?;
    site.app.casework.keep_draft(&member, case.id, field, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE …/drafts/{field}`
pub(crate) async fn discard(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    Path(path): Path<HashMap<String, String>>,
) -> Result<StatusCode, RouteError> {
    site.app
        .casework
        .discard_draft(&member, case.id, field_in(&path)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
