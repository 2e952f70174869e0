//! Keys of cases: each case has its shared key for its area and its reporter, and its staff key for its area.

use std::collections::HashMap;

use uuid::Uuid;

use super::facts::{BATCH_SIZE, Facts};
use crate::audit::verify::{RowDefect, RowFinding};
use crate::domain::facets::{KeyHolder, KeyName};
use crate::domain::ids::CaseId;
use crate::service::error::Result;
use crate::store::Tx;
use crate::store::cases::Case;
use crate::store::evidence::{self, CaseKeyRow};
use crate::vault::agefile::looks_like_one;

const TABLE: &str = "case_key";

/// The keys that every version of a case's keys has.
const KEYS: [(KeyName, KeyHolder); 3] = [
    (KeyName::Shared, KeyHolder::Area),
    (KeyName::Shared, KeyHolder::Reporter),
    (KeyName::Staff, KeyHolder::Area),
];

/// Holds the keys of all cases against their cases and the rosters.
pub(super) async fn check(tx: &mut Tx, facts: &Facts) -> Result<std::result::Result<(), RowFinding>> {
    let mut after = Uuid::nil();
    loop {
        let batch = evidence::cases(tx, after, BATCH_SIZE).await?;
        let Some(last) = batch.last().map(|row| row.case.id) else {
            break;
        };
        let mut keys: HashMap<CaseId, Vec<CaseKeyRow>> = HashMap::new();
        for key in evidence::case_keys(tx, after, last).await? {
            keys.entry(key.case_id).or_default().push(key);
        }
        for row in &batch {
            let own = keys.remove(&row.case.id).unwrap_or_default();
            if !are_sound(&row.case, &own, facts) {
                return Ok(Err(RowFinding::new(TABLE, row.case.id, None, RowDefect::Changed)));
            }
        }
        if let Some(orphan) = keys.into_keys().next() {
            return Ok(Err(RowFinding::new(TABLE, orphan, None, RowDefect::Unlogged)));
        }
        after = last.as_uuid();
    }
    Ok(match evidence::case_key_after(tx, after).await? {
        Some(orphan) => Err(RowFinding::new(TABLE, orphan, None, RowDefect::Unlogged)),
        None => Ok(()),
    })
}

/// Each version from 1 on is whole, and sealed to the reporter and to a key that a roster names for an area.
fn are_sound(case: &Case, keys: &[CaseKeyRow], facts: &Facts) -> bool {
    let newest = keys.iter().map(|key| key.version).max().unwrap_or_default();
    let of_area = |recipient: &str| {
        let mut areas = facts.rosters.iter().flat_map(|roster| &roster.roster().areas);
        areas.any(|area| area.recipient.as_str() == recipient)
    };
    let is_sealed = |key: &CaseKeyRow| match key.holder {
        KeyHolder::Reporter => key.recipient == case.reporter_recipient,
        KeyHolder::Area => of_area(&key.recipient),
    };
    let are_whole = (1..=newest).all(|version| {
        let has = |of: &(KeyName, KeyHolder)| {
            let is_it = |key: &CaseKeyRow| key.version == version && (key.name, key.holder) == *of;
            keys.iter().any(is_it)
        };
        KEYS.iter().all(has)
    });
    let count = i64::try_from(keys.len() / KEYS.len()).unwrap_or_default();
    newest >= 1
        && count == newest
        && keys.len().is_multiple_of(KEYS.len())
        && are_whole
        && keys.iter().all(|key| is_sealed(key) && looks_like_one(&key.file))
}
