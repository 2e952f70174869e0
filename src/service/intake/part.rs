use std::sync::Arc;

use crate::domain::ids::InstanceId;
use crate::keyfile::ServerKeys;
use crate::metrics::Metrics;
use crate::service::attachments::Attachments;
use crate::service::clock::LocalClock;
use crate::service::context::Context;
use crate::service::error::{Error, Result};
use crate::service::kdf::KdfPool;
use crate::service::operations::disks::{Disks, Room};
use crate::service::profile::ProfileHandle;
use crate::service::randomness::Randomness;
use crate::service::roster::Rosters;
use crate::store::Db;
use crate::vault::receipt::{Receipt, ReceiptKeys};

/// Takes reports in: drafts, submissions and receipts.
pub struct Intake {
    pub(super) instance: InstanceId,
    pub(super) profile: ProfileHandle,
    pub(super) db: Db,
    pub(super) clock: LocalClock,
    pub(super) randomness: Arc<Randomness>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) rosters: Arc<Rosters>,
    pub(super) attachments: Arc<Attachments>,
    keys: Arc<ServerKeys>,
    kdf: KdfPool,
    disks: Arc<Disks>,
}

impl Intake {
    pub(crate) fn new(context: &Context, rosters: Arc<Rosters>, attachments: Arc<Attachments>) -> Self {
        let context = context.clone();
        Self {
            instance: context.instance,
            profile: context.profile,
            db: context.db,
            clock: context.clock,
            randomness: context.randomness,
            metrics: context.metrics,
            rosters,
            attachments,
            keys: context.keys,
            kdf: context.kdf,
            disks: context.disks,
        }
    }

    /// Checks that reports can be taken: the database answers, and a report can be begun.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::NoRoom`], [`Error::Unavailable`]
    pub async fn check_ready(&self) -> Result<()> {
        self.db.ping().await?;
        self.may_begin().await
    }

    /// Checks that a report can be begun: there is room for it, and somebody to seal it to. A reporter who could not
    /// submit in the end must not be asked to write first.
    ///
    /// # Errors
    /// [`Error::NoRoom`], [`Error::Unavailable`]
    pub async fn may_begin(&self) -> Result<()> {
        if self.disks.room(self.clock.now()) == Room::Nothing {
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
        let salt = self.keys.receipt_salt.0;
        let stretched = self
            .kdf
            .run_with_memory(move |memory| receipt.stretch(&salt, memory))
            .await?;
        Ok(stretched.keys(self.instance))
    }
}
