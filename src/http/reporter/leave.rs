//! `/leave`: leaves at once. Answers 200 with a meta refresh, because Chromium applies `form-action` to redirects too.
//! The page names nothing and looks like nothing; the handler clears every cookie.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::header::{HeaderName, HeaderValue, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::http::cookies::{self, CookieName};
use crate::http::error::RouteError;
use crate::http::html;
use crate::http::page::{Page, RequestedLanguage};
use crate::http::site::{SharedSite, Site};

/// `/leave`
#[derive(Template)]
#[template(path = "leave.html")]
pub struct Leave {
    pub page: Page,
    /// The neutral site to go to, from the configuration.
    pub to: String,
}

/// Time for the session to end before the visitor leaves without it.
const END_SESSION_TIMEOUT: Duration = Duration::from_millis(500);

async fn end_session(site: &Site, headers: &HeaderMap) {
    let Some(cookie) = cookies::read(headers, CookieName::FollowUp) else {
        return;
    };
    let ended = match site.app.follow_up.returning(cookie).await {
        Ok(Some(returning)) => site.app.follow_up.end_follow_up(&returning).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = ended {
        tracing::warn!(%error, "a session outlived its visitor's leaving");
    }
}

/// `POST /leave`: ends the session, clears every cookie, and leads to the neutral site.
pub(crate) async fn leave(
    State(site): State<SharedSite>,
    requested: RequestedLanguage,
    headers: HeaderMap,
) -> Result<Response, RouteError> {
    // The visitor leaves now, even if the database does not answer: without its cookie the session cannot be opened, and
    // it expires.
    if tokio::time::timeout(END_SESSION_TIMEOUT, end_session(&site, &headers))
        .await
        .is_err()
    {
        tracing::warn!("a session outlived its visitor's leaving");
    }
    let page = Leave {
        page: site.page(requested.as_deref(), "/"),
        to: site.leave_to.clone(),
    };
    let mut response = html::page(StatusCode::OK, &page)?;
    for name in [CookieName::Draft, CookieName::FollowUp] {
        response.headers_mut().append(SET_COOKIE, cookies::clear(name));
    }
    let everything = HeaderValue::from_static("\"cache\", \"storage\"");
    response
        .headers_mut()
        .insert(HeaderName::from_static("clear-site-data"), everything);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_elsewhere_and_names_nothing() {
        let html = Leave {
            page: crate::http::testing::page("es"),
            to: "https://www.example.com/?a&b".into(),
        }
        .render()
        .unwrap();
        assert!(
            html.contains("content=\"0;url=https://www.example.com/?a&#38;b\""),
            "{html}"
        );
        assert!(!html.contains("Sigilo"), "{html}");
    }
}
