//! Rows of the audit log: entries, tree hashes, checkpoints. Only the audit module interprets them.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::rows::{Granting, Stored};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, EntryId};
use crate::domain::row::Column;

/// An entry's stored bytes.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Entry {
    pub id: EntryId,
    /// Its position in the queue of entries that wait to be sequenced.
    pub written: i64,
    pub body: Vec<u8>,
    /// None until sequenced.
    pub leaf_index: Option<i64>,
    #[sqlx(flatten)]
    pub listed: Listed,
}

/// The fields that entries are listed and filtered by; they repeat the entry's bytes.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Listed {
    pub case_id: Option<CaseId>,
    /// The act's code.
    pub act: String,
    pub actor: String,
    pub at: UnixSeconds,
}

impl Granting for Entry {
    const TABLE: &'static str = "audit_entry";

    fn columns(&self) -> Vec<Column<'_>> {
        let Self {
            id,
            written,
            body,
            leaf_index,
            listed:
                Listed {
                    case_id,
                    act,
                    actor,
                    at,
                },
        } = self;
        vec![
            id.as_bytes().as_slice().into(),
            (*written).into(),
            body.into(),
            (*leaf_index).into(),
            case_id.as_ref().map(|case| case.as_bytes().as_slice()).into(),
            act.into(),
            actor.into(),
            (*at).into(),
        ]
    }
}

/// Inserts an entry, in the transaction of the act that it records. The sequencer sets its `leaf_index`.
pub async fn insert(tx: &mut Tx, id: EntryId, written: i64, body: &[u8], listed: &Listed) -> Result<()> {
    let new = Entry {
        id,
        written,
        body: body.to_vec(),
        leaf_index: None,
        listed: listed.clone(),
    };
    let mac = tx.mac(&new)?;
    let rows = execute!(
        tx,
        "INSERT INTO audit_entry (id, written, body, case_id, act, actor, at, mac)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        written,
        body,
        listed.case_id,
        listed.act.as_str(),
        listed.actor.as_str(),
        listed.at,
        mac,
    );
    expect_rows("insert audit entry", 1, rows)
}

/// Lists the entries that wait for their leaf, in the order in which they get it. A row that somebody else wrote does not
/// wait: it never gets a leaf.
pub async fn unsequenced(tx: &mut Tx, limit: i64) -> Result<Vec<Entry>> {
    let (wanted, mut most) = (usize::try_from(limit).unwrap_or_default(), limit);
    loop {
        let found = queued(tx, most).await?;
        let is_all = i64::try_from(found.len()).is_ok_and(|read| read < most);
        let mut waiting = tx.all_authentic(found)?;
        if is_all || waiting.len() >= wanted {
            waiting.truncate(wanted);
            return Ok(waiting);
        }
        // Rows of somebody else must not keep the log's own from their leaves.
        most = most.saturating_mul(2);
    }
}

/// Lists the rows in the queue that no act of the program wrote.
pub async fn forged(tx: &mut Tx) -> Result<Vec<Entry>> {
    let found = queued(tx, i64::MAX).await?;
    tx.refused(found)
}

async fn queued(tx: &mut Tx, limit: i64) -> Result<Vec<Stored<Entry>>> {
    Ok(fetch_all!(
        Stored<Entry>,
        tx,
        "SELECT id, written, body, leaf_index, case_id, act, actor, at, mac
         FROM audit_entry WHERE leaf_index IS NULL ORDER BY written, id LIMIT $1",
        limit
    ))
}

/// Counts the entries that wait for their leaf.
pub async fn waiting(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT count(*) FROM audit_entry WHERE leaf_index IS NULL").fetch_one(c).await?
    }))
}

/// Counts the entries that have a leaf, which is the index of the next leaf.
///
/// The number stays valid only in a transaction of `Db::begin_sequencing`.
pub async fn tree_size(tx: &mut Tx) -> Result<i64> {
    let last: Option<i64> =
        on!(tx, c => sqlx::query_scalar("SELECT max(leaf_index) FROM audit_entry").fetch_one(c).await?);
    Ok(last.map_or(0, |last| last + 1))
}

/// Gives an entry its leaf; it is an error if it has one.
pub async fn sequence(tx: &mut Tx, id: EntryId, leaf_index: i64) -> Result<()> {
    let rows = execute!(
        tx,
        "UPDATE audit_entry SET leaf_index = $1, mac = NULL WHERE id = $2 AND leaf_index IS NULL",
        leaf_index,
        id,
    );
    expect_rows("sequence audit entry", 1, rows)
}

pub async fn by_id(tx: &mut Tx, id: EntryId) -> Result<Option<Entry>> {
    Ok(fetch_optional!(
        Entry,
        tx,
        "SELECT id, written, body, leaf_index, case_id, act, actor, at FROM audit_entry WHERE id = $1",
        id
    ))
}

/// Lists sequenced entries from leaf `from` on.
pub async fn from_leaf(tx: &mut Tx, from: i64, limit: i64) -> Result<Vec<Entry>> {
    Ok(fetch_all!(
        Entry,
        tx,
        "SELECT id, written, body, leaf_index, case_id, act, actor, at
         FROM audit_entry WHERE leaf_index >= $1 ORDER BY leaf_index LIMIT $2",
        from,
        limit
    ))
}

/// Lists sequenced entries below leaf `before`, newest first.
pub async fn before_leaf(tx: &mut Tx, before: i64, limit: i64) -> Result<Vec<Entry>> {
    Ok(fetch_all!(
        Entry,
        tx,
        "SELECT id, written, body, leaf_index, case_id, act, actor, at
         FROM audit_entry WHERE leaf_index < $1 ORDER BY leaf_index DESC LIMIT $2",
        before,
        limit
    ))
}

/// Finds the entry at a leaf.
pub async fn at_leaf(tx: &mut Tx, leaf: i64) -> Result<Option<Entry>> {
    Ok(fetch_optional!(
        Entry,
        tx,
        "SELECT id, written, body, leaf_index, case_id, act, actor, at
         FROM audit_entry WHERE leaf_index = $1",
        leaf
    ))
}

/// Returns the queue position of the entry that has waited longest for its leaf.
pub async fn oldest_waiting(tx: &mut Tx) -> Result<Option<i64>> {
    Ok(on!(tx, c => {
        sqlx::query_scalar("SELECT min(written) FROM audit_entry WHERE leaf_index IS NULL").fetch_one(c).await?
    }))
}

/// Lists a case's sequenced entries, in order.
pub async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Entry>> {
    Ok(fetch_all!(
        Entry,
        tx,
        "SELECT id, written, body, leaf_index, case_id, act, actor, at
         FROM audit_entry WHERE case_id = $1 AND leaf_index IS NOT NULL ORDER BY leaf_index",
        case
    ))
}

/// Returns the tree hashes at the stored hash indexes `positions`, in that order; it is an error if one is missing.
pub async fn hashes(tx: &mut Tx, positions: &[i64]) -> Result<Vec<Vec<u8>>> {
    let mut hashes = Vec::with_capacity(positions.len());
    for &position in positions {
        let hash: Option<Vec<u8>> = on!(tx, c => {
            sqlx::query_scalar("SELECT hash FROM audit_hash WHERE position = $1").bind(position).fetch_optional(c).await?
        });
        expect_rows("read tree hash", 1, u64::from(hash.is_some()))?;
        hashes.extend(hash);
    }
    Ok(hashes)
}

/// Lists the tree hashes at positions `from..to` with their positions. To the audit a missing one is a finding.
pub async fn hash_range(tx: &mut Tx, from: i64, to: i64) -> Result<Vec<(i64, Vec<u8>)>> {
    Ok(fetch_all!(
        (i64, Vec<u8>),
        tx,
        "SELECT position, hash FROM audit_hash WHERE position >= $1 AND position < $2 ORDER BY position",
        from,
        to
    ))
}

/// Inserts tree hashes from the stored hash index `from` on.
pub async fn insert_hashes(tx: &mut Tx, from: i64, hashes: &[impl AsRef<[u8]> + Sync]) -> Result<()> {
    for (position, hash) in (from..).zip(hashes) {
        let rows = execute!(
            tx,
            "INSERT INTO audit_hash (position, hash) VALUES ($1, $2)",
            position,
            hash.as_ref()
        );
        expect_rows("insert tree hash", 1, rows)?;
    }
    Ok(())
}

/// A checkpoint, a signed note.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Checkpoint {
    pub tree_size: i64,
    pub note: Vec<u8>,
    /// True when the witness has countersigned it.
    pub cosigned: bool,
    pub made_at: UnixSeconds,
}

/// Stores a checkpoint. It replaces one of the same size, but never a countersigned one by one that is not.
pub async fn put_checkpoint(tx: &mut Tx, new: &Checkpoint) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO checkpoint (tree_size, note, cosigned, made_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tree_size) DO UPDATE SET note = excluded.note, cosigned = excluded.cosigned
         WHERE excluded.cosigned OR NOT checkpoint.cosigned",
        new.tree_size,
        new.note.as_slice(),
        new.cosigned,
        new.made_at,
    );
    if rows > 1 {
        expect_rows("put checkpoint", 1, rows)
    } else {
        Ok(())
    }
}

/// Lists all checkpoints, smallest first.
pub async fn checkpoints(tx: &mut Tx) -> Result<Vec<Checkpoint>> {
    Ok(fetch_all!(
        Checkpoint,
        tx,
        "SELECT tree_size, note, cosigned, made_at FROM checkpoint ORDER BY tree_size"
    ))
}

pub async fn latest_checkpoint(tx: &mut Tx) -> Result<Option<Checkpoint>> {
    Ok(fetch_optional!(
        Checkpoint,
        tx,
        "SELECT tree_size, note, cosigned, made_at FROM checkpoint ORDER BY tree_size DESC LIMIT 1"
    ))
}

pub async fn latest_cosigned(tx: &mut Tx) -> Result<Option<Checkpoint>> {
    Ok(fetch_optional!(
        Checkpoint,
        tx,
        "SELECT tree_size, note, cosigned, made_at
         FROM checkpoint WHERE cosigned ORDER BY tree_size DESC LIMIT 1"
    ))
}

/// Finds the smallest checkpoint that contains leaf `leaf_index`.
pub async fn checkpoint_with(tx: &mut Tx, leaf_index: i64) -> Result<Option<Checkpoint>> {
    Ok(fetch_optional!(
        Checkpoint,
        tx,
        "SELECT tree_size, note, cosigned, made_at
         FROM checkpoint WHERE tree_size > $1 ORDER BY tree_size LIMIT 1",
        leaf_index
    ))
}
