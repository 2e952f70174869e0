//! Request ids: by its id an operator finds a request in the log. It tells neither who sent it nor what was in it.

use std::fmt;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::http::site::SharedSite;

/// Letters and digits that nobody confuses on the telephone (Crockford's base32).
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: random, never taken from outside, and kept nowhere but in the log.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(Arc<str>);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl RequestId {
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

/// Gives each request its id: in the span of the log lines, in the header of the response, and for the pages of errors.
pub(crate) async fn assign(State(site): State<SharedSite>, mut request: Request, next: Next) -> Response {
    let id = RequestId::random(&mut site.app.randomness().generator());
    request.extensions_mut().insert(id.clone());
    // The highest level: every line of the log bears the id.
    let span = tracing::error_span!("request", number = %id);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn a_number_can_be_read_out() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(1);
        let (one, other) = (RequestId::random(&mut rng), RequestId::random(&mut rng));
        assert_ne!(one.to_string(), other.to_string());
        let (left, right) = one.0.split_once('-').unwrap();
        assert_eq!((left.len(), right.len()), (4, 4));
    }
}
