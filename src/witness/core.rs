//! The witness itself: keys, state and journal behind one lock. Blocking; whoever runs it brings the threads.
//!
//! The order of things is the promise: checks, then the journal on the disk, and only then the half is opened.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use crate::audit::checkpoint::{Checkpoint, countersign};
use crate::audit::entry::Base64;
use crate::audit::tree::{self, Hashes};
use crate::domain::clock::Clock;
use crate::domain::ids::{CaseId, InstanceId};
use crate::vault::agefile::Identity;
use crate::vault::hash::Hash32;
use crate::vault::roster::VerifiedRoster;
use crate::vault::seal::{open_half, wrap_half};
use crate::vault::signing::{SigningKey, VerifyKey};
use crate::vault::unseal::request_hash;
use crate::witness::checks::{Checked, Known, advance, check};
use crate::witness::journal::{self, Erasure, Event, Init, Journal, Line, Roster, Unseal, lines_of};
use crate::witness::state::State;
use crate::witness::statement::{OpeningStatement, RosterStatement, Statement as _};
use crate::witness::{Advance, Refusal, Release, UnsealOrder};

/// The witness's keys, and the parties to which it is pinned.
pub struct Keys {
    pub instance: InstanceId,
    pub authority: VerifyKey,
    pub log: VerifyKey,
    /// Opens the witness halves.
    pub identity: Identity,
    /// Signs cosignatures and statements.
    pub signing: SigningKey,
}

/// Why a witness does not start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{0} is missing. The witness never starts without its files: restore them, or `sigilo witness init`")]
    Missing(PathBuf),
    #[error("{0} exists: this witness has been set up before")]
    Exists(PathBuf),
    #[error("{0}: another witness is running on these files")]
    Locked(PathBuf),
    #[error("{path}: {what}")]
    Corrupt { path: PathBuf, what: String },
    #[error("{0}: written with other keys or for another log")]
    OtherKeys(PathBuf),
    #[error("the roster is refused: {0}")]
    Roster(Refusal),
}

/// A witness with its files open.
pub struct Core {
    keys: Keys,
    clock: Arc<dyn Clock>,
    files: Files,
    inner: Mutex<Inner>,
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Core(witness of {} in {})",
            self.keys.instance,
            self.files.journal.display()
        )
    }
}

struct Files {
    journal: PathBuf,
    state: PathBuf,
}

impl Files {
    fn of(folder: &Path) -> Self {
        Self {
            journal: folder.join("journal"),
            state: folder.join("state.json"),
        }
    }
}

struct Inner {
    journal: Journal,
    /// Size and root of the last checkpoint seen.
    last: (u64, Hash32),
    roster: Option<VerifiedRoster>,
    told: Told,
}

/// What the journal's lines add up to.
#[derive(Default)]
struct Told {
    /// The order that used a leaf.
    used: HashMap<Hash32, Hash32>,
    requests: HashSet<Hash32>,
    erased: HashSet<Hash32>,
    /// Leaves of a case's openings, in order.
    openings: HashMap<CaseId, Vec<Hash32>>,
}

impl Told {
    fn add(&mut self, instance: InstanceId, event: &Event) {
        match event {
            Event::Unseal(unseal) => {
                self.used.insert(unseal.leaf, unseal.order);
                self.requests.insert(request_hash(instance, &unseal.request.0));
                self.openings.entry(unseal.case).or_default().push(unseal.leaf);
            }
            Event::Erasure(erasure) => drop(self.erased.insert(erasure.manifest)),
            Event::Init(_) | Event::Roster(_) => {}
        }
    }
}

impl Keys {
    fn init(&self) -> Init {
        Init {
            instance: self.instance,
            authority: self.authority,
            log: self.log,
            witness: self.signing.verify_key(),
        }
    }

    /// A roster that the authority signed and that names this witness and this log.
    fn verify_roster(&self, note: &[u8]) -> Result<VerifiedRoster, Refusal> {
        let roster = VerifiedRoster::verify(self.instance, note, &self.authority).map_err(|_| Refusal::RosterForged)?;
        let ours = *roster.witness_key() == self.signing.verify_key()
            && *roster.witness_recipient() == self.identity.recipient()
            && roster.roster().log == self.log;
        if ours { Ok(roster) } else { Err(Refusal::RosterForeign) }
    }
}

fn roster_event(roster: &VerifiedRoster) -> Event {
    Event::Roster(Roster {
        version: roster.version(),
        hash: roster.hash(),
        note: Base64(roster.note().to_vec()),
    })
}

fn hash(checkpoint: &Checkpoint) -> Hash32 {
    Hash32::from_slice(&checkpoint.root.0).expect("32 bytes")
}

/// Nothing of a failed write or signature is told to the caller; the operator finds it in the witness's own log.
fn unavailable(error: impl fmt::Display) -> Refusal {
    tracing::error!(%error, "the witness cannot answer");
    Refusal::Unavailable
}

impl Core {
    /// Sets a witness up in a folder: pins it to its log with an empty tree as the last seen.
    ///
    /// `roster` is the latest one, at any version; without it, the first that it accepts later must be version 1.
    ///
    /// # Errors
    /// [`OpenError`], also when there are files already.
    pub fn init(folder: &Path, keys: Keys, roster: Option<&[u8]>, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        use std::os::unix::fs::DirBuilderExt as _;

        let files = Files::of(folder);
        let roster = roster.map(|note| keys.verify_roster(note)).transpose();
        let roster = roster.map_err(OpenError::Roster)?;
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
        let mut journal = Journal::create(&files.journal).map_err(|error| files.explain(error))?;
        let now = clock.now();
        journal
            .append(now, &Event::Init(keys.init()))
            .map_err(io(&files.journal))?;
        if let Some(roster) = &roster {
            journal.append(now, &roster_event(roster)).map_err(io(&files.journal))?;
        }
        let empty = tree::root(0, &Hashes::new()).expect("the empty tree needs no hashes");
        let inner = Inner {
            journal,
            last: (0, Hash32::from_slice(&empty.0).expect("32 bytes")),
            roster,
            told: Told::default(),
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
        let files = Files::of(folder);
        for path in [&files.journal, &files.state] {
            if !path.exists() {
                return Err(OpenError::Missing(path.clone()));
            }
        }
        let state = State::read(&files.state).map_err(|source| OpenError::Io {
            path: files.state.clone(),
            source,
        })?;
        let (journal, lines) = Journal::open(&files.journal).map_err(|error| files.explain(error))?;
        let inner = replay(&keys, &files, state, journal, &lines)?;
        Ok(Self {
            keys,
            clock,
            files,
            inner: Mutex::new(inner),
        })
    }

    /// The public keys: to encrypt halves to, and to verify with.
    pub fn public(&self) -> (crate::vault::agefile::Recipient, VerifyKey) {
        (self.keys.identity.recipient(), self.keys.signing.verify_key())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Memory changes only after the disk, in one step: a panic elsewhere leaves nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// See [`crate::witness::Witness::unseal`].
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn unseal(&self, order: &UnsealOrder) -> Result<Release, Refusal> {
        let mut inner = self.lock();
        let now = self.clock.now();
        let checked = check(
            &Known {
                instance: self.keys.instance,
                log: &self.keys.log,
                identity: &self.keys.identity,
                roster: inner.roster.as_ref().ok_or(Refusal::NoRoster)?,
                last: inner.last,
                erased: &inner.told.erased,
                now,
            },
            order,
        )?;
        let request = request_hash(self.keys.instance, &checked.detail.request.0);
        match inner.told.used.get(&checked.leaf) {
            Some(used) if *used == checked.order => {}
            Some(_) => return Err(Refusal::Replayed),
            None if inner.told.requests.contains(&request) => return Err(Refusal::Replayed),
            None => inner.record(self.keys.instance, now, line_of(&checked, order))?,
        }
        inner.advance(&self.files, &checked.checkpoint)?;
        let half =
            open_half(&checked.manifest, &order.half.0, &self.keys.identity).map_err(|_| Refusal::ForeignHalf)?;
        let (instance, case) = (self.keys.instance, checked.request.case);
        let half = wrap_half(
            instance,
            case,
            checked.manifest.hash(),
            &half,
            &checked.request.recipient,
        );
        Ok(Release {
            half: Base64(half),
            cosigned: self.countersigned(&order.advance)?,
        })
    }

    /// See [`crate::witness::Witness::cosign`].
    ///
    /// # Errors
    /// [`Refusal::CheckpointNotSigned`], [`Refusal::Inconsistent`], [`Refusal::Unavailable`]
    pub fn cosign(&self, new: &Advance) -> Result<Base64, Refusal> {
        let mut inner = self.lock();
        let checkpoint = advance(self.keys.instance, &self.keys.log, inner.last, new)?;
        inner.advance(&self.files, &checkpoint)?;
        self.countersigned(new)
    }

    fn countersigned(&self, new: &Advance) -> Result<Base64, Refusal> {
        countersign(
            &new.checkpoint.0,
            self.clock.now(),
            self.keys.instance,
            &self.keys.signing,
        )
        .map(Base64)
        .map_err(unavailable)
    }

    /// See [`crate::witness::Witness::roster_statement`].
    ///
    /// # Errors
    /// [`Refusal::NoRoster`]
    pub fn roster_statement(&self) -> Result<Base64, Refusal> {
        let inner = self.lock();
        let roster = inner.roster.as_ref().ok_or(Refusal::NoRoster)?;
        let statement = RosterStatement {
            instance: self.keys.instance,
            version: roster.version(),
            hash: roster.hash(),
            time: self.clock.now(),
        };
        statement.sign(&self.keys.signing).map(Base64).map_err(unavailable)
    }

    /// See [`crate::witness::Witness::accept_roster`].
    ///
    /// # Errors
    /// [`Refusal::RosterForged`], [`Refusal::RosterForeign`], [`Refusal::RosterDoesNotFollow`],
    /// [`Refusal::Unavailable`]
    pub fn accept_roster(&self, note: &[u8]) -> Result<(), Refusal> {
        let roster = self.keys.verify_roster(note)?;
        let mut inner = self.lock();
        match &inner.roster {
            Some(latest) if latest.hash() == roster.hash() => return Ok(()),
            Some(latest) => roster.follows(latest).map_err(|_| Refusal::RosterDoesNotFollow)?,
            None if roster.version() == 1 => {}
            None => return Err(Refusal::RosterDoesNotFollow),
        }
        inner.record(self.keys.instance, self.clock.now(), roster_event(&roster))?;
        inner.roster = Some(roster);
        inner.save(&self.files).map_err(unavailable)
    }

    /// See [`crate::witness::Witness::opening_statement`].
    ///
    /// It counts the journal's lines. A line is written before the half is opened, so an order whose half then proved
    /// foreign counts too: one too many is told rather than one too few.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]
    pub fn opening_statement(&self, case: CaseId) -> Result<Base64, Refusal> {
        let inner = self.lock();
        let leaves = inner.told.openings.get(&case).cloned().unwrap_or_default();
        let statement = OpeningStatement {
            instance: self.keys.instance,
            case,
            count: u64::try_from(leaves.len()).expect("a usize fits"),
            leaves,
            tree_size: inner.last.0,
            time: self.clock.now(),
        };
        statement.sign(&self.keys.signing).map(Base64).map_err(unavailable)
    }

    /// Size and root of the last checkpoint seen.
    pub fn last_checkpoint(&self) -> (u64, Hash32) {
        self.lock().last
    }

    /// See [`crate::witness::Witness::erase`]. A second time is no error and writes no second line.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]
    pub fn erase(&self, manifest: Hash32) -> Result<(), Refusal> {
        let mut inner = self.lock();
        if inner.told.erased.contains(&manifest) {
            return Ok(());
        }
        let event = Event::Erasure(Erasure { manifest });
        inner.record(self.keys.instance, self.clock.now(), event)?;
        inner.save(&self.files).map_err(unavailable)
    }

    /// The journal's lines.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]
    pub fn journal(&self) -> Result<Vec<String>, Refusal> {
        let _whole_lines_only = self.lock();
        lines_of(&self.files.journal).map_err(unavailable)
    }
}

impl Files {
    fn explain(&self, error: journal::OpenError) -> OpenError {
        let path = self.journal.clone();
        match error {
            journal::OpenError::Io(source) => OpenError::Io { path, source },
            journal::OpenError::Locked => OpenError::Locked(path),
            journal::OpenError::BadLine(bad) => OpenError::Corrupt {
                path,
                what: bad.to_string(),
            },
        }
    }
}

fn line_of(checked: &Checked, order: &UnsealOrder) -> Event {
    Event::Unseal(Box::new(Unseal {
        case: checked.request.case,
        manifest: checked.manifest.hash(),
        request: checked.detail.request.clone(),
        signatures: checked.detail.signatures.clone(),
        leaf: checked.leaf,
        index: order.requested.index,
        proof: order.requested.proof.clone(),
        checkpoint: order.advance.checkpoint.clone(),
        order: checked.order,
    }))
}

/// Puts state and journal together. The journal may be ahead of the state by what came after the state was last
/// written; never behind it.
fn replay(keys: &Keys, files: &Files, state: State, journal: Journal, lines: &[Line]) -> Result<Inner, OpenError> {
    let corrupt = |what: &str| OpenError::Corrupt {
        path: files.journal.clone(),
        what: what.to_owned(),
    };
    match lines.first().map(|line| &line.event) {
        Some(Event::Init(init)) if *init == keys.init() => {}
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
        last: (state.size, state.root),
        roster: None,
        told: Told::default(),
    };
    for line in lines {
        inner.told.add(keys.instance, &line.event);
        match &line.event {
            Event::Roster(roster) => {
                let verified = keys.verify_roster(&roster.note.0);
                inner.roster = Some(verified.map_err(|_| corrupt("it holds a roster that does not verify"))?);
            }
            Event::Unseal(unseal) => {
                let seen = Checkpoint::log_signed(&unseal.checkpoint.0, keys.instance, keys.log.as_bytes());
                let seen = seen.map_err(|_| corrupt("it holds a checkpoint that does not verify"))?;
                if seen.size > inner.last.0 {
                    inner.last = (seen.size, hash(&seen));
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

impl Inner {
    /// Writes a line to the disk, then counts it.
    fn record(&mut self, instance: InstanceId, now: i64, event: Event) -> Result<(), Refusal> {
        self.journal.append(now, &event).map_err(unavailable)?;
        self.told.add(instance, &event);
        Ok(())
    }

    /// Takes a checkpoint that was checked as the last seen.
    fn advance(&mut self, files: &Files, checkpoint: &Checkpoint) -> Result<(), Refusal> {
        self.last = (checkpoint.size, hash(checkpoint));
        self.save(files).map_err(unavailable)
    }

    fn save(&self, files: &Files) -> io::Result<()> {
        let (lines, last) = self.journal.head;
        State {
            size: self.last.0,
            root: self.last.1,
            roster: self.roster.as_ref().map(|roster| Base64(roster.note().to_vec())),
            lines,
            last: last.ok_or_else(|| io::Error::other("the journal is empty"))?,
        }
        .write(&files.state)
    }
}
