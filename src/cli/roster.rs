//! `sigilo roster`: proposes and publishes the signed list of people to whom reports are sealed.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::cli::error::{CommandError, cannot_read, write_file};
use crate::cli::open;
use crate::cli::terminal::print_line;
use crate::service::Error;
use crate::service::roster::Changes;

#[derive(Subcommand)]
pub(crate) enum RosterCommand {
    /// Write the roster that the database describes, for the authority to review
    Propose {
        /// The number of officers that an unseal needs
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..))]
        quorum: Option<u8>,
        /// The file to write
        #[arg(default_value = "roster.proposed")]
        file: PathBuf,
    },
    /// Publish a roster that the authority has signed
    Publish {
        /// The signed roster
        #[arg(default_value = "roster.signed")]
        file: PathBuf,
    },
}

pub(crate) async fn run(config: &Path, command: &RosterCommand) -> Result<(), CommandError> {
    let (_, app) = open::read_and_open(config).await?;
    match command {
        RosterCommand::Propose { quorum, file } => {
            let changes = Changes {
                quorum: *quorum,
                ..Changes::default()
            };
            let roster = app.rosters.propose(&changes).await?;
            write_file(file, roster.text().as_ref())?;
            let current = file.with_extension("current");
            if let Ok(published) = app.rosters.current() {
                write_file(&current, published.note())?;
                print_line!(
                    "{} and {}: take both to the authority.",
                    file.display(),
                    current.display()
                );
            } else {
                print_line!("{}: take it to the authority.", file.display());
            }
        }
        RosterCommand::Publish { file } => {
            let signed = fs::read(file).map_err(|error| {
                cannot_read(
                    file,
                    &error,
                    "`sigilo roster propose` and `sigilo authority sign` make it; name another place as the argument",
                )
            })?;
            let published = app.rosters.publish(&signed).await;
            let roster = published.map_err(|error| match error {
                Error::Unavailable(why) => CommandError::new(
                    format!("{}: not published: {why}", file.display()),
                    "publish the file that this installation's authority signed last; if there is none, begin with \
                     `sigilo roster propose`",
                ),
                other => other.into(),
            })?;
            app.log.sequence().await?;
            app.log.cosign().await?;
            print_line!("Roster {} is in force.", roster.version());
        }
    }
    Ok(())
}
