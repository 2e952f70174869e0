//! The security headers of every response.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::html::UploadScript;
use crate::http::site::SharedSite;

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

/// Puts the security headers on every response, also on errors and on what no route serves.
pub(crate) async fn headers(State(site): State<SharedSite>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let staff = path.starts_with("/staff");
    let asset = path.starts_with("/assets/");
    let sensitive = request.method() != Method::GET && request.method() != Method::HEAD;
    let mut response = next.run(request).await;
    let found = response.status().is_success();
    let uploads = response.extensions().get::<UploadScript>().is_some();
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
