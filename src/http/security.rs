//! What every response carries, and what a request that changes something must prove.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::error::RouteError;
use crate::http::site::SharedSite;
use crate::http::webhook;
use crate::vault::stack::with_stack_wiped;

const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), \
                           payment=(), usb=(), browsing-topics=()";
/// Reporter's pages run no script at all.
const REPORTER_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                            frame-ancestors 'none'";
/// Those where files are attached have one script, for progress; they work without it.
const UPLOAD_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; \
                          form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Staff's pages decrypt: scripts of our own, and WebAssembly for Argon2.
const STAFF_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self' blob:; media-src blob:; \
                         script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Put on a response whose page has the script for uploads. The page knows, not its address: it is drawn again at others
/// when something is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uploads;

/// Puts the security headers on every response, also on errors and on what no route serves.
pub(crate) async fn headers(State(site): State<SharedSite>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let staff = path.starts_with("/staff");
    let asset = path.starts_with("/assets/");
    let sensitive = request.method() != Method::GET && request.method() != Method::HEAD;
    let mut response = next.run(request).await;
    let found = response.status().is_success();
    let uploads = response.extensions().get::<Uploads>().is_some();
    let headers = response.headers_mut();
    let csp = match (staff, uploads) {
        (true, _) => STAFF_CSP,
        (false, true) => UPLOAD_CSP,
        (false, false) => REPORTER_CSP,
    };
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(csp));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    for (name, value) in [
        ("permissions-policy", PERMISSIONS),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-robots-tag", "noindex, nofollow, noarchive"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    // Hashed names never change; everything else may be somebody's case.
    let cache = if asset && found {
        "public, max-age=31536000, immutable"
    } else {
        "no-store"
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    if site.public_url.starts_with("https://") {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=63072000; includeSubDomains"),
        );
    }
    if sensitive {
        // A kept connection keeps the body of the last request in its buffer.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Wipes what a request's work left on the thread's stack, each time it gives the thread back: plaintext passes through
/// hashes and ciphers there, and the thread lives on (SECURITY.md, row 6).
pub(crate) async fn leave_nothing_on_the_stack(request: Request, next: Next) -> Response {
    with_stack_wiped(next.run(request)).await
}

/// Refuses what another site made the browser send.
///
/// A request that changes something must come from our own pages, as the browser itself tells: `Sec-Fetch-Site` where
/// it sends that, else `Origin`. Without either it is refused.
///
/// # Errors
/// [`RouteError::Forbidden`]
pub(crate) async fn same_site_only(
    State(site): State<SharedSite>,
    request: Request,
    next: Next,
) -> Result<Response, RouteError> {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // Meta is no browser: its signature is checked there.
    let is_signed = site.whatsapp.is_some() && request.uri().path() == webhook::PATH;
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
