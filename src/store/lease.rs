//! Leases: of several processes that serve one database, one at a time does some work.

use super::error::Result;
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;

/// Takes or renews a lease until `until`. Returns true if `holder` has it now. Anybody may take an expired lease.
pub async fn acquire(tx: &mut Tx, name: &str, holder: &[u8], now: UnixSeconds, until: UnixSeconds) -> Result<bool> {
    let rows = execute!(
        tx,
        "INSERT INTO lease (name, holder, until) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
         WHERE lease.holder = excluded.holder OR lease.until <= $4",
        name,
        holder,
        until,
        now,
    );
    Ok(rows == 1)
}

/// Releases a lease.
pub async fn release(tx: &mut Tx, name: &str, holder: &[u8]) -> Result<()> {
    execute!(tx, "DELETE FROM lease WHERE name = $1 AND holder = $2", name, holder);
    Ok(())
}
