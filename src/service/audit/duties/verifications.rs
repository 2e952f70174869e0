//! Verifications that auditors started on the page: each result is an entry of the log.

use std::collections::HashMap;

use uuid::Uuid;

use super::claims::is_same_act;
use super::facts::{BATCH_SIZE, detail};
use crate::audit::entry::{Act, Actor, Entry};
use crate::audit::verify::{RowDefect, RowFinding};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::StaffId;
use crate::domain::state::VerificationOutcome;
use crate::service::error::Result;
use crate::store::Tx;
use crate::store::evidence;
use crate::store::verifications::Verification;

const TABLE: &str = "log_verification";

/// Who verified, and the result.
type Told = (
    StaffId,
    VerificationOutcome,
    i64,
    Option<i64>,
    Option<String>,
    Option<String>,
);

/// Results that the log tells of, with their times and entries.
#[derive(Debug, Default)]
pub(super) struct Verifications {
    told: HashMap<Told, Vec<(UnixSeconds, u64)>>,
}

impl Verifications {
    pub(super) fn note(&mut self, index: u64, entry: &Entry) {
        let (Act::LogVerified, Actor::Staff(by)) = (entry.act, entry.actor) else {
            return;
        };
        if let (Some(outcome), Some(entries)) = (detail(entry, "outcome"), detail(entry, "entries")) {
            let bad = (
                detail(entry, "bad_entry"),
                detail(entry, "bad_row"),
                detail(entry, "what"),
            );
            let told = (by, outcome, entries, bad.0, bad.1, bad.2);
            self.told.entry(told).or_default().push((entry.time, index));
        }
    }

    pub(super) async fn check(mut self, tx: &mut Tx) -> Result<std::result::Result<(), RowFinding>> {
        let mut after = Uuid::nil();
        loop {
            let batch = evidence::verifications(tx, after, BATCH_SIZE).await?;
            let Some(last) = batch.last() else { break };
            after = last.id.as_uuid();
            for row in batch {
                // One that was interrupted has no entry.
                let needs_entry = matches!(row.outcome, VerificationOutcome::Good | VerificationOutcome::Bad);
                if !self.take(&row) && needs_entry {
                    return Ok(Err(RowFinding::new(TABLE, row.id, None, RowDefect::Unlogged)));
                }
            }
        }
        let left = self.told.into_values().flatten().map(|(_, index)| index).min();
        Ok(match left {
            Some(index) => Err(RowFinding::new(TABLE, "", Some(index), RowDefect::Missing)),
            None => Ok(()),
        })
    }

    /// Takes the entry of a row's result.
    fn take(&mut self, row: &Verification) -> bool {
        let bad = (row.bad_entry, row.bad_row.clone(), row.what.clone());
        let told = (row.asked_by, row.outcome, row.tree_size, bad.0, bad.1, bad.2);
        let Some(finished_at) = row.finished_at else {
            return false;
        };
        let Some(entries) = self.told.get_mut(&told) else {
            return false;
        };
        let Some(at) = entries.iter().position(|(time, _)| is_same_act(*time, finished_at)) else {
            return false;
        };
        entries.swap_remove(at);
        true
    }
}
