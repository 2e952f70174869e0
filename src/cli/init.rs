//! `sigilo init`: sets up a database and a witness as one installation. After an interruption the same command continues.

use std::path::Path;
use std::sync::Arc;

use crate::cli::error::{CommandError, cannot_write, without_password};
use crate::cli::open::{self, Storage};
use crate::cli::terminal::print_line;
use crate::config::Config;
use crate::domain::clock::SystemClock;
use crate::keyfile;
use crate::service::operations::installation::Installed;
use crate::service::{App, Dependencies};
use crate::witness::absent::Absent;
use crate::witness::core::Core;
use crate::witness::in_process::InProcess;
use crate::witness::setup::OpenError;

pub(crate) async fn run(path: &Path) -> Result<(), CommandError> {
    let config = Config::read(path)?;
    let clock = Arc::new(SystemClock);
    // Finds every mistake before it sets up the witness, which happens only once.
    let keys = keyfile::witness_keys(&config.witness.keys)?;
    let app = open::assemble_app(&config, &keys, Arc::new(Absent), clock.clone(), Storage::Create).await?;
    let installed = app.operations.installed().await?;
    if installed == Installed::Wholly {
        return Err(CommandError::new(
            format!(
                "{}: this installation has been set up before",
                without_password(&config.database)
            ),
            "`sigilo doctor` says how it is; if the witness's folder is lost: `sigilo restore --new-witness` \
             (docs/OPERATIONS.md)",
        ));
    }
    let folder = &config.witness.folder;
    let core = match Core::init_or_resume(folder, open::core_keys(&keys), clock.clone()) {
        // The witness confirmed the log, and the program stopped before the database held that: ask it again.
        Err(OpenError::Exists(_)) if installed == Installed::Begun => {
            Core::open(folder, open::core_keys(&keys), clock)?
        }
        outcome => outcome.map_err(|error| explain(error, &config.database))?,
    };
    let app = App::new(Dependencies {
        witness: Arc::new(InProcess::new(core)),
        ..app.dependencies().clone()
    })?;
    if installed == Installed::No {
        app.operations.install().await?;
    }
    app.log.sequence().await?;
    app.log.cosign().await?;
    print_line!("Installed instance {}. Next:", app.instance);
    print_line!("  sigilo staff add …          members with their keys");
    print_line!("  sigilo roster propose       the list of whom reports are sealed to");
    print_line!("  sigilo authority sign …     offline, after a review");
    print_line!("  sigilo roster publish …");
    print_line!("  sigilo serve");
    Ok(())
}

/// Explains why the witness cannot be set up beside this database.
fn explain(error: OpenError, database: &str) -> CommandError {
    match error {
        OpenError::Exists(path) => CommandError::new(
            format!(
                "{} exists: this witness remembers a log that {} does not hold",
                path.display(),
                without_password(database)
            ),
            "check `database` in the configuration; if the database is lost, restore a backup: `sigilo restore` \
             (docs/OPERATIONS.md)",
        ),
        OpenError::Corrupt { path, what } => CommandError::new(
            format!("{}: {what}", path.display()),
            "if nothing was ever installed here, remove the witness's folder and run it again",
        ),
        OpenError::Io { path, source } => cannot_write(&path, &source),
        other => other.into(),
    }
}
