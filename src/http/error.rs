//! The errors of routes: a status and a stable word each. Handlers return a [`RouteError`]; it travels as an extension of
//! the response, and `render.rs` turns it into a page or a problem document. Internal text is logged, never sent.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::http::officer_problem::{OfficerProblem, describe_problem};
use crate::service::InvalidReason;
use crate::service::unseal::error::{ErasureError, ShowAgainError, UnsealError, VerdictError};
use crate::{service, store};

/// Seconds after which an overload may have passed.
const OVERLOAD_RETRY_SECONDS: u32 = 5;
/// Seconds after which there may be room on the disk again.
const FULL_DISK_RETRY_SECONDS: u32 = 600;

/// The errors of routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteError {
    /// The request makes no sense.
    BadRequest,
    /// No session, or one that is over.
    Unauthorized,
    /// Not for this visitor, or not sent by our own pages.
    Forbidden,
    NotFound,
    MethodNotAllowed,
    /// The state has changed since the page was made.
    Conflict,
    /// Somebody else acted on the case since the page was made, and what was signed names the act before as the newest.
    Changed,
    TooLarge,
    /// Understood, but not acceptable. Telemetry logs the reason, as far as the side may be logged.
    Unprocessable(InvalidReason),
    /// Too often; seconds after which it may be tried again.
    RateLimited(u32),
    /// Refused early; nothing is lost.
    Overloaded,
    /// There is no signed roster yet: the operator must act. Nothing is lost.
    NotReady,
    /// The disk is nearly full: no report can be begun.
    NoRoom,
    /// An identity stays closed, for this reason.
    Unreleased(OfficerProblem),
    /// Our fault.
    Internal,
}

impl RouteError {
    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict | Self::Changed => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded | Self::NotReady | Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreleased(problem) => describe_problem(problem).0,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns the error for a status with which axum itself answers.
    pub(crate) const fn from_status(status: StatusCode) -> Option<Self> {
        Some(match status {
            StatusCode::BAD_REQUEST | StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::BadRequest,
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::CONFLICT => Self::Conflict,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNPROCESSABLE_ENTITY => Self::Unprocessable(InvalidReason::InputUnreadable),
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited(60),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT => Self::Overloaded,
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal,
            _ => return None,
        })
    }

    /// Returns the stable word: the last part of the problem's type, and of the text's key.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::Conflict => "conflict",
            Self::Changed => "changed",
            Self::TooLarge => "too-large",
            Self::Unprocessable(_) => "unprocessable",
            Self::RateLimited(_) => "too-many-tries",
            Self::Overloaded => "overloaded",
            Self::NotReady => "not-ready",
            Self::NoRoom => "no-room",
            Self::Unreleased(problem) => describe_problem(problem).1,
            Self::Internal => "internal",
        }
    }

    /// Returns the error of a response that has no page yet.
    pub(crate) fn of(response: &Response) -> Option<Self> {
        let bare = response
            .headers()
            .get(CONTENT_TYPE)
            .is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"));
        let error = response.extensions().get::<Self>().copied();
        error.or_else(|| Self::from_status(response.status()).filter(|_| bare))
    }

    /// Returns true if the same request may well succeed a little later.
    pub(crate) const fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::RateLimited(_) | Self::Overloaded | Self::NotReady | Self::NoRoom | Self::Internal
        )
    }

    /// Returns the seconds after which it is worth trying again, where that can be said.
    pub(crate) const fn retry_after(self) -> Option<u32> {
        match self {
            Self::RateLimited(seconds) => Some(seconds),
            Self::Overloaded | Self::NotReady => Some(OVERLOAD_RETRY_SECONDS),
            Self::NoRoom => Some(FULL_DISK_RETRY_SECONDS),
            _ => None,
        }
    }
}

impl IntoResponse for RouteError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<service::Error> for RouteError {
    /// Turns an error of a use case into one of a route, and logs what a visitor must not read.
    fn from(error: service::Error) -> Self {
        match error {
            service::Error::Overloaded(_) => Self::Overloaded,
            service::Error::NotFound => Self::NotFound,
            service::Error::Forbidden => Self::Forbidden,
            service::Error::Conflict => Self::Conflict,
            service::Error::Changed => Self::Changed,
            service::Error::NoRoom => Self::NoRoom,
            service::Error::Invalid(reason) => Self::Unprocessable(reason),
            service::Error::Store(error) if error.is_full() => {
                tracing::error!(%error, "the disk is full");
                Self::NoRoom
            }
            service::Error::Store(error) if error.is_overload() => {
                tracing::warn!(%error, "the database does not answer");
                Self::Overloaded
            }
            service::Error::NoRoster => {
                tracing::error!(%error, "not ready");
                Self::NotReady
            }
            service::Error::Unavailable(reason) => {
                tracing::error!(%reason, "unavailable");
                Self::Overloaded
            }
            service::Error::Store(error) => {
                tracing::error!(%error, "store");
                Self::Internal
            }
            service::Error::Internal(error) => {
                tracing::error!(%error, "internal");
                Self::Internal
            }
        }
    }
}

impl From<store::Error> for RouteError {
    fn from(error: store::Error) -> Self {
        service::Error::from(error).into()
    }
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
