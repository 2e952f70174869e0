//! The witness itself: keys, state and journal behind one lock. Blocking; the caller brings the threads.
//!
//! The order of things is the promise: first the checks, then the journal on the disk, and only then the half is opened.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tlog_tiles::Hash;

use crate::audit::checkpoint::{Checkpoint, countersign};
use crate::audit::entry::Base64;
use crate::audit::restore::{RestoreStatement, TreeHead};
use crate::domain::clock::{Clock, UnixSeconds};
use crate::domain::ids::{CaseId, InstanceId, StaffId};
use crate::domain::role::Role;
use crate::vault::agefile::Recipient;
use crate::vault::content::nfc;
use crate::vault::hash::Hash32;
use crate::vault::roster::VerifiedRoster;
use crate::vault::seal::{open_half, wrap_half};
use crate::vault::signing::VerifyKey;
use crate::vault::unseal::request_hash;
use crate::vault::verified_purpose::{self, Opening};
use crate::witness::checks::{CheckedOrder, check_order};
use crate::witness::erasure::check_erasure;
use crate::witness::evidence::{CheckContext, check_advance};
use crate::witness::files::Files;
use crate::witness::index::JournalIndex;
use crate::witness::journal::{Event, Journal, Restored, Roster, Unseal, read_lines};
use crate::witness::keys::Keys;
use crate::witness::order::{
    Advance, ErasureOrder, JournalReader, JournaledUnseal, Release, SealedPurpose, UnsealOrder,
};
use crate::witness::policy::{check_caps, check_erasure_cap};
use crate::witness::refusal::Refusal;
use crate::witness::state::State;
use crate::witness::statement::{JournalHead, OpeningStatement, RosterStatement, Statement as _};

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

/// State that changes while the witness runs.
pub(super) struct Inner {
    pub(super) journal: Journal,
    /// The log's origin: one more after each restore that lost entries.
    pub(super) origin: u64,
    /// Size and root of the last checkpoint seen.
    pub(super) last: (u64, Hash32),
    pub(super) roster: Option<VerifiedRoster>,
    pub(super) index: JournalIndex,
}

/// Size and root of the tree from which a log goes on after a restore.
pub(super) fn kept_of(restored: &RestoreStatement) -> (u64, Hash32) {
    let root = Hash32::from_slice(&restored.kept.root.0).expect("32 bytes");
    (restored.kept.size, root)
}

/// The journal line of an accepted roster.
pub(super) fn roster_event(roster: &VerifiedRoster) -> Event {
    Event::Roster(Roster {
        version: roster.version(),
        hash: roster.hash(),
        note: Base64(roster.note().to_vec()),
    })
}

/// The journal line of an accepted restore.
pub(super) fn restored_event(note: &[u8]) -> Event {
    Event::Restored(Restored {
        note: Base64(note.to_vec()),
    })
}

/// Converts to the form of the authority's statements.
fn tree_head((size, root): (u64, Hash32)) -> TreeHead {
    TreeHead {
        size,
        root: Hash(*root.as_bytes()),
    }
}

/// The root of a checkpoint.
pub(super) fn root_of(checkpoint: &Checkpoint) -> Hash32 {
    Hash32::from_slice(&checkpoint.root.0).expect("32 bytes")
}

/// Logs a failed write or signature for the operator; the caller learns only that there is no answer.
fn unavailable(error: impl fmt::Display) -> Refusal {
    tracing::error!(%error, "the witness cannot answer");
    Refusal::Unavailable
}

impl Core {
    /// Returns the public keys: the recipient of halves, and the verify key.
    pub fn public_keys(&self) -> (Recipient, VerifyKey) {
        (self.keys.identity.recipient(), self.keys.signing.verify_key())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The disk decides, and memory follows it: a panic elsewhere leaves nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks an order, journals it, and only then opens the half. See [`Witness::unseal`](super::interface::Witness::unseal).
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn unseal(&self, order: &UnsealOrder) -> Result<Release, Refusal> {
        let mut inner = self.lock();
        let now = self.clock.now();
        let context = self.context(&inner, now)?;
        let checked = check_order(&context, order)?;
        let request = request_hash(self.keys.instance, &checked.detail.request.0);
        match inner.index.used.get(&checked.leaf) {
            Some(used) if used.order == checked.order => {}
            Some(_) => return Err(Refusal::Replayed),
            None if inner.index.requests.contains(&request) => return Err(Refusal::Replayed),
            None => {
                let officers = checked.officers();
                let asked = (checked.request.answers.as_ref(), officers.as_slice());
                check_caps(context.roster, &inner.index, asked, now)?;
                let purposes = seal_purpose(&context, &checked, request);
                let event = unseal_event(&checked, order, officers, purposes);
                inner.record(self.keys.instance, now, &event)?;
            }
        }
        let purposes = inner.index.used.get(&checked.leaf).map(|used| used.purposes.clone());
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
            head: self.head(&inner)?,
            purposes: purposes.unwrap_or_default(),
        })
    }

    /// The facts that the checks trust.
    fn context<'a>(&'a self, inner: &'a Inner, now: UnixSeconds) -> Result<CheckContext<'a>, Refusal> {
        Ok(CheckContext {
            instance: self.keys.instance,
            log: &self.keys.log,
            witness: self.keys.signing.verify_key(),
            identity: &self.keys.identity,
            roster: inner.roster.as_ref().ok_or(Refusal::NoRoster)?,
            origin: inner.origin,
            last: inner.last,
            erased: &inner.index.erased,
            now,
        })
    }

    /// States how far the journal goes.
    fn head(&self, inner: &Inner) -> Result<Base64, Refusal> {
        let (lines, last) = inner.journal.head;
        let statement = JournalHead {
            instance: self.keys.instance,
            lines,
            last: last.ok_or_else(|| unavailable("the journal is empty"))?,
            time: self.clock.now(),
        };
        statement.sign(&self.keys.signing).map(Base64).map_err(unavailable)
    }

    /// Countersigns a checkpoint that continues the last one. See [`Witness::cosign`](super::interface::Witness::cosign).
    ///
    /// # Errors
    /// [`Refusal::CheckpointNotSigned`], [`Refusal::Inconsistent`], [`Refusal::Unavailable`]
    pub fn cosign(&self, new: &Advance) -> Result<Base64, Refusal> {
        let mut inner = self.lock();
        let checkpoint = check_advance(self.keys.instance, &self.keys.log, inner.origin, inner.last, new)?;
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

    /// States which roster is the latest. See [`Witness::roster_statement`](super::interface::Witness::roster_statement).
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

    /// Accepts the next roster. See [`Witness::accept_roster`](super::interface::Witness::accept_roster).
    ///
    /// # Errors
    /// [`Refusal::RosterForged`], [`Refusal::RosterForeign`], [`Refusal::RosterDoesNotFollow`],
    /// [`Refusal::Unavailable`]
    pub fn accept_roster(&self, note: &[u8]) -> Result<Base64, Refusal> {
        let roster = self.keys.verify_roster(note)?;
        let mut inner = self.lock();
        match &inner.roster {
            Some(latest) if latest.hash() == roster.hash() => return self.head(&inner),
            Some(latest) => roster.follows(latest).map_err(|_| Refusal::RosterDoesNotFollow)?,
            None if roster.version() == 1 => {}
            None => return Err(Refusal::RosterDoesNotFollow),
        }
        inner.record(self.keys.instance, self.clock.now(), &roster_event(&roster))?;
        inner.roster = Some(roster);
        inner.save(&self.files).map_err(unavailable)?;
        self.head(&inner)
    }

    /// States how often a case's identity was opened. See [`Witness::opening_statement`](super::interface::Witness::opening_statement).
    ///
    /// It counts the journal's lines. A line is written before the half is opened, so an order whose half then proved
    /// foreign counts too: rather one too many than one too few.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]
    pub fn opening_statement(&self, case: CaseId) -> Result<Base64, Refusal> {
        let inner = self.lock();
        let leaves = inner.index.openings.get(&case).cloned().unwrap_or_default();
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

    /// Returns size (in entries) and root of the last checkpoint seen.
    pub fn last_checkpoint(&self) -> (u64, Hash32) {
        self.lock().last
    }

    /// Checks an order, and keeps a tombstone for each version. See [`Witness::erase`](super::interface::Witness::erase).
    ///
    /// # Errors
    /// [`Refusal`]
    pub fn erase(&self, order: &ErasureOrder) -> Result<Base64, Refusal> {
        let mut inner = self.lock();
        let now = self.clock.now();
        let context = self.context(&inner, now)?;
        let checked = check_erasure(&context, order)?;
        let mut missing = checked.manifests.clone();
        missing.retain(|manifest| !inner.index.erased.contains(manifest));
        if !missing.is_empty() && !inner.index.has_erased_for(&checked.leaf) {
            check_erasure_cap(context.roster, &inner.index, checked.by, now)?;
        }
        for manifest in missing {
            let event = Event::Erasure(checked.line(manifest));
            inner.record(self.keys.instance, now, &event)?;
        }
        inner.advance(&self.files, &checked.checkpoint)?;
        self.head(&inner)
    }

    /// Accepts a restore: the log goes on from the tree that the authority names, which holds less than was seen. The
    /// same statement once more is no error.
    ///
    /// # Errors
    /// [`Refusal::RestoreForged`], [`Refusal::RestoreForeign`], [`Refusal::Unavailable`]
    pub fn accept_restore(&self, note: &[u8]) -> Result<(), Refusal> {
        let restored = self.keys.verify_restore(note)?;
        let kept = kept_of(&restored);
        let mut inner = self.lock();
        if inner.index.restores.contains(&Hash32::of_bytes(note)) {
            return Ok(());
        }
        if restored.origin != inner.origin + 1 || restored.seen != Some(tree_head(inner.last)) {
            return Err(Refusal::RestoreForeign);
        }
        inner.record(self.keys.instance, self.clock.now(), &restored_event(note))?;
        (inner.origin, inner.last) = (restored.origin, kept);
        inner.save(&self.files).map_err(unavailable)
    }

    /// Returns what the journal has on the `unseal.requested` entry with this leaf hash.
    ///
    /// # Errors
    /// [`Refusal::Unavailable`]
    pub fn journaled(&self, leaf: &Hash32) -> Result<Option<JournaledUnseal>, Refusal> {
        let inner = self.lock();
        let Some(used) = inner.index.used.get(leaf) else {
            return Ok(None);
        };
        Ok(Some(JournaledUnseal {
            purposes: used.purposes.clone(),
            head: self.head(&inner)?,
        }))
    }

    /// Returns the journal's lines, without their line feeds.
    ///
    /// # Errors
    /// [`Refusal::NotAnAuditor`], [`Refusal::Unavailable`]
    pub fn journal(&self, reader: JournalReader) -> Result<Vec<String>, Refusal> {
        // The lock keeps a line that is being written from being read in half.
        let inner = self.lock();
        if let JournalReader::Member(id) = reader {
            let member = inner.roster.as_ref().and_then(|roster| roster.member(id));
            if member.is_none_or(|member| member.role != Role::Auditor) {
                return Err(Refusal::NotAnAuditor);
            }
        }
        read_lines(&self.files.journal).map_err(unavailable)
    }
}

/// Seals the verified purpose to each auditor of the roster.
fn seal_purpose(context: &CheckContext, checked: &CheckedOrder, request: Hash32) -> Vec<SealedPurpose> {
    let opening = Opening {
        instance: context.instance,
        case: checked.request.case,
        request,
        class: &checked.request.class,
    };
    let (salt, text) = (&checked.purpose.salt, nfc(checked.purpose.text.text()));
    let auditors = context.roster.with_role(Role::Auditor).into_iter();
    let sealed = auditors.map(|auditor| SealedPurpose {
        auditor: auditor.id,
        file: Base64(verified_purpose::seal(&opening, salt, &text, &auditor.recipient)),
    });
    sealed.collect()
}

/// The journal line of an order that passed the checks.
fn unseal_event(
    checked: &CheckedOrder,
    order: &UnsealOrder,
    officers: Vec<StaffId>,
    purposes: Vec<SealedPurpose>,
) -> Event {
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
        answers: checked.request.answers,
        officers,
        class: checked.request.class.clone(),
        purposes,
    }))
}

impl Inner {
    /// Writes a line to the disk, then counts it.
    fn record(&mut self, instance: InstanceId, now: i64, event: &Event) -> Result<(), Refusal> {
        self.journal.append(now, event).map_err(unavailable)?;
        self.index.add(instance, now, event);
        Ok(())
    }

    /// Stores a checked checkpoint as the last seen; on failure the one before stays.
    fn advance(&mut self, files: &Files, checkpoint: &Checkpoint) -> Result<(), Refusal> {
        let before = std::mem::replace(&mut self.last, (checkpoint.size, root_of(checkpoint)));
        self.save(files).map_err(|error| {
            self.last = before;
            unavailable(error)
        })
    }

    /// Writes the state file.
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
