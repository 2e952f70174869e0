//! The commands of `sigilo audit`. They only read, also while the server runs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::audit::summary::{summarize, verify_with_witness};
use crate::cli::audit::transparency;
use crate::cli::error::{CommandError, describe};
use crate::cli::open;
use crate::cli::terminal::print_line;
use crate::config::Config;
use crate::keyfile;
use crate::service::audit::transparency::export::{ExportError, export};
use crate::service::audit::transparency::{Known, Named};
use crate::store::Schema;
use crate::vault::signing::VerifyKey;

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// Verify every entry, checkpoint and signature, and compare with what the witness knows. With --export or --proof:
    /// verify only that, without configuration, database or key file
    Verify {
        /// A folder or .zip file that `sigilo audit export` wrote
        #[arg(long, value_name = "PATH", conflicts_with = "proof")]
        export: Option<PathBuf>,
        /// The proof of one entry, downloaded from the entry's page
        #[arg(long, value_name = "FILE")]
        proof: Option<PathBuf>,
        #[command(flatten)]
        keys: KnownKeys,
    },
    /// Export the whole log for third parties, and print the keys with which they verify it
    Export {
        /// A new or empty folder, or a new file that ends in .zip
        #[arg(long, value_name = "PATH")]
        to: PathBuf,
    },
}

/// Keys in base64, as the institution publishes them; not taken from the file that is verified.
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
        } => transparency::verify_proof_file(file, &keys.known()),
        Audit::Verify {
            export: Some(path),
            keys,
            ..
        } => transparency::verify_export_at(path, &keys.known()),
        Audit::Verify { keys, .. } if !keys.is_empty() => Err(CommandError::new(
            "--authority-key, --log-key and --witness-key belong to --export or --proof",
            "leave them out: without --export or --proof the key file has the keys",
        )),
        Audit::Verify { .. } => verify_database(config).await,
        Audit::Export { to } => export_log(config, to).await,
    }
}

async fn verify_database(config: &Path) -> Result<ExitCode, CommandError> {
    let config = Config::read(config)?;
    let db = open::open_database(&config.database, Schema::Check).await?;
    let outcome = verify_with_witness(&config, &db).await;
    db.close().await;
    print_line!("{}", summarize(&outcome?));
    Ok(ExitCode::SUCCESS)
}

async fn export_log(config: &Path, to: &Path) -> Result<ExitCode, CommandError> {
    let config = Config::read(config)?;
    let keys = keyfile::server_keys(&config.keys)?;
    let named = Named {
        instance: keys.instance,
        authority: keys.authority,
        log: keys.log.signing_key().verify_key(),
        witness: keys.witness,
    };
    let db = open::open_database(&config.database, Schema::Check).await?;
    let exported = export(&db, &named, to).await.map_err(|error| {
        let step = match error {
            ExportError::Io { .. } | ExportError::Exists(_) => {
                "name with --to a new or empty folder, or a new file that ends in .zip"
            }
            ExportError::NoCheckpoint => "start the service, and run it again a minute later",
            _ => "run `sigilo audit verify`, which names what is wrong",
        };
        CommandError::new(
            format!("--to {}: not exported: {}", to.display(), describe(&error)),
            step,
        )
    })?;
    db.close().await;
    print_line!("{} entries: {}", exported.entries, to.display());
    if exported.later > 0 {
        print_line!(
            "{} newer entries have no countersigned checkpoint yet and are not in it.",
            exported.later
        );
    }
    print_line!("Give the keys out by another way than the export:");
    for line in transparency::describe_keys(&named) {
        print_line!("  {line}");
    }
    Ok(ExitCode::SUCCESS)
}
