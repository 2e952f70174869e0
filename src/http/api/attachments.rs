//! `/api/v1/staff/cases/{case}/attachments`: files of a case as they lie, for the area's browsers to open and to add.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{Extension, Path, Request, State as Shared};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::json;

use super::bytes as decoded;
use crate::domain::ids::{AttachmentId, RecordId};
use crate::http::error::RouteError;
use crate::http::incoming::{Unread, Watched};
use crate::http::site::SharedSite;
use crate::service::attachments::{ReceiveError, Refusal};
use crate::service::casework::{MAX_SEALED_BYTES, Sealed};
use crate::service::people::sessions::Member;
use crate::store::cases::Case;

fn id_in(path: &HashMap<String, String>) -> Result<AttachmentId, RouteError> {
    let id = path.get("attachment").and_then(|id| id.parse().ok());
    id.ok_or(RouteError::NotFound)
}

/// `GET …/attachments/{attachment}`: the stored file; the browser opens it. Each opening is an entry of the audit log.
pub(crate) async fn fetch(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Response, RouteError> {
    let (length, bytes) = site
        .app
        .attachments
        .sealed_file(&member, case.id, id_in(&path)?)
        .await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, length.to_string()),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// `POST …/attachments/{attachment}`: a file that the browser has sealed; it waits for its record.
pub(crate) async fn receive(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    Path(path): Path<HashMap<String, String>>,
    request: Request,
) -> Result<StatusCode, RouteError> {
    let id = id_in(&path)?;
    let place = site.app.attachments.place().ok_or(RouteError::Overloaded)?;
    let unread = Unread::default();
    let body = Watched::new(request.into_body(), unread.clone()).inspect(move |_| unread.came_out());
    let work = async move {
        let _place = place;
        site.app
            .attachments
            .receive_sealed_file(&member, case.id, id, body)
            .await
    };
    let refusal = match tokio::spawn(work).await.map_err(|_| RouteError::Internal)? {
        Ok(()) => return Ok(StatusCode::CREATED),
        Err(ReceiveError::Refused(refusal)) => refusal,
        Err(ReceiveError::Service(error)) => return Err(error.into()),
    };
    Err(match refusal {
        Refusal::TooLarge | Refusal::TooMuch => RouteError::TooLarge,
        Refusal::NoRoom => RouteError::Overloaded,
        Refusal::Wait(seconds) => RouteError::Slowed(seconds),
        Refusal::TooMany => RouteError::Conflict,
        Refusal::Empty | Refusal::Broken => RouteError::BadRequest,
    })
}

/// What makes a sealed file one of the case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    attachment: RecordId,
    body: String,
}

/// `POST …/attachments`
pub(crate) async fn keep(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    super::Body(kept): super::Body<Kept>,
) -> Result<Response, RouteError> {
    let sealed = Sealed::new(kept.attachment, decoded(&kept.body, MAX_SEALED_BYTES)?)?;
    site.app.attachments.keep_sealed_file(&member, case.id, sealed).await?;
    let location = json!({ "location": format!("/staff/cases/{}", case.id) });
    Ok((StatusCode::CREATED, axum::Json(location)).into_response())
}
