//! `/api/v1/staff/cases/{case}/recusal`: a member works on a case no more.

use axum::Json;
use axum::extract::{Extension, State as Shared};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, bytes};
use crate::http::error::RouteError;
use crate::http::pages::staff::Place;
use crate::http::site::SharedSite;
use crate::service::casework::recusal::Stated;
use crate::service::letters::MAX_LETTER_BYTES;
use crate::service::people::sessions::Member;
use crate::store::cases::Case;
use crate::vault::signing::Signature;

/// The largest payload, in bytes: a handful of ids.
const SMALL: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recused {
    payload: String,
    signature: Signature,
    letter: String,
}

/// `POST …/recusal`
pub(crate) async fn state(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    Body(sent): Body<Recused>,
) -> Result<Json<Value>, RouteError> {
    let stated = Stated {
        payload: bytes(&sent.payload, SMALL)?,
        signature: sent.signature,
        letter: bytes(&sent.letter, MAX_LETTER_BYTES)?,
    };
    site.app.casework.recuse(&member, case.id, stated).await?;
    Ok(Json(json!({ "location": Place::home(member.role).path() })))
}
