//! The witness itself: keys, state and journal behind one lock. Blocking; whoever runs it brings the threads.
//!
//! The order of things is the promise: checks, then the journal on the disk, and only then the half is opened.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tlog_tiles::Hash;

use crate::audit::checkpoint::{Checkpoint, countersign};
use crate::audit::entry::Base64;
use crate::audit::restore::{RestoreStatement, TreeHead};
use crate::domain::clock::Clock;
use crate::domain::ids::{CaseId, InstanceId};
use crate::vault::agefile::Identity;
use crate::vault::hash::Hash32;
use crate::vault::roster::VerifiedRoster;
use crate::vault::seal::{open_half, wrap_half};
use crate::vault::signing::{SigningKey, VerifyKey};
use crate::vault::unseal::request_hash;
use crate::witness::checks::{CheckContext, CheckedOrder, advance, check};
use crate::witness::journal::{Erasure, Event, Init, Journal, Restored, Roster, Unseal, read_lines};
use crate::witness::setup::Files;
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

/// A witness with its files open.
pub struct Core {
    pub(super) keys: Keys,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) files: Files,
    pub(super) inner: Mutex<Inner>,
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

pub(super) struct Inner {
    pub(super) journal: Journal,
    /// The log's origin: one more after each restore that lost entries.
    pub(super) origin: u64,
    /// Size and root of the last checkpoint seen.
    pub(super) last: (u64, Hash32),
    pub(super) roster: Option<VerifiedRoster>,
    pub(super) told: JournalIndex,
}

/// What the journal's lines add up to.
#[derive(Default)]
pub(super) struct JournalIndex {
    /// The order that used a leaf.
    used: HashMap<Hash32, Hash32>,
    requests: HashSet<Hash32>,
    erased: HashSet<Hash32>,
    /// Restores that were accepted, by the hash of the statement.
    restores: HashSet<Hash32>,
    /// Leaves of a case's openings, in order.
    openings: HashMap<CaseId, Vec<Hash32>>,
}

impl JournalIndex {
    pub(super) fn add(&mut self, instance: InstanceId, event: &Event) {
        match event {
            Event::Unseal(unseal) => {
                self.used.insert(unseal.leaf, unseal.order);
                self.requests.insert(request_hash(instance, &unseal.request.0));
                self.openings.entry(unseal.case).or_default().push(unseal.leaf);
            }
            Event::Erasure(erasure) => drop(self.erased.insert(erasure.manifest)),
            Event::Restored(restored) => drop(self.restores.insert(Hash32::of_bytes(&restored.note.0))),
            Event::Init(_) | Event::Roster(_) => {}
        }
    }
}

impl Keys {
    pub(super) fn init(&self) -> Init {
        Init {
            instance: self.instance,
            authority: self.authority,
            log: self.log,
            witness: self.signing.verify_key(),
        }
    }

    /// A roster that the authority signed and that names this witness and this log.
    pub(super) fn verify_roster(&self, note: &[u8]) -> Result<VerifiedRoster, Refusal> {
        let roster = VerifiedRoster::verify(self.instance, note, &self.authority).map_err(|_| Refusal::RosterForged)?;
        let ours = *roster.witness_key() == self.signing.verify_key()
            && *roster.witness_recipient() == self.identity.recipient()
            && roster.roster().log == self.log;
        if ours { Ok(roster) } else { Err(Refusal::RosterForeign) }
    }

    /// A restore that the authority stated.
    pub(super) fn verify_restore(&self, note: &[u8]) -> Result<RestoreStatement, Refusal> {
        RestoreStatement::verify(note, self.instance, self.authority.as_bytes()).map_err(|_| Refusal::RestoreForged)
    }
}

/// The tree from which a log goes on after a restore.
pub(super) fn kept_of(restored: &RestoreStatement) -> (u64, Hash32) {
    let root = Hash32::from_slice(&restored.kept.root.0).expect("32 bytes");
    (restored.kept.size, root)
}

pub(super) fn roster_event(roster: &VerifiedRoster) -> Event {
    Event::Roster(Roster {
        version: roster.version(),
        hash: roster.hash(),
        note: Base64(roster.note().to_vec()),
    })
}

pub(super) fn restored_event(note: &[u8]) -> Event {
    Event::Restored(Restored {
        note: Base64(note.to_vec()),
    })
}

/// A tree as the authority's statements name it.
pub(super) fn tree_of((size, root): (u64, Hash32)) -> TreeHead {
    TreeHead {
        size,
        root: Hash(*root.as_bytes()),
    }
}

pub(super) fn root_of(checkpoint: &Checkpoint) -> Hash32 {
    Hash32::from_slice(&checkpoint.root.0).expect("32 bytes")
}

/// Nothing of a failed write or signature is told to the caller; the operator finds it in the witness's own log.
fn unavailable(error: impl fmt::Display) -> Refusal {
    tracing::error!(%error, "the witness cannot answer");
    Refusal::Unavailable
}

impl Core {
    /// The public keys: to encrypt halves to, and to verify with.
    pub fn public(&self) -> (crate::vault::agefile::Recipient, VerifyKey) {
        (self.keys.identity.recipient(), self.keys.signing.verify_key())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // What is on the disk decides, and memory follows it: a panic elsewhere leaves nothing half done.
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
            &CheckContext {
                instance: self.keys.instance,
                log: &self.keys.log,
                identity: &self.keys.identity,
                roster: inner.roster.as_ref().ok_or(Refusal::NoRoster)?,
                origin: inner.origin,
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
            None => inner.record(self.keys.instance, now, &line_of(&checked, order))?,
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
        let checkpoint = advance(self.keys.instance, &self.keys.log, inner.origin, inner.last, new)?;
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
        inner.record(self.keys.instance, self.clock.now(), &roster_event(&roster))?;
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
            count: u64::try_from(leaves.len()).unwrap_or(u64::MAX),
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
        inner.record(self.keys.instance, self.clock.now(), &event)?;
        inner.save(&self.files).map_err(unavailable)
    }

    /// Goes on from the tree that the authority names, which holds less than was seen. The same statement once more is
    /// no error.
    ///
    /// # Errors
    /// [`Refusal::RestoreForged`], [`Refusal::RestoreForeign`], [`Refusal::Unavailable`]
    pub fn accept_restore(&self, note: &[u8]) -> Result<(), Refusal> {
        let restored = self.keys.verify_restore(note)?;
        let kept = kept_of(&restored);
        let mut inner = self.lock();
        if inner.told.restores.contains(&Hash32::of_bytes(note)) {
            return Ok(());
        }
        if restored.origin != inner.origin + 1 || restored.seen != Some(tree_of(inner.last)) {
            return Err(Refusal::RestoreForeign);
        }
        inner.record(self.keys.instance, self.clock.now(), &restored_event(note))?;
        (inner.origin, inner.last) = (restored.origin, kept);
        inner.save(&self.files).map_err(unavailable)
    }

    /// The journal's lines.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]
    pub fn journal(&self) -> Result<Vec<String>, Refusal> {
        let _whole_lines_only = self.lock();
        read_lines(&self.files.journal).map_err(unavailable)
    }
}

fn line_of(checked: &CheckedOrder, order: &UnsealOrder) -> Event {
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

impl Inner {
    /// Writes a line to the disk, then counts it.
    fn record(&mut self, instance: InstanceId, now: i64, event: &Event) -> Result<(), Refusal> {
        self.journal.append(now, event).map_err(unavailable)?;
        self.told.add(instance, event);
        Ok(())
    }

    /// Takes a checkpoint that was checked as the last seen.
    fn advance(&mut self, files: &Files, checkpoint: &Checkpoint) -> Result<(), Refusal> {
        let before = std::mem::replace(&mut self.last, (checkpoint.size, root_of(checkpoint)));
        self.save(files).map_err(|error| {
            self.last = before;
            unavailable(error)
        })
    }

    pub(super) fn save(&self, files: &Files) -> io::Result<()> {
        let (lines, last) = self.journal.head;
        State {
            origin: self.origin,
            size: self.last.0,
            root: self.last.1,
            roster: self.roster.as_ref().map(|roster| Base64(roster.note().to_vec())),
            lines,
            last: last.ok_or_else(|| io::Error::other("the journal is empty"))?,
        }
        .write(&files.state)
    }
}
