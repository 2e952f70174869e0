//! Comparison of log, database and the witness's journal: heads of the journal that the log records, and purposes that
//! the witness sealed to auditors (`docs/PROTOCOL.md`, sections 10 and 11).

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::audit::entry::{Act, Entry};
use crate::audit::tree::leaf_hash;
use crate::audit::verify::{Defect, Finding};
use crate::domain::ids::{CaseId, EntryId, InstanceId};
use crate::service::error::Result;
use crate::store::{self, Tx};
use crate::vault::hash::Hash32;
use crate::vault::signing::VerifyKey;
use crate::vault::verified_purpose;
use crate::witness::SealedPurpose;
use crate::witness::journal::{Event, Line};
use crate::witness::statement::{JournalHead, Statement as _};

/// The journal's lines, as far as this comparison needs them.
#[derive(Default)]
pub(crate) struct JournalFacts {
    /// Hashes of all lines, in order.
    lines: Vec<Hash32>,
    /// Purposes of the openings, by the leaf hash of their request's entry: a restore gives an index away once more.
    purposes: HashMap<Hash32, Vec<SealedPurpose>>,
}

impl JournalFacts {
    /// Reads the lines.
    pub(crate) fn of(lines: &[Line]) -> Self {
        let purposes = lines.iter().filter_map(|line| match &line.event {
            Event::Unseal(unseal) => Some((unseal.leaf, unseal.purposes.clone())),
            _ => None,
        });
        Self {
            lines: lines.iter().map(|line| line.hash).collect(),
            purposes: purposes.collect(),
        }
    }

    /// Returns true if the journal had this head, and has it still.
    fn has(&self, head: &JournalHead) -> bool {
        let at = head.lines.checked_sub(1).and_then(|at| usize::try_from(at).ok());
        at.and_then(|at| self.lines.get(at)) == Some(&head.last)
    }
}

/// Copies of a purpose: ids of auditors, each with the file.
type Copies = BTreeSet<(Vec<u8>, Vec<u8>)>;

/// The log's statements about the journal.
pub(crate) struct JournalCheck {
    instance: InstanceId,
    witness: VerifyKey,
    /// Index of each entry that must record a head, and the note.
    heads: Vec<(u64, Option<Vec<u8>>)>,
    /// Index, leaf hash and case of each request to unseal.
    requested: HashMap<EntryId, (u64, Hash32, Option<CaseId>)>,
    released: Vec<EntryId>,
    erased: HashSet<CaseId>,
}

impl JournalCheck {
    /// Begins a comparison.
    pub(crate) fn new(instance: InstanceId, witness: VerifyKey) -> Self {
        Self {
            instance,
            witness,
            heads: Vec::new(),
            requested: HashMap::new(),
            released: Vec::new(),
            erased: HashSet::new(),
        }
    }

    /// Takes an entry, in the log's order.
    pub(crate) fn note(&mut self, index: u64, body: &[u8]) {
        let Ok(entry) = Entry::read(body) else {
            return;
        };
        let head = entry.detail.get("head").and_then(serde_json::Value::as_str);
        let head = head.map(|head| crate::vault::base64::decode(head).unwrap_or_default());
        match entry.act {
            Act::UnsealRequested => {
                let leaf = Hash32::from_slice(&leaf_hash(self.instance, body).0).expect("32 bytes");
                self.requested.insert(entry.id, (index, leaf, entry.case));
            }
            Act::UnsealReleased => {
                let requested = crate::audit::entry::AnsweredDetail::of(&entry).map(|detail| detail.requested);
                self.released.extend(requested);
                self.heads.push((index, head));
            }
            Act::IdentityErased => self.heads.push((index, head)),
            // A roster that is published again after a restore was accepted long before.
            Act::RosterPublished if head.is_some() => self.heads.push((index, head)),
            Act::CaseErased => self.erased.extend(entry.case),
            _ => {}
        }
    }

    /// Returns the first entry whose witness's journal or purposes are not there as they were. Entries before `forgotten`
    /// belong to a witness whose files are lost.
    pub(crate) async fn compare(self, tx: &mut Tx, journal: &JournalFacts, forgotten: u64) -> Result<Option<Finding>> {
        let cut = self.heads.iter().find(|(index, head)| {
            let head = head.as_deref();
            let head = head.and_then(|note| JournalHead::verify(note, self.instance, &self.witness).ok());
            *index >= forgotten && !head.is_some_and(|head| journal.has(&head))
        });
        let cut = cut.map(|(index, _)| Finding {
            index: *index,
            defect: Defect::JournalCut,
        });
        let changed = self.changed_purpose(tx, journal, forgotten).await?;
        Ok([cut, changed].into_iter().flatten().min_by_key(|finding| finding.index))
    }

    /// Returns the first request whose purposes in the database are not those of the journal.
    async fn changed_purpose(&self, tx: &mut Tx, journal: &JournalFacts, forgotten: u64) -> Result<Option<Finding>> {
        let mut stored: HashMap<EntryId, Copies> = HashMap::new();
        for letter in store::desk::letters_of_kind(tx, verified_purpose::KIND).await? {
            let copy = (letter.to_staff.as_bytes().to_vec(), letter.file);
            stored.entry(letter.entry_id).or_default().insert(copy);
        }
        let mut changed = Vec::new();
        for request in &self.released {
            let copies = stored.remove(request).unwrap_or_default();
            let Some((index, leaf, case)) = self.requested.get(request) else {
                continue;
            };
            let is_gone = case.is_some_and(|case| self.erased.contains(&case));
            let known = journal.purposes.get(leaf).map_or(&[][..], Vec::as_slice);
            let known = known
                .iter()
                .map(|purpose| (purpose.auditor.as_bytes().to_vec(), purpose.file.0.clone()));
            if *index >= forgotten && !is_gone && copies != known.collect() {
                changed.push(*index);
            }
        }
        // Purposes of requests that were never released.
        let strangers = stored
            .keys()
            .map(|entry| self.requested.get(entry).map_or(0, |(index, ..)| *index));
        changed.extend(strangers);
        Ok(changed.into_iter().min().map(|index| Finding {
            index,
            defect: Defect::PurposeChanged,
        }))
    }
}
