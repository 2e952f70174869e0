//! `sigilo restore`: a backup becomes an installation again; and what the authority has to say where the witness has seen
//! more than the backup holds.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::audit::restore::{RestoreStatement, TreeHead};
use crate::cli::{CommandError, ConfigArgument, audit, open};
use crate::config::Config;
use crate::dialogue::Profile;
use crate::domain::clock::{Clock as _, SystemClock};
use crate::domain::day::Day;
use crate::keyfile;
use crate::service::audit::verification::{self, Pins, VerificationError};
use crate::service::operations::archive::{Head, Manifest};
use crate::service::operations::restoring;
use crate::store::{Db, Schema};
use crate::vault::agefile::Identity;
use crate::witness::core::Core;
use crate::witness::in_process::InProcess;
use crate::witness::journal::{self, Event, Line};
use crate::witness::setup::{self, OpenError, WitnessSnapshot};

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("step").required(true).args(["from", "signed"]))]
pub(crate) struct Restore {
    #[command(flatten)]
    config: ConfigArgument,
    /// The backup; database and file store of the configuration must be new
    #[arg(long, value_name = "FILE", requires = "identity")]
    from: Option<PathBuf>,
    /// The identity that opens it, as `sigilo keys backup` or age-keygen made it
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// The witness's folder is lost for good: begin another, which has forgotten what the first one saw
    #[arg(long)]
    new_witness: bool,
    /// Where to write what the authority must sign, if anything was lost
    #[arg(long, value_name = "FILE", default_value = "restore.proposed")]
    proposed: PathBuf,
    /// Go on with what the authority has signed
    #[arg(long, value_name = "FILE", conflicts_with_all = ["identity", "new_witness"])]
    signed: Option<PathBuf>,
}

pub(crate) async fn run(arguments: &Restore) -> Result<(), CommandError> {
    let config = Config::read(&arguments.config.config)?;
    match (&arguments.from, &arguments.identity, &arguments.signed) {
        (Some(from), Some(identity), _) => Box::pin(load(arguments, &config, from, identity)).await,
        (_, _, Some(signed)) => Box::pin(go_on(&config, signed)).await,
        _ => Err("give --from and --identity, or --signed".into()),
    }
}

async fn load(arguments: &Restore, config: &Config, from: &Path, identity: &Path) -> Result<(), CommandError> {
    let keys = keyfile::server_keys(&config.keys)?;
    let pins = Pins::of(&keys);
    let seen = witness(config, arguments.new_witness)?;
    let profile = Profile::load(&config.profile)?;
    let zone = jiff::tz::TimeZone::get(&profile.time_zone)?;
    let text = fs::read_to_string(identity).map_err(|error| format!("{}: {error}", identity.display()))?;
    let identity = Identity::from_key_file(&Zeroizing::new(text))
        .map_err(|_| format!("{}: there is no AGE-SECRET-KEY-1… in it", identity.display()))?;
    let file = File::open(from).map_err(|error| format!("{}: {error}", from.display()))?;
    let opened = identity
        .opening(BufReader::with_capacity(1 << 20, file))
        .map_err(|_| format!("{}: does not open with this identity, or is no backup", from.display()))?;
    let files = open::files(&config.files, &keys)?;
    let today = Day::at(SystemClock.now(), &zone);
    let (head, manifest) = restoring::load(opened, keys.instance, &config.database, &files, today).await?;
    println!("{}", loaded(&head, &manifest));
    let db = Db::open_with(&config.database, Schema::Check).await?;
    let mut tx = db.read().await?;
    let alone = verification::verify_alone(&mut tx, &pins).await;
    drop(tx);
    if let Err(VerificationError::Service(error)) = alone {
        return Err(error.into());
    }
    if let Err(bad) = alone {
        return Err(format!(
            "the log in this backup is not what was signed for: {bad}\nIt was like that when the backup was made. Keep it \
             as it is, tell the auditors, and try an older one in another database"
        )
        .into());
    }
    db.close().await;
    settle(arguments, config, seen, head.log).await
}

fn loaded(head: &Head, manifest: &Manifest) -> String {
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

/// What the witness remembers; None where its files are lost and a new one shall begin.
fn witness(config: &Config, anew: bool) -> Result<Option<WitnessSnapshot>, CommandError> {
    match (setup::inspect(&config.witness.folder), anew) {
        (Ok(_), true) => Err("the witness's folder is there: --new-witness is for one that is lost for good".into()),
        (Ok(seen), false) => Ok(Some(seen)),
        (Err(OpenError::Missing(_)), true) => Ok(None),
        (Err(OpenError::Missing(path)), false) => Err(format!(
            "{} is missing. Bring the witness's folder back, which remembers what was opened and how far the log had come. \
             If it is lost for good: --new-witness",
            path.display()
        )
        .into()),
        (Err(error), _) => Err(error.into()),
    }
}

/// Whether the witness has seen more than is there now, and what to do.
async fn settle(
    arguments: &Restore,
    config: &Config,
    seen: Option<WitnessSnapshot>,
    log: TreeHead,
) -> Result<(), CommandError> {
    let lines = seen.as_ref().map(|seen| journal::read(&seen.lines)).transpose()?;
    let tree = match &seen {
        Some(seen) if seen.size <= log.size => {
            println!("{}", verified(config).await?);
            println!(
                "The witness has seen nothing that is not here. Reports that were acknowledged within the last minute before \
                 the loss may still be missing."
            );
            println!("Next: sigilo doctor, then sigilo serve.");
            return Ok(());
        }
        Some(seen) => Some(TreeHead {
            size: seen.size,
            root: tlog_tiles::Hash(*seen.root.as_bytes()),
        }),
        None => None,
    };
    let origin = lines.as_deref().map_or(0, last_origin);
    let app = open::beside(config).await?;
    let proposal = app.operations.propose_restore(tree, origin).await?;
    app.db.close().await;
    fs::write(&arguments.proposed, proposal.text())?;
    match proposal.lost_entries() {
        Some(lost) => println!(
            "\nThe witness has seen {lost} entries of the log that are not here: entries {} to {}.",
            proposal.kept.size,
            proposal.kept.size + lost - 1
        ),
        None => println!("\nWhat the lost witness had seen is not known."),
    }
    println!(
        "REPORTS THAT WERE ACKNOWLEDGED AFTER THE BACKUP ARE LOST, and so are messages, files and decisions. Their reporters \
         hold receipts that open nothing now: tell the public from when to when, and ask them to report again."
    );
    println!("Nothing is served before the authority has stated this loss, on its own machine:");
    let proposed = arguments.proposed.display();
    println!("  sigilo authority sign {proposed} restore.signed");
    println!("and then here:");
    println!("  sigilo restore --signed restore.signed");
    Ok(())
}

/// The origin of the last restore that a journal tells of.
fn last_origin(lines: &[Line]) -> u64 {
    let origins = lines.iter().filter_map(|line| match &line.event {
        Event::Restored(restored) => {
            RestoreStatement::read_unverified(&restored.note.0).map(|restored| restored.origin)
        }
        _ => None,
    });
    origins.max().unwrap_or(0)
}

async fn verified(config: &Config) -> Result<String, CommandError> {
    let db = Db::open_with(&config.database, Schema::Check).await?;
    let outcome = audit::verified(config, &db).await?;
    db.close().await;
    match outcome {
        Ok(verified) => Ok(audit::summary(&verified)),
        Err(bad) => Err(audit::advice(&bad).into()),
    }
}

/// The witness takes the authority's statement, then the log.
async fn go_on(config: &Config, signed: &Path) -> Result<(), CommandError> {
    let note = fs::read(signed).map_err(|error| format!("{}: {error}", signed.display()))?;
    let keys = keyfile::server_keys(&config.keys)?;
    let restored = RestoreStatement::verify(&note, keys.instance, keys.authority.as_bytes()).map_err(|_| {
        format!(
            "{}: the authority did not sign this, or it is something else",
            signed.display()
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
    core.accept_restore(&note)
        .map_err(|refusal| format!("the witness: {refusal}"))?;
    let rosters = rosters_of(&core)?;
    let app = open::app_with(config, Arc::new(InProcess::new(core)), clock).await?;
    app.rosters.load().await?;
    app.operations.open_origin(&note).await?;
    // What the authority signed after the backup was made is in the witness's journal.
    for roster in rosters {
        if app.rosters.current().map_or(0, |roster| roster.version()) < roster.version {
            app.rosters.republish(&roster.note.0).await?;
            println!(
                "Roster {} was published again, as the witness knows it.",
                roster.version
            );
        }
    }
    app.log.sequence().await?;
    app.log.cosign().await?;
    app.db.close().await;
    drop(app);
    println!("{}", audit::lost(&restored));
    println!("{}", verified(config).await?);
    println!("Members who were added after the backup have no account now: add them again, then propose a roster.");
    println!("Next: sigilo doctor, then sigilo serve.");
    Ok(())
}

/// The rosters that a witness has accepted, in order.
fn rosters_of(core: &Core) -> Result<Vec<journal::Roster>, CommandError> {
    let lines = core.journal().map_err(|refusal| format!("the witness: {refusal}"))?;
    let lines = journal::read(&lines)?;
    let rosters = lines.into_iter().filter_map(|line| match line.event {
        Event::Roster(roster) => Some(roster),
        _ => None,
    });
    Ok(rosters.collect())
}

/// The newest roster's note in the database.
async fn newest_roster(config: &Config) -> Result<Option<Vec<u8>>, CommandError> {
    let app = open::beside(config).await?;
    let note = app.rosters.current().ok().map(|roster| roster.note().to_vec());
    app.db.close().await;
    Ok(note)
}
