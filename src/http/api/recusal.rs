//! `/api/v1/staff/cases/{case}/recusal`: a member recuses themselves from a case.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::api::body::{JsonBody, decode, decode_signed};
use crate::http::error::RouteError;
use crate::http::extract::{NamedCase, SignedIn};
use crate::http::site::SharedSite;
use crate::http::staff::shell::Section;
use crate::service::casework::recusal::Stated;
use crate::service::letters::MAX_LETTER_BYTES;
use crate::vault::signing::Signature;

/// A signed recusal, with its reason sealed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecusalSubmission {
    payload: String,
    signature: Signature,
    letter: String,
}

/// `POST …/recusal`
pub(crate) async fn state(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    JsonBody(sent): JsonBody<RecusalSubmission>,
) -> Result<Json<Value>, RouteError> {
    let stated = Stated {
        signed: decode_signed(&sent.payload, sent.signature)?,
        letter: decode(&sent.letter, MAX_LETTER_BYTES)?,
    };
    site.app.casework.recuse(&member, case.id, stated).await?;
    Ok(Json(
        json!({ "location": member.role.map_or(Section::Waiting, Section::home).path() }),
    ))
}
