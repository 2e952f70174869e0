//! From a configuration file to the parts that commands work with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::channels::email::Mailer;
use crate::channels::whatsapp::WhatsApp;
use crate::cli::CommandError;
use crate::cli::serve::Channels;
use crate::config::{Config, DiskConfig, FilesConfig};
use crate::dialogue::Profile;
use crate::domain::clock::{Clock, SystemClock};
use crate::http::Site;
use crate::http::assets::Assets;
use crate::http::guards::Guards;
use crate::i18n::Languages;
use crate::keyfile::{self, ServerKeys, WitnessKeys};
use crate::service::attachments::FileProcessing;
use crate::service::kdf::KdfPool;
use crate::service::notifications::EnabledChannels;
use crate::service::operations::disks::Disks;
use crate::service::operations::disks::Growing;
use crate::service::randomness::Randomness;
use crate::service::{App, Dependencies};
use crate::store::blobs::{BlobError, BlobStore, Bucket};
use crate::store::{Db, Schema};
use crate::witness::Witness;
use crate::witness::absent::Absent;
use crate::witness::core::Core;
use crate::witness::in_process::InProcess;
use crate::witness::keys::Keys;
use crate::witness::setup::OpenError;

/// The witness's keys as its core takes them.
pub(crate) fn core_keys(keys: &WitnessKeys) -> Keys {
    Keys {
        instance: keys.instance,
        authority: keys.authority,
        log: keys.log,
        identity: keys.identity.identity(),
        signing: keys.signing.signing_key(),
    }
}

/// Everything but HTTP, with a witness that has its files.
pub(crate) async fn app(config: &Config, clock: Arc<dyn Clock>) -> Result<App, CommandError> {
    let witness = keyfile::witness_keys(&config.witness.keys)?;
    let core = Core::open(&config.witness.folder, core_keys(&witness), clock.clone())?;
    let app = app_with(config, Arc::new(InProcess::new(core)), clock).await?;
    app.operations.open().await?;
    Ok(app)
}

/// The same with any witness, before the database is anybody's.
pub(crate) async fn app_with(
    config: &Config,
    witness: Arc<dyn Witness>,
    clock: Arc<dyn Clock>,
) -> Result<App, CommandError> {
    let keys = keyfile::server_keys(&config.keys)?;
    let differ = keys.differs_from(&keyfile::witness_keys(&config.witness.keys)?);
    if !differ.is_empty() {
        return Err(format!(
            "the witness's key file does not belong to the server's ({} differ): both come from one `sigilo keys new`",
            differ.join(", ")
        )
        .into());
    }
    let profile = Profile::load(&config.profile)?;
    let files = file_processing(&config.files, &keys)?;
    let whatsapp = config.whatsapp.as_ref();
    Ok(App::new(Dependencies {
        profile: Arc::new(profile),
        db: Db::open(&config.database).await?,
        files,
        keys: Arc::new(keys),
        witness,
        clock,
        randomness: Arc::new(Randomness::System),
        kdf: KdfPool::for_this_machine(),
        disks: Arc::new(Disks::new(grows(config), config.disk.into())),
        enabled_channels: EnabledChannels {
            email: config.email.is_some(),
            whatsapp: whatsapp.is_some_and(|whatsapp| whatsapp.news_template.is_some()),
        },
    })?)
}

/// The folders on whose disks something grows.
pub(crate) fn grows(config: &Config) -> Vec<Growing> {
    let growing = config.growing_folders().into_iter();
    growing.map(|(whose, folder)| (whose, folder.to_owned())).collect()
}

/// The installation beside a server that may be running, which has witness and file store to itself.
pub(crate) async fn beside(config: &Config) -> Result<App, CommandError> {
    let keys = keyfile::server_keys(&config.keys)?;
    let profile = Profile::load(&config.profile)?;
    let files = if config.files.s3.is_some() {
        needed_bucket(&config.files, &keys)?
    } else {
        BlobStore::open_existing_folder(&config.files.folder)?
    };
    let app = App::new(Dependencies {
        profile: Arc::new(profile),
        db: Db::open_with(&config.database, Schema::Check).await?,
        files: FileProcessing::new(files, cleaner(), std::env::temp_dir()),
        keys: Arc::new(keys),
        witness: Arc::new(Absent),
        clock: Arc::new(SystemClock),
        randomness: Arc::new(Randomness::System),
        kdf: KdfPool::for_this_machine(),
        disks: Arc::new(Disks::new(Vec::new(), DiskConfig::default().into())),
        enabled_channels: EnabledChannels::default(),
    })?;
    app.operations.open().await?;
    Ok(app)
}

/// By this name the program is found even after it was exchanged on the disk.
fn cleaner() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}

/// The installation, beside a server where one is running: it has seen to it that the database is no old copy.
pub(crate) async fn maybe_beside(path: &Path) -> Result<App, CommandError> {
    match from_file(path).await {
        Ok((_, app)) => Ok(app),
        Err(error) if matches!(error.downcast_ref(), Some(OpenError::Locked(_))) => beside(&Config::read(path)?).await,
        Err(error) => Err(error),
    }
}

/// The store of sealed files, and the cleaner: this very program.
fn file_processing(config: &FilesConfig, keys: &ServerKeys) -> Result<FileProcessing, CommandError> {
    let files = files(config, keys)?;
    let scratch = match &config.scratch {
        Some(scratch) => scratch.clone(),
        None if config.s3.is_none() => config.folder.clone(),
        None => std::env::temp_dir(),
    };
    Ok(FileProcessing::new(files, cleaner(), scratch))
}

/// The store of sealed files, for nobody else meanwhile.
pub(crate) fn files(config: &FilesConfig, keys: &ServerKeys) -> Result<BlobStore, CommandError> {
    if config.s3.is_none() {
        return Ok(BlobStore::open_folder(&config.folder)?);
    }
    needed_bucket(config, keys)
}

/// The bucket of a configuration that has one: without access to it files would be missing, or lie in a folder.
fn needed_bucket(config: &FilesConfig, keys: &ServerKeys) -> Result<BlobStore, CommandError> {
    let bucket = bucket(config, keys)?;
    Ok(bucket.ok_or("[files.s3] needs [server.s3] in the key file; keys.example explains it")?)
}

/// The bucket, where the configuration has one and the key file access to it.
pub(crate) fn bucket(config: &FilesConfig, keys: &ServerKeys) -> Result<Option<BlobStore>, BlobError> {
    let (Some(s3), Some(access)) = (&config.s3, &keys.s3) else {
        return Ok(None);
    };
    BlobStore::open_bucket(&Bucket {
        bucket: s3.bucket.clone(),
        endpoint: s3.endpoint.clone(),
        region: s3.region.clone(),
        access_key_id: access.access_key_id.clone(),
        secret_access_key: access.secret_access_key.to_string(),
    })
    .map(Some)
}

/// The service, ready to be routed, and the channels that the configuration has.
pub(crate) fn site(config: &Config, app: App) -> Result<(Site, Channels), CommandError> {
    let (app, languages, url) = (Arc::new(app), Languages::load()?, &config.public_url);
    let whatsapp = match &config.whatsapp {
        Some(whatsapp) => {
            let keys = app.keys.whatsapp.clone();
            let keys = keys.ok_or("[whatsapp] needs [server.whatsapp] in the key file; keys.example explains it")?;
            let whatsapp = WhatsApp::new(app.clone(), languages.clone(), url, whatsapp.clone(), keys)?;
            Some(Arc::new(whatsapp))
        }
        None => None,
    };
    let mailer = match &config.email {
        Some(email) => Some(Mailer::new(app.clone(), languages.clone(), url.clone(), email)?),
        None => None,
    };
    let site = Site {
        app,
        languages,
        assets: Assets::load()?,
        public_url: url.clone(),
        leave_to: config.leave_to.clone(),
        guards: Guards::new(&config.server, config.limits.clone()),
        whatsapp: whatsapp.as_ref().map(|whatsapp| whatsapp.webhook()),
    };
    Ok((site, Channels { mailer, whatsapp }))
}

/// Reads the configuration and opens everything with the machine's clock.
pub(crate) async fn from_file(path: &Path) -> Result<(Config, App), CommandError> {
    let config = Config::read(path)?;
    let app = app(&config, Arc::new(SystemClock)).await?;
    Ok((config, app))
}
