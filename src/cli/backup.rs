//! `sigilo backup`: writes a sealed copy of everything that lasts, also while the server runs.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::cli::arguments::ConfigArgument;
use crate::cli::error::{CommandError, cannot_write, describe};
use crate::cli::open;
use crate::cli::terminal::print_line;
use crate::config::Config;
use crate::domain::clock::{Clock as _, SystemClock, UnixSeconds};
use crate::service::operations::archive::{Head, Manifest};
use crate::vault::agefile::Recipient;

/// The name of our own backups in a folder: `sigilo-20261124-150000.age`, in UTC.
const NAME: &str = "sigilo-%Y%m%d-%H%M%S.age";
/// The name of a backup until it is complete.
const UNFINISHED: &str = ".sigilo-unfinished-";
const DAY: i64 = 86_400;

#[derive(clap::Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    config: ConfigArgument,
    /// A new file, or a folder, in which the backup is named after its time
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The recipient who can restore it, as `age1…`; `sigilo keys backup` makes one, on another machine
    #[arg(long, value_name = "AGE")]
    recipient: String,
    /// Delete older backups in that folder, once the new one is safe; other files stay
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep_days: Option<u32>,
}

pub(crate) async fn run(arguments: &Backup) -> Result<(), CommandError> {
    let recipient = arguments.recipient.parse::<Recipient>();
    let recipient = recipient.map_err(|_| {
        CommandError::new(
            format!("--recipient {}: this is no recipient", arguments.recipient),
            "write it as age1…, as `sigilo keys backup` prints it",
        )
    })?;
    let now = SystemClock.now();
    let is_folder = arguments.to.is_dir();
    if arguments.keep_days.is_some() && !is_folder {
        return Err(CommandError::new(
            format!("--to {}: there is no such folder", arguments.to.display()),
            "make it, or leave --keep-days out: old backups are deleted in a folder only",
        ));
    }
    let target = if is_folder {
        arguments.to.join(name_at(now)?)
    } else {
        arguments.to.clone()
    };
    if target.exists() {
        return Err(cannot_write(&target, &io::ErrorKind::AlreadyExists.into()));
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let app = open::open_alongside_server(&Config::read(&arguments.config.config)?).await?;
    // For its owner only, and under another name until it is complete.
    let file = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(folder)
        .map_err(|error| folder_error(folder, &error))?;
    let failed = |error: io::Error| cannot_write(&target, &error);
    let sealing = recipient
        .sealing(BufWriter::with_capacity(1 << 20, file))
        .map_err(failed)?;
    let backed_up = app.operations.back_up(&recipient, sealing).await;
    let (head, manifest, sealing) = backed_up.map_err(|error| {
        CommandError::new(
            format!("{}: no backup was made: {}", target.display(), describe(&error)),
            "check the disk of --to, and with `sigilo doctor` the installation; then run it again",
        )
    })?;
    let mut written = sealing.finish().map_err(failed)?;
    Write::flush(&mut written).map_err(failed)?;
    let file = written.into_inner().map_err(|error| failed(error.into_error()))?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist_noclobber(&target).map_err(|error| failed(error.error))?;
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed)?;
    app.db().close().await;
    print_line!("{}", summarize(&target, &head, &manifest));
    if let Some(days) = arguments.keep_days {
        delete_old(folder, now, i64::from(days) * DAY).map_err(|error| {
            folder_error(folder, &error)
                .with_next_step("the new backup is safe; delete old ones by hand, or mend this and run it again")
        })?;
    }
    Ok(())
}

fn summarize(target: &Path, head: &Head, manifest: &Manifest) -> String {
    let mut text = format!(
        "{}: {} cases, {} rows in all, {} files of {} bytes, the log up to entry {}.\n\
         It holds no key: keep keys.toml and witness.toml apart from it.",
        target.display(),
        manifest.rows_of("cases"),
        manifest.rows(),
        manifest.files,
        manifest.bytes,
        head.log.size
    );
    if !manifest.missing.is_empty() {
        let _ = write!(
            text,
            "\n{} files were not there any more: their cases were erased meanwhile, or the file store has lost them \
             (sigilo doctor).",
            manifest.missing.len()
        );
    }
    text
}

fn name_at(now: UnixSeconds) -> Result<String, CommandError> {
    let time = Timestamp::from_second(now).map_err(|error| {
        CommandError::new(
            format!("this machine's clock: {error}"),
            "set the clock, and run it again",
        )
    })?;
    Ok(time.to_zoned_datetime(TimeZone::UTC).strftime(NAME).to_string())
}

fn folder_error(folder: &Path, error: &io::Error) -> CommandError {
    match error.kind() {
        io::ErrorKind::NotFound => CommandError::new(
            format!("{}: there is no such folder", folder.display()),
            "make it, or name another place with --to",
        ),
        _ => cannot_write(folder, error),
    }
}

/// Returns the time at which a backup with a name of our own was made.
fn made_at(name: &str) -> Option<UnixSeconds> {
    let time = DateTime::strptime(NAME, name).ok()?;
    Some(TimeZone::UTC.to_timestamp(time).ok()?.as_second())
}

/// Deletes our backups that are older than `keep` seconds, and unfinished ones that a crash left a day ago.
fn delete_old(folder: &Path, now: UnixSeconds, keep: i64) -> io::Result<()> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name();
        let Some(name) = name.to_str() else { continue };
        let is_old = made_at(name).is_some_and(|made| now - made > keep);
        let is_left = name.starts_with(UNFINISHED) && now - modified(&file.metadata()?)? > DAY;
        if is_old || is_left {
            fs::remove_file(file.path())?;
            print_line!("Deleted {}.", file.path().display());
        }
    }
    Ok(())
}

/// Returns the time of the last change in unix seconds.
fn modified(about: &fs::Metadata) -> io::Result<UnixSeconds> {
    let since = about.modified()?.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since.map_err(io::Error::other)?.as_secs();
    i64::try_from(seconds).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_backups_with_names_of_our_own_are_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let now = 1_795_532_400;
        let name = name_at(now).unwrap();
        assert_eq!(
            (name.as_str(), made_at(&name)),
            ("sigilo-20261124-150000.age", Some(now))
        );
        let (old, new) = (name_at(now - 8 * DAY).unwrap(), name_at(now - 6 * DAY).unwrap());
        let others = ["sigilo-2026.age", "sigilo-20200101-000000.age.copy", "keys.toml"];
        for name in [old.as_str(), &new].into_iter().chain(others) {
            fs::write(folder.path().join(name), "").unwrap();
        }
        delete_old(folder.path(), now, 7 * DAY).unwrap();
        assert!(!folder.path().join(old).exists());
        for name in [new.as_str()].into_iter().chain(others) {
            assert!(folder.path().join(name).exists(), "{name}");
        }
    }
}
