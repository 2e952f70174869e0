//! `sigilo restore`: makes an installation from a backup. If the witness has seen more than the backup holds, the
//! authority must sign a statement of the loss first.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::audit::restore::{RestoreStatement, TreeHead};
use crate::cli::arguments::ConfigArgument;
use crate::cli::audit;
use crate::cli::error::{CommandError, cannot_read, database_error, restore_error, write_file};
use crate::cli::open::{self, Storage};
use crate::cli::terminal::print_line;
use crate::config::Config;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::day::Day;
use crate::keyfile;
use crate::service::audit::verification::{self, Pins, VerificationError};
use crate::service::operations::archive::{Head, Manifest};
use crate::service::operations::restoring;
use crate::store::Schema;
use crate::vault::agefile::Identity;
use crate::witness::JournalReader;
use crate::witness::core::Core;
use crate::witness::in_process::InProcess;
use crate::witness::journal::{self, Event, Line};
use crate::witness::setup::{self, OpenError, WitnessSnapshot};

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("step").required(true).args(["from", "signed"]))]
pub(crate) struct Restore {
    #[command(flatten)]
    config: ConfigArgument,
    /// The backup; the configured database and file store must be new
    #[arg(long, value_name = "FILE", requires = "identity")]
    from: Option<PathBuf>,
    /// The identity that opens it, as `sigilo keys backup` or age-keygen made it
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Begin a new witness, because the folder of the old one is lost for good
    #[arg(long)]
    new_witness: bool,
    /// The file for the statement that the authority must sign, if entries were lost
    #[arg(long, value_name = "FILE", default_value = "restore.proposed")]
    proposed: PathBuf,
    /// Continue with the statement that the authority has signed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["identity", "new_witness"])]
    signed: Option<PathBuf>,
}

pub(crate) async fn run(arguments: &Restore) -> Result<(), CommandError> {
    let config = Config::read(&arguments.config.config)?;
    match (&arguments.from, &arguments.identity, &arguments.signed) {
        (Some(from), Some(identity), _) => Box::pin(load_backup(arguments, &config, from, identity)).await,
        (_, _, Some(signed)) => Box::pin(continue_signed(&config, signed)).await,
        _ => Err(CommandError::new(
            "there is nothing to restore",
            "give --from and --identity, or --signed",
        )),
    }
}

async fn load_backup(arguments: &Restore, config: &Config, from: &Path, identity: &Path) -> Result<(), CommandError> {
    let keys = keyfile::server_keys(&config.keys)?;
    let pins = Pins::of(&keys);
    let seen = read_witness(config, arguments.new_witness)?;
    let profile = open::load_profile(config)?;
    let zone = jiff::tz::TimeZone::get(&profile.time_zone).map_err(|error| {
        CommandError::new(
            format!(
                "{}: time_zone = \"{}\": {error}",
                config.profile.display(),
                profile.time_zone
            ),
            "correct the profile, such as time_zone = \"America/Guayaquil\"; the package tzdata has the zones",
        )
    })?;
    let text = fs::read_to_string(identity).map_err(|error| {
        cannot_read(
            identity,
            &error,
            "bring the file that `sigilo keys backup` made, and name it with --identity",
        )
    })?;
    let key = Identity::from_key_file(&Zeroizing::new(text)).map_err(|_| {
        CommandError::new(
            format!("{}: there is no AGE-SECRET-KEY-1… in it", identity.display()),
            "name with --identity the file that `sigilo keys backup` made",
        )
    })?;
    let file = File::open(from)
        .map_err(|error| cannot_read(from, &error, "name a backup with --from, as `sigilo backup` made it"))?;
    let opened = key.opening(BufReader::with_capacity(1 << 20, file)).map_err(|_| {
        CommandError::new(
            format!(
                "{}: does not open with {}, or is no backup",
                from.display(),
                identity.display()
            ),
            "take the identity whose recipient was given to `sigilo backup`",
        )
    })?;
    let files = open::open_file_store(&config.files, &keys, Storage::Create)?;
    let today = Day::at(SystemClock.now(), &zone);
    let restored = restoring::load(opened, keys.instance, &config.database, &files, today).await;
    let (head, manifest) = restored.map_err(|error| restore_error(&config.database, error))?;
    print_line!("{}", summarize(&head, &manifest));
    let db = open::open_database(&config.database, Schema::Check).await?;
    let db = db.with_row_key(keys.row_key());
    let mut tx = db
        .read()
        .await
        .map_err(|error| database_error(&config.database, &error))?;
    let alone = verification::verify_alone(&mut tx, &pins).await;
    drop(tx);
    if let Err(VerificationError::Service(error)) = alone {
        return Err(error.into());
    }
    if let Err(bad) = alone {
        return Err(CommandError::new(
            format!(
                "{}: the log in this backup is not what was signed for: {bad}. It was like that when the backup was made",
                from.display()
            ),
            "keep it as it is, tell the auditors, and try an older one in another database",
        ));
    }
    db.close().await;
    Box::pin(compare_with_witness(arguments, config, seen, head.log)).await
}

fn summarize(head: &Head, manifest: &Manifest) -> String {
    let made = jiff::Timestamp::from_second(head.made_at).map(|time| time.to_string());
    let mut text = format!(
        "Restored what was there at {} (version {}, schema {}): {} cases, {} rows in all, {} files, the log up to entry \
         {}. Counts and hashes are those of the backup.",
        made.unwrap_or_default(),
        head.program,
        head.schema,
        manifest.rows_of("cases"),
        manifest.rows(),
        manifest.files,
        head.log.size,
    );
    if !manifest.missing.is_empty() {
        let _ = write!(text, "\n{} files were missing already then.", manifest.missing.len());
    }
    text
}

/// Reads what the witness remembers; None if its files are lost and a new witness shall begin.
fn read_witness(config: &Config, anew: bool) -> Result<Option<WitnessSnapshot>, CommandError> {
    match (setup::inspect(&config.witness.folder), anew) {
        (Ok(_), true) => Err(CommandError::new(
            format!("{}: the witness's folder is there", config.witness.folder.display()),
            "leave --new-witness out: it is for a folder that is lost for good",
        )),
        (Ok(seen), false) => Ok(Some(seen)),
        (Err(OpenError::Missing(_)), true) => Ok(None),
        (Err(OpenError::Missing(path)), false) => Err(CommandError::new(
            format!("{}: the witness's file is missing", path.display()),
            "bring the witness's folder back, which remembers what was opened and how far the log had come. If it is lost \
             for good: --new-witness",
        )),
        (Err(error), _) => Err(error.into()),
    }
}

/// Compares what the witness has seen with the restored log, and says what to do.
async fn compare_with_witness(
    arguments: &Restore,
    config: &Config,
    seen: Option<WitnessSnapshot>,
    log: TreeHead,
) -> Result<(), CommandError> {
    let lines = seen.as_ref().map(|seen| journal::read(&seen.lines)).transpose();
    let lines = lines.map_err(|error| journal_error(config, &error))?;
    let tree = match &seen {
        Some(seen) if seen.size <= log.size => {
            print_line!("{}", verify(config).await?);
            print_line!(
                "The witness has seen nothing that is not here. Reports that were acknowledged within the last minute before \
                 the loss may still be missing."
            );
            print_line!("Next: sigilo doctor, then sigilo serve.");
            return Ok(());
        }
        Some(seen) => Some(TreeHead {
            size: seen.size,
            root: tlog_tiles::Hash(*seen.root.as_bytes()),
        }),
        None => None,
    };
    let origin = lines.as_deref().map_or(0, last_origin);
    let app = open::open_alongside_server(config).await?;
    let proposal = app.operations.propose_restore(tree, origin).await?;
    app.db().close().await;
    write_file(&arguments.proposed, proposal.text().as_ref())?;
    match proposal.lost_entries() {
        Some(lost) => print_line!(
            "\nThe witness has seen {lost} entries of the log that are not here: entries {} to {}.",
            proposal.kept.size,
            proposal.kept.size + lost - 1
        ),
        None => print_line!("\nWhat the lost witness had seen is not known."),
    }
    print_line!(
        "REPORTS THAT WERE ACKNOWLEDGED AFTER THE BACKUP ARE LOST, and so are messages, files and decisions. Their reporters \
         hold receipts that open nothing now: tell the public from when to when, and ask them to report again."
    );
    print_line!("Nothing is served before the authority has stated this loss, on its own machine:");
    let proposed = arguments.proposed.display();
    print_line!("  sigilo authority sign {proposed} restore.signed");
    print_line!("and then here:");
    print_line!("  sigilo restore --signed restore.signed");
    Ok(())
}

/// Returns the origin of the last restore in a journal.
fn last_origin(lines: &[Line]) -> u64 {
    let origins = lines.iter().filter_map(|line| match &line.event {
        Event::Restored(restored) => {
            RestoreStatement::read_unverified(&restored.note.0).map(|restored| restored.origin)
        }
        _ => None,
    });
    origins.max().unwrap_or(0)
}

async fn verify(config: &Config) -> Result<String, CommandError> {
    let db = open::open_database(&config.database, Schema::Check).await?;
    let outcome = audit::verify_with_witness(config, &db).await;
    db.close().await;
    Ok(audit::summarize(&outcome?))
}

/// Hands the authority's signed statement to the witness, then continues the log.
async fn continue_signed(config: &Config, signed: &Path) -> Result<(), CommandError> {
    let note = fs::read(signed).map_err(|error| {
        cannot_read(
            signed,
            &error,
            "`sigilo authority sign` makes it from the proposal of `sigilo restore --from`",
        )
    })?;
    let keys = keyfile::server_keys(&config.keys)?;
    let restored = RestoreStatement::verify(&note, keys.instance, keys.authority.as_bytes()).map_err(|_| {
        CommandError::new(
            format!(
                "{}: the authority did not sign this, or it is something else",
                signed.display()
            ),
            "name the file that `sigilo authority sign` wrote for this installation",
        )
    })?;
    let witness = keyfile::witness_keys(&config.witness.keys)?;
    let clock = Arc::new(SystemClock);
    let (folder, core_keys) = (&config.witness.folder, open::core_keys(&witness));
    let is_there = setup::inspect(folder).is_ok();
    let core = match (is_there, restored.seen) {
        (false, None) => {
            let roster = newest_roster(config).await?;
            Core::init_restored(folder, core_keys, roster.as_deref(), &note, clock.clone())?
        }
        _ => Core::open(folder, core_keys, clock.clone())?,
    };
    core.accept_restore(&note).map_err(|refusal| {
        CommandError::new(
            format!("{}: the witness refuses it: {refusal}", signed.display()),
            "sign the proposal that the last `sigilo restore --from` wrote; an older one counts no more",
        )
    })?;
    let rosters = rosters_of(config, &core)?;
    let witness_in_process = Arc::new(InProcess::new(core));
    let app = open::assemble_app(config, &witness, witness_in_process, clock, Storage::Existing).await?;
    app.rosters.load().await?;
    app.operations.open_origin(&note).await?;
    // The witness's journal has the rosters that were signed after the backup.
    for roster in rosters {
        if app.rosters.current().map_or(0, |roster| roster.version()) < roster.version {
            app.rosters.republish(&roster.note.0).await?;
            print_line!(
                "Roster {} was published again, as the witness knows it.",
                roster.version
            );
        }
    }
    app.log.sequence().await?;
    app.log.cosign().await?;
    app.db().close().await;
    drop(app);
    print_line!("{}", audit::describe_loss(&restored));
    print_line!("{}", verify(config).await?);
    print_line!("Members who were added after the backup have no account now: add them again, then propose a roster.");
    print_line!("Next: sigilo doctor, then sigilo serve.");
    Ok(())
}

/// Returns the rosters that a witness has accepted, in order.
fn rosters_of(config: &Config, core: &Core) -> Result<Vec<journal::Roster>, CommandError> {
    let lines = core
        .journal(JournalReader::Server)
        .map_err(|refusal| journal_error(config, &refusal))?;
    let lines = journal::read(&lines).map_err(|error| journal_error(config, &error))?;
    let rosters = lines.into_iter().filter_map(|line| match line.event {
        Event::Roster(roster) => Some(roster),
        _ => None,
    });
    Ok(rosters.collect())
}

/// Returns the newest roster's note in the database.
async fn newest_roster(config: &Config) -> Result<Option<Vec<u8>>, CommandError> {
    let app = open::open_alongside_server(config).await?;
    let note = app.rosters.current().ok().map(|roster| roster.note().to_vec());
    app.db().close().await;
    Ok(note)
}

/// The error of a witness's journal that cannot be read.
fn journal_error(config: &Config, error: &dyn std::fmt::Display) -> CommandError {
    CommandError::new(
        format!("{}: the witness's journal: {error}", config.witness.folder.display()),
        "bring the witness's folder back from its copy, as it was",
    )
}
