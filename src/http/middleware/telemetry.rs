//! Counts each request and measures its time. Staff's requests are logged; of a reporter's request nothing is logged
//! that would tell its second, unless it failed.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::error::RouteError;
use crate::http::route::Route;
use crate::http::site::SharedSite;
use crate::metrics::{Side, Stopwatch};

/// Counts a request and, where staff sent it, logs it.
pub(crate) async fn record(
    State((site, route)): State<(SharedSite, &'static Route)>,
    request: Request,
    next: Next,
) -> Response {
    let since = Stopwatch::start();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), since.elapsed());
    let (side, path, method) = (route.side.telemetry(), route.path, route.method);
    site.app.metrics.record_request(side, path, method, status, took);
    let reason = match RouteError::of(&response) {
        Some(RouteError::Unprocessable(reason)) => Some(tracing::field::debug(reason)),
        _ => None,
    };
    match side {
        Side::Staff => {
            tracing::info!(
                route = path,
                method,
                status,
                reason,
                milliseconds = took.as_millis(),
                "request"
            );
        }
        Side::Reporter if status >= 500 => tracing::warn!(status, "a request failed"),
        Side::Reporter => tracing::debug!(status, reason, "request"),
    }
    response
}
