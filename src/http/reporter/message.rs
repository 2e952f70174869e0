//! `/follow-up/message`: a reporter's message to the area.

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::http::error::RouteError;
use crate::http::extract::ReturningReporter;
use crate::http::html;
use crate::http::page::RequestedLanguage;
use crate::http::reporter::follow_up_case::{CaseFeedback, render};
use crate::http::reporter::follow_up_entry::{Entry, EntryError};
use crate::http::site::SharedSite;
use crate::service::follow_up::AdditionError;

/// A message to the area.
#[derive(Deserialize)]
pub(crate) struct MessageForm {
    text: Zeroizing<String>,
}

/// `POST /follow-up/message`. Open to everybody, because a text that was typed before the session ended must not be lost:
/// the page asks for the words again, and the text goes along.
pub(crate) async fn write(
    State(site): State<SharedSite>,
    requested: RequestedLanguage,
    reporter: Option<ReturningReporter>,
    Form(form): Form<MessageForm>,
) -> Result<Response, RouteError> {
    let Some(reporter) = reporter else {
        let entry = Entry {
            page: site.page(requested.as_deref(), "/follow-up"),
            error: Some(EntryError::Expired),
            carried: form.text.to_string(),
        };
        return html::page(StatusCode::UNPROCESSABLE_ENTITY, &entry);
    };
    let key = match site.app.follow_up.write_as_reporter(&reporter, &form.text).await {
        Ok(()) => return Ok(site.redirect(Some(&reporter.language), "/follow-up/case?sent#conversacion")),
        Err(error @ (AdditionError::Invalid(_) | AdditionError::FilesChanged)) => {
            tracing::debug!(%error, "a message was not taken");
            "case-message-invalid"
        }
        Err(AdditionError::Closed) => "case-message-closed",
        Err(AdditionError::Service(error)) => return Err(error.into()),
    };
    let feedback = CaseFeedback {
        error: Some(site.page(Some(&reporter.language), "/").t.get(key)),
        typed: form.text.to_string(),
        ..CaseFeedback::default()
    };
    render(&site, &reporter, StatusCode::UNPROCESSABLE_ENTITY, feedback).await
}
