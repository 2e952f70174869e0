//! `sigilo move`: moves an installation from SQLite to PostgreSQL while it is not served.

use std::sync::Arc;

use crate::cli::arguments::ConfigArgument;
use crate::cli::error::{CommandError, restore_error, without_password};
use crate::cli::terminal::print_line;
use crate::cli::{audit, open};
use crate::config::Config;
use crate::domain::clock::SystemClock;
use crate::service::operations::restoring;
use crate::store::Schema;

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
        return Err(CommandError::new(
            format!(
                "{}: `database` is not SQLite, so there is nothing to move",
                arguments.config.config.display()
            ),
            "the installation is on PostgreSQL already; `sigilo doctor` says how it is",
        ));
    }
    if !arguments.to.starts_with("postgres://") && !arguments.to.starts_with("postgresql://") {
        return Err(CommandError::new(
            format!(
                "--to {}: this is no address of a PostgreSQL database",
                without_password(&arguments.to)
            ),
            "write it like postgres://user@host/name",
        ));
    }
    // Holds the witness's files until the end, so that no server starts meanwhile.
    let app = open::open_app(&config, Arc::new(SystemClock)).await?;
    let target = open::open_database(&arguments.to, Schema::Migrate).await?;
    // Before the move is logged: the witness would miss an entry for a move that then failed.
    let failed = |error| restore_error(&arguments.to, error);
    restoring::must_be_empty(&target).await.map_err(failed)?;
    app.operations.note_move().await?;
    let sums = restoring::copy(app.db(), &target).await.map_err(failed)?;
    let rows: u64 = sums.iter().map(|sum| sum.rows).sum();
    print_line!(
        "{rows} rows of {} tables, each as it was: counts and hashes are the same.",
        sums.len()
    );
    let outcome = audit::verify_with_witness(&config, &target).await;
    target.close().await;
    print_line!("{}", audit::summarize(&outcome?));
    print_line!("\nNow write into {}:", arguments.config.config.display());
    print_line!("  database = \"postgres://…\"   # the address of --to");
    print_line!(
        "and never serve the old file again: the witness would refuse its log. Keep it until a backup of the new one"
    );
    print_line!(
        "has been restored somewhere, then delete it with its -wal and -shm. Files and witness stay where they are."
    );
    Ok(())
}
