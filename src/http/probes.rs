//! Health checks: `/healthz` and `/readyz`, for load balancers and monitoring.

use axum::extract::State;

use crate::http::error::RouteError;
use crate::http::site::SharedSite;

/// `/healthz`: the process answers.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// `/readyz`: reports can be taken; database, roster, witness and room are there.
pub(crate) async fn readyz(State(site): State<SharedSite>) -> Result<&'static str, RouteError> {
    site.app.intake.check_ready().await?;
    Ok("ready\n")
}
