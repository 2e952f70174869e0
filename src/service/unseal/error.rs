//! Errors of the officers' use cases: one enum for each, whose variants the officer can act on.

use crate::service::error::Error;
use crate::store::{self, Transient};
use crate::witness::Refusal;

/// Reason why an identity stays closed.
#[derive(Debug, thiserror::Error)]
pub enum UnsealError {
    /// A failure that other use cases share.
    #[error(transparent)]
    Service(Error),
    /// The password was typed more than ten minutes ago.
    #[error("the officer must sign in again")]
    NotFresh,
    /// The request's time is more than ten minutes from the server's clock.
    #[error("the clocks of browser and server differ")]
    ClockSkew,
    /// It takes this many officers; several signing one request is not built yet.
    #[error("it takes {0} officers")]
    Quorum(u8),
    /// The identity was sealed before this officer was one.
    #[error("the officer has no share of this identity")]
    NoShare,
    /// The witness did not release its half. The log says so, except for [`Refusal::Unavailable`], which leaves the
    /// request to [`Unseals::resume_unseals`](super::Unseals::resume_unseals).
    #[error("the witness refused: {0}")]
    Refused(Refusal),
}

/// Reason why an identity is not shown again.
#[derive(Debug, thiserror::Error)]
pub enum ShowAgainError {
    /// A failure that other use cases share.
    #[error(transparent)]
    Service(Error),
    /// The unseal's time is over: seeing the identity again takes a new one.
    #[error("the time of this unseal is over")]
    TimeOver,
}

/// Reason why a verdict is not taken.
#[derive(Debug, thiserror::Error)]
pub enum VerdictError {
    /// A failure that other use cases share.
    #[error(transparent)]
    Service(Error),
    /// *Valid* takes a check that matches and a contact in which the person was reached.
    #[error("valid takes a matching check and a contact reached")]
    CheckedTooLittle,
    /// *Unreachable* takes more failed attempts.
    #[error("unreachable takes {attempts} failed attempts on {days} days")]
    TriedTooLittle {
        /// Failed attempts that it takes.
        attempts: u16,
        /// Different days that it takes.
        days: u16,
    },
}

/// Reason why a decision on an erasure is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// A failure that other use cases share.
    #[error(transparent)]
    Service(Error),
    /// The password was typed more than ten minutes ago.
    #[error("the officer must sign in again")]
    NotFresh,
}

/// Reason why a reporter's request about their own identity is not taken, which the page explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OwnIdentityRefusal {
    /// There is no identity, or no more.
    #[error("there is no identity")]
    Nothing,
    /// The case is closed.
    #[error("the case is closed")]
    Closed,
    /// Somebody exchanged the stored data: nothing more may be entrusted to them.
    #[error("the stored identity was exchanged")]
    Exchanged,
    /// There were too many corrections today, or in all.
    #[error("corrected too often")]
    TooOften,
    /// The same request was made before, and waits.
    #[error("the same request waits")]
    Waits,
}

/// Reason why a correction or a request to erase is not taken.
#[derive(Debug, thiserror::Error)]
pub enum OwnIdentityError {
    /// A failure that other use cases share.
    #[error(transparent)]
    Service(Error),
    /// A refusal that the reporter can understand.
    #[error(transparent)]
    Refused(#[from] OwnIdentityRefusal),
}

/// Lets a use case's error take those of store and service, and be retried like them.
macro_rules! wraps_service_errors {
    ($($name:ident)+) => {$(
        impl From<Error> for $name {
            fn from(error: Error) -> Self {
                Self::Service(error)
            }
        }

        impl From<store::Error> for $name {
            fn from(error: store::Error) -> Self {
                Self::Service(error.into())
            }
        }

        impl Transient for $name {
            fn is_transient(&self) -> bool {
                matches!(self, Self::Service(error) if error.is_transient())
            }
        }
    )+};
}

wraps_service_errors!(UnsealError ShowAgainError VerdictError ErasureError OwnIdentityError);
