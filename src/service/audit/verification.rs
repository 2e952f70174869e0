//! `sigilo audit verify`: gives the whole log in the database to the verifier, with the knowledge of the witness. It
//! changes nothing. It needs the pinned keys, and for entries that have no leaf yet the key of the rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;
use tlog_tiles::Hash;

use super::covered_seals::Seals;
use super::log::listed;
use super::part::AuditLog;
use crate::audit::entry::{Act, Entry};
use crate::audit::restore::{RestoreStatement, RestoredDetail};
use crate::audit::tree::leaf_position;
use crate::audit::verify::{
    Defect, EntrySource, Expectations, Finding, PinnedKeys, RosterHistory, StoredCheckpoint, StoredEntry, Summary,
    Verifier,
};
use crate::domain::ids::{InstanceId, StaffId};
use crate::keyfile::ServerKeys;
use crate::service::error::{Error, Result, wraps_service_errors};
use crate::store::{self, Db, Tx};
use crate::vault::hash::Hash32;
use crate::vault::roster::VerifiedRoster;
use crate::vault::signing::VerifyKey;
use crate::witness::journal::{self, Event, Line};
use crate::witness::setup::WitnessSnapshot;

/// Entries that are read at once.
const BATCH_SIZE: i64 = 500;

/// The keys that the auditor trusts. They do not come from the database.
#[derive(Debug, Clone, Copy)]
pub struct Pins {
    pub instance: InstanceId,
    pub authority: VerifyKey,
    pub log: VerifyKey,
    pub witness: VerifyKey,
}

impl Pins {
    /// Takes them from a server's key file.
    pub fn of(keys: &ServerKeys) -> Self {
        Self {
            instance: keys.instance,
            authority: keys.authority,
            log: keys.log.signing_key().verify_key(),
            witness: keys.witness,
        }
    }
}

/// The facts about a log that verifies.
#[derive(Debug)]
pub struct Verified {
    pub summary: Summary,
    pub checkpoints: usize,
    /// Entries that have no leaf yet.
    pub waiting: u64,
    /// Restores that have lost a part of the log, as the authority has signed.
    pub restored: Vec<RestoreStatement>,
    /// Unseals in the lost parts, which only the witness's journal knows.
    pub lost_unseals: u64,
}

/// Reasons why a log does not verify.
#[derive(Debug, thiserror::Error)]
pub enum VerificationError {
    /// The first bad entry, with its content if it can be read.
    #[error("{0}")]
    Entry(Finding, Option<Box<Entry>>),
    /// The sequencer signs a checkpoint with every leaf that it assigns, so somebody else put this entry there.
    #[error("entry {0}: it stands after the last signed checkpoint; the log never signed for it")]
    Unsigned(u64, Option<Box<Entry>>),
    /// A row of the queue has a wrong MAC. The sequencer does not take it, and no act of the program wrote it.
    #[error("{0} forged rows wait for a place in the log, which they do not get")]
    Queue(u64, Option<Box<Entry>>),
    #[error("the witness's journal: {0}")]
    Journal(String),
    /// Nothing is known to be wrong: the verification could not be carried out.
    #[error(transparent)]
    Service(#[from] Error),
}

wraps_service_errors!(VerificationError);

impl AuditLog {
    /// Verifies this installation's log with its own witness.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the witness does not answer, [`Error::Store`].
    pub async fn verify_log(&self) -> Result<Verified, VerificationError> {
        self.verify_log_telling(async |_, _| Ok(())).await
    }

    /// Verifies the log, and tells `progress` how many entries were verified of how many.
    ///
    /// # Errors
    /// As [`AuditLog::verify_log`], and what `progress` returns.
    pub(crate) async fn verify_log_telling(
        &self,
        progress: impl AsyncFn(u64, u64) -> Result<()>,
    ) -> Result<Verified, VerificationError> {
        let pins = Pins::of(&self.keys);
        let refused = |refusal| Error::Unavailable(format!("the witness: {refusal}"));
        let look = async || {
            let (size, root) = self.witness.last_checkpoint().await.map_err(refused)?;
            let lines = self.witness.journal().await.map_err(refused)?;
            Ok(WitnessSnapshot { size, root, lines })
        };
        verify(&self.db, &pins, look, progress).await
    }
}

/// Verifies a log. `look` asks the witness; `progress` gets the numbers of verified entries and of all.
///
/// # Errors
/// [`Error::Store`], and what `look` and `progress` return.
pub async fn verify(
    db: &Db,
    pins: &Pins,
    look: impl AsyncFn() -> Result<WitnessSnapshot>,
    progress: impl AsyncFn(u64, u64) -> Result<()>,
) -> Result<Verified, VerificationError> {
    // The server may be running. The snapshot must contain everything that the witness saw before it. Of the journal's
    // newer lines, only those count whose entries the snapshot has too.
    let before = look().await?;
    let mut tx = db.read().await?;
    let size = store::log::tree_size(&mut tx).await?.unsigned_abs();
    let after = look().await?;
    match journal_of(pins, &before, &after) {
        Ok(lines) => {
            let witness = Known::of(pins, (before.size, before.root), lines, before.lines.len() as u64, size);
            let told = async |checked| progress(checked, size).await;
            verify_with(&mut tx, pins, witness, told).await
        }
        Err(what) => Err(VerificationError::Journal(what)),
    }
}

/// Verifies a log by itself, without asking a witness.
///
/// # Errors
/// [`Error::Store`]
pub async fn verify_alone(tx: &mut Tx, pins: &Pins) -> Result<Verified, VerificationError> {
    verify_with(tx, pins, Known::default(), async |_| Ok(())).await
}

async fn verify_with(
    tx: &mut Tx,
    pins: &Pins,
    known: Known,
    progress: impl AsyncFn(u64) -> Result<()>,
) -> Result<Verified, VerificationError> {
    let checkpoints = store::log::checkpoints(tx).await?;
    let count = checkpoints.len();
    let is_asked = known.last.is_some();
    let notes = known.restores.iter().map(|(note, _)| note.clone()).collect();
    let evidence = Expectations {
        checkpoints: checkpoints
            .into_iter()
            .map(|checkpoint| StoredCheckpoint {
                size: checkpoint.tree_size.unsigned_abs(),
                note: checkpoint.note,
                cosigned: checkpoint.cosigned,
            })
            .collect(),
        witness: known.last.map(|(size, root)| (size, hash(root))),
        journal: is_asked.then_some(known.unseals),
        restores: is_asked.then_some(notes),
        forgotten: known.forgotten,
    };
    let pinned = PinnedKeys {
        instance: pins.instance,
        authority: *pins.authority.as_bytes(),
        log: *pins.log.as_bytes(),
        witness: *pins.witness.as_bytes(),
    };
    let rosters = History::read(tx, pins).await?;
    let verifier = Verifier::new(pinned, evidence, rosters);
    let mut seals = Seals::beyond(pins.instance, known.erased, known.forgotten);
    let mut restored = Vec::new();
    let (mut outcome, misfiled) = push_entries(tx, verifier, &mut seals, &mut restored, progress).await?;
    // Only the witness knows which seals were erased.
    if outcome.is_ok()
        && is_asked
        && let Some(finding) = seals.exchanged(tx).await?
    {
        outcome = Err(finding);
    }
    let summary = match outcome {
        Ok(summary) => summary,
        Err(finding) => {
            let entry = entry_at(tx, finding.index).await?;
            return Err(VerificationError::Entry(finding, entry));
        }
    };
    if summary.signed < summary.entries {
        let entry = entry_at(tx, summary.signed).await?;
        return Err(VerificationError::Unsigned(summary.signed, entry));
    }
    if let Some(finding) = misfiled {
        let entry = entry_at(tx, finding.index).await?;
        return Err(VerificationError::Entry(finding, entry));
    }
    if known.restores.iter().any(|(_, accepted)| !restored.contains(accepted)) {
        let what = "it tells of a restore of which the log has no entry; `sigilo restore --signed` writes it";
        return Err(VerificationError::Journal(what.into()));
    }
    let forged = store::log::forged(tx).await?;
    if let Some(first) = forged.first() {
        let entry = Entry::read(&first.body).ok().map(Box::new);
        return Err(VerificationError::Queue(forged.len() as u64, entry));
    }
    Ok(Verified {
        summary,
        checkpoints: count,
        waiting: store::log::waiting(tx).await?.unsigned_abs(),
        restored,
        lost_unseals: known.lost_unseals,
    })
}

/// The content of the witness's journal, without the parts that a restore has lost.
#[derive(Default)]
struct Known {
    /// The last tree that it saw, or none if it is not asked.
    last: Option<(u64, Hash32)>,
    unseals: Vec<(u64, Hash)>,
    erased: HashSet<Hash32>,
    /// The restores that it accepted: their notes and content.
    restores: Vec<(Vec<u8>, RestoreStatement)>,
    forgotten: u64,
    lost_unseals: u64,
}

impl Known {
    /// Reads the journal's lines. Of unseals after line `old`, only those count that the log of `size` has too.
    fn of(pins: &Pins, last: (u64, Hash32), lines: Vec<Line>, old: u64, size: u64) -> Self {
        let mut known = Self {
            last: Some(last),
            ..Self::default()
        };
        for line in lines {
            match line.event {
                Event::Unseal(unseal) if line.seq < old || unseal.index < size => {
                    known.unseals.push((unseal.index, hash(unseal.leaf)));
                }
                Event::Erasure(erasure) => drop(known.erased.insert(erasure.manifest)),
                Event::Restored(event) => {
                    // The witness accepted it because it verifies. If it does not, the log's entry will not verify
                    // either.
                    let authority = pins.authority.as_bytes();
                    if let Ok(restored) = RestoreStatement::verify(&event.note.0, pins.instance, authority) {
                        known.restore(event.note.0, restored);
                    }
                }
                Event::Init(_) | Event::Roster(_) | Event::Unseal(_) => {}
            }
        }
        known
    }

    /// Removes the lines that the restore has lost.
    fn restore(&mut self, note: Vec<u8>, restored: RestoreStatement) {
        let before = self.unseals.len();
        self.unseals.retain(|(index, _)| *index < restored.kept.size);
        self.lost_unseals += (before - self.unseals.len()) as u64;
        if restored.seen.is_none() {
            self.forgotten = restored.kept.size;
        }
        self.restores.push((note, restored));
    }
}

fn hash(hash: Hash32) -> Hash {
    Hash(*hash.as_bytes())
}

/// Returns the journal's lines, after checking that they are a chain that begins with the pinned keys and only grows.
fn journal_of(pins: &Pins, before: &WitnessSnapshot, after: &WitnessSnapshot) -> Result<Vec<Line>, String> {
    let lines = journal::read(&after.lines).map_err(|bad| bad.to_string())?;
    if !after.lines.starts_with(&before.lines) {
        return Err("it has lost or changed lines while it was read".into());
    }
    match lines.first().map(|line| &line.event) {
        Some(Event::Init(init))
            if init.instance == pins.instance
                && init.authority == pins.authority
                && init.log == pins.log
                && init.witness == pins.witness =>
        {
            Ok(lines)
        }
        _ => Err("it does not begin with this installation's keys".into()),
    }
}

/// Gives every entry that has a leaf to the verifier. Returns its outcome, and the first entry that the auditor's list
/// would show under other columns than its bytes say. The latter counts only if nothing else is wrong.
async fn push_entries(
    tx: &mut Tx,
    mut verifier: Verifier<History>,
    seals: &mut Seals,
    restored: &mut Vec<RestoreStatement>,
    progress: impl AsyncFn(u64) -> Result<()>,
) -> Result<(Result<Summary, Finding>, Option<Finding>)> {
    let (mut from, mut misfiled) = (0_i64, None);
    loop {
        progress(from.unsigned_abs()).await?;
        let entries = store::log::from_leaf(tx, from, BATCH_SIZE).await?;
        let Some(last) = entries.last().and_then(|entry| entry.leaf_index) else {
            return Ok((verifier.finish(), misfiled));
        };
        let hashes = hashes_between(tx, from, last).await?;
        for entry in &entries {
            let index = entry.leaf_index.unwrap_or_default().unsigned_abs();
            let stored = StoredEntry {
                index,
                body: &entry.body,
                source: EntrySource::Row {
                    case: entry.listed.case_id,
                    hashes: &of_leaf(&hashes, index),
                },
            };
            if let Err(finding) = verifier.push(stored) {
                return Ok((Err(finding), misfiled));
            }
            let is_listed = |read: Entry| listed(&read) == entry.listed;
            if misfiled.is_none() && !Entry::read(&entry.body).is_ok_and(is_listed) {
                let defect = Defect::Misfiled;
                misfiled = Some(Finding { index, defect });
            }
            seals.note(index, &entry.body);
            restored.extend(restored_by(&entry.body));
        }
        from = last.saturating_add(1);
    }
}

/// Returns the statement of an entry about a restore. The verifier has checked it.
pub(crate) fn restored_by(body: &[u8]) -> Option<RestoreStatement> {
    let entry = Entry::read(body).ok().filter(|entry| entry.act == Act::LogRestored)?;
    RestoreStatement::read_unverified(&RestoredDetail::of(&entry)?.statement.0)
}

/// Returns the stored tree hashes of the leaves from `first` to `last`, by position.
async fn hashes_between(tx: &mut Tx, first: i64, last: i64) -> Result<BTreeMap<u64, Hash>> {
    let position = |leaf: i64| leaf_position(leaf.unsigned_abs()).map_or(i64::MAX, u64::cast_signed);
    let rows = store::log::hash_range(tx, position(first), position(last.saturating_add(1))).await?;
    // A hash of another length counts as missing.
    let read = |(at, bytes): (i64, Vec<u8>)| Some((at.unsigned_abs(), Hash(bytes.try_into().ok()?)));
    Ok(rows.into_iter().filter_map(read).collect())
}

fn of_leaf(hashes: &BTreeMap<u64, Hash>, index: u64) -> Vec<Hash> {
    match (leaf_position(index), leaf_position(index.saturating_add(1))) {
        (Ok(from), Ok(to)) => hashes.range(from..to).map(|(_, hash)| *hash).collect(),
        _ => Vec::new(),
    }
}

async fn entry_at(tx: &mut Tx, index: u64) -> Result<Option<Box<Entry>>> {
    let Ok(leaf) = i64::try_from(index) else {
        return Ok(None);
    };
    let found = store::log::from_leaf(tx, leaf, 1).await?;
    let entry = found.first().filter(|entry| entry.leaf_index == Some(leaf));
    Ok(entry.and_then(|entry| Entry::read(&entry.body).ok()).map(Box::new))
}

/// The published rosters. Each is in force from its entry on.
pub(crate) struct History {
    instance: InstanceId,
    authority: VerifyKey,
    notes: HashMap<u64, Vec<u8>>,
    current: Option<VerifiedRoster>,
}

impl History {
    /// Takes signed notes by version.
    pub(crate) const fn of(instance: InstanceId, authority: VerifyKey, notes: HashMap<u64, Vec<u8>>) -> Self {
        Self {
            instance,
            authority,
            notes,
            current: None,
        }
    }

    async fn read(tx: &mut Tx, pins: &Pins) -> Result<Self> {
        let rows = store::roster::history(tx).await?.into_iter();
        let notes = rows.map(|row| (row.version.unsigned_abs(), row.note)).collect();
        Ok(Self::of(pins.instance, pins.authority, notes))
    }

    fn published(&self, entry: &Entry) -> Option<VerifiedRoster> {
        let note = self.notes.get(&entry.detail.get("version")?.as_u64()?)?;
        let roster = VerifiedRoster::verify(self.instance, note, &self.authority).ok()?;
        let follows = match &self.current {
            Some(current) => roster.follows(current).is_ok(),
            None => roster.version() == 1,
        };
        let named = entry.detail.get("hash").and_then(Value::as_str) == Some(roster.hash().to_string().as_str());
        (follows && named).then_some(roster)
    }
}

impl RosterHistory for History {
    fn publish(&mut self, entry: &Entry) -> bool {
        let roster = self.published(entry);
        let good = roster.is_some();
        if good {
            self.current = roster;
        }
        good
    }

    fn verify_key(&self, staff: StaffId) -> Option<[u8; 32]> {
        let member = self.current.as_ref()?.member(staff)?;
        Some(*member.verify_key.as_bytes())
    }
}
