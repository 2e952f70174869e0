//! `/webhooks/whatsapp`: Meta's handshake and its notifications. Without configuration the address is not found.

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::channels::whatsapp::WebhookOutcome;
use crate::http::error::RouteError;
use crate::http::site::SharedSite;

/// The parameters of Meta's handshake.
#[derive(Deserialize)]
pub(super) struct HandshakeQuery {
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
    Query(query): Query<HandshakeQuery>,
) -> Result<String, RouteError> {
    let webhook = site.whatsapp.as_ref().ok_or(RouteError::NotFound)?;
    let echo = webhook.challenge(&query.mode, &query.token, &query.challenge);
    echo.map(str::to_owned).ok_or(RouteError::Forbidden)
}

/// `POST`: answers 200 once the notification is on the disk, 403 when it is not Meta's, and 503 when Meta shall deliver it
/// again.
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
