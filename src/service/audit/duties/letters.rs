//! Letters of purpose: each officer of the roster has a copy of each request, and each auditor one of each opening.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::facts::{BATCH_SIZE, Facts, whole_detail};
use super::unseals::Opened;
use crate::audit::entry::{Act, Entry};
use crate::audit::verify::{RowDefect, RowFinding};
use crate::domain::ids::{CaseId, EntryId, LetterId, StaffId};
use crate::service::error::Result;
use crate::store::desk::Letter;
use crate::store::{Tx, evidence};
use crate::vault::agefile::looks_like_one;
use crate::vault::unseal::UnsealRequest;
use crate::vault::verified_purpose;
use crate::witness::RequestedDetail;

type Checked = std::result::Result<(), RowFinding>;

const TABLE: &str = "letter";

/// The officers who read a purpose, and the letter that was found.
#[derive(Debug)]
struct Purpose {
    index: u64,
    case: Option<CaseId>,
    readers: HashSet<StaffId>,
    letter: Option<LetterId>,
}

/// The purposes that the log tells of.
#[derive(Debug, Default)]
pub(super) struct Letters {
    purposes: HashMap<EntryId, Purpose>,
}

impl Letters {
    pub(super) fn note(&mut self, facts: &Facts, index: u64, entry: &Entry) {
        if entry.act != Act::UnsealRequested {
            return;
        }
        let found: Option<RequestedDetail> = whole_detail(entry);
        let request = found.and_then(|found| UnsealRequest::read(&found.request.0).ok());
        let roster = request.and_then(|request| facts.roster(request.roster));
        let readers = roster.into_iter().flat_map(|roster| roster.officers());
        let purpose = Purpose {
            index,
            case: entry.case,
            readers: readers.map(|member| member.id).collect(),
            letter: None,
        };
        self.purposes.insert(entry.id, purpose);
    }

    /// Holds the letters against the log.
    pub(super) async fn check(mut self, tx: &mut Tx, facts: &Facts, opened: &Opened) -> Result<Checked> {
        let mut after = (Uuid::nil(), Uuid::nil());
        loop {
            let batch = evidence::letters(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = (last.id.as_uuid(), last.to_staff.as_uuid());
            for row in &batch {
                if let Err(finding) = self.check_letter(row, opened) {
                    return Ok(Err(finding));
                }
            }
        }
        let is_gone = |purpose: &Purpose| purpose.case.is_some_and(|case| facts.erased_cases.contains_key(&case));
        let unread = (self.purposes.values()).filter(|purpose| !is_gone(purpose) && !purpose.readers.is_empty());
        Ok(match unread.min_by_key(|purpose| purpose.index) {
            Some(purpose) => {
                let to = purpose
                    .readers
                    .iter()
                    .min()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let index = Some(purpose.index);
                Err(RowFinding::new(TABLE, to, index, RowDefect::Missing))
            }
            None => Ok(()),
        })
    }

    /// A letter is one reader's copy of a purpose. What an auditor's copy says is held against the journal elsewhere.
    fn check_letter(&mut self, row: &Letter, opened: &Opened) -> Checked {
        let name = format!("{}/{}", row.id, row.to_staff);
        let purpose = self.purposes.get_mut(&row.entry_id);
        let purpose = purpose.ok_or_else(|| RowFinding::new(TABLE, &name, None, RowDefect::Unlogged))?;
        let is_of_kind = if row.kind == verified_purpose::KIND {
            let unseal = opened.by_entry.get(&row.entry_id);
            unseal.is_some_and(|unseal| unseal.as_uuid() == row.id.as_uuid())
        } else {
            row.kind == "purpose"
                && *purpose.letter.get_or_insert(row.id) == row.id
                && purpose.readers.remove(&row.to_staff)
        };
        if is_of_kind && Some(row.case_id) == purpose.case && looks_like_one(&row.file) {
            Ok(())
        } else {
            let index = Some(purpose.index);
            Err(RowFinding::new(TABLE, name, index, RowDefect::Changed))
        }
    }
}
