//! Errors of the command line. Each says what happened to which thing, and what to do next.
//!
//! No conversion from `io::Error` or another error without a context exists, so that `?` cannot lose the name of a file
//! or key: call a function of this module, or a `From` of an error that names its subject itself.

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::{fmt, fs, io};

use crate::channels::email::SetUpError;
use crate::config::ConfigError;
use crate::dialogue::ProfileError;
use crate::http::tls::TlsError;
use crate::keyfile::KeyFileError;
use crate::service;
use crate::service::operations::restoring::RestoreError;
use crate::store;
use crate::store::blobs::BlobError;
use crate::witness::setup::OpenError;

/// An error for a person at a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandError {
    /// The problem, beginning with the file, key or argument.
    problem: String,
    next_step: String,
}

impl CommandError {
    pub(crate) fn new(problem: impl Into<String>, next_step: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            next_step: next_step.into(),
        }
    }

    /// A text that says the next step itself, in the reader's language.
    pub(crate) fn localized(text: String) -> Self {
        Self {
            problem: text,
            next_step: String::new(),
        }
    }

    /// The same error, with another next step.
    pub(crate) fn with_next_step(mut self, step: impl Into<String>) -> Self {
        self.next_step = step.into();
        self
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = self.problem.trim_end_matches('.');
        if self.next_step.is_empty() {
            return f.write_str(problem);
        }
        write!(f, "{problem}\n  next: {}", self.next_step)
    }
}

impl Error for CommandError {}

/// Describes an error with its causes on one line. Many errors repeat their cause; that is left out.
pub(crate) fn describe(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let because = error.to_string();
        if !text.contains(&because) {
            text = format!("{text}: {because}");
        }
        cause = error.source();
    }
    text
}

/// A file or folder that could not be read. `if_missing` is the next step if it is not there.
pub(crate) fn cannot_read(path: &Path, error: &io::Error, if_missing: &str) -> CommandError {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => CommandError::new(format!("{path}: there is no such file"), if_missing),
        _ => CommandError::new(format!("{path}: cannot be read: {error}"), next_step_for(error)),
    }
}

/// A file or folder that could not be written.
pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> CommandError {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => CommandError::new(
            format!("{path}: its folder does not exist"),
            "make the folder, or name another place",
        ),
        io::ErrorKind::AlreadyExists => CommandError::new(
            format!("{path}: exists already, and nothing is overwritten"),
            "name another place, or move this file away",
        ),
        _ => CommandError::new(format!("{path}: cannot be written: {error}"), next_step_for(error)),
    }
}

/// Writes a whole file; its errors name it.
pub(crate) fn write_file(path: &Path, content: &[u8]) -> Result<(), CommandError> {
    fs::write(path, content).map_err(|error| cannot_write(path, &error))
}

/// The next step after an error of the file system.
fn next_step_for(error: &io::Error) -> &'static str {
    use io::ErrorKind::{
        IsADirectory, NotADirectory, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    match error.kind() {
        PermissionDenied => {
            "run the command as the user to whom the installation belongs (the package's user is `sigilo`), or give that \
             user the rights"
        }
        IsADirectory => "name a file, not a folder",
        NotADirectory => "name a folder, not a file",
        StorageFull | QuotaExceeded => "make room on that disk, and run it again",
        ReadOnlyFilesystem => "name a place on a disk that takes files",
        _ => "check the path and its disk, and run it again",
    }
}

/// The address of a database without a password, as errors show it.
pub(crate) fn without_password(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split_once(':').map_or(user, |(user, _)| user);
            format!("{scheme}://{user}@{host}")
        }
        None => format!("{scheme}://{rest}"),
    }
}

/// A database that could not be opened or used.
pub(crate) fn database_error(address: &str, error: &store::Error) -> CommandError {
    let shown = without_password(address);
    let about = |problem: &str| format!("{shown}: {problem}");
    match error {
        store::Error::Absent => CommandError::new(
            about("there is no database"),
            "check `database` in the configuration; only `sigilo init` and `sigilo restore` make a new one",
        ),
        store::Error::NewerSchema { found, known } => CommandError::new(
            about(&format!("its schema ({found}) is newer than this program's ({known})")),
            "run the newer program, or restore the backup taken before the upgrade",
        ),
        store::Error::OlderSchema { found, known } => CommandError::new(
            about(&format!("its schema ({found}) is older than this program's ({known})")),
            "start the service once, which brings it up to date",
        ),
        store::Error::Address => CommandError::new(
            about("this is no address of a database"),
            "write `sqlite:` and a path, or `postgres://user@host/name`",
        ),
        error if error.is_overload() && !address.starts_with("sqlite:") => CommandError::new(
            about("it does not answer"),
            "check that it runs, and `database` in the configuration (`psql` with the same address tells)",
        ),
        error if address.starts_with("sqlite:") => CommandError::new(
            about(&describe(error)),
            "check that `database` names a database of Sigilo, that this user may write the file and its folder, and that \
             the disk has room",
        ),
        error => CommandError::new(
            about(&describe(error)),
            "check `database` in the configuration, and that its server runs and admits this user (`psql` with the same \
             address tells)",
        ),
    }
}

/// A database that could not be filled from a backup or from another database. It is as empty as before then.
pub(crate) fn restore_error(address: &str, error: RestoreError) -> CommandError {
    let shown = without_password(address);
    match error {
        RestoreError::Store(error) => database_error(address, &error),
        RestoreError::File(error) => error.into(),
        RestoreError::NotEmpty | RestoreError::OtherTables => CommandError::new(
            format!("{shown}: {error}"),
            "name a new, empty database; nothing was changed in this one",
        ),
        RestoreError::OtherInstance { .. } => CommandError::new(
            error.to_string(),
            "name in `keys` the key file that was in use when the backup was made",
        ),
        RestoreError::NewerSchema { .. } => CommandError::new(error.to_string(), "use the newer program"),
        RestoreError::Archive(_) | RestoreError::Differs(_) => CommandError::new(
            format!("{shown}: nothing was kept: {}", describe(&error)),
            "copy the backup once more from where it is kept, or take an older one",
        ),
    }
}

/// An address on which nobody can listen. `key` is the setting or option that names it.
pub(crate) fn bind_error(key: &str, address: SocketAddr, error: &io::Error) -> CommandError {
    let (problem, step) = match error.kind() {
        io::ErrorKind::AddrInUse => (
            "another program has this address".to_owned(),
            "stop that program (`ss -ltnp` shows it), or choose another address",
        ),
        io::ErrorKind::PermissionDenied => (
            "this user may not listen there".to_owned(),
            "choose a port from 1024 on, or run the service by its systemd unit, which may use lower ones",
        ),
        io::ErrorKind::AddrNotAvailable => (
            "this machine has no such address".to_owned(),
            "write an address of this machine (`ip address` shows them)",
        ),
        _ => (format!("cannot listen: {error}"), "choose another address"),
    };
    CommandError::new(format!("{key} = \"{address}\": {problem}"), step)
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Io { path, source } => cannot_read(
                &path,
                &source,
                "go to the folder of the installation, or name the file with --config; docs/CONFIGURATION.md has an example",
            ),
            ConfigError::Malformed { path, message } => Self::new(
                format!("{}: {message}", path.display()),
                "correct that line; docs/CONFIGURATION.md explains each key",
            ),
        }
    }
}

impl From<KeyFileError> for CommandError {
    fn from(error: KeyFileError) -> Self {
        match error {
            KeyFileError::Io { path, source } if source.kind() == io::ErrorKind::AlreadyExists => {
                cannot_write(&path, &source)
            }
            KeyFileError::Io { path, source } => cannot_read(
                &path,
                &source,
                "check the path, or bring the file back from its copy: new keys open nothing that an installation has. Only \
                 a new installation makes them, with `sigilo keys new`",
            ),
            KeyFileError::Permissions { path } => Self::new(
                format!("{}: others may read it", path.display()),
                format!("chmod 600 {}", path.display()),
            ),
            KeyFileError::Malformed { path, message } => Self::new(
                format!("{}: {message}", path.display()),
                "correct that line, or bring the file back from its copy; keys.example explains every key",
            ),
            KeyFileError::Missing { path, table } => Self::new(
                format!("{}: there is no [{table}] table in it", path.display()),
                "name the right one of the three key files; keys.example explains which holds what",
            ),
        }
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> Self {
        const BRING_BACK: &str = "bring the witness's folder back from its copy, as it was; if it is lost for good: \
                                  `sigilo restore --new-witness` (docs/OPERATIONS.md)";
        let text = error.to_string();
        match error {
            OpenError::Io { path, source } => cannot_read(&path, &source, BRING_BACK),
            OpenError::Missing(path) => Self::new(
                format!("{}: the witness's file is missing", path.display()),
                format!("check `witness.folder`; a new installation begins with `sigilo init`. Else {BRING_BACK}"),
            ),
            OpenError::Exists(path) => Self::new(
                format!("{}: this witness has been set up before", path.display()),
                "`sigilo doctor` says how the installation is",
            ),
            OpenError::Locked(path) => Self::new(
                format!(
                    "{}: in use by another `sigilo`, such as the running service",
                    path.display()
                ),
                "stop it first (`systemctl stop sigilo`), and start it again afterwards",
            ),
            OpenError::Corrupt { .. } => Self::new(text, BRING_BACK),
            OpenError::OtherKeys(path) => Self::new(
                format!("{}: written with other keys or for another log", path.display()),
                "check that `witness.keys` and `witness.folder` belong together",
            ),
            OpenError::Roster(_) | OpenError::Restore(_) => Self::new(
                format!("the witness refuses: {text}"),
                "check that the file was signed by this installation's authority, and is the newest",
            ),
        }
    }
}

impl From<service::Error> for CommandError {
    fn from(error: service::Error) -> Self {
        const ASK_DOCTOR: &str = "`sigilo doctor` says what is wrong with the installation";
        use service::Error::{
            Changed, Conflict, Forbidden, Internal, Invalid, NoRoom, NoRoster, NotFound, Overloaded, Store, Unavailable,
        };
        match error {
            Store(error) => Self::new(
                format!("the database: {}", describe(&error)),
                "nothing was changed. Check that the database runs and that its disk has room, and run it again",
            ),
            Overloaded(error) => Self::new(error.to_string(), "nothing was changed. Run it again"),
            Invalid(why) => Self::new(
                why.to_string(),
                "nothing was changed. Correct the arguments; --help explains them",
            ),
            NoRoster => Self::new(error.to_string(), ASK_DOCTOR),
            Unavailable(why) => Self::new(why, ASK_DOCTOR),
            NoRoom => Self::new("the disk is nearly full", "make room on it, and run it again"),
            NotFound | Forbidden | Conflict | Changed => Self::new(
                format!("the installation answers: {error}"),
                "somebody else may have changed it meanwhile: run `sigilo doctor`, then this again",
            ),
            Internal(why) => Self::new(
                format!("an internal error: {why}"),
                "this is a bug, or the database was changed by hand: run `sigilo doctor`, and report this text",
            ),
        }
    }
}

impl From<BlobError> for CommandError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Folder { path, source } => cannot_read(
                &path,
                &source,
                "check `files.folder` in the configuration. `sigilo init` makes it: a folder that was there is missing",
            ),
            BlobError::Full => Self::new(
                "the disk of the sealed files is full",
                "make room on it, and run it again",
            ),
            error => Self::new(
                format!("the store of sealed files: {}", describe(&error)),
                "check [files] in the configuration; `sigilo doctor` tests it",
            ),
        }
    }
}

impl From<TlsError> for CommandError {
    fn from(error: TlsError) -> Self {
        match error {
            TlsError::Io { path, source } => cannot_read(&path, &source, "check [server.tls] in the configuration"),
            error => Self::new(
                format!("[server.tls]: {error}"),
                "put the right files in their place; `sigilo doctor` checks them",
            ),
        }
    }
}

impl From<SetUpError> for CommandError {
    fn from(error: SetUpError) -> Self {
        Self::new(
            error.to_string(),
            "correct [email] in the configuration; docs/CONFIGURATION.md explains each key",
        )
    }
}

impl From<ProfileError> for CommandError {
    fn from(error: ProfileError) -> Self {
        match error {
            ProfileError::Read { path, source } => cannot_read(
                &path,
                &source,
                "check `profile` in the configuration; profiles/iess.toml is an example",
            ),
            // The others name the file themselves.
            error => Self::new(
                error.to_string(),
                "correct the profile; profiles/iess.toml is an example",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_an_address_is_never_shown() {
        for (address, shown) in [
            ("sqlite:/srv/sigilo.sqlite", "sqlite:/srv/sigilo.sqlite"),
            (
                "postgres://ana:secret@db.example/name",
                "postgres://ana@db.example/name",
            ),
            (
                "postgres://ana:se@cret@db.example:5432/name?password=secret",
                "postgres://ana@db.example:5432/name",
            ),
            ("postgres://db.example/name", "postgres://db.example/name"),
        ] {
            assert_eq!(without_password(address), shown);
        }
    }

    #[test]
    fn a_missing_folder_is_told_from_a_missing_file() {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        let path = Path::new("roster.signed");
        let read = cannot_read(path, &missing, "sign it").to_string();
        assert_eq!(read, "roster.signed: there is no such file\n  next: sign it");
        assert!(
            cannot_write(path, &missing)
                .to_string()
                .contains("its folder does not exist")
        );
    }
}
