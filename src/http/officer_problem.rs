//! Problems of an unseal, a verdict or an erasure that the officer can act on.

use axum::http::StatusCode;

use crate::witness::Refusal;

/// A problem that the officer can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfficerProblem {
    NotFresh,
    ClockSkew,
    Quorum(u8),
    NoShare,
    TimeOver,
    CheckedTooLittle,
    TriedTooLittle { attempts: u16, days: u16 },
    Refused(Refusal),
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
        OfficerProblem::CheckedTooLittle => (UNPROCESSABLE, "checked-too-little", "verdict-checked-too-little"),
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
        OfficerProblem::Refused(Refusal::Expired) => (UNPROCESSABLE, "request-expired", "unseal-expired"),
        OfficerProblem::Refused(Refusal::OfficerCap) => (UNPROCESSABLE, "officer-cap", "unseal-officer-cap"),
        OfficerProblem::Refused(Refusal::DeskCap) => (UNPROCESSABLE, "desk-cap", "unseal-desk-cap"),
        OfficerProblem::Refused(Refusal::RequestNeeded) => (UNPROCESSABLE, "request-needed", "unseal-request-needed"),
        OfficerProblem::Refused(Refusal::RequestNotInLog | Refusal::RequestForeign | Refusal::RequestUnsigned) => {
            (UNPROCESSABLE, "request-refused", "unseal-request-refused")
        }
        OfficerProblem::Refused(Refusal::RequestExpired) => {
            (UNPROCESSABLE, "answered-request-expired", "unseal-request-expired")
        }
        OfficerProblem::Refused(Refusal::RequestUsed) => (UNPROCESSABLE, "request-used", "unseal-request-used"),
        OfficerProblem::Refused(Refusal::NoAuditor) => (UNPROCESSABLE, "no-auditor", "unseal-no-auditor"),
        OfficerProblem::Refused(Refusal::GestureMissing) => {
            (UNPROCESSABLE, "gesture-missing", "unseal-gesture-missing")
        }
        OfficerProblem::Refused(_) => (UNPROCESSABLE, "witness-refused", "unseal-witness-refused"),
    }
}
