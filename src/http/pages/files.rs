//! `/report/files`: what a reporter attaches, with or without a script in the browser.

use axum::body::Body;
use axum::extract::{Form, FromRequest as _, Multipart, Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::json;

use super::Page;
use super::door::Door;
use super::report::{QUESTION, draft_of, drawn};
use crate::dialogue;
use crate::domain::ids::AttachmentId;
use crate::http::cookies;
use crate::http::error::{RouteError, wants_json};
use crate::http::guards::Visitor;
use crate::http::incoming::{Unread, Watched};
use crate::http::site::{SharedSite, Site};
use crate::service;
use crate::service::attachments::{ReceiveError, Refusal};
use crate::vault::cookie::CookieToken;
use crate::vault::stack::with_stack_wiped;

/// The field of the form in which files come.
const FIELD: &str = "file";
/// Bytes of a refused file that are read and thrown away, so that the browser gets to see the answer.
const DRAINED: usize = 500_000_000;

/// What came of the files of one form: the first refusal, or how many were taken.
pub(super) type Taken = Result<usize, Refusal>;

impl Refusal {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::TooLarge | Self::TooMuch => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Self::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Empty | Self::TooMany | Self::Broken => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    /// When to come back, on the answer, where that can be said.
    pub(super) fn on(self, mut response: Response) -> Response {
        if let Self::Wait(seconds) = self {
            response.headers_mut().insert(RETRY_AFTER, seconds.into());
        }
        response
    }

    /// What the reporter reads.
    pub(super) fn told(self, site: &Site, page: &Page) -> String {
        let profile = site.app.profile();
        let limits = &profile.attachments;
        let (key, max) = match self {
            Self::Empty => ("file-empty", 0),
            Self::TooLarge => ("file-too-large", limits.max_file_mb),
            Self::TooMuch => ("file-too-much", limits.max_total_mb),
            Self::TooMany => ("file-too-many", limits.max_files),
            Self::Broken => ("file-broken", 0),
            Self::NoRoom => ("file-no-room", 0),
            Self::Wait(seconds) => ("file-wait", seconds.div_ceil(60)),
        };
        page.t.with(key, &[("max", max.into())])
    }
}

/// Takes in the files of a form, each to its end even when the visitor goes away: what half arrived is removed then.
pub(super) async fn take_in(site: SharedSite, cookie: &str, life: i64, request: Request) -> Result<Taken, RouteError> {
    let token = CookieToken::from_text(cookie).ok_or(RouteError::Unauthorized)?;
    let visitor = request.extensions().get::<Visitor>().and_then(|visitor| visitor.0);
    if let Err(wait) = site.guards.limits.may_upload(visitor, site.app.now()) {
        return Ok(Err(Refusal::Wait(wait)));
    }
    let Some(place) = site.app.attachments.place() else {
        return Ok(Err(Refusal::NoRoom));
    };
    let unread = Unread::default();
    let counted = site.clone();
    let count = move |piece: &Result<Bytes, axum::Error>| {
        let bytes = piece.as_ref().map_or(0, Bytes::len);
        counted.guards.limits.came_in(bytes, visitor, counted.app.now());
    };
    let watched = request.map(|body| {
        let body = Body::from_stream(body.into_data_stream().inspect(count));
        Body::from_stream(Watched::new(body, unread.clone()))
    });
    let form = Multipart::from_request(watched, &()).await;
    let mut form = form.map_err(|_| RouteError::BadRequest)?;
    let work = async move {
        let _place = place;
        let mut count = 0;
        loop {
            let mut field = match form.next_field().await {
                Ok(Some(field)) => field,
                Ok(None) => break Ok(Ok(count)),
                Err(_) => break Ok(Err(Refusal::Broken)),
            };
            unread.came_out();
            let name = field.file_name().unwrap_or_default().to_owned();
            // A form without a chosen file has one without a name.
            if field.name() != Some(FIELD) || name.is_empty() {
                continue;
            }
            let pieces = (&mut field).inspect(|_| unread.came_out());
            match site.app.attachments.receive_file(&token, life, &name, pieces).await {
                Ok(()) => count += 1,
                Err(ReceiveError::Refused(refusal)) => {
                    drop(field);
                    drain(form, &unread).await;
                    break Ok::<_, service::Error>(Err(refusal));
                }
                Err(ReceiveError::Service(error)) => break Err(error),
            }
        }
    };
    let outcome = tokio::spawn(with_stack_wiped(work)).await;
    Ok(outcome.map_err(|_| RouteError::Internal)??)
}

/// Browsers read an answer only after they have sent everything.
async fn drain(mut form: Multipart, unread: &Unread) {
    let mut left = DRAINED;
    while let Ok(Some(mut field)) = form.next_field().await {
        unread.came_out();
        while let Ok(Some(piece)) = field.chunk().await {
            unread.came_out();
            let Some(rest) = left.checked_sub(piece.len()) else {
                return;
            };
            left = rest;
        }
    }
}

/// A refusal, or that all is well, for the script.
pub(super) fn as_json(site: &Site, page: &Page, taken: Taken) -> Response {
    match taken {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => {
            let status = refusal.status();
            let title = refusal.told(site, page);
            let problem = json!({ "type": "/problems/file", "title": title, "status": status.as_u16() });
            let response = (
                status,
                [(CONTENT_TYPE, "application/problem+json")],
                problem.to_string(),
            );
            refusal.on(response.into_response())
        }
    }
}

/// `POST /report/files`
pub(crate) async fn attach(
    State(site): State<SharedSite>,
    door: Door,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, RouteError> {
    let script = wants_json(&headers);
    let open = match draft_of(&site, &door, &headers).await? {
        Ok(open) if !open.draft.is_refused() => open,
        _ if script => return Err(RouteError::Unauthorized),
        Ok(_) => return Ok(door.redirect(&site, door.language(), QUESTION)),
        Err(elsewhere) => return Ok(elsewhere),
    };
    let cookie = cookies::read(&headers, door.cookie()).unwrap_or_default();
    let taken = take_in(site.clone(), cookie, door.life(), request).await?;
    let page = site.page(Some(open.draft.language()), "/report");
    if script {
        return Ok(as_json(&site, &page, taken));
    }
    let Err(refusal) = taken.and_then(|taken| if taken == 0 { Err(Refusal::Empty) } else { Ok(()) }) else {
        return Ok(door.redirect(&site, door.language(), QUESTION));
    };
    // Those that came before it are there.
    let open = match draft_of(&site, &door, &headers).await? {
        Ok(open) => open,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut screen = dialogue::build_screen(&site.app.profile(), &open.draft);
    screen.prompt.error = Some(refusal.told(&site, &page));
    Ok(refusal.on(drawn(&site, &door, &open, refusal.status(), screen, false)?))
}

/// Which file.
#[derive(Debug, Deserialize)]
pub(crate) struct Which {
    pub(super) file: AttachmentId,
}

/// `POST /report/files/remove`
pub(crate) async fn remove(
    State(site): State<SharedSite>,
    door: Door,
    headers: HeaderMap,
    Form(which): Form<Which>,
) -> Result<Response, RouteError> {
    match draft_of(&site, &door, &headers).await? {
        Ok(open) => site.app.attachments.remove_file(&open.token, which.file).await?,
        Err(elsewhere) => return Ok(elsewhere),
    }
    Ok(door.redirect(&site, door.language(), QUESTION))
}

/// `POST /report/files/keep`: a file that could not be cleaned is sent as it is.
pub(crate) async fn keep(
    State(site): State<SharedSite>,
    door: Door,
    headers: HeaderMap,
    Form(which): Form<Which>,
) -> Result<Response, RouteError> {
    let open = match draft_of(&site, &door, &headers).await? {
        Ok(open) => open,
        Err(elsewhere) => return Ok(elsewhere),
    };
    match site.app.attachments.keep_unchanged(&open.token, which.file).await {
        Ok(()) | Err(service::Error::NotFound) => Ok(door.redirect(&site, door.language(), QUESTION)),
        Err(error) => Err(error.into()),
    }
}
