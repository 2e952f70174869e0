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
use crate::service::unseal::checks::RecordedCheck;
use crate::service::unseal::error::{ErasureError, ShowAgainError, UnsealError, VerdictError};
use crate::service::unseal::submission::{PurposeLetter, ReleasedIdentity, UnsealSubmission};
use crate::service::unseal::verdict::VerdictSubmission;
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
    let submission = UnsealSubmission {
        request: bytes(&sent.signed, SMALL)?,
        signature: sent.signature,
        letters: letters.collect::<Result<_, RouteError>>()?,
        witness_letter: bytes(&sent.witness_letter, MAX_LETTER_BYTES)?,
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
    let check = RecordedCheck {
        id: sent.check,
        what: sent.what,
        outcome: sent.outcome,
        at: sent.at,
        note: sent.note.map(|note| bytes(&note, MAX_LETTER_BYTES)).transpose()?,
    };
    site.app.unseals.note_check(&member, id, check).await?;
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
    Ok(Json(json!({ "seconds": left })))
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
    decided.await?;
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
    let submission = VerdictSubmission {
        verdict: sent.verdict,
        payload: bytes(&sent.payload, SMALL)?,
        signature: sent.signature,
        letter: bytes(&sent.letter, MAX_LETTER_BYTES)?,
    };
    site.app.unseals.state_verdict(&member, id, submission).await?;
    Ok(Json(json!({ "location": "/staff/desk?stated" })))
}

/// A problem that the officer can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfficerProblem {
    NotFresh,
    ClockSkew,
    Quorum(u8),
    NoShare,
    TimeOver,
    TriedTooLittle { attempts: u16, days: u16 },
    Refused(Refusal),
}

impl From<UnsealError> for RouteError {
    fn from(error: UnsealError) -> Self {
        Self::Unreleased(match error {
            UnsealError::Service(error) => return error.into(),
            UnsealError::NotFresh => OfficerProblem::NotFresh,
            UnsealError::ClockSkew => OfficerProblem::ClockSkew,
            UnsealError::Quorum(officers) => OfficerProblem::Quorum(officers),
            UnsealError::NoShare => OfficerProblem::NoShare,
            UnsealError::Refused(refusal) => OfficerProblem::Refused(refusal),
        })
    }
}

impl From<ShowAgainError> for RouteError {
    fn from(error: ShowAgainError) -> Self {
        match error {
            ShowAgainError::Service(error) => error.into(),
            ShowAgainError::TimeOver => Self::Unreleased(OfficerProblem::TimeOver),
        }
    }
}

impl From<VerdictError> for RouteError {
    fn from(error: VerdictError) -> Self {
        match error {
            VerdictError::Service(error) => error.into(),
            VerdictError::TriedTooLittle { attempts, days } => {
                Self::Unreleased(OfficerProblem::TriedTooLittle { attempts, days })
            }
        }
    }
}

impl From<ErasureError> for RouteError {
    fn from(error: ErasureError) -> Self {
        match error {
            ErasureError::Service(error) => error.into(),
            ErasureError::NotFresh => Self::Unreleased(OfficerProblem::NotFresh),
        }
    }
}

/// Returns the status of a problem, its code, and the key of its text.
pub(crate) const fn describe_problem(problem: OfficerProblem) -> (StatusCode, &'static str, &'static str) {
    const UNPROCESSABLE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
    match problem {
        OfficerProblem::NotFresh => (StatusCode::FORBIDDEN, "reauthentication-needed", "unseal-not-fresh"),
        OfficerProblem::ClockSkew | OfficerProblem::Refused(Refusal::Stale) => {
            (UNPROCESSABLE, "clocks-differ", "unseal-clock")
        }
        OfficerProblem::Quorum(_) => (UNPROCESSABLE, "quorum-above-one", "unseal-quorum"),
        OfficerProblem::NoShare => (UNPROCESSABLE, "no-share", "unseal-no-share"),
        OfficerProblem::TimeOver => (UNPROCESSABLE, "unseal-over", "unseal-over"),
        OfficerProblem::TriedTooLittle { .. } => (UNPROCESSABLE, "tried-too-little", "verdict-tried-too-little"),
        OfficerProblem::Refused(Refusal::Unavailable) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "witness-unavailable",
            "unseal-witness-away",
        ),
        OfficerProblem::Refused(Refusal::EmptyPurpose | Refusal::WrongPurpose) => {
            (UNPROCESSABLE, "purpose-refused", "unseal-purpose")
        }
        OfficerProblem::Refused(Refusal::Erased) => (StatusCode::CONFLICT, "identity-erased", "unseal-erased"),
        OfficerProblem::Refused(_) => (UNPROCESSABLE, "witness-refused", "unseal-witness-refused"),
    }
}

/// Formats the text of a problem.
pub(crate) fn format_problem(problem: OfficerProblem, t: &Texts) -> String {
    let (.., key) = describe_problem(problem);
    match problem {
        OfficerProblem::Quorum(officers) => t.with(key, &[("officers", i64::from(officers).into())]),
        OfficerProblem::TriedTooLittle { attempts, days } => {
            t.with(key, &[("attempts", attempts.into()), ("days", days.into())])
        }
        OfficerProblem::Refused(refusal) => t.with(key, &[("word", refusal.code().into())]),
        _ => t.get(key),
    }
}
