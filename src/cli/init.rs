//! `sigilo init`: an empty database and a witness become one installation. What stopped in the middle goes on with the
//! same command.

use std::path::Path;
use std::sync::Arc;

use crate::cli::{CommandError, open};
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
    // Everything that can be wrong is found before the witness is set up, which happens once.
    let app = open::app_with(&config, Arc::new(Absent), clock.clone()).await?;
    let installed = app.operations.installed().await?;
    if installed == Installed::Wholly {
        return Err(
            "this installation has been set up before. `sigilo doctor` says how it is; if the witness's folder is \
                    lost: sigilo restore --new-witness (docs/OPERATIONS.md)"
                .into(),
        );
    }
    let keys = keyfile::witness_keys(&config.witness.keys)?;
    let folder = &config.witness.folder;
    let core = match Core::init_or_resume(folder, open::core_keys(&keys), clock.clone()) {
        // It confirmed the log, and stopped before the database held that: it knows the log, and is asked again.
        Err(OpenError::Exists(_)) if installed == Installed::Begun => {
            Core::open(folder, open::core_keys(&keys), clock)?
        }
        outcome => outcome.map_err(explained)?,
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
    println!("Installed instance {}. Next:", app.instance);
    println!("  sigilo staff add …          members with their keys");
    println!("  sigilo roster propose       the list of whom reports are sealed to");
    println!("  sigilo authority sign …     offline, after a review");
    println!("  sigilo roster publish …");
    println!("  sigilo serve");
    Ok(())
}

/// A witness that remembers a log, and a database that has none.
fn explained(error: OpenError) -> CommandError {
    match error {
        OpenError::Exists(path) => format!(
            "{} exists: this witness remembers a log that this database does not hold. Check `database`; if it is lost, \
             restore a backup: sigilo restore (docs/OPERATIONS.md)",
            path.display()
        )
        .into(),
        OpenError::Corrupt { path, what } => format!(
            "{}: {what}. If nothing was ever installed here, remove the witness's folder and run it again",
            path.display()
        )
        .into(),
        other => other.into(),
    }
}
