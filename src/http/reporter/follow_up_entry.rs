//! `/follow-up`: the way back to a case with eight words.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Extension, Form, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::http::cookies::{self, CookieName};
use crate::http::error::RouteError;
use crate::http::extract::ReturningReporter;
use crate::http::html;
use crate::http::middleware::client::Visitor;
use crate::http::page::{Page, RequestedLanguage};
use crate::http::reporter::follow_up_case::{CaseFeedback, Notice, render};
use crate::http::site::SharedSite;
use crate::service;
use crate::service::follow_up::{FOLLOW_UP_SESSION_SECONDS, PresentReceiptError};
use crate::vault::receipt::ReceiptError;

/// The reason why eight words opened nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryError {
    /// Not eight words of one list, or the checksum is wrong: found before anything is looked up.
    Misspelt(ReceiptError),
    /// Well-formed, but no case has this receipt.
    Unknown,
    /// The session is over; the words are asked for again.
    Expired,
    /// Too many receipts at once.
    Busy,
}

/// `GET /follow-up`
#[derive(Template)]
#[template(path = "follow_up_entry.html")]
pub struct Entry {
    pub page: Page,
    pub error: Option<EntryError>,
    /// A message that was typed when the session was over: it goes along in the form, and nowhere else.
    pub carried: String,
}

impl Entry {
    fn describe_error(&self) -> Option<String> {
        let t = &self.page.t;
        Some(match self.error? {
            EntryError::Misspelt(what) => t.describe_receipt_error(what),
            EntryError::Unknown => t.get("entry-error-unknown"),
            EntryError::Expired => t.get("entry-error-expired"),
            EntryError::Busy => t.get("entry-error-busy"),
        })
    }
}

/// The page in place of a case whose keys somebody exchanged.
#[derive(Template)]
#[template(path = "keys_exchanged.html")]
pub struct KeysExchanged {
    pub page: Page,
    /// A message that came along with the words, and stays with its writer.
    pub unsent: String,
}

/// The eight words, and the text that was typed when the session before had ended.
#[derive(Deserialize)]
pub(crate) struct EntryForm {
    words: Zeroizing<String>,
    #[serde(default)]
    text: Zeroizing<String>,
}

/// `GET /follow-up`
pub(crate) async fn enter(
    State(site): State<SharedSite>,
    requested: RequestedLanguage,
    RawQuery(query): RawQuery,
) -> Result<Response, RouteError> {
    let expired = query.is_some_and(|query| query.split('&').any(|part| part == "expired"));
    let entry = Entry {
        page: site.page(requested.as_deref(), "/follow-up"),
        error: expired.then_some(EntryError::Expired),
        carried: String::new(),
    };
    html::page(StatusCode::OK, &entry)
}

/// `POST /follow-up`: opens a session. A wrong checksum is found before anything is looked up.
///
/// A text that came along stays with its writer, whatever is wrong; after the right words it stands in the message's
/// field.
pub(crate) async fn present(
    State(site): State<SharedSite>,
    requested: RequestedLanguage,
    Extension(visitor): Extension<Visitor>,
    Form(form): Form<EntryForm>,
) -> Result<Response, RouteError> {
    let page = site.page(requested.as_deref(), "/follow-up");
    let presented = site.app.follow_up.present_receipt(&form.words, page.t.language()).await;
    let (status, error) = match presented {
        Ok(token) => {
            let mut response = if form.text.is_empty() {
                Redirect::to(&page.at("/follow-up/case")).into_response()
            } else {
                // The page itself is the answer: the text must not go by way of an address or a cookie.
                let session = site
                    .app
                    .follow_up
                    .returning(&token)
                    .await?
                    .ok_or(RouteError::Internal)?;
                let reporter = ReturningReporter {
                    session: Arc::new(session),
                    requested,
                };
                let feedback = CaseFeedback {
                    notice: Some(Notice::Carried),
                    typed: form.text.to_string(),
                    ..CaseFeedback::default()
                };
                render(&site, &reporter, StatusCode::OK, feedback).await?
            };
            response.headers_mut().append(
                SET_COOKIE,
                cookies::set(CookieName::FollowUp, &token, Some(FOLLOW_UP_SESSION_SECONDS)),
            );
            return Ok(response);
        }
        Err(PresentReceiptError::Misspelt(what)) => (StatusCode::UNPROCESSABLE_ENTITY, EntryError::Misspelt(what)),
        Err(PresentReceiptError::Unknown) => {
            site.guards.rate_limits.wrong_receipt(visitor.0, site.app.now());
            (StatusCode::UNPROCESSABLE_ENTITY, EntryError::Unknown)
        }
        Err(PresentReceiptError::Exchanged) => {
            let unsent = form.text.to_string();
            return html::page(StatusCode::CONFLICT, &KeysExchanged { page, unsent });
        }
        Err(PresentReceiptError::Service(service::Error::Overloaded(_))) if !form.text.is_empty() => {
            (StatusCode::SERVICE_UNAVAILABLE, EntryError::Busy)
        }
        Err(PresentReceiptError::Service(error)) => return Err(error.into()),
    };
    let entry = Entry {
        page,
        error: Some(error),
        carried: form.text.to_string(),
    };
    html::page(status, &entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::testing::{assert_sound, page};

    #[test]
    fn the_entry_says_what_is_wrong_beside_the_field() {
        let html = Entry {
            page: page("es"),
            error: Some(EntryError::Misspelt(ReceiptError::UnknownWord(3))),
            carried: String::new(),
        }
        .render()
        .unwrap();
        assert_sound(&html);
        assert!(html.contains("La palabra 3 no es"));
        assert!(html.contains("role=\"alert\"") && html.contains("aria-describedby=\"ayuda error\""));
    }
}
