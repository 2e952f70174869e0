//! `/api/v1/staff/cases/{case}/unseals`, `…/erasure` and `/api/v1/staff/unseals/{id}/…`: the unseal by an officer, and the
//! checks, verdict and erasure after it.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::facets::Verdict;
use crate::domain::ids::{LetterId, StaffId, UnsealId};
use crate::http::api::body::{JsonBody, MAX_PAYLOAD_BYTES, decode, decode_signed};
use crate::http::api::proof::inclusion;
use crate::http::error::RouteError;
use crate::http::extract::{NamedCase, PathId, SignedIn};
use crate::http::site::SharedSite;
use crate::service::letters::MAX_LETTER_BYTES;
use crate::service::unseal::checks::RecordedCheck;
use crate::service::unseal::submission::{self, PurposeLetter, ReleasedIdentity};
use crate::service::unseal::verdict;
use crate::vault::base64;
use crate::vault::signing::Signature;

/// A signed request for an unseal, with the purpose for each reader.
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

/// A signed verdict, with a letter to the desk about its checks.
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
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    JsonBody(sent): JsonBody<UnsealSubmission>,
) -> Result<Json<Value>, RouteError> {
    let letters = sent.letters.iter().map(|copy| {
        Ok(PurposeLetter {
            id: copy.letter,
            to: copy.to,
            file: decode(&copy.file, MAX_LETTER_BYTES)?,
        })
    });
    let submission = submission::UnsealSubmission {
        request: decode(&sent.signed, MAX_PAYLOAD_BYTES)?,
        signature: sent.signature,
        letters: letters.collect::<Result<_, RouteError>>()?,
        witness_letter: decode(&sent.witness_letter, MAX_LETTER_BYTES)?,
    };
    let released = site.app.unseals.request_unseal(&member, case.id, submission).await?;
    Ok(answer(&released))
}

fn answer(released: &ReleasedIdentity) -> Json<Value> {
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

/// A signed check that an officer made, or an attempt to reach somebody.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckSubmission {
    payload: String,
    signature: Signature,
    note: Option<String>,
}

/// `POST …/checks`: answers with the hash of its entry, which the officer's next act on the unseal names.
pub(crate) async fn check(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    PathId(id): PathId<UnsealId>,
    JsonBody(sent): JsonBody<CheckSubmission>,
) -> Result<Json<Value>, RouteError> {
    let check = RecordedCheck {
        signed: decode_signed(&sent.payload, sent.signature)?,
        note: sent.note.map(|note| decode(&note, MAX_LETTER_BYTES)).transpose()?,
    };
    let act = site.app.unseals.note_check(&member, id, check).await?;
    Ok(Json(json!({ "act": act })))
}

/// A signed payload with nothing besides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignedSubmission {
    payload: String,
    signature: Signature,
}

/// `POST …/showings`: answers with the seconds for which the identity may still be shown, and the hash of the entry.
pub(crate) async fn show_again(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    PathId(id): PathId<UnsealId>,
    JsonBody(sent): JsonBody<SignedSubmission>,
) -> Result<Json<Value>, RouteError> {
    let signed = decode_signed(&sent.payload, sent.signature)?;
    let (left, act) = site.app.unseals.show_again(&member, id, signed).await?;
    Ok(Json(json!({ "seconds": left, "act": act })))
}

/// `POST …/erasure`: carries an erasure out, or refuses it.
pub(crate) async fn erasure(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    NamedCase(case): NamedCase,
    JsonBody(sent): JsonBody<SignedSubmission>,
) -> Result<Json<Value>, RouteError> {
    let signed = decode_signed(&sent.payload, sent.signature)?;
    site.app.identities.decide_erasure(&member, case.id, signed).await?;
    Ok(Json(json!({ "location": format!("/staff/desk/{}", case.id) })))
}

/// `POST …/verdict`
pub(crate) async fn verdict(
    State(site): State<SharedSite>,
    SignedIn(member): SignedIn,
    PathId(id): PathId<UnsealId>,
    JsonBody(sent): JsonBody<VerdictSubmission>,
) -> Result<Json<Value>, RouteError> {
    let submission = verdict::VerdictSubmission {
        verdict: sent.verdict,
        signed: decode_signed(&sent.payload, sent.signature)?,
        letter: decode(&sent.letter, MAX_LETTER_BYTES)?,
    };
    site.app.unseals.state_verdict(&member, id, submission).await?;
    Ok(Json(json!({ "location": "/staff/desk?stated" })))
}
