//! `/api/v1/staff/cases/{case}/unseals`, `…/erasure` and `/api/v1/staff/unseals/{id}/…`: the officer's ceremony, and what
//! comes after it.

use axum::Json;
use axum::extract::{Extension, Path, State as Shared};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::clock::UnixSeconds;
use crate::domain::desk::Outcome;
use crate::domain::facets::Verdict;
use crate::domain::ids::{CheckingId, LetterId, StaffId, UnsealId};
use crate::http::api::{JsonBody, bytes, inclusion};
use crate::http::error::RouteError;
use crate::http::site::SharedSite;
use crate::service::checking::Made;
use crate::service::sessions::Member;
use crate::service::unsealing::{Asked, LARGEST, PurposeLetter, Released};
use crate::service::verdicts::Stated;
use crate::store::cases::Case;
use crate::vault::base64;
use crate::vault::signing::Signature;

/// The largest request or verdict, in bytes: both are a handful of ids and hashes.
const SMALL: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnsealSubmission {
    #[serde(rename = "request")]
    signed: String,
    signature: Signature,
    letters: Vec<PurposeCopy>,
    witness_letter: String,
}

/// One reader's copy of the purpose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PurposeCopy {
    letter: LetterId,
    to: StaffId,
    file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerdictSubmission {
    verdict: Verdict,
    payload: String,
    signature: Signature,
    letter: String,
}

/// `POST …/unseals`
pub(crate) async fn request(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    JsonBody(sent): JsonBody<UnsealSubmission>,
) -> Result<Json<Value>, RouteError> {
    let letters = sent.letters.iter().map(|copy| {
        Ok(PurposeLetter {
            id: copy.letter,
            to: copy.to,
            file: bytes(&copy.file, LARGEST)?,
        })
    });
    let asked = Asked {
        request: bytes(&sent.signed, SMALL)?,
        signature: sent.signature,
        letters: letters.collect::<Result<_, RouteError>>()?,
        witness_letter: bytes(&sent.witness_letter, LARGEST)?,
    };
    let released = site.app.request_unseal(&member, case.id, asked).await?;
    Ok(answer(&released.map_err(RouteError::Unreleased)?))
}

fn answer(released: &Released) -> Json<Value> {
    let earlier = released.earlier.iter().map(|version| {
        json!({
            "manifest": base64::encode(&version.manifest.0),
            "manifest_signature": version.manifest_signature,
            "coverage": inclusion(&version.covered, &released.checkpoint),
        })
    });
    Json(json!({
        "unseal": released.unseal,
        "manifest": base64::encode(&released.manifest),
        "manifest_signature": base64::encode(&released.manifest_signature),
        "verify_key": base64::encode(&released.verify_key),
        "record": base64::encode(&released.record),
        "share": base64::encode(&released.share),
        "witness_half": base64::encode(&released.witness_half),
        "coverage": inclusion(&released.covered, &released.checkpoint),
        "earlier": earlier.collect::<Vec<_>>(),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckSubmission {
    /// Also the note's letter id.
    check: CheckingId,
    what: String,
    outcome: Outcome,
    /// Unix seconds.
    at: UnixSeconds,
    note: Option<String>,
}

/// `POST …/checks`
pub(crate) async fn check(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Path(id): Path<String>,
    JsonBody(sent): JsonBody<CheckSubmission>,
) -> Result<StatusCode, RouteError> {
    let id: UnsealId = id.parse().map_err(|_| RouteError::NotFound)?;
    let made = Made {
        id: sent.check,
        what: sent.what,
        outcome: sent.outcome,
        at: sent.at,
        note: sent.note.map(|note| bytes(&note, LARGEST)).transpose()?,
    };
    site.app.note_check(&member, id, made).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/showings`: for how many seconds more the identity may be shown.
pub(crate) async fn show_again(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Path(id): Path<String>,
) -> Result<Json<Value>, RouteError> {
    let id: UnsealId = id.parse().map_err(|_| RouteError::NotFound)?;
    let left = site.app.show_again(&member, id).await?;
    Ok(Json(json!({ "seconds": left.map_err(RouteError::Unreleased)? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErasureSubmission {
    payload: String,
    signature: Signature,
}

/// `POST …/erasure`: carried out or refused.
pub(crate) async fn erasure(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    JsonBody(sent): JsonBody<ErasureSubmission>,
) -> Result<Json<Value>, RouteError> {
    let payload = bytes(&sent.payload, SMALL)?;
    let decided = site.app.decide_erasure(&member, case.id, (payload, sent.signature));
    decided.await?.map_err(RouteError::Unreleased)?;
    Ok(Json(json!({ "location": format!("/staff/desk/{}", case.id) })))
}

/// `POST …/verdict`
pub(crate) async fn verdict(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Path(id): Path<String>,
    JsonBody(sent): JsonBody<VerdictSubmission>,
) -> Result<Json<Value>, RouteError> {
    let id: UnsealId = id.parse().map_err(|_| RouteError::NotFound)?;
    let stated = Stated {
        verdict: sent.verdict,
        payload: bytes(&sent.payload, SMALL)?,
        signature: sent.signature,
        letter: bytes(&sent.letter, LARGEST)?,
    };
    let taken = site.app.state_verdict(&member, id, stated).await?;
    taken.map_err(RouteError::Unreleased)?;
    Ok(Json(json!({ "location": "/staff/desk?stated" })))
}
