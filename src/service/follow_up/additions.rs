//! The effect that every addition by the reporter has on the case.

use crate::domain::day::Day;
use crate::domain::ids::CaseId;
use crate::domain::state::State;
use crate::service::error::{Error, Result};
use crate::store::{self, Tx};

/// Marks the case as unread for its area, which no longer waits for the reporter.
///
/// # Errors
/// [`Error::Conflict`] when the case is closed.
pub(crate) async fn reporter_adds(tx: &mut Tx, id: CaseId, today: Day) -> Result<()> {
    let case = store::cases::by_id(tx, id).await?.ok_or(Error::NotFound)?;
    if !case.state.is_open() {
        return Err(Error::Conflict);
    }
    store::cases::set_unread(tx, id, true).await?;
    if case.state == State::WaitingForReporter {
        store::cases::set_state(tx, id, case.state, State::InReview, today).await?;
    }
    Ok(())
}
