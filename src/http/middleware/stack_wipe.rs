//! Plaintext passes through hashes and ciphers on a thread's stack, and the thread lives on (SECURITY.md, row 6).

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use crate::vault::stack::with_stack_wiped;

/// Wipes what a request's work left on the thread's stack, each time it gives the thread back.
pub(crate) async fn wipe(request: Request, next: Next) -> Response {
    with_stack_wiped(next.run(request)).await
}
