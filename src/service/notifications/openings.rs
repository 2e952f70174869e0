//! Notices to auditors that an identity was opened. They name neither the case nor anybody.

use super::part::Notifications;
use crate::domain::ids::{QueuedId, StaffId};
use crate::domain::notice::NoticeKind;
use crate::domain::role::{Role, StaffState};
use crate::service::error::Result;
use crate::store::staff::Staff;
use crate::store::{self, Tx};

/// Returns true if members with this role can get notices of openings.
#[must_use]
pub const fn has_opening_notices(role: Role) -> bool {
    matches!(role, Role::Auditor)
}

impl Notifications {
    /// Returns true if a member wants a notice for each opening.
    ///
    /// # Errors
    /// [`Error::Store`](crate::service::error::Error::Store)
    pub async fn wants_opening_notices(&self, member: StaffId) -> Result<bool> {
        let mut tx = self.db.read().await?;
        Ok(store::notices::wants_opening_notices(&mut tx, member).await?)
    }

    /// Sets if a member wants a notice for each opening. A queued one is dropped with the wish.
    ///
    /// # Errors
    /// [`Error::Store`](crate::service::error::Error::Store)
    pub async fn set_opening_notices(&self, member: StaffId, wants: bool) -> Result<()> {
        self.db
            .write("set_opening_notices", |mut tx| async move {
                store::notices::set_opening_notices(&mut tx, member, wants).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Queues a notice for each auditor who wants one, in the transaction of the opening.
    pub(crate) async fn notify_auditors(&self, tx: &mut Tx) -> store::Result<()> {
        if !self.enabled_channels.email {
            return Ok(());
        }
        let now = self.clock.now();
        for auditor in store::notices::opening_subscribers(tx).await? {
            let id = QueuedId::random(&mut self.randomness.generator());
            store::notices::notify_member(tx, id, NoticeKind::Opening, auditor, now).await?;
        }
        Ok(())
    }

    /// Returns the auditor to whom a notice goes; `None` if they have left or do not want it any more.
    ///
    /// # Errors
    /// [`Error::Store`](crate::service::error::Error::Store)
    pub async fn auditor_of_notice(&self, member: StaffId) -> Result<Option<Staff>> {
        let mut tx = self.db.read().await?;
        if !store::notices::wants_opening_notices(&mut tx, member).await? {
            return Ok(None);
        }
        let staff = store::staff::by_id(&mut tx, member).await?;
        Ok(staff.filter(|staff| staff.state == StaffState::Active && has_opening_notices(staff.role)))
    }
}
