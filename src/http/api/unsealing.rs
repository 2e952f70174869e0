//! `/api/v1/staff/cases/{case}/unseals`, `…/erasure` and `/api/v1/staff/unseals/{id}/…`: the officer's ceremony, and what
//! comes after it.

use axum::Json;
use axum::extract::{Extension, Path, State as Shared};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, bytes, inclusion};
use crate::domain::clock::UnixSeconds;
use crate::domain::desk::Outcome;
use crate::domain::facets::Verdict;
use crate::domain::ids::{CheckingId, LetterId, StaffId, UnsealId};
use crate::http::error::RouteError;
use crate::http::site::SharedSite;
use crate::i18n::Texts;
use crate::service::letters::MAX_LETTER_BYTES;
use crate::service::people::sessions::Member;
use crate::service::unseal::checking::Made;
use crate::service::unseal::unsealing::{Asked, Declined, PurposeLetter, Released, word};
use crate::service::unseal::verdicts::Stated;
use crate::store::cases::Case;
use crate::vault::base64;
use crate::vault::signing::Signature;
use crate::witness::Refusal;

/// The largest request or verdict, in bytes: both are a handful of ids and hashes.
const SMALL: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    #[serde(rename = "request")]
    signed: String,
    signature: Signature,
    letters: Vec<Copy>,
    witness_letter: String,
}

/// One reader's copy of the purpose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Copy {
    letter: LetterId,
    to: StaffId,
    file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Concluded {
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
    Body(sent): Body<Request>,
) -> Result<Json<Value>, RouteError> {
    let letters = sent.letters.iter().map(|copy| {
        Ok(PurposeLetter {
            id: copy.letter,
            to: copy.to,
            file: bytes(&copy.file, MAX_LETTER_BYTES)?,
        })
    });
    let asked = Asked {
        request: bytes(&sent.signed, SMALL)?,
        signature: sent.signature,
        letters: letters.collect::<Result<_, RouteError>>()?,
        witness_letter: bytes(&sent.witness_letter, MAX_LETTER_BYTES)?,
    };
    let released = site.app.unseals.request_unseal(&member, case.id, asked).await?;
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
pub(crate) struct Checked {
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
    Body(sent): Body<Checked>,
) -> Result<StatusCode, RouteError> {
    let id: UnsealId = id.parse().map_err(|_| RouteError::NotFound)?;
    let made = Made {
        id: sent.check,
        what: sent.what,
        outcome: sent.outcome,
        at: sent.at,
        note: sent.note.map(|note| bytes(&note, MAX_LETTER_BYTES)).transpose()?,
    };
    site.app.unseals.note_check(&member, id, made).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST …/showings`: for how many seconds more the identity may be shown.
pub(crate) async fn show_again(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Path(id): Path<String>,
) -> Result<Json<Value>, RouteError> {
    let id: UnsealId = id.parse().map_err(|_| RouteError::NotFound)?;
    let left = site.app.unseals.show_again(&member, id).await?;
    Ok(Json(json!({ "seconds": left.map_err(RouteError::Unreleased)? })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decided {
    payload: String,
    signature: Signature,
}

/// `POST …/erasure`: carried out or refused.
pub(crate) async fn erasure(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Extension(case): Extension<Case>,
    Body(sent): Body<Decided>,
) -> Result<Json<Value>, RouteError> {
    let payload = bytes(&sent.payload, SMALL)?;
    let decided = site
        .app
        .identities
        .decide_erasure(&member, case.id, (payload, sent.signature));
    decided.await?.map_err(RouteError::Unreleased)?;
    Ok(Json(json!({ "location": format!("/staff/desk/{}", case.id) })))
}

/// `POST …/verdict`
pub(crate) async fn verdict(
    Shared(site): Shared<SharedSite>,
    Extension(member): Extension<Member>,
    Path(id): Path<String>,
    Body(sent): Body<Concluded>,
) -> Result<Json<Value>, RouteError> {
    let id: UnsealId = id.parse().map_err(|_| RouteError::NotFound)?;
    let stated = Stated {
        verdict: sent.verdict,
        payload: bytes(&sent.payload, SMALL)?,
        signature: sent.signature,
        letter: bytes(&sent.letter, MAX_LETTER_BYTES)?,
    };
    let taken = site.app.unseals.state_verdict(&member, id, stated).await?;
    taken.map_err(RouteError::Unreleased)?;
    Ok(Json(json!({ "location": "/staff/desk?stated" })))
}

/// The status of a problem, its code, and the key of its words.
pub(crate) const fn problem(declined: Declined) -> (StatusCode, &'static str, &'static str) {
    const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    match declined {
        Declined::NotFresh => (StatusCode::FORBIDDEN, "reauthentication-needed", "unseal-not-fresh"),
        Declined::Clock | Declined::Witness(Refusal::Stale) => (UNPROCESSABLE, "clocks-differ", "unseal-clock"),
        Declined::Quorum(_) => (UNPROCESSABLE, "quorum-above-one", "unseal-quorum"),
        Declined::NoShare => (UNPROCESSABLE, "no-share", "unseal-no-share"),
        Declined::ShownEnough => (UNPROCESSABLE, "unseal-over", "unseal-over"),
        Declined::TriedTooLittle(..) => (UNPROCESSABLE, "tried-too-little", "verdict-tried-too-little"),
        Declined::Witness(Refusal::Unavailable) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "witness-unavailable",
            "unseal-witness-away",
        ),
        Declined::Witness(Refusal::EmptyPurpose | Refusal::WrongPurpose) => {
            (UNPROCESSABLE, "purpose-refused", "unseal-purpose")
        }
        Declined::Witness(Refusal::Erased) => (StatusCode::CONFLICT, "identity-erased", "unseal-erased"),
        Declined::Witness(_) => (UNPROCESSABLE, "witness-refused", "unseal-witness-refused"),
    }
}

/// The words of a problem.
pub(crate) fn told(declined: Declined, t: &Texts) -> String {
    let (.., key) = problem(declined);
    match declined {
        Declined::Quorum(officers) => t.with(key, &[("officers", i64::from(officers).into())]),
        Declined::TriedTooLittle(attempts, days) => {
            t.with(key, &[("attempts", attempts.into()), ("days", days.into())])
        }
        Declined::Witness(refusal) => t.with(key, &[("word", word(refusal).into())]),
        _ => t.get(key),
    }
}
