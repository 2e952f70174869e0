use std::sync::Arc;

use crate::service::attachments::Attachments;
use crate::service::context::Context;
use crate::service::error::{Error, Result};
use crate::service::operations::disks::Room;
use crate::service::roster::Rosters;
use crate::vault::receipt::{Receipt, ReceiptKeys};

/// Takes reports in: drafts, submissions and receipts.
pub struct Intake {
    pub(super) context: Context,
    pub(super) rosters: Arc<Rosters>,
    pub(super) attachments: Arc<Attachments>,
}

impl Intake {
    pub(crate) fn new(context: &Context, rosters: Arc<Rosters>, attachments: Arc<Attachments>) -> Self {
        Self {
            context: context.clone(),
            rosters,
            attachments,
        }
    }

    /// Checks that reports can be taken: the database answers, and a report can be begun.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::NoRoom`], [`Error::Unavailable`]
    pub async fn check_ready(&self) -> Result<()> {
        self.context.db.ping().await?;
        self.may_begin().await
    }

    /// Checks that a report can be begun: there is room for it, and somebody to seal it to. A reporter who could not
    /// submit in the end must not be asked to write first.
    ///
    /// # Errors
    /// [`Error::NoRoom`], [`Error::Unavailable`]
    pub async fn may_begin(&self) -> Result<()> {
        if self.context.disks.room(self.context.clock.now()) == Room::Nothing {
            tracing::error!("the disk is nearly full: no report can be begun");
            return Err(Error::NoRoom);
        }
        self.rosters.for_sealing().await.map(drop)
    }

    /// Derives a receipt's keys.
    ///
    /// # Errors
    /// [`Error::Overloaded`]
    pub(crate) async fn receipt_keys(&self, receipt: Receipt) -> Result<ReceiptKeys> {
        let salt = self.context.keys.receipt_salt.0;
        let stretched = self
            .context
            .kdf
            .run_with_memory(move |memory| receipt.stretch(&salt, memory))
            .await?;
        Ok(stretched.keys(self.context.instance))
    }
}
