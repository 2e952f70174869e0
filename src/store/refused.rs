//! Counts the rows with wrong MACs, for `sigilo doctor`.

use super::error::Result;
use super::tx::Tx;
use super::{log, staff, visitors};

/// Returns the number of rows that count as absent because their MAC is wrong, for each table that has any.
pub async fn count(tx: &mut Tx) -> Result<Vec<(&'static str, usize)>> {
    let mut counts = vec![
        ("staff", staff::count_refused(tx).await?),
        ("staff_session", staff::count_refused_sessions(tx).await?),
        ("audit_entry", log::forged(tx).await?.len()),
    ];
    counts.extend(visitors::count_refused(tx).await?);
    counts.retain(|(_, count)| *count > 0);
    Ok(counts)
}
