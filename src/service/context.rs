//! The basic things that the parts of the service are made of. A part takes from here only what it needs.

use std::sync::Arc;

use crate::domain::ids::InstanceId;
use crate::keyfile::ServerKeys;
use crate::metrics::Metrics;
use crate::service::clock::LocalClock;
use crate::service::kdf::KdfPool;
use crate::service::operations::disks::Disks;
use crate::service::profile::ProfileHandle;
use crate::service::randomness::Randomness;
use crate::store::Db;
use crate::witness::Witness;

/// Basic things that parts share. A clone shares them too.
#[derive(Clone)]
pub(crate) struct Context {
    pub instance: InstanceId,
    /// The web origin of the service.
    pub public_url: Arc<str>,
    pub profile: ProfileHandle,
    pub db: Db,
    pub keys: Arc<ServerKeys>,
    pub clock: LocalClock,
    pub randomness: Arc<Randomness>,
    pub kdf: KdfPool,
    pub metrics: Arc<Metrics>,
    pub witness: Arc<dyn Witness>,
    /// The disks on which reports and files lie.
    pub disks: Arc<Disks>,
}
