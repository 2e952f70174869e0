//! `/api/v1/staff/cases/{case}/attachments`: sealed files of a case, which the area's browsers open and add.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::json;

use crate::domain::ids::{AttachmentId, RecordId};
use crate::http::api::body::{JsonBody, decode};
use crate::http::error::RouteError;
use crate::http::extract::{NamedCase, PathId, SignedIn};
use crate::http::site::SharedSite;
use crate::http::upload_stream::{UnreadBytes, UploadStream};
use crate::service::attachments::{ReceiveError, Refusal};
use crate::service::casework::{MAX_SEALED_BYTES, Sealed};

/// `GET …/attachments/{attachment}`: the stored file; the browser opens it. Each opening is an entry of the audit log.
pub(crate) async fn fetch(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    PathId(id): PathId<AttachmentId>,
) -> Result<Response, RouteError> {
    let (length, bytes) = site.app.attachments.sealed_file(&member, case.id, id).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, length.to_string()),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// `POST …/attachments/{attachment}`: a file that the browser has sealed; it waits for its record.
pub(crate) async fn receive(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    PathId(id): PathId<AttachmentId>,
    request: Request,
) -> Result<StatusCode, RouteError> {
    let place = site.app.attachments.place().ok_or(RouteError::Overloaded)?;
    let unread = UnreadBytes::default();
    let body = UploadStream::new(request.into_body(), unread.clone()).inspect(move |_| unread.reset());
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
        Refusal::Wait(seconds) => RouteError::RateLimited(seconds),
        Refusal::TooMany => RouteError::Conflict,
        Refusal::Empty | Refusal::Broken => RouteError::BadRequest,
    })
}

/// The record that makes a sealed file one of the case.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AttachmentSubmission {
    attachment: RecordId,
    body: String,
}

/// `POST …/attachments`
pub(crate) async fn keep(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    JsonBody(kept): JsonBody<AttachmentSubmission>,
) -> Result<Response, RouteError> {
    let sealed = Sealed::new(kept.attachment, decode(&kept.body, MAX_SEALED_BYTES)?)?;
    site.app.attachments.keep_sealed_file(&member, case.id, sealed).await?;
    let location = json!({ "location": format!("/staff/cases/{}", case.id) });
    Ok((StatusCode::CREATED, axum::Json(location)).into_response())
}
