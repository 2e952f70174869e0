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
use crate::http::route::Side;
use crate::http::site::SharedSite;

const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), \
                           payment=(), usb=(), browsing-topics=()";
/// Pages of reporters run no script at all.
const REPORTER_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                            frame-ancestors 'none'";
/// Pages where files are attached have one script, for progress; they work without it.
const UPLOAD_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; \
                          form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// Pages of staff decrypt: they need scripts of our own, and WebAssembly for Argon2.
const STAFF_CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self' blob:; media-src blob:; \
                         script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Puts the security headers on every response, also on errors and on unknown addresses.
pub(crate) async fn add(State((site, side)): State<(SharedSite, Side)>, request: Request, next: Next) -> Response {
    let sensitive = request.method() != Method::GET && request.method() != Method::HEAD;
    let mut response = next.run(request).await;
    let found = response.status().is_success();
    let uploads = response.extensions().get::<UploadScript>().is_some();
    let headers = response.headers_mut();
    let csp = match (side.has_staff_pages(), uploads) {
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
    let cache = if side == Side::Asset && found {
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
