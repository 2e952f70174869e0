//! `/report/files`: the files that a reporter attaches to a draft, with or without a script in the browser.

use axum::extract::{Form, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::domain::ids::AttachmentId;
use crate::http::audience::wants_json;
use crate::http::cookies;
use crate::http::error::RouteError;
use crate::http::reporter::chat::{QUESTION, render};
use crate::http::reporter::intake::{CurrentDraft, NoDraft, find_draft};
use crate::http::reporter::intake_origin::IntakeOrigin;
use crate::http::reporter::upload::{answer_script, describe, receive_files, refusal, status, with_retry_after};
use crate::http::site::SharedSite;
use crate::{dialogue, service};

/// `POST /report/files`
pub(crate) async fn attach(
    State(site): State<SharedSite>,
    origin: IntakeOrigin,
    draft: Result<CurrentDraft, NoDraft>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, NoDraft> {
    let is_script = wants_json(&headers);
    let open = match draft {
        Ok(CurrentDraft(open)) if !open.draft.is_refused() => open,
        Err(NoDraft::Failed(error)) => return Err(error.into()),
        _ if is_script => return Err(RouteError::Unauthorized.into()),
        Ok(_) => return Ok(origin.redirect(&site, origin.language(), QUESTION)),
        Err(elsewhere) => return Err(elsewhere),
    };
    let cookie = cookies::read(&headers, origin.cookie()).unwrap_or_default();
    let received = receive_files(site.clone(), cookie, origin.draft_seconds(), request).await;
    let page = site.page(Some(open.draft.language()), "/report");
    if is_script {
        return Ok(answer_script(&site, &page, received)?);
    }
    let Some(refusal) = refusal(received)? else {
        return Ok(origin.redirect(&site, origin.language(), QUESTION));
    };
    // The draft is read again: files that came before the refused one are there.
    let CurrentDraft(open) = find_draft(&site, &origin, &headers).await?;
    let mut screen = dialogue::build_screen(&site.app.profile(), &open.draft);
    screen.prompt.error = Some(describe(refusal, &site, &page));
    let response = render(&site, &origin, &open, status(refusal), screen, false)?;
    Ok(with_retry_after(refusal, response))
}

/// The form that names a file.
#[derive(Debug, Deserialize)]
pub(crate) struct FileForm {
    pub(super) file: AttachmentId,
}

/// `POST /report/files/remove`
pub(crate) async fn remove(
    State(site): State<SharedSite>,
    origin: IntakeOrigin,
    CurrentDraft(open): CurrentDraft,
    Form(form): Form<FileForm>,
) -> Result<Response, RouteError> {
    site.app.attachments.remove_file(&open.token, form.file).await?;
    Ok(origin.redirect(&site, origin.language(), QUESTION))
}

/// `POST /report/files/keep`: a file that could not be cleaned is sent as it is.
pub(crate) async fn keep(
    State(site): State<SharedSite>,
    origin: IntakeOrigin,
    CurrentDraft(open): CurrentDraft,
    Form(form): Form<FileForm>,
) -> Result<Response, RouteError> {
    match site.app.attachments.keep_unchanged(&open.token, form.file).await {
        Ok(()) | Err(service::Error::NotFound) => Ok(origin.redirect(&site, origin.language(), QUESTION)),
        Err(error) => Err(error.into()),
    }
}
