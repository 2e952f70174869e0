//! The error that use cases share. A use case whose caller can tell its failures apart has an enum of its own.

pub use crate::service::invalid::InvalidReason;
use crate::service::kdf::Overloaded;
use crate::store::{self, Transient};
use crate::vault::roster::RosterError;

/// Reasons why a use case did not happen. Nothing has changed then, unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// There is no such thing, or not for this person.
    #[error("not found")]
    NotFound,
    /// This person may not.
    #[error("forbidden")]
    Forbidden,
    /// The state has changed since the person looked.
    #[error("conflict")]
    Conflict,
    /// Somebody acted on it since the person looked: what they signed names an act before that is not the newest any more.
    #[error("changed meanwhile")]
    Changed,
    /// The input is not acceptable.
    #[error("invalid: {0}")]
    Invalid(InvalidReason),
    /// The authority has not signed a roster yet: there is nobody to seal to.
    #[error("there is no signed roster yet: sigilo authority sign")]
    NoRoster,
    /// Reports cannot be taken, or identities not be opened, until an operator mends something, which `sigilo doctor` names.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The disk is nearly full.
    #[error("there is no room on the disk")]
    NoRoom,
    /// A fault of the program or of stored data.
    #[error("internal: {0}")]
    Internal(String),
}

impl Error {
    /// Returns true if the installation is not ready to take reports: an operator has to mend something first.
    #[must_use]
    pub const fn is_not_ready(&self) -> bool {
        matches!(self, Self::NoRoster | Self::Unavailable(_))
    }
}

impl Transient for Error {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_transient())
    }
}

impl From<RosterError> for Error {
    fn from(error: RosterError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// The result of a use case.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Completes the enum of a use case that has a variant `Service(Error)`: `?` takes the store's errors, and transactions
/// know which of them may pass.
macro_rules! wraps_service_errors {
    ($error:ty) => {
        impl From<$crate::store::Error> for $error {
            fn from(error: $crate::store::Error) -> Self {
                Self::Service(error.into())
            }
        }

        impl $crate::store::Transient for $error {
            fn is_transient(&self) -> bool {
                matches!(self, Self::Service(error) if $crate::store::Transient::is_transient(error))
            }
        }
    };
}
pub(crate) use wraps_service_errors;
