//! The part of the application that stores conversations.

use std::sync::{Arc, Mutex};

use super::transit_keys::KnownKeys;
use crate::domain::ids::InstanceId;
use crate::keyfile::ServerKeys;
use crate::metrics::Metrics;
use crate::service::attachments::Attachments;
use crate::service::clock::LocalClock;
use crate::service::context::Context;
use crate::service::follow_up::FollowUp;
use crate::service::intake::Intake;
use crate::service::notifications::Notifications;
use crate::service::randomness::Randomness;
use crate::store::Db;

/// Stores conversations and the messages that wait on either side.
pub struct Conversations {
    pub(super) instance: InstanceId,
    pub(super) db: Db,
    pub(super) clock: LocalClock,
    pub(super) randomness: Arc<Randomness>,
    pub(super) keys: Arc<ServerKeys>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) intake: Arc<Intake>,
    pub(super) follow_up: Arc<FollowUp>,
    pub(super) attachments: Arc<Attachments>,
    pub(super) notifications: Arc<Notifications>,
    pub(super) transit: Mutex<KnownKeys>,
}

impl Conversations {
    pub(crate) fn new(
        context: &Context,
        intake: Arc<Intake>,
        follow_up: Arc<FollowUp>,
        attachments: Arc<Attachments>,
        notifications: Arc<Notifications>,
    ) -> Self {
        let context = context.clone();
        Self {
            instance: context.instance,
            db: context.db,
            clock: context.clock,
            randomness: context.randomness,
            keys: context.keys,
            metrics: context.metrics,
            intake,
            follow_up,
            attachments,
            notifications,
            transit: Mutex::default(),
        }
    }
}
