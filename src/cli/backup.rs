//! `sigilo backup`: a sealed copy of everything that lasts, also while the server runs.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::cli::{CommandError, ConfigArgument, open};
use crate::config::Config;
use crate::domain::clock::{Clock as _, SystemClock, UnixSeconds};
use crate::service::operations::archive::{Head, Manifest};
use crate::vault::agefile::Recipient;

/// How our own backups in a folder are called: `sigilo-20261124-150000.age`, in UTC.
const NAME: &str = "sigilo-%Y%m%d-%H%M%S.age";
/// What a backup is called until it is whole.
const UNFINISHED: &str = ".sigilo-unfinished-";
const DAY: i64 = 86_400;

#[derive(clap::Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    config: ConfigArgument,
    /// Where to write it: a new file, or a folder, in which it gets a name that says when it was made
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Whoever may restore it, as `age1…`; the identity that opens it belongs on another machine (`sigilo keys backup`)
    #[arg(long, value_name = "AGE")]
    recipient: String,
    /// Delete backups in that folder that are older, once the new one is safe; only those with names of our own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep_days: Option<u32>,
}

pub(crate) async fn run(arguments: &Backup) -> Result<(), CommandError> {
    let recipient = arguments.recipient.parse::<Recipient>();
    let recipient = recipient.map_err(|_| "--recipient: expected age1…, as `sigilo keys backup` prints it")?;
    let now = SystemClock.now();
    let is_folder = arguments.to.is_dir();
    if arguments.keep_days.is_some() && !is_folder {
        return Err("--keep-days needs a folder that is there as --to".into());
    }
    let target = if is_folder {
        arguments.to.join(name_at(now)?)
    } else {
        arguments.to.clone()
    };
    if target.exists() {
        return Err(format!("{} exists: a backup overwrites nothing", target.display()).into());
    }
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let app = open::beside(&Config::read(&arguments.config.config)?).await?;
    // For its owner only, and under another name until it is whole.
    let file = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let sealing = recipient.sealing(BufWriter::with_capacity(1 << 20, file))?;
    let (head, manifest, sealing) = app.operations.back_up(&recipient, sealing).await?;
    let mut written = sealing.finish()?;
    Write::flush(&mut written)?;
    let file = written.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(&target)
        .map_err(|error| format!("{}: {}", target.display(), error.error))?;
    File::open(folder)?.sync_all()?;
    app.db.close().await;
    println!("{}", told(&target, &head, &manifest));
    if let Some(days) = arguments.keep_days {
        tidy(folder, now, i64::from(days) * DAY)?;
    }
    Ok(())
}

fn told(target: &Path, head: &Head, manifest: &Manifest) -> String {
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
    let time = Timestamp::from_second(now)?.to_zoned_datetime(TimeZone::UTC);
    Ok(time.strftime(NAME).to_string())
}

/// When a backup with a name of our own was made.
fn made_at(name: &str) -> Option<UnixSeconds> {
    let time = DateTime::strptime(NAME, name).ok()?;
    Some(TimeZone::UTC.to_timestamp(time).ok()?.as_second())
}

/// Deletes our backups that are older than `keep` seconds, and what a crash left unfinished a day ago.
fn tidy(folder: &Path, now: UnixSeconds, keep: i64) -> Result<(), CommandError> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        let name = file.file_name();
        let Some(name) = name.to_str() else { continue };
        let is_old = made_at(name).is_some_and(|made| now - made > keep);
        let is_left = name.starts_with(UNFINISHED) && now - modified(&file.metadata()?)? > DAY;
        if is_old || is_left {
            fs::remove_file(file.path())?;
            println!("Deleted {}.", file.path().display());
        }
    }
    Ok(())
}

/// Unix seconds of the last change.
fn modified(about: &fs::Metadata) -> Result<UnixSeconds, CommandError> {
    let since = about.modified()?.duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(i64::try_from(since.as_secs())?)
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
        tidy(folder.path(), now, 7 * DAY).unwrap();
        assert!(!folder.path().join(old).exists());
        for name in [new.as_str()].into_iter().chain(others) {
            assert!(folder.path().join(name).exists(), "{name}");
        }
    }
}
