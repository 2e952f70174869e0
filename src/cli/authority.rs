//! `sigilo authority`: reviews and signs rosters and statements about a restore. Works offline.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Subcommand;

use crate::audit::restore::RestoreStatement;
use crate::cli::authority_answers::Answers;
use crate::cli::error::{CommandError, cannot_read, describe, write_file};
use crate::cli::terminal::{confirm, print_line};
use crate::domain::note;
use crate::keyfile::{self, AuthorityKeys, KeyFileError};
use crate::service::roster::check_quorum;
use crate::vault::roster::{NewKey, Roster, VerifiedRoster};

#[derive(Subcommand)]
pub(crate) enum Authority {
    /// Review a proposed roster as a difference to the current one, or the loss of a restore, and sign it
    Sign {
        /// The authority's key file
        #[arg(long, default_value = "authority.toml")]
        keys: PathBuf,
        /// The roster in force, written by `roster propose` beside the proposal; not for the first roster
        #[arg(long, value_name = "FILE")]
        current: Option<PathBuf>,
        #[arg(default_value = "roster.proposed")]
        proposed: PathBuf,
        #[arg(default_value = "roster.signed")]
        signed: PathBuf,
        /// Key words of the new keys, one key a line, as `sigilo staff add --sheet` writes them, with each accepted loss of
        /// protection on a line of its own; without it they are typed here
        #[arg(long, value_name = "FILE")]
        words: Option<PathBuf>,
        /// Sign without asking; new keys and losses of protection still take --words
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
        words,
        yes,
    } = command;
    let key_file = keys;
    let keys = keyfile::authority_keys(key_file).map_err(|error| explain_key_file(error, key_file))?;
    let key = keys.signing.signing_key();
    let text = fs::read(proposed).map_err(|error| {
        cannot_read(
            proposed,
            &error,
            "`sigilo roster propose` writes it on the server; bring it here, or name its place as the first argument",
        )
    })?;
    if RestoreStatement::is_statement(&text) {
        let restored = RestoreStatement::read(&text, keys.instance);
        let restored = restored.map_err(|error| not_ours(proposed, &error))?;
        print_line!("{}", describe_loss(&restored));
        if !yes && !confirm("Sign this?")? {
            return Err(not_signed());
        }
        let statement = restored.sign(&key).map_err(|error| not_ours(proposed, &error))?;
        write_file(signed, &statement)?;
        print_line!("Signed: {}. Go on with `sigilo restore --signed`.", signed.display());
        return Ok(());
    }
    let proposal: Roster =
        note::read_json(&text, "roster", keys.instance).map_err(|error| not_ours(proposed, &error))?;
    let current = match current {
        Some(file) => {
            let note = fs::read(file).map_err(|error| {
                cannot_read(
                    file,
                    &error,
                    "`sigilo roster propose` writes it beside the proposal; bring both",
                )
            })?;
            let verified = VerifiedRoster::verify(keys.instance, &note, &key.verify_key());
            Some(verified.map_err(|error| not_ours(file, &error))?)
        }
        None => None,
    };
    let follows = current
        .as_ref()
        .map_or((1, None), |current| (current.version() + 1, Some(current.hash())));
    if (proposal.version, proposal.previous) != follows {
        return Err(CommandError::new(
            match &current {
                None => format!(
                    "{}: this is not the first roster: it follows another",
                    proposed.display()
                ),
                Some(_) => format!(
                    "{}: the proposal does not follow the roster of --current",
                    proposed.display()
                ),
            },
            "give the roster in force with --current, as `sigilo roster propose` wrote it beside the proposal; or propose \
             anew",
        ));
    }
    if let Err(error) = check_quorum(proposal.quorum) {
        return Err(CommandError::new(
            format!("{}: {}", proposed.display(), describe(&error)),
            "propose a quorum of 1: sigilo roster propose --quorum 1",
        ));
    }
    proposal.check().map_err(|error| not_ours(proposed, &error))?;
    let difference = proposal.difference(current.as_ref().map(VerifiedRoster::roster));
    print_line!("Roster {}:", proposal.version);
    for line in &difference.changes {
        print_line!("  {line}");
    }
    let mut answers = Answers::of(words.as_deref(), *yes)?;
    for key in &difference.keys {
        if !is_pinned(&keys, &proposal, key) {
            answers.compare(key)?;
        }
    }
    for line in &difference.lowered {
        answers.accept(line)?;
    }
    if !yes && !confirm("Sign this?")? {
        return Err(not_signed());
    }
    let note = proposal.sign(&key).map_err(|error| not_ours(proposed, &error))?;
    write_file(signed, &note)?;
    print_line!("Signed: {}. Publish it with `sigilo roster publish`.", signed.display());
    Ok(())
}

/// True for the keys of log and witness that were made together with the authority's.
fn is_pinned(keys: &AuthorityKeys, proposal: &Roster, key: &NewKey) -> bool {
    match key.label.as_str() {
        "witness" => {
            proposal.witness.verify_key == keys.witness && proposal.witness.recipient == keys.witness_recipient
        }
        "log" => proposal.log.verify_key == keys.log,
        _ => false,
    }
}

/// Describes the statement about a restore that the authority signs.
fn describe_loss(restored: &RestoreStatement) -> String {
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

/// Explains why the authority's key file cannot be used: unlike the others it is meant to be elsewhere.
fn explain_key_file(error: KeyFileError, path: &Path) -> CommandError {
    match error {
        KeyFileError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => CommandError::new(
            format!("{}: there is no such file", path.display()),
            "sign on the authority's own machine, or name its key file with --keys. Never make new keys for this: nothing \
             accepts their signature",
        ),
        other => other.into(),
    }
}

/// The error of a file that is of another kind, or of another installation.
fn not_ours(path: &Path, error: &(dyn std::error::Error + 'static)) -> CommandError {
    CommandError::new(
        format!("{}: {}", path.display(), describe(error)),
        "check that the file is the right one, and that --keys names the key file of the same installation",
    )
}

fn not_signed() -> CommandError {
    CommandError::new("not signed", "run it again and type yes, or give --yes")
}
