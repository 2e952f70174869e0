//! A service's parts, freshly made: for the tests and, by its path, for the benches.

use std::path::PathBuf;
use std::sync::Arc;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sigilo::config::DiskConfig;
use sigilo::dialogue::profile::Profile;
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
use sigilo::store::files::Files;
use sigilo::witness::core::{Core, Keys};
use sigilo::witness::in_process::InProcess;

/// The same each time.
pub(crate) fn key_files() -> (ServerKeys, WitnessKeys, AuthorityKeys) {
    let mut rng = StdRng::seed_from_u64(7);
    let instance = InstanceId::random(&mut rng);
    let [server, witness, authority] = KeyFile::fresh(instance, &mut rng);
    (
        server.server.unwrap(),
        witness.witness.unwrap(),
        authority.authority.unwrap(),
    )
}

pub(crate) fn core_keys(witness: &WitnessKeys) -> Keys {
    Keys {
        instance: witness.instance,
        authority: witness.authority,
        log: witness.log,
        identity: witness.identity.identity(),
        signing: witness.signing.signing_key(),
    }
}

/// The institution's profile.
pub(crate) fn profile() -> Profile {
    Profile::parse(include_str!("../../profiles/iess.toml")).unwrap()
}

/// What a service consists of.
pub(crate) struct Parts {
    pub(crate) profile: Profile,
    pub(crate) db: Db,
    pub(crate) files: Files,
    /// Where files lie until they are cleaned, by the real program.
    pub(crate) scratch: PathBuf,
    pub(crate) keys: ServerKeys,
    pub(crate) core: Core,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Randomness,
}

impl Parts {
    pub(crate) fn together(self, enabled_channels: EnabledChannels) -> App {
        App::new(Dependencies {
            profile: Arc::new(self.profile),
            db: self.db,
            files: FileProcessing::new(self.files, env!("CARGO_BIN_EXE_sigilo").into(), self.scratch),
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
