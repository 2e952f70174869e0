//! What is told of each request: a number by which an operator finds it in the log, and how long it took. Neither who
//! sent it nor what was in it; of a reporter's request nothing that would tell its second, unless it failed.

use std::fmt;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::http::pages::COUNTER;
use crate::http::site::SharedSite;
use crate::metrics::{Side, Stopwatch};

/// Letters and digits that nobody confuses on the telephone (Crockford's base32).
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A request's number: random, never taken from outside, and kept nowhere but in the log.
#[derive(Debug, Clone)]
pub(crate) struct RequestNumber(Arc<str>);

impl fmt::Display for RequestNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl RequestNumber {
    /// `K7Q2-M9XA`
    fn random(rng: &mut impl rand::Rng) -> Self {
        let mut bits = [0; 8];
        rng.fill_bytes(&mut bits);
        let mut text = String::with_capacity(9);
        for (at, byte) in bits.iter().enumerate() {
            if at == 4 {
                text.push('-');
            }
            let symbol = SYMBOLS.get(usize::from(byte % 32)).copied().unwrap_or(b'0');
            text.push(char::from(symbol));
        }
        Self(text.into())
    }
}

/// Gives each request its number: in the span of what is logged meanwhile, in the response's header, and to the pages
/// that tell an error.
pub(crate) async fn number(State(site): State<SharedSite>, mut request: Request, next: Next) -> Response {
    let number = RequestNumber::random(&mut site.app.randomness.generator());
    request.extensions_mut().insert(number.clone());
    // Of the highest level: whatever is logged bears the number.
    let span = tracing::error_span!("request", number = %number);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&number.0) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// A route as the table writes it, and whose requests come by it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watched {
    side: Side,
    path: &'static str,
    method: &'static str,
}

impl Watched {
    pub(crate) fn side(self) -> &'static str {
        match self.side {
            Side::Staff => "staff",
            Side::Reporter => "reporter",
        }
    }

    pub(crate) fn of(path: &'static str, method: &'static str) -> Self {
        let staff = path == "/staff" || path.starts_with("/staff/") || path.starts_with("/api/v1/staff/");
        // What is done at the counter is a reporter's.
        let side = if staff && !path.starts_with(COUNTER) {
            Side::Staff
        } else {
            Side::Reporter
        };
        Self { side, path, method }
    }
}

/// Counts a request and, where staff sent it, logs it.
pub(crate) async fn watch(
    State((site, watched)): State<(SharedSite, Watched)>,
    request: Request,
    next: Next,
) -> Response {
    let since = Stopwatch::start();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), since.elapsed());
    let Watched { side, path, method } = watched;
    site.app.metrics.record_request(side, path, method, status, took);
    match side {
        Side::Staff => {
            tracing::info!(route = path, method, status, milliseconds = took.as_millis(), "request");
        }
        Side::Reporter if status >= 500 => tracing::warn!(status, "a request failed"),
        Side::Reporter => {}
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::ROUTES;
    use rand::SeedableRng as _;

    #[test]
    fn a_number_can_be_read_out() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(1);
        let (one, other) = (RequestNumber::random(&mut rng), RequestNumber::random(&mut rng));
        assert_ne!(one.to_string(), other.to_string());
        let (left, right) = one.0.split_once('-').unwrap();
        assert_eq!((left.len(), right.len()), (4, 4));
    }

    #[test]
    fn whatever_is_not_staffs_is_held_back() {
        let side = |path| Watched::of(path, "GET").side;
        for path in [
            "/",
            "/report/submit",
            "/follow-up",
            "/webhooks/whatsapp",
            "/staff/filing/report",
            "/assets/{name}",
        ] {
            assert_eq!(side(path), Side::Reporter, "{path}");
        }
        for path in ["/staff", "/staff/inbox", "/api/v1/staff/keys"] {
            assert_eq!(side(path), Side::Staff, "{path}");
        }
        assert!(ROUTES.iter().any(|route| side(route.path) == Side::Staff));
    }
}
