//! What only the operator's own machines may reach: numbers for Prometheus, and whether all is well. On a listener of its
//! own; the public one does not know these addresses.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::http::router::{healthz, readyz};
use crate::http::site::SharedSite;
use crate::service::operations::observing::Disk;

#[derive(Clone)]
struct Inside {
    site: SharedSite,
    disks: Arc<[Disk]>,
}

/// `/metrics`, `/healthz`, `/readyz`.
pub fn internal(site: SharedSite, disks: Vec<Disk>) -> Router {
    let inside = Inside {
        site,
        disks: disks.into(),
    };
    let ready = async |State(inside): State<Inside>| readyz(State(inside.site)).await;
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(ready))
        .fallback(async || (StatusCode::NOT_FOUND, "there are /metrics, /healthz and /readyz\n"))
        .with_state(inside)
}

async fn metrics(State(inside): State<Inside>) -> Response {
    let text = inside.site.app.operations.observe(&inside.disks).await;
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
