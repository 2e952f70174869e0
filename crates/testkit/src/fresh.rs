//! The parts of a service in this process, with fixed keys.

use std::path::PathBuf;
use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sigilo::config::DiskConfig;
use sigilo::dialogue::Profile;
use sigilo::domain::clock::Clock;
use sigilo::domain::ids::InstanceId;
use sigilo::keyfile::{AuthorityKeys, KeyFile, ServerKeys, WitnessKeys};
use sigilo::service::attachments::FileProcessing;
use sigilo::service::kdf::KdfPool;
use sigilo::service::notifications::EnabledChannels;
use sigilo::service::operations::disks::Disks;
use sigilo::service::randomness::Randomness;
use sigilo::service::{App, Dependencies};
use sigilo::store::Db;
use sigilo::store::blobs::BlobStore;
use sigilo::witness::core::Core;
use sigilo::witness::in_process::InProcess;
use sigilo::witness::keys::Keys;

use crate::binary::program;

/// The public address of the service.
pub const PUBLIC_URL: &str = "https://sigilo.test";

/// The key files of server, witness and authority. They are the same each time.
pub fn key_files() -> (ServerKeys, WitnessKeys, AuthorityKeys) {
    let mut rng = StdRng::seed_from_u64(7);
    let instance = InstanceId::random(&mut rng);
    let [server, witness, authority] = KeyFile::fresh(instance, &mut rng);
    (
        server.server.unwrap(),
        witness.witness.unwrap(),
        authority.authority.unwrap(),
    )
}

pub fn core_keys(witness: &WitnessKeys) -> Keys {
    Keys {
        instance: witness.instance,
        authority: witness.authority,
        log: witness.log,
        identity: witness.identity.identity(),
        signing: witness.signing.signing_key(),
    }
}

/// The institution's profile.
pub fn profile() -> Profile {
    Profile::parse(include_str!("../../../profiles/iess.toml")).unwrap()
}

/// The parts of a service.
pub struct Parts {
    pub profile: Profile,
    pub db: Db,
    pub files: BlobStore,
    /// The folder for files that the program under test has yet to clean.
    pub scratch: PathBuf,
    pub keys: ServerKeys,
    pub core: Core,
    pub clock: Arc<dyn Clock>,
    pub randomness: Randomness,
}

impl Parts {
    pub fn together(self, enabled_channels: EnabledChannels) -> App {
        App::new(Dependencies {
            public_url: PUBLIC_URL.into(),
            profile: Arc::new(self.profile),
            db: self.db,
            files: FileProcessing::new(self.files, program().into(), self.scratch),
            keys: Arc::new(self.keys),
            witness: Arc::new(InProcess::new(self.core)),
            clock: self.clock,
            randomness: Arc::new(self.randomness),
            kdf: KdfPool::for_this_machine(),
            disks: Arc::new(Disks::new(Vec::new(), DiskConfig::default().into())),
            enabled_channels,
        })
        .unwrap()
    }
}
