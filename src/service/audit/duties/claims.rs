//! The claims that entries make about rows: one claim for each row that an entry made. Memory grows with ids only: the values are
//! kept as hashes.

use std::collections::HashMap;
use std::fmt::{Debug, Display};
use std::hash::Hash;

use super::facts::Facts;
use crate::audit::verify::{RowDefect, RowFinding};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::CaseId;
use crate::vault::hash::Hash32;

/// Largest difference between the times of a row and of its entry, which are written in one transaction, in seconds.
const SAME_ACT_SECONDS: u64 = 120;

/// Returns true if a row and an entry of these times may have been written together.
pub(super) const fn is_same_act(a: UnixSeconds, b: UnixSeconds) -> bool {
    a.abs_diff(b) <= SAME_ACT_SECONDS
}

/// Returns a short hash of values. `Debug` quotes texts, so that different values have different forms.
fn digest(values: &impl Debug) -> [u8; 16] {
    let hash = Hash32::of_bytes(format!("{values:?}").as_bytes());
    let mut short = [0; 16];
    short.copy_from_slice(&hash.as_bytes()[..16]);
    short
}

/// The claim of an entry about a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    /// Index of the entry.
    pub(super) index: u64,
    /// The case, with which the row may have been erased.
    pub(super) case: Option<CaseId>,
    /// The time of the entry.
    pub(super) time: UnixSeconds,
    digest: [u8; 16],
}

impl Claim {
    pub(super) fn new(index: u64, case: Option<CaseId>, time: UnixSeconds, values: &impl Debug) -> Self {
        Self {
            index,
            case,
            time,
            digest: digest(values),
        }
    }

    /// Returns true if both claims have the same values.
    pub(super) fn says_as(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

/// The claims about one table that no row has answered yet.
#[derive(Debug)]
pub(super) struct Claims<K> {
    table: &'static str,
    open: HashMap<K, Claim>,
    repeated: Option<RowFinding>,
}

impl<K: Copy + Display + Eq + Hash> Claims<K> {
    pub(super) fn new(table: &'static str) -> Self {
        Self {
            table,
            open: HashMap::new(),
            repeated: None,
        }
    }

    pub(super) fn add(&mut self, key: K, claim: Claim) {
        if self.open.insert(key, claim).is_some() && self.repeated.is_none() {
            let index = Some(claim.index);
            self.repeated = Some(RowFinding::new(self.table, key, index, RowDefect::Repeated));
        }
    }

    /// Takes the claim that a row answers, and holds the row against it. `at` is the row's time.
    ///
    /// # Errors
    /// The finding: no claim, or another one.
    pub(super) fn answer(&mut self, key: K, at: Option<UnixSeconds>, values: &impl Debug) -> Result<Claim, RowFinding> {
        let claim = self.open.remove(&key);
        let claim = claim.ok_or_else(|| RowFinding::new(self.table, key, None, RowDefect::Unlogged))?;
        if claim.digest == digest(values) && at.is_none_or(|at| is_same_act(at, claim.time)) {
            Ok(claim)
        } else {
            let index = Some(claim.index);
            Err(RowFinding::new(self.table, key, index, RowDefect::Changed))
        }
    }

    /// Returns true if an entry made a row with this key that has not been seen.
    pub(super) fn has(&self, key: &K) -> bool {
        self.open.contains_key(key)
    }

    /// Removes a claim without a row.
    pub(super) fn drop_claim(&mut self, key: &K) {
        self.open.remove(key);
    }

    /// After the last row: the first claim without a row, unless its case was erased.
    ///
    /// # Errors
    /// The finding.
    pub(super) fn finish(self, facts: &Facts) -> Result<(), RowFinding> {
        if let Some(repeated) = self.repeated {
            return Err(repeated);
        }
        let is_gone = |claim: &Claim| claim.case.is_some_and(|case| facts.erased_cases.contains_key(&case));
        let missing = self.open.into_iter().filter(|(_, claim)| !is_gone(claim));
        match missing.min_by_key(|(_, claim)| claim.index) {
            Some((key, claim)) => {
                let index = Some(claim.index);
                Err(RowFinding::new(self.table, key, index, RowDefect::Missing))
            }
            None => Ok(()),
        }
    }
}
