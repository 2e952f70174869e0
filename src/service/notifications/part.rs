use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::domain::day::Day;
use crate::domain::ids::{CaseId, InstanceId};
use crate::keyfile::ServerKeys;
use crate::service::clock::LocalClock;
use crate::service::context::Context;
use crate::service::profile::ProfileHandle;
use crate::service::randomness::Randomness;
use crate::service::roster::Rosters;
use crate::store::Db;

/// The channels by which notices go out. One that is not configured is not offered to anybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EnabledChannels {
    pub email: bool,
    /// WhatsApp's template for notices is configured, too.
    pub whatsapp: bool,
}

/// The number of addresses that were given today, by case. It is only in memory: a restart forgets it.
#[derive(Default)]
pub(super) struct ContactCounts {
    pub(super) day: Option<Day>,
    pub(super) times: HashMap<CaseId, u32>,
}

/// Notices to reporters and digests to staff.
pub struct Notifications {
    pub(super) instance: InstanceId,
    pub(super) profile: ProfileHandle,
    pub(super) db: Db,
    pub(super) clock: LocalClock,
    pub(super) randomness: Arc<Randomness>,
    pub(super) keys: Arc<ServerKeys>,
    pub(super) rosters: Arc<Rosters>,
    pub(super) enabled_channels: EnabledChannels,
    pub(super) contact_counts: Mutex<ContactCounts>,
}

impl Notifications {
    pub(crate) fn new(context: &Context, enabled_channels: EnabledChannels, rosters: Arc<Rosters>) -> Self {
        let context = context.clone();
        Self {
            instance: context.instance,
            profile: context.profile,
            db: context.db,
            clock: context.clock,
            randomness: context.randomness,
            keys: context.keys,
            rosters,
            enabled_channels,
            contact_counts: Mutex::default(),
        }
    }
}
