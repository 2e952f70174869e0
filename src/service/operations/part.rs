use std::sync::Arc;

use super::health::jobs::JobRuns;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::QueuedId;
use crate::service::attachments::Attachments;
use crate::service::audit::AuditLog;
use crate::service::context::Context;
use crate::service::conversations::Conversations;
use crate::service::intake::Intake;
use crate::service::notifications::EnabledChannels;
use crate::service::roster::Rosters;

/// The operator's and the administrator's work, and the housekeeping of a running server.
pub struct Operations {
    pub(super) context: Context,
    pub(super) enabled_channels: EnabledChannels,
    pub(super) log: Arc<AuditLog>,
    pub(super) rosters: Arc<Rosters>,
    pub(super) attachments: Arc<Attachments>,
    pub(super) intake: Arc<Intake>,
    pub(super) conversations: Arc<Conversations>,
    pub(super) started_at: UnixSeconds,
    /// The jobs of this process and their last runs.
    pub(super) jobs: JobRuns,
    /// The name under which this process holds leases.
    pub(super) holder: QueuedId,
}

/// The parts whose work operations look after.
pub(crate) struct Tended {
    pub(crate) log: Arc<AuditLog>,
    pub(crate) rosters: Arc<Rosters>,
    pub(crate) attachments: Arc<Attachments>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) conversations: Arc<Conversations>,
}

impl Operations {
    pub(crate) fn new(context: &Context, enabled_channels: EnabledChannels, tended: Tended) -> Self {
        Self {
            context: context.clone(),
            started_at: context.clock.now(),
            holder: QueuedId::random(&mut context.randomness.generator()),
            enabled_channels,
            log: tended.log,
            rosters: tended.rosters,
            attachments: tended.attachments,
            intake: tended.intake,
            conversations: tended.conversations,
            jobs: JobRuns::default(),
        }
    }
}
