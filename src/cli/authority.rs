//! `sigilo authority`: reviews and signs rosters and statements about a restore. Works offline.

use std::fs;
use std::path::PathBuf;

use clap::Subcommand;

use crate::audit::restored::Restored;
use crate::cli::error::CommandError;
use crate::cli::terminal::confirm;
use crate::domain::note;
use crate::keyfile;
use crate::vault::roster::{Roster, VerifiedRoster};

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

pub(crate) fn run(command: &Authority) -> Result<(), CommandError> {
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
    if Restored::is_one(&text) {
        let restored = Restored::read(&text, keys.instance)?;
        println!("{}", describe_loss(&restored));
        if !yes && !confirm("Sign this?")? {
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
    if !yes && !confirm("Sign this?")? {
        return Err("not signed".into());
    }
    fs::write(signed, proposal.sign(&key)?)?;
    println!("Signed: {}. Publish it with `sigilo roster publish`.", signed.display());
    Ok(())
}

/// What the authority states about a restore.
fn describe_loss(restored: &Restored) -> String {
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
