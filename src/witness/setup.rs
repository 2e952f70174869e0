//! Set-up and start of a witness, and what it remembers from its files.
//! It refuses to start if they are missing, changed, or those of another witness.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::{fs, io};

use crate::audit::checkpoint::{Checkpoint, FIRST_ORIGIN};
use crate::audit::tree::{self, Hashes};
use crate::domain::clock::Clock;
use crate::vault::hash::Hash32;
use crate::vault::roster::VerifiedRoster;
use crate::witness::core::{Core, Inner, kept_of, restored_event, root_of, roster_event};
use crate::witness::files::Files;
use crate::witness::index::JournalIndex;
use crate::witness::journal::{self, Event, Journal, Line};
use crate::witness::keys::Keys;
use crate::witness::refusal::Refusal;
use crate::witness::state::State;

/// Reason why a witness does not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A file is missing.
    #[error("{0} is missing. The witness never starts without its files: restore them, or `sigilo init`")]
    Missing(PathBuf),
    /// A file exists that set-up would create.
    #[error("{0} exists: this witness has been set up before")]
    Exists(PathBuf),
    /// Another process uses the journal.
    #[error(
        "{0}: in use by another `sigilo`, such as the running service. Stop it first, and start it again afterwards"
    )]
    Locked(PathBuf),
    /// A file was changed, or lines of the journal are lost.
    #[error("{path}: {what}")]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The fault, for the operator.
        what: String,
    },
    /// The files belong to other keys or another log.
    #[error("{0}: written with other keys or for another log")]
    OtherKeys(PathBuf),
    /// The given roster is refused.
    #[error("the roster is refused: {0}")]
    Roster(Refusal),
    /// The authority's statement is refused.
    #[error("the authority's statement is refused: {0}")]
    Restore(Refusal),
}

/// Names the file in an error of the journal.
fn explain(files: &Files, error: journal::OpenError) -> OpenError {
    let path = files.journal.clone();
    match error {
        journal::OpenError::Io(source) => OpenError::Io { path, source },
        journal::OpenError::Locked => OpenError::Locked(path),
        journal::OpenError::BadLine(bad) => OpenError::Corrupt {
            path,
            what: bad.to_string(),
        },
    }
}

impl Core {
    /// Sets a witness up in a folder, pinned to its log, with an empty tree as the last seen.
    ///
    /// `roster` is the latest one, at any version; without it, the first that it accepts later must be version 1.
    ///
    /// # Errors
    /// [`OpenError`], also when there are files already.
    ///
    /// # Panics
    /// Never: the empty tree has a root.
    pub fn init(folder: &Path, keys: Keys, roster: Option<&[u8]>, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::begin(folder, keys, roster, None, clock)
    }

    /// Sets a witness up, or opens one that an earlier attempt left behind and that has seen nothing yet.
    ///
    /// # Errors
    /// [`OpenError`]; [`OpenError::Exists`] when there is one that has something to remember.
    pub fn init_or_resume(folder: &Path, keys: Keys, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let files = Files::in_folder(folder);
        match (files.journal.exists(), files.state.exists()) {
            (false, false) => Self::init(folder, keys, None, clock),
            (false, true) => Err(OpenError::Exists(files.state)),
            (true, has_state) => {
                // The open journal is locked until the decision below is made.
                let (journal, lines) = Journal::open(&files.journal).map_err(|error| explain(&files, error))?;
                match lines.as_slice() {
                    [] => {}
                    [only] if matches!(&only.event, Event::Init(init) if **init == keys.init()) => {}
                    [_] => return Err(OpenError::OtherKeys(files.journal)),
                    _ => return Err(OpenError::Exists(files.journal)),
                }
                if !has_state {
                    fs::remove_file(&files.journal).map_err(|source| OpenError::Io {
                        path: files.journal.clone(),
                        source,
                    })?;
                    drop(journal);
                    return Self::init(folder, keys, None, clock);
                }
                drop(journal);
                let core = Self::open(folder, keys, clock)?;
                let has_seen = core.last_checkpoint().0 > 0;
                if has_seen {
                    Err(OpenError::Exists(files.journal))
                } else {
                    Ok(core)
                }
            }
        }
    }

    /// Sets a witness up after the files of an earlier one were lost, pinned to the tree that the authority's statement
    /// names. The earlier one's memory (openings, tombstones) is gone, and the statement says so.
    ///
    /// # Errors
    /// [`OpenError`], also when the statement is about a witness that still remembers.
    pub fn init_restored(
        folder: &Path,
        keys: Keys,
        roster: Option<&[u8]>,
        statement: &[u8],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        Self::begin(folder, keys, roster, Some(statement), clock)
    }

    fn begin(
        folder: &Path,
        keys: Keys,
        roster: Option<&[u8]>,
        statement: Option<&[u8]>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        use std::os::unix::fs::DirBuilderExt as _;

        let files = Files::in_folder(folder);
        let roster = roster.map(|note| keys.verify_roster(note)).transpose();
        let roster = roster.map_err(OpenError::Roster)?;
        let restored = statement.map(|note| keys.verify_restore(note)).transpose();
        let restored = restored.map_err(OpenError::Restore)?;
        if restored.as_ref().is_some_and(|restored| restored.seen.is_some()) {
            return Err(OpenError::Restore(Refusal::RestoreForeign));
        }
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| OpenError::Io { path, source }
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(io(folder))?;
        for path in [&files.journal, &files.state] {
            if path.exists() {
                return Err(OpenError::Exists(path.clone()));
            }
        }
        let mut journal = Journal::create(&files.journal).map_err(|error| explain(&files, error))?;
        let now = clock.now();
        journal
            .append(now, &Event::Init(Box::new(keys.init())))
            .map_err(io(&files.journal))?;
        if let Some(roster) = &roster {
            journal.append(now, &roster_event(roster)).map_err(io(&files.journal))?;
        }
        if let Some(note) = statement {
            journal.append(now, &restored_event(note)).map_err(io(&files.journal))?;
        }
        let empty = tree::root(0, &Hashes::new()).expect("the empty tree needs no hashes");
        let empty = (0, Hash32::from_slice(&empty.0).expect("32 bytes"));
        let mut index = JournalIndex::default();
        if let Some(note) = statement {
            index.add(keys.instance, &restored_event(note));
        }
        let inner = Inner {
            journal,
            origin: restored.as_ref().map_or(FIRST_ORIGIN, |restored| restored.origin),
            last: restored.as_ref().map_or(empty, kept_of),
            roster,
            index,
        };
        inner.save(&files).map_err(io(&files.state))?;
        Ok(Self {
            keys,
            clock,
            files,
            inner: Mutex::new(inner),
        })
    }

    /// Opens a witness that was set up before.
    ///
    /// # Errors
    /// [`OpenError`]: without journal or state file, with a journal that was changed or has lost lines since the state
    /// was written, or with other keys, it does not start.
    pub fn open(folder: &Path, keys: Keys, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let files = Files::in_folder(folder);
        for path in [&files.journal, &files.state] {
            if !path.exists() {
                return Err(OpenError::Missing(path.clone()));
            }
        }
        let state = State::read(&files.state).map_err(|source| OpenError::Io {
            path: files.state.clone(),
            source,
        })?;
        let (journal, lines) = Journal::open(&files.journal).map_err(|error| explain(&files, error))?;
        let inner = replay(&keys, &files, state, journal, &lines)?;
        Ok(Self {
            keys,
            clock,
            files,
            inner: Mutex::new(inner),
        })
    }
}

/// Copy of a witness's state and journal.
#[derive(Debug, Clone)]
pub struct WitnessSnapshot {
    /// Size of the last tree seen, in entries.
    pub size: u64,
    /// Root of that tree.
    pub root: Hash32,
    /// Whole lines of the journal, without their line feeds.
    pub lines: Vec<String>,
    /// Lines of the journal that the state file counts, and the hash of the last of them. None where the witness runs
    /// elsewhere.
    pub head: Option<(u64, Hash32)>,
}

/// Reads a witness's files without starting it, also while it runs, for the audit. It checks nothing.
///
/// # Errors
/// [`OpenError::Missing`], [`OpenError::Io`]
pub fn inspect(folder: &Path) -> Result<WitnessSnapshot, OpenError> {
    let files = Files::in_folder(folder);
    let read = |path: &PathBuf, error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => OpenError::Missing(path.clone()),
        _ => OpenError::Io {
            path: path.clone(),
            source: error,
        },
    };
    // The state first: the journal may be ahead of it, never behind.
    let state = State::read(&files.state).map_err(|error| read(&files.state, error))?;
    let text = fs::read_to_string(&files.journal).map_err(|error| read(&files.journal, error))?;
    // A last line without its line feed is being written.
    let whole = text.rfind('\n').map_or(0, |at| at + 1);
    Ok(WitnessSnapshot {
        size: state.size,
        root: state.root,
        lines: text[..whole].lines().map(str::to_owned).collect(),
        head: Some((state.lines, state.last)),
    })
}

/// Combines state and journal. The journal may be ahead of the state, which is written after it; never behind.
fn replay(keys: &Keys, files: &Files, state: State, journal: Journal, lines: &[Line]) -> Result<Inner, OpenError> {
    let corrupt = |what: &str| OpenError::Corrupt {
        path: files.journal.clone(),
        what: what.to_owned(),
    };
    match lines.first().map(|line| &line.event) {
        Some(Event::Init(init)) if **init == keys.init() => {}
        Some(_) => return Err(OpenError::OtherKeys(files.journal.clone())),
        None => return Err(corrupt("it is empty")),
    }
    let known = state.lines.checked_sub(1).and_then(|at| usize::try_from(at).ok());
    let known = known
        .and_then(|at| lines.get(at))
        .ok_or_else(|| corrupt("it has lost lines"))?;
    if known.hash != state.last {
        return Err(corrupt("it is not the one that the state file was written for"));
    }
    let mut inner = Inner {
        journal,
        origin: state.origin,
        last: (state.size, state.root),
        roster: None,
        index: JournalIndex::default(),
    };
    for line in lines {
        inner.index.add(keys.instance, &line.event);
        match &line.event {
            Event::Roster(roster) => {
                let verified = keys.verify_roster(&roster.note.0);
                inner.roster = Some(verified.map_err(|_| corrupt("it holds a roster that does not verify"))?);
            }
            Event::Unseal(unseal) => {
                let seen = Checkpoint::read_signed(&unseal.checkpoint.0, keys.instance, keys.log.as_bytes());
                let seen = seen.map_err(|_| corrupt("it holds a checkpoint that does not verify"))?;
                // A checkpoint of an earlier origin belongs to a part that a restore has lost.
                if seen.origin == inner.origin && seen.size > inner.last.0 {
                    inner.last = (seen.size, root_of(&seen));
                }
            }
            Event::Restored(restored) => {
                let restored = keys.verify_restore(&restored.note.0);
                let restored = restored.map_err(|_| corrupt("it holds a restore that does not verify"))?;
                if restored.origin > inner.origin {
                    (inner.origin, inner.last) = (restored.origin, kept_of(&restored));
                }
            }
            Event::Init(_) | Event::Erasure(_) => {}
        }
    }
    let stated = state.roster.map(|note| keys.verify_roster(&note.0)).transpose();
    let stated = stated.map_err(|_| corrupt("the state file holds a roster that does not verify"))?;
    if stated.as_ref().map_or(0, VerifiedRoster::version) > inner.roster.as_ref().map_or(0, VerifiedRoster::version) {
        return Err(corrupt("it does not hold the roster of the state file"));
    }
    Ok(inner)
}
