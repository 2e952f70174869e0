//! Recovery of requests that a stop, a closed page or an absent witness left open.

use crate::service::error::Result;
use crate::service::unseal::part::Unseals;
use crate::service::unseal::seal_versions::SealVersions;
use crate::service::unseal::state::{Answer, Answered, Requested, State};
use crate::store;
use crate::store::desk::Unseal;
use crate::vault::unseal::UnsealRequest;
use crate::witness::checks::REQUEST_FRESHNESS_SECONDS;

/// Difference between the clocks of server and witness that recovery allows for, in seconds.
const CLOCK_TOLERANCE_SECONDS: i64 = 60;

impl Unseals {
    /// Brings requests that were left open to their end. Returns how many ended.
    ///
    /// No page waits for these answers any more, so the witness must not open anything: its journal tells if it did. A
    /// request that is not in the journal is sent once it is stale, since the witness then refuses it.
    ///
    /// # Errors
    /// The last error, after all requests have been tried.
    pub async fn resume_unseals(&self) -> Result<usize> {
        let mut tx = self.db.read().await?;
        let open = store::desk::requested_unseals(&mut tx).await?;
        drop(tx);
        let (mut ended, mut last) = (0, Ok(()));
        for row in open {
            match self.resume(row).await {
                Ok(State::Waiting) => {}
                Ok(_) => ended += 1,
                Err(error) => last = Err(error),
            }
        }
        last.map(|()| ended)
    }

    /// Waiting → Answered, Requested, or still Waiting.
    async fn resume(&self, row: Unseal) -> Result<State> {
        let state = match self.journaled(&row).await {
            Ok(Some(journaled)) => State::Answered(Box::new(Answered {
                row,
                answer: Answer::ReleasedEarlier(journaled),
            })),
            Ok(None) if self.is_stale(&row) => {
                let mut tx = self.db.read().await?;
                let versions = SealVersions::load(&mut tx, row.case_id).await?;
                drop(tx);
                State::Requested(Box::new(Requested { row, versions }))
            }
            // Its page may still be waiting, or the journal is not known.
            Ok(None) | Err(_) => State::Waiting,
        };
        self.run(state).await
    }

    /// Returns true if the witness no longer accepts the request, allowing for a difference of the clocks.
    fn is_stale(&self, row: &Unseal) -> bool {
        UnsealRequest::read(&row.request).map_or(true, |request| {
            let age = self.clock.now().saturating_sub(request.time);
            age > REQUEST_FRESHNESS_SECONDS + CLOCK_TOLERANCE_SECONDS
        })
    }
}
