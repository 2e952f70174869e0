//! Protection against cross-site requests: a request that changes something must come from our own pages.

use axum::extract::{Request, State};
use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::error::RouteError;
use crate::http::route::Side;
use crate::http::site::SharedSite;

/// Refuses requests that another site made the browser send.
///
/// A request that changes something must come from our own pages. The browser tells: by `Sec-Fetch-Site` where it sends
/// that, else by `Origin`. Without either the request is refused.
///
/// # Errors
/// [`RouteError::Forbidden`]
pub(crate) async fn same_site_only(
    State((site, side)): State<(SharedSite, Side)>,
    request: Request,
    next: Next,
) -> Result<Response, RouteError> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // Meta is no browser: its signature is checked there.
    let is_signed = site.whatsapp.is_some() && side == Side::Webhook;
    if reads || is_signed || is_from_here(request.headers(), &site.public_url) {
        Ok(next.run(request).await)
    } else {
        Err(RouteError::Forbidden)
    }
}

fn is_from_here(headers: &HeaderMap, public_url: &str) -> bool {
    match headers.get("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => headers.get(ORIGIN).is_some_and(|origin| origin == public_url),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn verdict(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        is_from_here(&headers, "https://sigilo.example")
    }

    #[test]
    fn only_our_own_pages_change_anything() {
        assert!(verdict(&[("sec-fetch-site", "same-origin")]));
        assert!(verdict(&[("origin", "https://sigilo.example")]));
        assert!(!verdict(&[
            ("sec-fetch-site", "same-site"),
            ("origin", "https://sigilo.example")
        ]));
        assert!(!verdict(&[("sec-fetch-site", "cross-site")]));
        assert!(!verdict(&[("sec-fetch-site", "none")]));
        assert!(!verdict(&[("origin", "null")]));
        assert!(!verdict(&[("origin", "https://sigilo.example.evil.example")]));
        assert!(!verdict(&[]));
    }
}
