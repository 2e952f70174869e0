//! The audit log's list, with filters.

use std::cmp::Reverse;

use sqlx::QueryBuilder;

use crate::domain::clock::UnixSeconds;
use crate::domain::ids::CaseId;
use crate::store::error::Result;
use crate::store::log::Entry;
use crate::store::tx::Tx;

/// Conditions on entries of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Codes of acts, any of these; empty for all.
    pub acts: Vec<&'static str>,
    pub actor: Option<String>,
    pub case: Option<CaseId>,
    /// Inclusive.
    pub from: Option<UnixSeconds>,
    /// Exclusive.
    pub until: Option<UnixSeconds>,
}

/// The position where a page of the log ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogCursor {
    pub at: UnixSeconds,
    pub leaf: i64,
}

impl LogFilter {
    /// Returns true if an entry matches: for entries that have no leaf yet.
    #[must_use]
    pub fn has(&self, entry: &Entry) -> bool {
        let listed = &entry.listed;
        (self.acts.is_empty() || self.acts.contains(&listed.act.as_str()))
            && self.actor.as_ref().is_none_or(|actor| *actor == listed.actor)
            && self.case.is_none_or(|case| listed.case_id == Some(case))
            && self.from.is_none_or(|from| listed.at >= from)
            && self.until.is_none_or(|until| listed.at < until)
    }
}

/// Lists one page of the log's sequenced entries, newest first: at most `limit`, after `after`.
///
/// Each of several acts is read from its own index, and the newest of all are kept: the database would sort them all. A
/// case has few entries, which need no such care.
pub async fn list_log_entries(
    tx: &mut Tx,
    filter: &LogFilter,
    after: Option<LogCursor>,
    limit: i64,
) -> Result<Vec<Entry>> {
    if filter.case.is_some() || filter.acts.len() < 2 {
        return entries(tx, filter, &filter.acts, after, limit).await;
    }
    let mut all: Vec<Entry> = Vec::new();
    for act in filter.acts.chunks(1) {
        all.extend(entries(tx, filter, act, after, limit).await?);
    }
    all.sort_unstable_by_key(|entry| Reverse((entry.listed.at, entry.leaf_index)));
    all.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(all)
}

async fn entries(
    tx: &mut Tx,
    filter: &LogFilter,
    acts: &[&'static str],
    after: Option<LogCursor>,
    limit: i64,
) -> Result<Vec<Entry>> {
    Ok(on!(tx, c => {
        let mut sql = QueryBuilder::new(
            "SELECT id, written, body, leaf_index, case_id, act, actor, at
             FROM audit_entry WHERE leaf_index IS NOT NULL",
        );
        if let Some(case) = filter.case {
            sql.push(" AND case_id = ").push_bind(case);
        }
        if let Some(actor) = &filter.actor {
            sql.push(" AND actor = ").push_bind(actor.as_str());
        }
        if let [act] = acts {
            sql.push(" AND act = ").push_bind(*act);
        } else if !acts.is_empty() {
            sql.push(" AND act IN (");
            let mut list = sql.separated(", ");
            for act in acts {
                list.push_bind(*act);
            }
            sql.push(")");
        }
        if let Some(from) = filter.from {
            sql.push(" AND at >= ").push_bind(from);
        }
        if let Some(until) = filter.until {
            sql.push(" AND at < ").push_bind(until);
        }
        if let Some(LogCursor { at, leaf }) = after {
            sql.push(" AND (at, leaf_index) < (").push_bind(at).push(", ").push_bind(leaf).push(")");
        }
        sql.push(" ORDER BY at DESC, leaf_index DESC LIMIT ").push_bind(limit);
        sql.build_query_as::<Entry>().fetch_all(c).await?
    }))
}
