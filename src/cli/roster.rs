//! `sigilo roster` and `sigilo authority`: the list of whom anything is sealed to, from proposal to publication.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::audit::restore::RestoreStatement;
use crate::cli::{CommandError, open};
use crate::domain::note;
use crate::keyfile;
use crate::vault::roster::{Roster, VerifiedRoster};

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
    let (_, app) = open::from_file(config).await?;
    match command {
        RosterCommand::Propose { quorum, file } => {
            let roster = app.rosters.propose(*quorum).await?;
            fs::write(file, roster.text())?;
            let current = file.with_extension("current");
            if let Ok(published) = app.rosters.current() {
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
            let roster = app.rosters.publish(&fs::read(file)?).await?;
            app.log.sequence().await?;
            app.log.cosign().await?;
            println!("Roster {} is in force.", roster.version());
        }
    }
    Ok(())
}

#[derive(Subcommand)]
pub(crate) enum Authority {
    /// Review a proposed roster as a difference to the current one, or what a restore has lost, and sign it. Works offline
    Sign {
        /// The authority's key file
        #[arg(long, default_value = "authority.toml")]
        keys: PathBuf,
        /// The roster in force, as `roster propose` wrote it beside the proposal; not for the first
        #[arg(long, value_name = "FILE")]
        current: Option<PathBuf>,
        #[arg(default_value = "roster.proposed")]
        proposed: PathBuf,
        #[arg(default_value = "roster.signed")]
        signed: PathBuf,
        /// Sign without asking
        #[arg(long)]
        yes: bool,
    },
}

pub(crate) fn sign(command: &Authority) -> Result<(), CommandError> {
    let Authority::Sign {
        keys,
        current,
        proposed,
        signed,
        yes,
    } = command;
    let keys = keyfile::authority_keys(keys)?;
    let key = keys.signing.signing_key();
    let text = fs::read(proposed).map_err(|error| format!("{}: {error}", proposed.display()))?;
    if RestoreStatement::is_statement(&text) {
        let restored = RestoreStatement::read(&text, keys.instance)?;
        println!("{}", loss(&restored));
        if !yes && !super::agreed("Sign this?")? {
            return Err("not signed".into());
        }
        fs::write(signed, restored.sign(&key)?)?;
        println!("Signed: {}. Go on with `sigilo restore --signed`.", signed.display());
        return Ok(());
    }
    let proposal: Roster = note::read_json(&text, "roster", keys.instance)?;
    let current = match current {
        Some(file) => Some(VerifiedRoster::verify(
            keys.instance,
            &fs::read(file)?,
            &key.verify_key(),
        )?),
        None => None,
    };
    let follows = current
        .as_ref()
        .map_or((1, None), |current| (current.version() + 1, Some(current.hash())));
    if (proposal.version, proposal.previous) != follows {
        return Err("the proposal does not follow the roster in force: give --current, or propose anew".into());
    }
    println!("Roster {}:", proposal.version);
    for line in proposal.difference(current.as_ref().map(VerifiedRoster::roster)) {
        println!("  {line}");
    }
    println!("Each key must be the one that `sigilo staff add` showed when it was made.");
    if !yes && !super::agreed("Sign this?")? {
        return Err("not signed".into());
    }
    fs::write(signed, proposal.sign(&key)?)?;
    println!("Signed: {}. Publish it with `sigilo roster publish`.", signed.display());
    Ok(())
}

/// What the authority states about a restore.
fn loss(restored: &RestoreStatement) -> String {
    let kept = restored.kept.size;
    let what = match restored.seen {
        Some(seen) => format!(
            "Of the {} entries of the audit log that the witness has seen, {kept} are left; the rest is lost.",
            seen.size
        ),
        None => format!(
            "{kept} entries of the audit log are left. The witness's own files are lost, so that nobody knows how many there \
             were, nor which identities were opened after the backup."
        ),
    };
    format!(
        "A backup was restored. {what}\nWhoever may sign this may make others forget what was logged: sign it only if you know \
         of the loss otherwise than from whoever brings you this file. It stays in the log for ever."
    )
}
