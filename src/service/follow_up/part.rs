use std::sync::Arc;

use crate::domain::ids::InstanceId;
use crate::keyfile::ServerKeys;
use crate::service::attachments::Attachments;
use crate::service::clock::LocalClock;
use crate::service::context::Context;
use crate::service::intake::Intake;
use crate::service::randomness::Randomness;
use crate::service::roster::Rosters;
use crate::service::unseal::Identities;
use crate::store::Db;
use crate::witness::Witness;

/// Lets reporters return to their cases with their receipts.
pub struct FollowUp {
    pub(super) instance: InstanceId,
    pub(super) db: Db,
    pub(super) clock: LocalClock,
    pub(super) randomness: Arc<Randomness>,
    pub(super) keys: Arc<ServerKeys>,
    pub(super) witness: Arc<dyn Witness>,
    pub(super) rosters: Arc<Rosters>,
    pub(super) intake: Arc<Intake>,
    pub(super) attachments: Arc<Attachments>,
    pub(super) identities: Arc<Identities>,
}

impl FollowUp {
    pub(crate) fn new(
        context: &Context,
        rosters: Arc<Rosters>,
        intake: Arc<Intake>,
        attachments: Arc<Attachments>,
        identities: Arc<Identities>,
    ) -> Self {
        let context = context.clone();
        Self {
            instance: context.instance,
            db: context.db,
            clock: context.clock,
            randomness: context.randomness,
            keys: context.keys,
            witness: context.witness,
            rosters,
            intake,
            attachments,
            identities,
        }
    }
}
