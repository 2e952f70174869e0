//! Index over the journal's lines: the answers that the witness gives from its journal.

use std::collections::{HashMap, HashSet};

use crate::domain::ids::{CaseId, InstanceId};
use crate::vault::hash::Hash32;
use crate::vault::unseal::request_hash;
use crate::witness::journal::Event;

/// Sum of the journal's lines. Built from the file at the start, and extended after each synced line.
#[derive(Default)]
pub(super) struct JournalIndex {
    /// The order that used a leaf.
    pub(super) used: HashMap<Hash32, Hash32>,
    /// Requests that were answered, by hash.
    pub(super) requests: HashSet<Hash32>,
    /// Manifests with a tombstone.
    pub(super) erased: HashSet<Hash32>,
    /// Restores that were accepted, by the hash of the statement.
    pub(super) restores: HashSet<Hash32>,
    /// Leaves of a case's openings, in order.
    pub(super) openings: HashMap<CaseId, Vec<Hash32>>,
}

impl JournalIndex {
    /// Adds one line.
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
