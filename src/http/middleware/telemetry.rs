//! Counts each request and measures its time. Staff's requests are logged; of a reporter's request nothing is logged
//! that would tell its second, unless it failed.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::reporter::intake_origin::COUNTER;
use crate::http::site::SharedSite;
use crate::metrics::{Side, Since};

/// A route as the table writes it, and whose requests come by it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RouteLabels {
    side: Side,
    path: &'static str,
    method: &'static str,
}

impl RouteLabels {
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
pub(crate) async fn record(
    State((site, labels)): State<(SharedSite, RouteLabels)>,
    request: Request,
    next: Next,
) -> Response {
    let since = Since::now();
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), since.elapsed());
    let RouteLabels { side, path, method } = labels;
    site.app.metrics.request(side, path, method, status, took);
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
    use crate::http::routes::ROUTES;

    #[test]
    fn whatever_is_not_staffs_is_held_back() {
        let side = |path| RouteLabels::of(path, "GET").side;
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
