//! The effect that every addition by the reporter has on the case.

use crate::domain::day::Day;
use crate::domain::ids::CaseId;
use crate::domain::state::State;
use crate::service::error::{Error, InvalidReason, wraps_service_errors};
use crate::store::{self, Tx};

/// Reasons why an addition by the reporter is not taken.
#[derive(Debug, thiserror::Error)]
pub enum AdditionError {
    /// A failure that other use cases share.
    #[error(transparent)]
    Service(#[from] Error),
    /// The case takes nothing more.
    #[error("the case is closed")]
    Closed,
    /// The text or the files are not acceptable.
    #[error("{0}")]
    Invalid(InvalidReason),
    /// Another request has sent or removed the files.
    #[error("another request has changed the files")]
    FilesChanged,
}

wraps_service_errors!(AdditionError);

impl From<AdditionError> for Error {
    fn from(error: AdditionError) -> Self {
        match error {
            AdditionError::Service(error) => error,
            AdditionError::Closed | AdditionError::FilesChanged => Self::Conflict,
            AdditionError::Invalid(reason) => Self::Invalid(reason),
        }
    }
}

/// Marks the case as unread for its area, which no longer waits for the reporter.
///
/// # Errors
/// [`AdditionError::Closed`]
pub(crate) async fn reporter_adds(tx: &mut Tx, id: CaseId, today: Day) -> Result<(), AdditionError> {
    let case = store::cases::by_id(tx, id).await?.ok_or(Error::NotFound)?;
    if !case.state.is_open() {
        return Err(AdditionError::Closed);
    }
    store::cases::set_unread(tx, id, true).await?;
    if case.state == State::WaitingForReporter {
        store::cases::set_state(tx, id, case.state, State::InReview, today).await?;
    }
    Ok(())
}
