//! `/api/v1/staff/cases/{case}/…`: messages and notes that an analyst's browser sealed, and decisions about a case.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use crate::domain::ids::RecordId;
use crate::domain::state::State as CaseState;
use crate::http::api::body::{JsonBody, decode};
use crate::http::error::RouteError;
use crate::http::extract::{NamedCase, SignedIn};
use crate::http::site::SharedSite;
use crate::service::casework::validation::AskedValidation;
use crate::service::casework::{MAX_SEALED_BYTES, Sealed};
use crate::service::letters::MAX_LETTER_BYTES;
use crate::vault::signing::Signature;

/// Bytes of a signed request: a handful of ids and hashes.
const MAX_PAYLOAD_BYTES: usize = 4096;

/// A sealed record.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordSubmission {
    record: RecordId,
    body: String,
}

/// A change of state in clear, and its sealed reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateSubmission {
    record: RecordId,
    body: String,
    /// The state that the page showed; the present one when it does not say.
    from: Option<CaseState>,
    to: CaseState,
}

/// A signed request for validation, with its reason as a letter to the desk.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValidationSubmission {
    payload: String,
    signature: Signature,
    letter: String,
}

fn sealed(record: RecordId, body: &str) -> Result<Sealed, RouteError> {
    Ok(Sealed::new(record, decode(body, MAX_SEALED_BYTES)?)?)
}

/// `POST …/messages`
pub(crate) async fn message(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    JsonBody(sent): JsonBody<RecordSubmission>,
) -> Result<StatusCode, RouteError> {
    let sealed = sealed(sent.record, &sent.body)?;
    site.app.casework.write_message(&member, case.id, sealed).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/notes`
pub(crate) async fn note(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    JsonBody(sent): JsonBody<RecordSubmission>,
) -> Result<StatusCode, RouteError> {
    let sealed = sealed(sent.record, &sent.body)?;
    site.app.casework.write_note(&member, case.id, sealed).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/state`
pub(crate) async fn state(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    JsonBody(sent): JsonBody<StateSubmission>,
) -> Result<StatusCode, RouteError> {
    let reason = sealed(sent.record, &sent.body)?;
    let change = (sent.from.unwrap_or(case.state), sent.to);
    site.app.casework.change_state(&member, case.id, change, reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/validation`
pub(crate) async fn validation(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    JsonBody(sent): JsonBody<ValidationSubmission>,
) -> Result<StatusCode, RouteError> {
    let asked = AskedValidation {
        payload: decode(&sent.payload, MAX_PAYLOAD_BYTES)?,
        signature: sent.signature,
        letter: decode(&sent.letter, MAX_LETTER_BYTES)?,
    };
    site.app.casework.request_validation(&member, case.id, asked).await?;
    Ok(StatusCode::NO_CONTENT)
}
