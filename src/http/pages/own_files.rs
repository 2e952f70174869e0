//! `/follow-up/files`: files that a reporter adds to their case, and those of the case, opened for them.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Extension, Form, Path, Request, State};
use axum::http::header::{CONNECTION, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::Asked;
use super::files::{Which, as_json, take_in};
use super::follow_up::{Shown, drawn};
use crate::domain::ids::AttachmentId;
use crate::http::cookies::{self, CookieName};
use crate::http::error::{RouteError, wants_json};
use crate::http::site::SharedSite;
use crate::service;
use crate::service::attachments::Refusal;
use crate::service::follow_up::{FOLLOW_UP_SESSION_SECONDS, Returning};

/// Where the files stand on the page.
const FILES: &str = "/follow-up/case#archivos";

/// `POST /follow-up/files`
pub(crate) async fn attach(
    State(site): State<SharedSite>,
    asked: Asked,
    Extension(who): Extension<Arc<Returning>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, RouteError> {
    if !site.app.follow_up.may_add_files(&who).await? {
        // Whoever may not send it in the end must not be made to send it first.
        return closed(&site, &asked, &who, &headers).await;
    }
    let cookie = cookies::read(&headers, CookieName::FollowUp).unwrap_or_default();
    let taken = take_in(site.clone(), cookie, FOLLOW_UP_SESSION_SECONDS, request).await?;
    let page = site.page(Some(&who.language), "/follow-up/case");
    if wants_json(&headers) {
        return Ok(as_json(&site, &page, taken));
    }
    match taken.and_then(|taken| if taken == 0 { Err(Refusal::Empty) } else { Ok(()) }) {
        Ok(()) => Ok(site.redirect(Some(&who.language), FILES)),
        Err(refusal) => {
            let view = Shown {
                file_error: Some(refusal.told(&site, &page)),
                ..Shown::default()
            };
            Ok(refusal.on(drawn(&site, &asked, &who, refusal.status(), view).await?))
        }
    }
}

/// The case takes nothing more.
async fn closed(
    site: &SharedSite,
    asked: &Asked,
    who: &Returning,
    headers: &HeaderMap,
) -> Result<Response, RouteError> {
    if wants_json(headers) {
        return Err(RouteError::Conflict);
    }
    let view = Shown {
        file_error: Some(site.page(Some(&who.language), "/").t.get("case-message-closed")),
        ..Shown::default()
    };
    drawn(site, asked, who, StatusCode::UNPROCESSABLE_ENTITY, view).await
}

/// `POST /follow-up/files/remove`
pub(crate) async fn remove(
    State(site): State<SharedSite>,
    Extension(who): Extension<Arc<Returning>>,
    Form(which): Form<Which>,
) -> Result<Response, RouteError> {
    site.app.attachments.remove_file(who.token(), which.file).await?;
    Ok(site.redirect(Some(&who.language), FILES))
}

/// `POST /follow-up/files/keep`: a file that could not be cleaned is sent as it is.
pub(crate) async fn keep(
    State(site): State<SharedSite>,
    Extension(who): Extension<Arc<Returning>>,
    Form(which): Form<Which>,
) -> Result<Response, RouteError> {
    match site.app.attachments.keep_unchanged(who.token(), which.file).await {
        Ok(()) | Err(service::Error::NotFound) => Ok(site.redirect(Some(&who.language), FILES)),
        Err(error) => Err(error.into()),
    }
}

/// `POST /follow-up/files/send`: the waiting files become the case's.
pub(crate) async fn send(
    State(site): State<SharedSite>,
    asked: Asked,
    headers: HeaderMap,
    Extension(who): Extension<Arc<Returning>>,
) -> Result<Response, RouteError> {
    let key = match site.app.attachments.send_files(&who).await {
        Ok(()) => return Ok(site.redirect(Some(&who.language), "/follow-up/case?files-sent#archivos")),
        Err(service::Error::Invalid(_)) => "files-not-ready",
        Err(service::Error::Conflict) => return closed(&site, &asked, &who, &headers).await,
        Err(error) => return Err(error.into()),
    };
    let view = Shown {
        file_error: Some(site.page(Some(&who.language), "/").t.get(key)),
        ..Shown::default()
    };
    drawn(&site, &asked, &who, StatusCode::UNPROCESSABLE_ENTITY, view).await
}

/// `GET /follow-up/files/{attachment}`: the file itself, always as a download: nothing of it runs on this site.
///
/// A file that was changed since it was sent breaks off before its end, which browsers show as a failed download.
pub(crate) async fn download(
    State(site): State<SharedSite>,
    Extension(who): Extension<Arc<Returning>>,
    Path(id): Path<String>,
) -> Result<Response, RouteError> {
    let id: AttachmentId = id.parse().map_err(|_| RouteError::NotFound)?;
    let (content, bytes) = site.app.attachments.opened_file(&who, id).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, content.size().to_string()),
        (CONTENT_DISPOSITION, as_attachment(content.name())),
        // A kept connection keeps the last header, and with it the name, in its buffer.
        (CONNECTION, "close".to_owned()),
    ];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// `Content-Disposition` by RFC 6266, the name as RFC 8187 spells it.
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
