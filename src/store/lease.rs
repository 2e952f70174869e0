//! What only one process may do at a time, where several serve one database.

use super::error::Result;
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;

/// Takes or keeps a lease until `until`; whether `holder` has it now. One that has run out is anybody's.
pub async fn hold(tx: &mut Tx, name: &str, holder: &[u8], now: UnixSeconds, until: UnixSeconds) -> Result<bool> {
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

/// Gives a lease back.
pub async fn release(tx: &mut Tx, name: &str, holder: &[u8]) -> Result<()> {
    execute!(tx, "DELETE FROM lease WHERE name = $1 AND holder = $2", name, holder);
    Ok(())
}
