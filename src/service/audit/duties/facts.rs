//! Facts that the duties share: erasures, and the witness's knowledge.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::audit::entry::{Act, Entry};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::{CaseId, InstanceId};
use crate::vault::hash::Hash32;
use crate::vault::roster::VerifiedRoster;

/// Rows that are read at once.
pub(super) const BATCH_SIZE: i64 = 500;

/// An opening in the witness's journal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opening {
    pub(crate) leaf: Hash32,
    /// Hash over entry, manifest, letter and half.
    pub(crate) order: Hash32,
}

/// The witness's knowledge, as its journal says.
#[derive(Debug, Default)]
pub(crate) struct WitnessFacts {
    /// Openings by the index of their entry.
    pub(crate) openings: HashMap<u64, Opening>,
    /// Manifests with a tombstone.
    pub(crate) tombstones: HashSet<Hash32>,
    /// It accepted a restore, which may have lost rows that later rosters name.
    pub(crate) has_restores: bool,
    /// Hashes of the rosters that it accepted.
    pub(crate) rosters: HashSet<Hash32>,
    /// Entries before this index were witnessed by a witness whose files are lost.
    pub(crate) forgotten: u64,
}

/// When something was erased.
#[derive(Debug, Clone, Copy)]
pub(super) struct Erased {
    pub(super) index: u64,
    pub(super) time: UnixSeconds,
}

/// Facts that several duties need.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) instance: InstanceId,
    pub(super) witness: WitnessFacts,
    /// All stored rosters that verify.
    pub(super) rosters: Vec<VerifiedRoster>,
    pub(super) erased_cases: HashMap<CaseId, Erased>,
    /// Identities that were erased; the case may be there.
    pub(super) erased_identities: HashMap<CaseId, Erased>,
}

impl Facts {
    pub(super) fn new(instance: InstanceId, witness: WitnessFacts, rosters: Vec<VerifiedRoster>) -> Self {
        Self {
            instance,
            witness,
            rosters,
            erased_cases: HashMap::new(),
            erased_identities: HashMap::new(),
        }
    }

    pub(super) fn note(&mut self, index: u64, entry: &Entry) {
        let time = entry.time;
        let of = match (entry.act, entry.case) {
            (Act::CaseErased, Some(case)) => Some((&mut self.erased_cases, case)),
            (Act::IdentityErased, Some(case)) => Some((&mut self.erased_identities, case)),
            _ => None,
        };
        if let Some((erased, case)) = of {
            erased.entry(case).or_insert(Erased { index, time });
        }
    }

    /// Returns true if the identity of a case was erased after an entry.
    pub(super) fn is_erased_after(&self, case: CaseId, index: u64) -> bool {
        self.erased_identities
            .get(&case)
            .is_some_and(|erased| erased.index > index)
    }

    pub(super) fn roster(&self, hash: Hash32) -> Option<&VerifiedRoster> {
        self.rosters.iter().find(|roster| roster.hash() == hash)
    }

    pub(super) fn newest_roster(&self) -> Option<&VerifiedRoster> {
        self.rosters.iter().max_by_key(|roster| roster.version())
    }
}

/// Reads one value of an entry's detail, of any type.
pub(super) fn detail<T: serde::de::DeserializeOwned>(entry: &Entry, name: &str) -> Option<T> {
    serde_json::from_value(entry.detail.get(name)?.clone()).ok()
}

/// Reads a whole detail.
pub(super) fn whole_detail<T: serde::de::DeserializeOwned>(entry: &Entry) -> Option<T> {
    serde_json::from_value(Value::Object(entry.detail.clone())).ok()
}
