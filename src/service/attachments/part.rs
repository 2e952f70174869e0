use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::processing::FileProcessing;
use crate::domain::ids::InstanceId;
use crate::service::audit::AuditLog;
use crate::service::clock::LocalClock;
use crate::service::context::Context;
use crate::service::notifications::Notifications;
use crate::service::operations::disks::{Disks, Room};
use crate::service::profile::ProfileHandle;
use crate::service::randomness::Randomness;
use crate::service::roster::Rosters;
use crate::store::Db;
use crate::store::blobs::BlobStore;

/// Receives, keeps and opens attachments.
pub struct Attachments {
    pub(super) instance: InstanceId,
    pub(super) profile: ProfileHandle,
    pub(super) db: Db,
    pub(super) clock: LocalClock,
    pub(super) randomness: Arc<Randomness>,
    pub(super) processing: FileProcessing,
    pub(super) log: Arc<AuditLog>,
    pub(super) rosters: Arc<Rosters>,
    pub(super) notifications: Arc<Notifications>,
    disks: Arc<Disks>,
}

impl Attachments {
    pub(crate) fn new(
        context: &Context,
        processing: FileProcessing,
        log: Arc<AuditLog>,
        rosters: Arc<Rosters>,
        notifications: Arc<Notifications>,
    ) -> Self {
        let context = context.clone();
        Self {
            instance: context.instance,
            profile: context.profile,
            db: context.db,
            clock: context.clock,
            randomness: context.randomness,
            processing,
            log,
            rosters,
            notifications,
            disks: context.disks,
        }
    }

    /// Returns true while there is room for files.
    pub fn may_take_files(&self) -> bool {
        self.disks.room(self.clock.now()) == Room::Everything
    }

    /// Reserves one of the places for uploads, until it is dropped. Returns none if all are taken.
    pub fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.processing.place()
    }

    /// Returns the store of sealed files.
    pub fn files(&self) -> &BlobStore {
        &self.processing.files
    }
}
