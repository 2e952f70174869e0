//! Responses that are pages.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use crate::http::error::RouteError;

/// Marks a response whose page has the upload script, which needs a wider Content-Security-Policy. The page knows this and
/// not its address: it is rendered again at other addresses when something is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UploadScript;

/// Renders a page, with a status.
///
/// # Errors
/// [`RouteError::Internal`] when the template fails.
pub(crate) fn page(status: StatusCode, template: &impl askama::Template) -> Result<Response, RouteError> {
    match template.render() {
        Ok(html) => Ok((status, Html(html)).into_response()),
        Err(error) => {
            tracing::error!(%error, "template");
            Err(RouteError::Internal)
        }
    }
}

/// Renders a page with the script that shows how far files are.
///
/// # Errors
/// [`RouteError::Internal`] when the template fails.
pub(crate) fn page_with_upload(status: StatusCode, template: &impl askama::Template) -> Result<Response, RouteError> {
    let mut response = page(status, template)?;
    response.extensions_mut().insert(UploadScript);
    Ok(response)
}
