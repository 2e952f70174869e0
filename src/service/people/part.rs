use std::sync::Arc;

use crate::domain::ids::InstanceId;
use crate::keyfile::ServerKeys;
use crate::service::audit::AuditLog;
use crate::service::clock::LocalClock;
use crate::service::context::Context;
use crate::service::randomness::Randomness;
use crate::service::roster::Rosters;
use crate::store::Db;

/// Accounts and keys of members of staff.
pub struct People {
    pub(super) context: Context,
    pub(super) log: Arc<AuditLog>,
    pub(super) rosters: Arc<Rosters>,
}

impl People {
    pub(crate) fn new(context: &Context, log: Arc<AuditLog>, rosters: Arc<Rosters>) -> Self {
        Self {
            context: context.clone(),
            log,
            rosters,
        }
    }
}

/// Sign-in and the sessions of members of staff.
pub struct Sessions {
    pub(super) instance: InstanceId,
    pub(super) db: Db,
    pub(super) clock: LocalClock,
    pub(super) randomness: Arc<Randomness>,
    pub(super) keys: Arc<ServerKeys>,
    pub(super) log: Arc<AuditLog>,
    pub(super) rosters: Arc<Rosters>,
}

impl Sessions {
    pub(crate) fn new(context: &Context, log: Arc<AuditLog>, rosters: Arc<Rosters>) -> Self {
        let context = context.clone();
        Self {
            instance: context.instance,
            db: context.db,
            clock: context.clock,
            randomness: context.randomness,
            keys: context.keys,
            log,
            rosters,
        }
    }
}
