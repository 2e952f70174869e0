//! `/webhooks/whatsapp`: Meta's handshake and its notifications. Without configuration there is no such address.

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::channels::whatsapp::WebhookOutcome;
use crate::http::error::RouteError;
use crate::http::site::SharedSite;

pub(super) const PATH: &str = "/webhooks/whatsapp";
/// Meta's notifications have 3 MB at most.
pub(super) const LIMIT: usize = 4 * 1024 * 1024;

#[derive(Deserialize)]
pub(super) struct Handshake {
    #[serde(rename = "hub.mode", default)]
    mode: String,
    #[serde(rename = "hub.verify_token", default)]
    token: String,
    #[serde(rename = "hub.challenge", default)]
    challenge: String,
}

/// `GET`: echoes the challenge when the token is ours. It carries no signature.
pub(super) async fn subscribe(
    State(site): State<SharedSite>,
    Query(asked): Query<Handshake>,
) -> Result<String, RouteError> {
    let webhook = site.whatsapp.as_ref().ok_or(RouteError::NotFound)?;
    let echo = webhook.challenge(&asked.mode, &asked.token, &asked.challenge);
    echo.map(str::to_owned).ok_or(RouteError::Forbidden)
}

/// `POST`: 200 once it is on the disk, 403 when it is not Meta's, 503 when Meta shall deliver it again.
pub(super) async fn notify(
    State(site): State<SharedSite>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, RouteError> {
    let webhook = site.whatsapp.as_ref().ok_or(RouteError::NotFound)?;
    let signature = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok());
    match webhook.receive(signature, body.into()).await {
        WebhookOutcome::Accepted => Ok(StatusCode::OK),
        WebhookOutcome::Forged => Err(RouteError::Forbidden),
        WebhookOutcome::RetryLater => Err(RouteError::Overloaded),
    }
}
