//! `sigilo init`: an empty database and a witness become one installation.

use std::path::Path;
use std::sync::Arc;

use crate::cli::{CommandError, open};
use crate::config::Config;
use crate::domain::clock::SystemClock;
use crate::keyfile;
use crate::witness::core::Core;

pub(crate) async fn run(path: &Path) -> Result<(), CommandError> {
    let config = Config::read(path)?;
    let witness = keyfile::witness_keys(&config.witness.keys)?;
    let clock = Arc::new(SystemClock);
    let core = Core::init(&config.witness.folder, open::core_keys(&witness), None, clock.clone())?;
    let app = open::app_with(&config, core, clock).await?;
    app.install().await?;
    app.cosign().await?;
    println!("Installed instance {}. Next:", app.instance);
    println!("  sigilo staff add …          members with their keys");
    println!("  sigilo roster propose       the list of whom reports are sealed to");
    println!("  sigilo authority sign …     offline, after a review");
    println!("  sigilo roster publish …");
    println!("  sigilo serve");
    Ok(())
}
