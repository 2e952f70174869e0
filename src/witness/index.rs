//! Index over the journal's lines: the answers that the witness gives from its journal.

use std::collections::{HashMap, HashSet};

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId, StaffId};
use crate::vault::hash::Hash32;
use crate::vault::unseal::request_hash;
use crate::witness::journal::{ErasedBy, Event};
use crate::witness::order::SealedPurpose;

/// Time in which the caps count, in seconds: any 24 hours.
const CAP_SECONDS: i64 = 24 * 3600;

/// The order that used a leaf, and the purposes that were sealed for it.
pub(super) struct UsedLeaf {
    pub(super) order: Hash32,
    pub(super) purposes: Vec<SealedPurpose>,
}

/// Sum of the journal's lines. Built from the file at the start, and extended after each synced line.
#[derive(Default)]
pub(super) struct JournalIndex {
    /// The leaves that were used.
    pub(super) used: HashMap<Hash32, UsedLeaf>,
    /// Requests that were answered, by hash.
    pub(super) requests: HashSet<Hash32>,
    /// Requests of others that an opening has answered, by hash.
    pub(super) answered: HashSet<Hash32>,
    /// Manifests with a tombstone.
    pub(super) erased: HashSet<Hash32>,
    /// Restores that were accepted, by the hash of the statement.
    pub(super) restores: HashSet<Hash32>,
    /// Leaves of a case's openings, in order.
    pub(super) openings: HashMap<CaseId, Vec<Hash32>>,
    /// When identities were opened, and who signed.
    opened: Vec<(UnixSeconds, Vec<StaffId>)>,
    /// When erasures were carried out and why, once for each decision or closing.
    erasures: Vec<(UnixSeconds, ErasedBy)>,
    /// The leaves of these decisions and closings.
    erased_for: HashSet<Hash32>,
}

/// Returns true if a line of this time counts at `now`. Lines from the future count, so that a clock that was set back
/// frees nothing.
const fn counts(time: UnixSeconds, now: UnixSeconds) -> bool {
    time > now.saturating_sub(CAP_SECONDS)
}

impl JournalIndex {
    /// Adds one line.
    pub(super) fn add(&mut self, instance: InstanceId, time: UnixSeconds, event: &Event) {
        match event {
            Event::Unseal(unseal) => {
                let used = UsedLeaf {
                    order: unseal.order,
                    purposes: unseal.purposes.clone(),
                };
                self.used.insert(unseal.leaf, used);
                self.requests.insert(request_hash(instance, &unseal.request.0));
                self.answered.extend(unseal.answers.map(|answers| answers.hash));
                self.openings.entry(unseal.case).or_default().push(unseal.leaf);
                self.opened.push((time, unseal.officers.clone()));
            }
            Event::Erasure(erasure) => {
                self.erased.insert(erasure.manifest);
                if self.erased_for.insert(erasure.leaf) {
                    self.erasures.push((time, erasure.by));
                }
            }
            Event::Restored(restored) => drop(self.restores.insert(Hash32::of_bytes(&restored.note.0))),
            Event::Init(_) | Event::Roster(_) => {}
        }
    }

    /// Counts the openings of the last 24 hours.
    pub(super) fn openings_until(&self, now: UnixSeconds) -> usize {
        self.opened.iter().filter(|(time, _)| counts(*time, now)).count()
    }

    /// Counts the openings of the last 24 hours that this officer signed.
    pub(super) fn openings_of(&self, officer: StaffId, now: UnixSeconds) -> usize {
        let signed =
            |(time, officers): &&(UnixSeconds, Vec<StaffId>)| counts(*time, now) && officers.contains(&officer);
        self.opened.iter().filter(signed).count()
    }

    /// Counts the erasures of the last 24 hours for this reason.
    pub(super) fn erasures_until(&self, reason: ErasedBy, now: UnixSeconds) -> usize {
        let is_counted = |(time, by): &&(UnixSeconds, ErasedBy)| counts(*time, now) && *by == reason;
        self.erasures.iter().filter(is_counted).count()
    }

    /// Returns true if an erasure for this decision or closing has begun.
    pub(super) fn has_erased_for(&self, leaf: &Hash32) -> bool {
        self.erased_for.contains(leaf)
    }
}
