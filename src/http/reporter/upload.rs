//! Uploads of reporters: takes in the files of a form, and tells what became of them.

use axum::body::Body;
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::json;

use crate::http::error::RouteError;
use crate::http::middleware::client::Visitor;
use crate::http::page::Page;
use crate::http::site::{SharedSite, Site};
use crate::http::upload_stream::{UnreadBytes, UploadStream};
use crate::service::attachments::{ReceiveError, Refusal};
use crate::vault::cookie::CookieToken;
use crate::vault::stack::with_stack_wiped;

/// The field of the form in which files come.
const FIELD: &str = "file";
/// Bytes of a refused file that are read and thrown away, so that the browser gets to see the answer.
const MAX_DRAINED_BYTES: usize = 500_000_000;

/// The files of a form were not taken, or not all.
pub(super) enum UploadError {
    /// One of them was refused; those before it were taken.
    Refused(Refusal),
    Failed(RouteError),
}

impl<E: Into<RouteError>> From<E> for UploadError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

pub(super) const fn status(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::TooLarge | Refusal::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
        Refusal::Empty | Refusal::TooMany | Refusal::Broken => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// Adds `Retry-After` to the answer, where a refusal names a time.
pub(super) fn with_retry_after(refusal: Refusal, mut response: Response) -> Response {
    if let Refusal::Wait(seconds) = refusal {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

/// Describes a refusal for the reporter.
pub(super) fn describe(refusal: Refusal, site: &Site, page: &Page) -> String {
    let profile = site.app.profile();
    let limits = &profile.attachments;
    let (key, max) = match refusal {
        Refusal::Empty => ("file-empty", 0),
        Refusal::TooLarge => ("file-too-large", limits.max_file_mb),
        Refusal::TooMuch => ("file-too-much", limits.max_total_mb),
        Refusal::TooMany => ("file-too-many", limits.max_files),
        Refusal::Broken => ("file-broken", 0),
        Refusal::NoRoom => ("file-no-room", 0),
        Refusal::Wait(seconds) => ("file-wait", seconds.div_ceil(60)),
    };
    page.t.with(key, &[("max", max.into())])
}

/// Returns the refusal that a page shows; none when files were taken. The form of a page must have a file.
#[expect(clippy::needless_pass_by_value, reason = "an outcome is handed over")]
pub(super) fn refusal(received: Result<usize, UploadError>) -> Result<Option<Refusal>, RouteError> {
    match received {
        Ok(0) => Ok(Some(Refusal::Empty)),
        Ok(_) => Ok(None),
        Err(UploadError::Refused(refusal)) => Ok(Some(refusal)),
        Err(UploadError::Failed(error)) => Err(error),
    }
}

/// Answers the script of the page: no content, or a problem document.
#[expect(clippy::needless_pass_by_value, reason = "an outcome is handed over")]
pub(super) fn answer_script(
    site: &Site,
    page: &Page,
    received: Result<usize, UploadError>,
) -> Result<Response, RouteError> {
    let refusal = match received {
        Ok(_) => return Ok(StatusCode::NO_CONTENT.into_response()),
        Err(UploadError::Refused(refusal)) => refusal,
        Err(UploadError::Failed(error)) => return Err(error),
    };
    let status = status(refusal);
    let title = describe(refusal, site, page);
    let problem = json!({ "type": "/problems/file", "title": title, "status": status.as_u16() });
    let response = (
        status,
        [(CONTENT_TYPE, "application/problem+json")],
        problem.to_string(),
    );
    Ok(with_retry_after(refusal, response.into_response()))
}

/// Takes in the files of a form, each to its end even when the visitor goes away; a file that came in half is removed
/// then. Returns the number of files.
pub(super) async fn receive_files(
    site: SharedSite,
    cookie: &str,
    life: i64,
    request: Request,
) -> Result<usize, UploadError> {
    let token = CookieToken::from_text(cookie).ok_or(RouteError::Unauthorized)?;
    let visitor = request.extensions().get::<Visitor>().and_then(|visitor| visitor.0);
    if let Err(wait) = site.guards.rate_limits.may_upload(visitor, site.app.now()) {
        return Err(UploadError::Refused(Refusal::Wait(wait)));
    }
    let Some(place) = site.app.attachments.place() else {
        return Err(UploadError::Refused(Refusal::NoRoom));
    };
    let unread = UnreadBytes::default();
    let counted = site.clone();
    let count = move |piece: &Result<Bytes, axum::Error>| {
        let bytes = piece.as_ref().map_or(0, Bytes::len);
        counted.guards.rate_limits.came_in(bytes, visitor, counted.app.now());
    };
    let stream = request.map(|body| {
        let body = Body::from_stream(body.into_data_stream().inspect(count));
        Body::from_stream(UploadStream::new(body, unread.clone()))
    });
    let form = Multipart::from_request(stream, &()).await;
    let mut form = form.map_err(|_| RouteError::BadRequest)?;
    let work = async move {
        let _place = place;
        let mut count = 0;
        loop {
            let mut field = match form.next_field().await {
                Ok(Some(field)) => field,
                Ok(None) => return Ok(count),
                Err(_) => return Err(UploadError::Refused(Refusal::Broken)),
            };
            unread.reset();
            let name = field.file_name().unwrap_or_default().to_owned();
            // A form without a chosen file has one without a name.
            if field.name() != Some(FIELD) || name.is_empty() {
                continue;
            }
            let pieces = (&mut field).inspect(|_| unread.reset());
            match site.app.attachments.receive_file(&token, life, &name, pieces).await {
                Ok(()) => count += 1,
                Err(ReceiveError::Refused(refusal)) => {
                    drop(field);
                    drain(form, &unread).await;
                    return Err(UploadError::Refused(refusal));
                }
                Err(ReceiveError::Service(error)) => return Err(error.into()),
            }
        }
    };
    // A task of its own goes on when the visitor goes away.
    let outcome = tokio::spawn(with_stack_wiped(work)).await;
    outcome.map_err(|_| RouteError::Internal)?
}

/// Reads the rest of a form: browsers read an answer only after they have sent everything.
async fn drain(mut form: Multipart, unread: &UnreadBytes) {
    let mut left = MAX_DRAINED_BYTES;
    while let Ok(Some(mut field)) = form.next_field().await {
        unread.reset();
        while let Ok(Some(piece)) = field.chunk().await {
            unread.reset();
            let Some(rest) = left.checked_sub(piece.len()) else {
                return;
            };
            left = rest;
        }
    }
}
