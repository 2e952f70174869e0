//! The parts of the application that this module is.

use std::sync::Arc;

use crate::domain::ids::InstanceId;
use crate::service::audit::AuditLog;
use crate::service::clock::LocalClock;
use crate::service::context::Context;
use crate::service::notifications::Notifications;
use crate::service::profile::ProfileHandle;
use crate::service::randomness::Randomness;
use crate::service::roster::Rosters;
use crate::store::Db;
use crate::witness::Witness;

/// The officers' work: unsealing, checks and verdicts.
pub struct Unseals {
    pub(super) instance: InstanceId,
    pub(super) profile: ProfileHandle,
    pub(super) db: Db,
    pub(super) clock: LocalClock,
    pub(super) randomness: Arc<Randomness>,
    pub(super) witness: Arc<dyn Witness>,
    pub(super) log: Arc<AuditLog>,
    pub(super) rosters: Arc<Rosters>,
    pub(super) notifications: Arc<Notifications>,
}

impl Unseals {
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
            randomness: context.randomness,
            witness: context.witness,
            log,
            rosters,
            notifications,
        }
    }
}

/// Corrections and erasures of identities.
pub struct Identities {
    pub(super) instance: InstanceId,
    pub(super) profile: ProfileHandle,
    pub(super) db: Db,
    pub(super) clock: LocalClock,
    pub(super) randomness: Arc<Randomness>,
    pub(super) witness: Arc<dyn Witness>,
    pub(super) log: Arc<AuditLog>,
    pub(super) rosters: Arc<Rosters>,
    pub(super) notifications: Arc<Notifications>,
}

impl Identities {
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
            randomness: context.randomness,
            witness: context.witness,
            log,
            rosters,
            notifications,
        }
    }
}
