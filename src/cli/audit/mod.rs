//! `sigilo audit`: checks the log from its first entry on, also while the server runs; hands it to strangers, and checks
//! what they were handed. Reads only.

mod outside;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use crate::audit::entry::Entry;
use crate::audit::restore::RestoreStatement;
use crate::cli::CommandError;
use crate::config::Config;
use crate::keyfile;
use crate::service::Error;
use crate::service::audit::transparency::export::export;
use crate::service::audit::transparency::{Known, Named};
use crate::service::audit::verification::{self, Pins, VerificationError, Verified};
use crate::store::{Db, Schema};
use crate::vault::signing::VerifyKey;
use crate::witness::setup::inspect;

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Verify every entry, checkpoint and signature, and compare with what the witness knows. With --export or --proof:
    /// verify only that, without configuration, database or key file
    Verify {
        /// A folder or .zip file that `sigilo audit export` wrote
        #[arg(long, value_name = "PATH", conflicts_with = "proof")]
        export: Option<PathBuf>,
        /// The proof of one entry, as the log's pages give it out
        #[arg(long, value_name = "FILE")]
        proof: Option<PathBuf>,
        #[command(flatten)]
        keys: KnownKeys,
    },
    /// Write the whole log so that strangers can verify it, and print the keys that they need
    Export {
        /// A new or empty folder, or a new file that ends in .zip
        #[arg(long, value_name = "PATH")]
        to: PathBuf,
    },
}

/// Keys from elsewhere than the file that is verified: base64, as the institution publishes them.
#[derive(clap::Args)]
pub(crate) struct KnownKeys {
    /// The authority's verify key; its rosters name the others
    #[arg(long = "authority-key", value_name = "KEY", value_parser = read_key)]
    authority: Option<Box<VerifyKey>>,
    /// The log's verify key
    #[arg(long = "log-key", value_name = "KEY", value_parser = read_key)]
    log: Option<Box<VerifyKey>>,
    /// The witness's verify key
    #[arg(long = "witness-key", value_name = "KEY", value_parser = read_key)]
    witness: Option<Box<VerifyKey>>,
}

fn read_key(text: &str) -> Result<Box<VerifyKey>, &'static str> {
    let key = VerifyKey::try_from(text.trim().to_owned());
    key.map(Box::new)
        .map_err(|_| "not an Ed25519 verify key of 32 bytes in base64")
}

impl KnownKeys {
    fn known(&self) -> Known {
        Known {
            authority: self.authority.as_deref().copied(),
            log: self.log.as_deref().copied(),
            witness: self.witness.as_deref().copied(),
        }
    }

    const fn is_empty(&self) -> bool {
        self.authority.is_none() && self.log.is_none() && self.witness.is_none()
    }
}

pub(crate) async fn run(config: &Path, command: &Audit) -> Result<ExitCode, CommandError> {
    match command {
        Audit::Verify {
            proof: Some(file),
            keys,
            ..
        } => outside::proof(file, &keys.known()),
        Audit::Verify {
            export: Some(path),
            keys,
            ..
        } => outside::exported(path, &keys.known()),
        Audit::Verify { keys, .. } if !keys.is_empty() => {
            Err("keys are given with --export or --proof; here the key file has them".into())
        }
        Audit::Verify { .. } => whole(config).await,
        Audit::Export { to } => write(config, to).await,
    }
}

async fn whole(config: &Path) -> Result<ExitCode, CommandError> {
    let config = Config::read(config)?;
    let db = Db::open_with(&config.database, Schema::Check).await?;
    let outcome = verified(&config, &db).await?;
    db.close().await;
    match outcome {
        Ok(verified) => {
            println!("{}", summary(&verified));
            Ok(ExitCode::SUCCESS)
        }
        Err(bad) => Err(advice(&bad).into()),
    }
}

async fn write(config: &Path, to: &Path) -> Result<ExitCode, CommandError> {
    let config = Config::read(config)?;
    let keys = keyfile::server_keys(&config.keys)?;
    let named = Named {
        instance: keys.instance,
        authority: keys.authority,
        log: keys.log.signing_key().verify_key(),
        witness: keys.witness,
    };
    let db = Db::open_with(&config.database, Schema::Check).await?;
    let exported = export(&db, &named, to).await?;
    db.close().await;
    println!("{} entries: {}", exported.entries, to.display());
    if exported.later > 0 {
        println!(
            "{} newer entries have no countersigned checkpoint yet and are not in it.",
            exported.later
        );
    }
    println!("Give the keys out by another way than the export:");
    for line in outside::keys(&named) {
        println!("  {line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Verifies the log in a database with what the configuration's witness knows.
pub(crate) async fn verified(config: &Config, db: &Db) -> Result<Result<Verified, VerificationError>, CommandError> {
    let pins = Pins::of(&keyfile::server_keys(&config.keys)?);
    let folder = &config.witness.folder;
    let seen = async || inspect(folder).map_err(|error| Error::Unavailable(error.to_string()));
    match verification::verify(db, &pins, seen, async |_, _| Ok(())).await {
        Err(VerificationError::Service(error)) => Err(error.into()),
        outcome => Ok(outcome),
    }
}

/// What was verified, in words.
pub(crate) fn summary(verified: &Verified) -> String {
    let Verified {
        summary,
        checkpoints,
        waiting,
        restored,
        lost_unseals,
    } = verified;
    let mut lines = vec![format!(
        "{} entries, {checkpoints} checkpoints, countersigned up to entry {}; {} unseals in the witness's journal: all \
         good.",
        summary.entries, summary.witnessed, summary.unseals
    )];
    if summary.witnessed < summary.entries {
        lines.push(format!(
            "{} entries wait for the witness's countersignature; a running server gets it within a minute.",
            summary.entries - summary.witnessed
        ));
    }
    if *waiting > 0 {
        lines.push(format!(
            "{waiting} entries have no place in the log yet and were not verified; a running server gives it to them \
             within a second."
        ));
    }
    for restored in restored {
        lines.push(lost(restored));
    }
    if *lost_unseals > 0 {
        lines.push(format!(
            "{lost_unseals} unseals of what was lost stand in the witness's journal, which is kept."
        ));
    }
    lines.join("\n")
}

/// What a restore has lost, in words.
pub(crate) fn lost(restored: &RestoreStatement) -> String {
    let kept = restored.kept.size;
    match restored.seen {
        Some(seen) => format!(
            "Entries {kept} to {} of an earlier course are lost: a backup was restored, and the authority said so \
             (entry {kept}).",
            seen.size.saturating_sub(1)
        ),
        None => format!(
            "From entry {kept} on another witness looks on: the files of the one before are lost, and what stood after \
             entry {kept} then is not known. The authority said so (entry {kept})."
        ),
    }
}

/// The first bad entry, and what to do.
pub(crate) fn advice(bad: &VerificationError) -> String {
    let entry = match bad {
        VerificationError::Entry(_, entry) | VerificationError::Unsigned(_, entry) => entry.as_deref().map(described),
        VerificationError::Journal(_) | VerificationError::Service(_) => None,
    };
    format!(
        "{bad}{}\nEverything before it is as it was written. Stop the server, keep database and witness's folder as they \
         are, tell the auditors, and compare with the last backup that verifies. Where a backup was just restored, `sigilo restore` said how to go on.",
        entry.map(|entry| format!("\n  {entry}")).unwrap_or_default()
    )
}

fn described(entry: &Entry) -> String {
    let case = entry.case.map(|case| format!(", case {case}")).unwrap_or_default();
    format!(
        "what stands there now: {} by {} at {} (unix seconds){case}, id {}",
        entry.act, entry.actor, entry.time, entry.id
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::verify::{Defect, Finding, Summary};

    #[test]
    fn the_summary_says_what_was_not_verified_too() {
        let mut verified = Verified {
            summary: Summary {
                entries: 12,
                signed: 12,
                witnessed: 12,
                unseals: 1,
            },
            checkpoints: 3,
            waiting: 0,
            restored: Vec::new(),
            lost_unseals: 0,
        };
        let text = summary(&verified);
        assert!(text.contains("12 entries, 3 checkpoints") && text.ends_with("all good."));
        (verified.waiting, verified.summary.witnessed) = (2, 10);
        let text = summary(&verified);
        assert!(text.contains("2 entries have no place") && text.contains("2 entries wait for the witness"));
    }

    #[test]
    fn a_finding_names_its_entry_and_what_to_do() {
        let finding = Finding {
            index: 7,
            defect: Defect::Edited,
        };
        let text = advice(&VerificationError::Entry(finding, None));
        assert!(text.starts_with("entry 7: ") && text.contains("tell the auditors"));
    }
}
