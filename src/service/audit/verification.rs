//! `sigilo audit verify`: gives the whole log in the database to the verifier, with the knowledge of the witness. It
//! changes nothing. It needs the pinned keys, and for entries that have no leaf yet the key of the rows.

use std::collections::BTreeMap;

use tlog_tiles::Hash;
use uuid::Uuid;

use super::covered_reports::Reports;
use super::duties::Duties;
use super::journal_check::JournalCheck;
use super::log::listed;
use super::part::AuditLog;
pub use super::pins::Pins;
pub(crate) use super::roster_history::History;
pub use super::verification_error::VerificationError;
use super::witnessed::{Known, check_currency, read_journal};
use crate::audit::entry::{Act, Entry};
use crate::audit::restore::{RestoreStatement, RestoredDetail};
use crate::audit::tree::leaf_position;
use crate::audit::verify::{
    Defect, EntrySource, Expectations, Finding, PinnedKeys, RowDefect, RowFinding, StoredCheckpoint, StoredEntry,
    Summary, Verifier,
};
use crate::service::error::{Error, Result};
use crate::store::{self, Db, Tx};
use crate::witness::JournalReader;
use crate::witness::setup::WitnessSnapshot;

/// Entries that are read at once.
const BATCH_SIZE: i64 = 500;

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
    /// Identities of which the witness has a tombstone, and which the database has not erased yet.
    pub erasing: u64,
}

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
            let lines = self.witness.journal(JournalReader::Server).await.map_err(refused)?;
            Ok(WitnessSnapshot {
                size,
                root,
                lines,
                head: None,
            })
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
    let lines = read_journal(pins, &before, &after)?;
    check_currency(&mut tx, &after).await?;
    let witness = Known::of(pins, (before.size, before.root), lines, before.lines.len() as u64, size);
    let told = async |checked| progress(checked, size).await;
    verify_with(&mut tx, pins, witness, told).await
}

/// Verifies a log by itself, without asking a witness.
///
/// # Errors
/// [`Error::Store`]
pub async fn verify_alone(tx: &mut Tx, pins: &Pins) -> Result<Verified, VerificationError> {
    verify_with(tx, pins, Known::default(), async |_| Ok(())).await
}

/// Returns what the log must match: checkpoints of the database, and the witness's knowledge.
async fn expectations(tx: &mut Tx, known: &Known) -> Result<Expectations> {
    let checkpoints = store::log::checkpoints(tx).await?;
    let is_asked = known.last.is_some();
    let notes = known.restores.iter().map(|(note, _)| note.clone()).collect();
    Ok(Expectations {
        checkpoints: checkpoints
            .into_iter()
            .map(|checkpoint| StoredCheckpoint {
                size: checkpoint.tree_size.unsigned_abs(),
                note: checkpoint.note,
                cosigned: checkpoint.cosigned,
            })
            .collect(),
        witness: known.last.map(|(size, root)| (size, Hash(*root.as_bytes()))),
        journal: is_asked.then(|| known.leaves()),
        restores: is_asked.then_some(notes),
        forgotten: known.forgotten,
    })
}

async fn verify_with(
    tx: &mut Tx,
    pins: &Pins,
    known: Known,
    progress: impl AsyncFn(u64) -> Result<()>,
) -> Result<Verified, VerificationError> {
    let evidence = expectations(tx, &known).await?;
    let count = evidence.checkpoints.len();
    let is_asked = known.last.is_some();
    let pinned = PinnedKeys {
        instance: pins.instance,
        authority: *pins.authority.as_bytes(),
        log: *pins.log.as_bytes(),
        witness: *pins.witness.as_bytes(),
    };
    let rosters = History::read(tx, pins).await?;
    let verified_rosters = rosters.verified();
    let verifier = Verifier::new(pinned, evidence, rosters);
    let mut reports = Reports::beyond(pins.instance, known.erased(), known.forgotten);
    let mut duties = is_asked.then(|| Duties::new(pins.instance, known.facts(), verified_rosters));
    let mut restored = Vec::new();
    let mut journal = JournalCheck::new(pins.instance, pins.witness);
    let mut listeners = Listeners {
        reports: &mut reports,
        journal: &mut journal,
        duties: duties.as_mut(),
        restored: &mut restored,
    };
    let (mut outcome, misfiled) = push_entries(tx, verifier, &mut listeners, progress).await?;
    // Only the witness knows which seals were erased.
    if outcome.is_ok()
        && is_asked
        && let Some(finding) = reports.exchanged(tx).await?
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
    let forged = store::log::forged(tx).await?;
    if misfiled.is_none()
        && let Some(first) = forged.first()
    {
        let entry = Entry::read(&first.body).ok().map(Box::new);
        return Err(VerificationError::Queue(forged.len() as u64, entry));
    }
    let cut = if is_asked {
        // A release may wait for its leaf while its copies are there.
        note_waiting(tx, summary.entries, |index, _, body| journal.note(index, body)).await?;
        journal.compare(tx, &known.journal, known.forgotten).await?
    } else {
        None
    };
    if let Some(finding) = misfiled.or(cut) {
        let entry = entry_at(tx, finding.index).await?;
        return Err(VerificationError::Entry(finding, entry));
    }
    if known.restores.iter().any(|(_, accepted)| !restored.contains(accepted)) {
        let what = "it tells of a restore of which the log has no entry; `sigilo restore --signed` writes it";
        return Err(VerificationError::Journal(what.into()));
    }
    let last = store::evidence::last_hash_position(tx).await?;
    let end = leaf_position(summary.entries).map_or(i64::MAX, u64::cast_signed);
    if let Some(beyond) = last.filter(|last| *last >= end) {
        let finding = RowFinding::new("audit_hash", beyond, None, RowDefect::Unlogged);
        return Err(VerificationError::Row(finding, None));
    }
    let mut erasing = 0;
    if let Some(mut duties) = duties {
        let note = |index, entry: &Entry, body: &[u8]| duties.note(index, entry, body);
        note_waiting(tx, summary.entries, note).await?;
        erasing = match duties.check(tx).await? {
            Ok(erasing) => erasing,
            Err(finding) => {
                let entry = match finding.entry {
                    Some(index) => entry_at(tx, index).await?,
                    None => None,
                };
                return Err(VerificationError::Row(finding, entry));
            }
        };
    }
    Ok(Verified {
        summary,
        checkpoints: count,
        waiting: store::log::waiting(tx).await?.unsigned_abs(),
        restored,
        lost_unseals: known.lost_unseals,
        erasing,
    })
}

/// Notes the entries that wait for their leaf: their rows stand already.
async fn note_waiting(tx: &mut Tx, size: u64, mut note: impl FnMut(u64, &Entry, &[u8])) -> Result<()> {
    let (mut after, mut index) = ((i64::MIN, Uuid::nil()), size);
    loop {
        let waiting = store::evidence::waiting(tx, after, BATCH_SIZE).await?;
        let Some(last) = waiting.last() else {
            return Ok(());
        };
        after = (last.written, last.id.as_uuid());
        for row in &waiting {
            if let Ok(entry) = Entry::read(&row.body) {
                note(index, &entry, &row.body);
            }
            index += 1;
        }
    }
}

/// Those who listen to the entries, besides the verifier.
struct Listeners<'a> {
    reports: &'a mut Reports,
    duties: Option<&'a mut Duties>,
    journal: &'a mut JournalCheck,
    restored: &'a mut Vec<RestoreStatement>,
}

/// Gives every entry that has a leaf to the verifier. Returns its outcome, and the first entry that the auditor's list
/// would show under other columns than its bytes say. The latter counts only if nothing else is wrong.
async fn push_entries(
    tx: &mut Tx,
    mut verifier: Verifier<History>,
    listeners: &mut Listeners<'_>,
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
            let read = Entry::read(&entry.body).ok();
            let is_listed = |read: &Entry| read.id == entry.id && listed(read) == entry.listed;
            if misfiled.is_none() && !read.as_ref().is_some_and(is_listed) {
                let defect = Defect::Misfiled;
                misfiled = Some(Finding { index, defect });
            }
            if let (Some(duties), Some(read)) = (&mut listeners.duties, &read) {
                duties.note(index, read, &entry.body);
            }
            listeners.reports.note(index, &entry.body);
            listeners.journal.note(index, &entry.body);
            listeners.restored.extend(restored_by(&entry.body));
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
