//! Opens what a configuration names: keys, witness, database, files, channels.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::channels::email::Mailer;
use crate::channels::whatsapp::WhatsApp;
use crate::cli::error::{CommandError, database_error, describe};
use crate::cli::server::Channels;
use crate::config::{Config, DiskConfig, FilesConfig};
use crate::dialogue::Profile;
use crate::domain::clock::{Clock, SystemClock};
use crate::http::Site;
use crate::http::assets::Assets;
use crate::http::middleware::guards::Guards;
use crate::i18n::Languages;
use crate::keyfile::{self, ServerKeys, WitnessKeys};
use crate::service::attachments::FileProcessing;
use crate::service::kdf::KdfPool;
use crate::service::notifications::EnabledChannels;
use crate::service::operations::disks::{Disks, Growing};
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

/// Converts the witness's keys for its core.
pub(crate) fn core_keys(keys: &WitnessKeys) -> Keys {
    Keys {
        instance: keys.instance,
        authority: keys.authority,
        log: keys.log,
        identity: keys.identity.identity(),
        signing: keys.signing.signing_key(),
    }
}

/// Opens the witness's files for this process alone.
fn open_witness(config: &Config, keys: &WitnessKeys, clock: Arc<dyn Clock>) -> Result<Core, OpenError> {
    Core::open(&config.witness.folder, core_keys(keys), clock)
}

/// Opens everything but HTTP, with the witness in this process.
pub(crate) async fn open_app(config: &Config, clock: Arc<dyn Clock>) -> Result<App, CommandError> {
    let keys = keyfile::witness_keys(&config.witness.keys)?;
    let core = open_witness(config, &keys, clock.clone())?;
    open_with_witness(config, &keys, core, clock).await
}

async fn open_with_witness(
    config: &Config,
    keys: &WitnessKeys,
    core: Core,
    clock: Arc<dyn Clock>,
) -> Result<App, CommandError> {
    let app = assemble_app(config, keys, Arc::new(InProcess::new(core)), clock, Storage::Existing).await?;
    app.operations.open().await?;
    Ok(app)
}

/// Says whether a command may make a database and a folder of files that are not there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    /// They must be there: a mistyped path is an error.
    Existing,
    /// They are made if they are not there.
    Create,
}

/// Puts the parts together with any witness. Does not check yet to which installation the database belongs.
pub(crate) async fn assemble_app(
    config: &Config,
    witness_keys: &WitnessKeys,
    witness: Arc<dyn Witness>,
    clock: Arc<dyn Clock>,
    storage: Storage,
) -> Result<App, CommandError> {
    let keys = keyfile::server_keys(&config.keys)?;
    let differ = keys.differs_from(witness_keys);
    if !differ.is_empty() {
        return Err(CommandError::new(
            format!(
                "{} does not belong to {} ({} differ)",
                config.witness.keys.display(),
                config.keys.display(),
                differ.join(", ")
            ),
            "name two files that one `sigilo keys new` made together, in `keys` and `witness.keys`",
        ));
    }
    let profile = load_profile(config)?;
    let schema = match storage {
        Storage::Existing => Schema::Existing,
        Storage::Create => Schema::Migrate,
    };
    // The database comes before the files' folder, which is made only together with a database.
    let db = open_database(&config.database, schema).await?;
    let files = open_file_processing(&config.files, &keys, storage)?;
    let whatsapp = config.whatsapp.as_ref();
    Ok(App::new(Dependencies {
        public_url: config.public_url.as_str().into(),
        profile: Arc::new(profile),
        db,
        files,
        keys: Arc::new(keys),
        witness,
        clock,
        randomness: Arc::new(Randomness::System),
        kdf: KdfPool::for_this_machine(),
        disks: Arc::new(Disks::new(growing_folders(config), config.disk.into())),
        enabled_channels: EnabledChannels {
            email: config.email.is_some(),
            whatsapp: whatsapp.is_some_and(|whatsapp| whatsapp.news_template.is_some()),
        },
    })?)
}

/// Opens a database; its errors name it.
pub(crate) async fn open_database(address: &str, schema: Schema) -> Result<Db, CommandError> {
    let opened = Db::open_with(address, schema).await;
    opened.map_err(|error| database_error(address, &error))
}

/// Loads the profile that the configuration names.
pub(crate) fn load_profile(config: &Config) -> Result<Profile, CommandError> {
    Ok(Profile::load(&config.profile)?)
}

/// Returns the folders whose disks can fill up.
pub(crate) fn growing_folders(config: &Config) -> Vec<Growing> {
    let growing = config.growing_folders().into_iter();
    growing.map(|(whose, folder)| (whose, folder.to_owned())).collect()
}

/// Opens the installation while a server may be running, which owns witness and file store.
pub(crate) async fn open_alongside_server(config: &Config) -> Result<App, CommandError> {
    let keys = keyfile::server_keys(&config.keys)?;
    let profile = load_profile(config)?;
    let files = if config.files.s3.is_some() {
        require_bucket(&config.files, &keys)?
    } else {
        BlobStore::open_existing_folder(&config.files.folder)?
    };
    let app = App::new(Dependencies {
        public_url: config.public_url.as_str().into(),
        profile: Arc::new(profile),
        db: open_database(&config.database, Schema::Check).await?,
        files: FileProcessing::new(files, cleaner_program(), std::env::temp_dir()),
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

/// Returns the program that cleans files: this one, found even after it was replaced on the disk.
fn cleaner_program() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}

/// Opens the installation also while a server runs: with the witness if its files are free, else without.
pub(crate) async fn open_with_or_without_server(path: &Path) -> Result<App, CommandError> {
    let config = Config::read(path)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keys = keyfile::witness_keys(&config.witness.keys)?;
    match open_witness(&config, &keys, clock.clone()) {
        Ok(core) => open_with_witness(&config, &keys, core, clock).await,
        // The server has checked already that the database is no old copy.
        Err(OpenError::Locked(_)) => open_alongside_server(&config).await,
        Err(error) => Err(error.into()),
    }
}

/// Opens the store of sealed files, with this program as the cleaner.
fn open_file_processing(
    config: &FilesConfig,
    keys: &ServerKeys,
    storage: Storage,
) -> Result<FileProcessing, CommandError> {
    let files = open_file_store(config, keys, storage)?;
    let scratch = match &config.scratch {
        Some(scratch) => scratch.clone(),
        None if config.s3.is_none() => config.folder.clone(),
        None => std::env::temp_dir(),
    };
    Ok(FileProcessing::new(files, cleaner_program(), scratch))
}

/// Opens the store of sealed files for this process alone.
pub(crate) fn open_file_store(
    config: &FilesConfig,
    keys: &ServerKeys,
    storage: Storage,
) -> Result<BlobStore, CommandError> {
    if config.s3.is_none() {
        if storage == Storage::Existing {
            // An empty folder in the place of a mistyped one would hide every file of every case.
            fs::read_dir(&config.folder).map_err(|source| BlobError::Folder {
                path: config.folder.clone(),
                source,
            })?;
        }
        return Ok(BlobStore::open_folder(&config.folder)?);
    }
    require_bucket(config, keys)
}

/// Opens the bucket of a configuration that has one; without its keys files would be missing, or go into a folder.
fn require_bucket(config: &FilesConfig, keys: &ServerKeys) -> Result<BlobStore, CommandError> {
    let bucket = open_bucket(config, keys)?;
    bucket.ok_or_else(|| missing_table("files.s3", "server.s3"))
}

/// Opens the bucket if the configuration has one and the key file has its keys.
pub(crate) fn open_bucket(config: &FilesConfig, keys: &ServerKeys) -> Result<Option<BlobStore>, BlobError> {
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

/// Builds the site, ready to be routed, and the configured channels.
pub(crate) fn build_site(config: &Config, app: App) -> Result<(Site, Channels), CommandError> {
    let (app, languages, url) = (Arc::new(app), load_languages()?, &config.public_url);
    let whatsapp = match &config.whatsapp {
        Some(whatsapp) => {
            let keys = app.keys.whatsapp.clone();
            let keys = keys.ok_or_else(|| missing_table("whatsapp", "server.whatsapp"))?;
            let whatsapp = WhatsApp::new(app.clone(), languages.clone(), url, whatsapp.clone(), keys);
            let whatsapp = whatsapp.map_err(|error| {
                CommandError::new(
                    format!("[whatsapp]: {error}"),
                    "correct it in the configuration; docs/CONFIGURATION.md explains each key",
                )
            })?;
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
        assets: Assets::load().map_err(|error| defective(&error))?,
        public_url: url.clone(),
        leave_to: config.leave_to.clone(),
        guards: Guards::new(&config.server, config.limits.clone()),
        whatsapp: whatsapp.as_ref().map(|whatsapp| whatsapp.webhook()),
    };
    Ok((site, Channels { mailer, whatsapp }))
}

/// A section of the configuration whose secrets are not in the key file.
fn missing_table(section: &str, table: &str) -> CommandError {
    CommandError::new(
        format!("the configuration has [{section}], and the server's key file has no [{table}]"),
        format!("add [{table}] to the key file (keys.example explains it), or remove [{section}]"),
    )
}

/// Loads the texts that are compiled into the program.
pub(crate) fn load_languages() -> Result<Languages, CommandError> {
    Languages::load().map_err(|error| defective(&error))
}

/// A part of the program itself that is missing or broken.
fn defective(error: &(dyn std::error::Error + 'static)) -> CommandError {
    CommandError::new(
        format!("this program was not built completely: {}", describe(error)),
        "build it again, with `make web` first, or install the package again",
    )
}

/// Reads the configuration and opens everything with the machine's clock.
pub(crate) async fn read_and_open(path: &Path) -> Result<(Config, App), CommandError> {
    let config = Config::read(path)?;
    let app = open_app(&config, Arc::new(SystemClock)).await?;
    Ok((config, app))
}
