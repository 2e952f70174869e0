//! Reasons why a file was not taken in.

use tokio::task::JoinError;

use crate::service::error::{Error, wraps_service_errors};
use crate::store::blobs::BlobError;
use crate::vault::attachment::OpenError;

/// Reasons why a file was not taken that its sender can mend. Nothing of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Empty,
    /// Larger than the profile allows for one file.
    TooLarge,
    /// Together with the other files, larger than the profile allows for a report.
    TooMuch,
    TooMany,
    /// The connection broke or was silent for too long.
    Broken,
    /// There is no room, or the file store does not answer.
    NoRoom,
    /// This visitor has sent too much; after so many seconds they may send more.
    Wait(u32),
}

/// Ways in which receiving a file ends early.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    #[error("refused: {0:?}")]
    Refused(Refusal),
    #[error(transparent)]
    Service(#[from] Error),
}

wraps_service_errors!(ReceiveError);

impl From<Refusal> for ReceiveError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Turns a failure to store into a refusal: the sender learns of it, and the reason is logged.
pub(super) fn stored<T>(outcome: Result<T, BlobError>) -> Result<T, ReceiveError> {
    outcome.map_err(|error| {
        tracing::error!(%error, "a file could not be stored");
        Refusal::NoRoom.into()
    })
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn panicked(error: JoinError) -> ReceiveError {
    ReceiveError::Service(Error::Internal(format!("sealing a file: {error}")))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn no_room(error: std::io::Error) -> ReceiveError {
    tracing::error!(%error, "a file could not be kept until it is cleaned");
    Refusal::NoRoom.into()
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn unreadable(error: OpenError) -> ReceiveError {
    tracing::error!(%error, "a file could not be read back while it was taken in");
    Refusal::NoRoom.into()
}
