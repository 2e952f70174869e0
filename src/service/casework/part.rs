use std::sync::Arc;

use crate::domain::ids::InstanceId;
use crate::service::audit::AuditLog;
use crate::service::clock::LocalClock;
use crate::service::context::Context;
use crate::service::notifications::Notifications;
use crate::service::profile::ProfileHandle;
use crate::service::roster::Rosters;
use crate::store::Db;

/// Work on cases: reading, messages, notes, states, drafts and recusals.
pub struct Casework {
    pub(super) instance: InstanceId,
    pub(super) profile: ProfileHandle,
    pub(super) db: Db,
    pub(super) clock: LocalClock,
    pub(super) log: Arc<AuditLog>,
    pub(super) rosters: Arc<Rosters>,
    pub(super) notifications: Arc<Notifications>,
}

impl Casework {
    pub(crate) fn new(
        context: &Context,
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
            log,
            rosters,
            notifications,
        }
    }
}
