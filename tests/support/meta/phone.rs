//! The phone page: a conversation as the person sees it, for the demo.

use std::sync::Arc;

use axum::Router;

use super::Inner;

pub(super) fn router(_inner: &Arc<Inner>) -> Router {
    Router::new()
}
