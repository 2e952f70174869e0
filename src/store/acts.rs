//! Entries of acts that members sign: the chain of a case or an unseal is read from them.

use super::error::Result;
use super::log::Entry;
use super::rows::Stored;
use super::tx::Tx;
use crate::domain::ids::CaseId;

/// Lists the entries of a case whose acts members sign, in any order. A row in the queue that somebody else wrote is none.
pub async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Entry>> {
    let mut acts = fetch_all!(
        Entry,
        tx,
        "SELECT id, written, body, leaf_index, case_id, act, actor, at
         FROM audit_entry
         WHERE case_id = $1 AND leaf_index IS NOT NULL
           AND act IN ('case.state_changed', 'case.recused', 'verdict.stated', 'check.noted', 'identity.shown',
                       'identity.erased', 'erasure.refused')",
        case
    );
    let queued = fetch_all!(
        Stored<Entry>,
        tx,
        "SELECT id, written, body, leaf_index, case_id, act, actor, at, mac
         FROM audit_entry
         WHERE case_id = $1 AND leaf_index IS NULL
           AND act IN ('case.state_changed', 'case.recused', 'verdict.stated', 'check.noted', 'identity.shown',
                       'identity.erased', 'erasure.refused')",
        case
    );
    acts.extend(tx.all_authentic(queued)?);
    Ok(acts)
}
