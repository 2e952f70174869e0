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
