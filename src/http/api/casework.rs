//! `/api/v1/staff/cases/{case}/…`: messages and notes that an analyst's browser sealed, and decisions about a case.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use crate::domain::ids::{LetterId, RecordId};
use crate::http::api::body::{JsonBody, decode, decode_signed};
use crate::http::error::RouteError;
use crate::http::extract::{NamedCase, SignedIn};
use crate::http::site::SharedSite;
use crate::service::casework::{MAX_SEALED_BYTES, Sealed};
use crate::vault::signing::Signature;

/// A sealed record.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordSubmission {
    record: RecordId,
    body: String,
}

/// A signed change of state, and its sealed reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StateSubmission {
    record: RecordId,
    body: String,
    payload: String,
    signature: Signature,
}

/// A letter to the desk.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValidationSubmission {
    letter: LetterId,
    file: String,
}

fn sealed(record: RecordId, body: &str) -> Result<Sealed, RouteError> {
    Ok(Sealed::new(record, decode(body, MAX_SEALED_BYTES)?)?)
}

/// A text that an analyst adds to a case.
enum AddedText {
    Message,
    Note,
}

/// The parts of a request that adds a sealed record.
type RecordRequest = (State<SharedSite>, SignedIn, NamedCase, JsonBody<RecordSubmission>);

async fn add_text(text: AddedText, request: RecordRequest) -> Result<StatusCode, RouteError> {
    let (State(site), SignedIn(member), NamedCase(case), JsonBody(sent)) = request;
    let (casework, sealed) = (&site.app.casework, sealed(sent.record, &sent.body)?);
    match text {
        AddedText::Message => casework.write_message(&member, case.id, sealed).await?,
        AddedText::Note => casework.write_note(&member, case.id, sealed).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/messages`
pub(crate) async fn message(request: RecordRequest) -> Result<StatusCode, RouteError> {
    add_text(AddedText::Message, request).await
}

/// `POST …/notes`
pub(crate) async fn note(request: RecordRequest) -> Result<StatusCode, RouteError> {
    add_text(AddedText::Note, request).await
}

/// `POST …/state`
pub(crate) async fn state(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    JsonBody(sent): JsonBody<StateSubmission>,
) -> Result<StatusCode, RouteError> {
    let reason = sealed(sent.record, &sent.body)?;
    let signed = decode_signed(&sent.payload, sent.signature)?;
    site.app.casework.change_state(&member, case.id, signed, reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/validation`
pub(crate) async fn validation(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    JsonBody(sent): JsonBody<ValidationSubmission>,
) -> Result<StatusCode, RouteError> {
    let file = decode(&sent.file, MAX_SEALED_BYTES)?;
    site.app
        .casework
        .request_validation(&member, case.id, sent.letter, file)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
