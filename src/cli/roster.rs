//! `sigilo roster`: proposes and publishes the signed list of people to whom reports are sealed.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::cli::error::CommandError;
use crate::cli::open;

#[derive(Subcommand)]
pub(crate) enum RosterCommand {
    /// Write the roster that the database amounts to, for the authority to review
    Propose {
        /// How many officers an unseal takes
        #[arg(long, default_value_t = 1)]
        quorum: u8,
        /// Where to write it
        #[arg(default_value = "roster.proposed")]
        file: PathBuf,
    },
    /// Publish a roster that the authority has signed
    Publish {
        #[arg(default_value = "roster.signed")]
        file: PathBuf,
    },
}

pub(crate) async fn run(config: &Path, command: &RosterCommand) -> Result<(), CommandError> {
    let (_, app) = open::read_and_open(config).await?;
    match command {
        RosterCommand::Propose { quorum, file } => {
            let roster = app.propose_roster(*quorum).await?;
            fs::write(file, roster.text())?;
            let current = file.with_extension("current");
            if let Ok(published) = app.roster() {
                fs::write(&current, published.note())?;
                println!(
                    "{} and {}: take both to the authority.",
                    file.display(),
                    current.display()
                );
            } else {
                println!("{}: take it to the authority.", file.display());
            }
        }
        RosterCommand::Publish { file } => {
            let roster = app.publish_roster(&fs::read(file)?).await?;
            app.sequence().await?;
            app.cosign().await?;
            println!("Roster {} is in force.", roster.version());
        }
    }
    Ok(())
}
