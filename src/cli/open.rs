//! From a configuration file to the parts that commands work with.

use std::path::Path;
use std::sync::Arc;

use crate::cli::CommandError;
use crate::config::Config;
use crate::dialogue::profile::Profile;
use crate::domain::clock::{Clock, SystemClock};
use crate::http::Site;
use crate::http::assets::Assets;
use crate::http::i18n::Languages;
use crate::keyfile::{self, WitnessKeys};
use crate::service::App;
use crate::service::randomness::Randomness;
use crate::store::Db;
use crate::witness::core::{Core, Keys};
use crate::witness::in_process::InProcess;

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
    let app = app_with(config, core, clock).await?;
    app.open().await?;
    Ok(app)
}

/// The same with a core that was just made, before the database is anybody's.
pub(crate) async fn app_with(config: &Config, core: Core, clock: Arc<dyn Clock>) -> Result<App, CommandError> {
    let keys = keyfile::server_keys(&config.keys)?;
    let (recipient, verify_key) = core.public();
    if recipient != keys.witness_recipient || verify_key != keys.witness {
        return Err(
            "the witness's key file does not belong to the server's: both come from one `sigilo keys new`".into(),
        );
    }
    let profile = Profile::load(&config.profile)?;
    let db = Db::open(&config.database).await?;
    Ok(App::new(
        profile,
        db,
        keys,
        Arc::new(InProcess::new(core)),
        clock,
        Randomness::System,
    )?)
}

/// The service, ready to be routed.
pub(crate) fn site(config: &Config, app: App) -> Result<Site, CommandError> {
    Ok(Site {
        app: Arc::new(app),
        languages: Languages::load()?,
        assets: Assets::load()?,
        public_url: config.public_url.clone(),
        leave_to: config.leave_to.clone(),
    })
}

/// Reads the configuration and opens everything with the machine's clock.
pub(crate) async fn from_file(path: &Path) -> Result<(Config, App), CommandError> {
    let config = Config::read(path)?;
    let app = app(&config, Arc::new(SystemClock)).await?;
    Ok((config, app))
}
