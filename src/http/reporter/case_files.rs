//! `/follow-up/files`: the files that a reporter adds to their case, and those of the case, opened for them.

use std::fmt::Write as _;

use axum::body::Body;
use axum::extract::{Form, Request, State};
use axum::http::header::{CONNECTION, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::domain::ids::AttachmentId;
use crate::http::audience::wants_json;
use crate::http::cookies::{self, CookieName};
use crate::http::error::RouteError;
use crate::http::extract::{PathId, ReturningReporter};
use crate::http::reporter::draft_files::FileForm;
use crate::http::reporter::follow_up_case::{CaseFeedback, render};
use crate::http::reporter::upload::{answer_script, describe, receive_files, refusal, status, with_retry_after};
use crate::http::site::SharedSite;
use crate::service;
use crate::service::follow_up::{AdditionError, FOLLOW_UP_SESSION_SECONDS};

/// The files on the page of the case.
const FILES: &str = "/follow-up/case#archivos";

/// `POST /follow-up/files`
pub(crate) async fn attach(
    State(site): State<SharedSite>,
    reporter: ReturningReporter,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, RouteError> {
    if !site.app.follow_up.may_add_files(&reporter).await? {
        // Somebody who may not send a file in the end must not be made to upload it first.
        return refuse(&site, &reporter, &headers, "case-message-closed").await;
    }
    let cookie = cookies::read(&headers, CookieName::FollowUp).unwrap_or_default();
    let received = receive_files(site.clone(), cookie, FOLLOW_UP_SESSION_SECONDS, request).await;
    let page = site.page(Some(&reporter.language), "/follow-up/case");
    if wants_json(&headers) {
        return answer_script(&site, &page, received);
    }
    let Some(refusal) = refusal(received)? else {
        return Ok(site.redirect(Some(&reporter.language), FILES));
    };
    let feedback = CaseFeedback {
        file_error: Some(describe(refusal, &site, &page)),
        ..CaseFeedback::default()
    };
    let response = render(&site, &reporter, status(refusal), feedback).await?;
    Ok(with_retry_after(refusal, response))
}

/// Answers that the state has changed: scripts get a conflict, people the text of `key`.
async fn refuse(
    site: &SharedSite,
    reporter: &ReturningReporter,
    headers: &HeaderMap,
    key: &'static str,
) -> Result<Response, RouteError> {
    if wants_json(headers) {
        return Err(RouteError::Conflict);
    }
    render_error(site, reporter, key).await
}

async fn render_error(
    site: &SharedSite,
    reporter: &ReturningReporter,
    key: &'static str,
) -> Result<Response, RouteError> {
    let feedback = CaseFeedback {
        file_error: Some(site.page(Some(&reporter.language), "/").t.get(key)),
        ..CaseFeedback::default()
    };
    render(site, reporter, StatusCode::UNPROCESSABLE_ENTITY, feedback).await
}

/// `POST /follow-up/files/remove`
pub(crate) async fn remove(
    State(site): State<SharedSite>,
    reporter: ReturningReporter,
    Form(form): Form<FileForm>,
) -> Result<Response, RouteError> {
    site.app.attachments.remove_file(reporter.token(), form.file).await?;
    Ok(site.redirect(Some(&reporter.language), FILES))
}

/// `POST /follow-up/files/keep`: a file that could not be cleaned is sent as it is.
pub(crate) async fn keep(
    State(site): State<SharedSite>,
    reporter: ReturningReporter,
    Form(form): Form<FileForm>,
) -> Result<Response, RouteError> {
    match site.app.attachments.keep_unchanged(reporter.token(), form.file).await {
        Ok(()) | Err(service::Error::NotFound) => Ok(site.redirect(Some(&reporter.language), FILES)),
        Err(error) => Err(error.into()),
    }
}

/// `POST /follow-up/files/send`: the waiting files become files of the case.
pub(crate) async fn send(
    State(site): State<SharedSite>,
    reporter: ReturningReporter,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    match site.app.attachments.send_files(&reporter).await {
        Ok(()) => Ok(site.redirect(Some(&reporter.language), "/follow-up/case?files-sent#archivos")),
        Err(error @ AdditionError::Invalid(_)) => {
            tracing::debug!(%error, "files were not sent");
            render_error(&site, &reporter, "files-not-ready").await
        }
        Err(AdditionError::Closed) => refuse(&site, &reporter, &headers, "case-message-closed").await,
        Err(AdditionError::FilesChanged) => refuse(&site, &reporter, &headers, "files-other").await,
        Err(AdditionError::Service(error)) => Err(error.into()),
    }
}

/// `GET /follow-up/files/{attachment}`: the file, always as a download. Nothing of it runs on this site.
///
/// A file that was changed since it was sent breaks off before its end, which browsers show as a failed download.
pub(crate) async fn download(
    State(site): State<SharedSite>,
    reporter: ReturningReporter,
    PathId(id): PathId<AttachmentId>,
) -> Result<Response, RouteError> {
    let (content, bytes) = site.app.attachments.opened_file(&reporter, id).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, content.size().to_string()),
        (CONTENT_DISPOSITION, as_attachment(content.name())),
        // A kept connection keeps the last header, and with it the name, in its buffer.
        (CONNECTION, "close".to_owned()),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// Writes `Content-Disposition` by RFC 6266, with the name as RFC 8187 spells it.
fn as_attachment(name: &str) -> String {
    let mut encoded = String::with_capacity(3 * name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to memory does not fail");
        }
    }
    format!("attachment; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_header() {
        assert_eq!(
            as_attachment("año \"1\"\r\nx: y.jpg"),
            "attachment; filename*=UTF-8''a%C3%B1o%20%221%22%0D%0Ax%3A%20y.jpg"
        );
    }
}
