//! The audit log as the auditor reads it: pages of entries, one entry, and the names and letters that belong to them.

use std::collections::HashMap;

use super::part::AuditLog;
use crate::audit::entry::Entry;
use crate::domain::ids::{CaseId, StaffId};
use crate::service::error::{Error, Result};
use crate::store::desk::Letter;
use crate::store::filters::{self, LogCursor, LogFilter};
use crate::store::log::Checkpoint;
use crate::store::{self, Tx};

/// Entries on a page.
const PAGE_SIZE: i64 = 50;

/// An entry, and what belongs to it.
#[derive(Debug)]
pub struct ReadEntry {
    pub stored: store::log::Entry,
    /// None when the stored bytes do not read.
    pub entry: Option<Entry>,
    /// The case's number; its id once the case is erased.
    pub case_number: Option<String>,
    /// Letters to this auditor.
    pub letters: Vec<Letter>,
}

/// One page of the log, newest first.
#[derive(Debug)]
pub struct LogPage {
    pub entries: Vec<ReadEntry>,
    /// The end of this page, where there is another one.
    pub next: Option<LogCursor>,
    /// The newest checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// Names of everybody on the staff, also of those who left.
    pub names: HashMap<StaffId, String>,
}

/// One entry of the log.
#[derive(Debug)]
pub struct LogLeaf {
    pub read: ReadEntry,
    /// There is a later entry.
    pub has_later: bool,
    /// Names of everybody on the staff, also of those who left.
    pub names: HashMap<StaffId, String>,
}

impl AuditLog {
    /// Reads a page of the log. Without a search the page has no entries.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn log_page(
        &self,
        auditor: StaffId,
        search: Option<&LogFilter>,
        after: Option<LogCursor>,
    ) -> Result<LogPage> {
        let mut tx = self.db.read().await?;
        let mut stored = Vec::new();
        let mut next = None;
        if let Some(search) = search {
            if after.is_none() {
                // The sequencer takes these up within a second.
                stored = store::log::unsequenced(&mut tx, PAGE_SIZE).await?;
                stored.retain(|entry| search.has(entry));
                stored.reverse();
            }
            let mut listed = filters::list_log_entries(&mut tx, search, after, PAGE_SIZE + 1).await?;
            if listed.len() > usize::try_from(PAGE_SIZE).unwrap_or_default() {
                listed.pop();
                next = listed.last().and_then(|last| {
                    Some(LogCursor {
                        at: last.listed.at,
                        leaf: last.leaf_index?,
                    })
                });
            }
            stored.extend(listed);
        }
        let checkpoint = store::log::latest_checkpoint(&mut tx).await?;
        let names = names(&mut tx).await?;
        let mut numbers = HashMap::new();
        let mut entries = Vec::with_capacity(stored.len());
        for stored in stored {
            entries.push(read(&mut tx, auditor, stored, &mut numbers).await?);
        }
        Ok(LogPage {
            entries,
            next,
            checkpoint,
            names,
        })
    }

    /// Reads the entry at a leaf of the tree.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Store`]
    pub async fn log_leaf(&self, auditor: StaffId, leaf: u64) -> Result<LogLeaf> {
        let index = i64::try_from(leaf).map_err(|_| Error::NotFound)?;
        let mut tx = self.db.read().await?;
        let stored = store::log::at_leaf(&mut tx, index).await?.ok_or(Error::NotFound)?;
        Ok(LogLeaf {
            read: read(&mut tx, auditor, stored, &mut HashMap::new()).await?,
            has_later: store::log::tree_size(&mut tx).await? > index + 1,
            names: names(&mut tx).await?,
        })
    }

    /// Finds the case of entries by its number, as typed, or by its id: the number of an erased case is gone, its
    /// entries are not.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn logged_case(&self, typed: &str) -> Result<Option<CaseId>> {
        let mut tx = self.db.read().await?;
        let case = store::cases::by_number(&mut tx, &typed.to_ascii_uppercase()).await?;
        Ok(case
            .map(|case| case.id)
            .or_else(|| typed.to_ascii_lowercase().parse().ok()))
    }
}

async fn names(tx: &mut Tx) -> Result<HashMap<StaffId, String>> {
    let staff = store::staff::list(tx).await?;
    Ok(staff.into_iter().map(|member| (member.id, member.name)).collect())
}

async fn read(
    tx: &mut Tx,
    auditor: StaffId,
    stored: store::log::Entry,
    numbers: &mut HashMap<CaseId, String>,
) -> Result<ReadEntry> {
    let entry = Entry::read(&stored.body).ok();
    let case_number = match entry.as_ref().map_or(stored.listed.case_id, |entry| entry.case) {
        Some(id) => Some(case_number(tx, id, numbers).await?),
        None => None,
    };
    Ok(ReadEntry {
        letters: store::desk::letters_for(tx, stored.id, auditor).await?,
        stored,
        entry,
        case_number,
    })
}

async fn case_number(tx: &mut Tx, id: CaseId, numbers: &mut HashMap<CaseId, String>) -> Result<String> {
    if let Some(number) = numbers.get(&id) {
        return Ok(number.clone());
    }
    let case = store::cases::by_id(tx, id).await?;
    let number = case.map_or_else(|| id.to_string(), |case| case.number);
    numbers.insert(id, number.clone());
    Ok(number)
}
