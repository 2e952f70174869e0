//! `sigilo move`: from SQLite to PostgreSQL, with everything, while nothing is served.

use std::sync::Arc;

use crate::cli::{CommandError, ConfigArgument, audit, open};
use crate::config::Config;
use crate::domain::clock::SystemClock;
use crate::service::operations::restoring;
use crate::store::Db;

#[derive(clap::Args)]
pub(crate) struct Move {
    #[command(flatten)]
    config: ConfigArgument,
    /// The address of an empty database, `postgres://user@host/name`
    #[arg(long, value_name = "ADDRESS")]
    to: String,
}

pub(crate) async fn run(arguments: &Move) -> Result<(), CommandError> {
    let config = Config::read(&arguments.config.config)?;
    if !config.database.starts_with("sqlite:") {
        return Err("`database` of the configuration is not SQLite: there is nothing to move".into());
    }
    if !arguments.to.starts_with("postgres://") && !arguments.to.starts_with("postgresql://") {
        return Err("--to: expected postgres://…".into());
    }
    // Holds the witness's files until the end, so that no server starts meanwhile.
    let app = open::app(&config, Arc::new(SystemClock)).await.map_err(|error| {
        format!("{error}. A running server must be stopped before the move, and stay so until it is done")
    })?;
    let target = Db::open(&arguments.to).await?;
    // Before the log tells of a move that then does not happen: the witness would hold the target to it.
    restoring::must_be_empty(&target).await?;
    app.operations.note_move().await?;
    let sums = restoring::copy(&app.db, &target).await?;
    let rows: u64 = sums.iter().map(|sum| sum.rows).sum();
    println!(
        "{rows} rows of {} tables, each as it was: counts and hashes are the same.",
        sums.len()
    );
    let outcome = audit::verified(&config, &target).await?;
    target.close().await;
    match outcome {
        Ok(verified) => println!("{}", audit::summary(&verified)),
        Err(bad) => return Err(audit::advice(&bad).into()),
    }
    println!("\nNow write into {}:", arguments.config.config.display());
    println!("  database = \"postgres://…\"   # the address of --to");
    println!(
        "and never serve the old file again: the witness would refuse its log. Keep it until a backup of the new one"
    );
    println!(
        "has been restored somewhere, then delete it with its -wal and -shm. Files and witness stay where they are."
    );
    Ok(())
}
