//! `/api/v1/staff/cases/{case}/recusal`: a member works on a case no more.

use axum::Json;
use axum::extract::{Extension, State as Shared};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::api::{JsonBody, bytes};
use crate::http::error::RouteError;
use crate::http::site::SharedSite;
use crate::http::staff::shell::Section;
use crate::service::recusal::Stated;
use crate::service::sessions::Member;
use crate::service::unsealing::LARGEST;
use crate::store::cases::Case;
use crate::vault::signing::Signature;

/// The largest payload, in bytes: a handful of ids.
const SMALL: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecusalSubmission {
    payload: String,
    signature: Signature,
    letter: String,
}

/// `POST …/recusal`
pub(crate) async fn state(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    JsonBody(sent): JsonBody<RecusalSubmission>,
) -> Result<Json<Value>, RouteError> {
    let stated = Stated {
        payload: bytes(&sent.payload, SMALL)?,
        signature: sent.signature,
        letter: bytes(&sent.letter, LARGEST)?,
    };
    site.app.recuse(&member, case.id, stated).await?;
    Ok(Json(json!({ "location": Section::home(member.role).path() })))
}
