use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};

use crate::domain::ids::InstanceId;
use crate::keyfile::ServerKeys;
use crate::service::clock::LocalClock;
use crate::service::context::Context;
use crate::service::randomness::Randomness;
use crate::store::Db;
use crate::witness::Witness;

/// The audit log of this installation.
pub struct AuditLog {
    pub(super) instance: InstanceId,
    pub(super) db: Db,
    pub(super) clock: LocalClock,
    pub(super) randomness: Arc<Randomness>,
    pub(super) keys: Arc<ServerKeys>,
    pub(super) witness: Arc<dyn Witness>,
    /// The last entry's place in the queue.
    pub(super) last_place: AtomicI64,
    /// True once the server stops: a verification breaks off.
    pub(super) stopping: AtomicBool,
}

impl AuditLog {
    pub(crate) fn new(context: &Context) -> Self {
        let context = context.clone();
        Self {
            instance: context.instance,
            db: context.db,
            clock: context.clock,
            randomness: context.randomness,
            keys: context.keys,
            witness: context.witness,
            last_place: AtomicI64::new(0),
            stopping: AtomicBool::new(false),
        }
    }
}
