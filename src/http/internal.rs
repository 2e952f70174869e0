//! The operator's listener: metrics for Prometheus, and health checks. The public listener does not know `/metrics`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::http::probes::{healthz, readyz};
use crate::http::site::SharedSite;
use crate::service::operations::observing::Disk;

#[derive(Clone)]
struct InternalState {
    site: SharedSite,
    disks: Arc<[Disk]>,
}

/// Builds the router of `/metrics`, `/healthz` and `/readyz`.
pub fn internal(site: SharedSite, disks: Vec<Disk>) -> Router {
    let state = InternalState {
        site,
        disks: disks.into(),
    };
    let ready = async |State(state): State<InternalState>| readyz(State(state.site)).await;
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(ready))
        .fallback(async || (StatusCode::NOT_FOUND, "there are /metrics, /healthz and /readyz\n"))
        .with_state(state)
}

async fn metrics(State(state): State<InternalState>) -> Response {
    let text = state.site.app.operations.observe(&state.disks).await;
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
