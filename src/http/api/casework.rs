//! `/api/v1/staff/cases/{case}/…`: what an analyst's browser sealed, and what it decided.

use axum::extract::{Extension, State as Shared};
use axum::http::StatusCode;
use serde::Deserialize;

use super::{Body, bytes};
use crate::domain::ids::{LetterId, RecordId};
use crate::domain::state::State;
use crate::http::error::RouteError;
use crate::http::site::SharedSite;
use crate::service::casework::{MAX_SEALED_BYTES, Sealed};
use crate::service::people::sessions::Member;
use crate::store::cases::Case;

/// A sealed record.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    record: RecordId,
    body: String,
}

/// A sealed reason, and in clear what it is a reason for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decided {
    record: RecordId,
    body: String,
    /// The state that the page showed; the present one when it does not say.
    from: Option<State>,
    to: State,
}

/// A letter to the desk.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    letter: LetterId,
    file: String,
}

fn sealed(record: RecordId, body: &str) -> Result<Sealed, RouteError> {
    Ok(Sealed::new(record, bytes(body, MAX_SEALED_BYTES)?)?)
}

/// `POST …/messages`
pub(crate) async fn message(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    Body(sent): Body<Written>,
) -> Result<StatusCode, RouteError> {
    let sealed = sealed(sent.record, &sent.body)?;
    site.app.casework.write_message(&member, case.id, sealed).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/notes`
pub(crate) async fn note(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    Body(sent): Body<Written>,
) -> Result<StatusCode, RouteError> {
    let sealed = sealed(sent.record, &sent.body)?;
    site.app.casework.write_note(&member, case.id, sealed).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/state`
pub(crate) async fn state(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    Body(sent): Body<Decided>,
) -> Result<StatusCode, RouteError> {
    let reason = sealed(sent.record, &sent.body)?;
    let change = (sent.from.unwrap_or(case.state), sent.to);
    site.app.casework.change_state(&member, case.id, change, reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/validation`
pub(crate) async fn validation(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    Body(sent): Body<Asked>,
) -> Result<StatusCode, RouteError> {
    let file = bytes(&sent.file, MAX_SEALED_BYTES)?;
    site.app
        .casework
        .request_validation(&member, case.id, sent.letter, file)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
