//! The installation that this database belongs to.

use sqlx::FromRow;

use super::error::{Result, expect_rows};
use super::tx::Tx;
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::InstanceId;

/// The only row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Instance {
    pub id: InstanceId,
    pub created_at: UnixSeconds,
}

/// Returns the installation; None for a database that was never set up.
pub async fn get(tx: &mut Tx) -> Result<Option<Instance>> {
    Ok(fetch_optional!(Instance, tx, "SELECT id, created_at FROM instance"))
}

/// Sets a new database up; an error when it already is.
pub async fn create(tx: &mut Tx, id: InstanceId, now: UnixSeconds) -> Result<()> {
    let rows = execute!(
        tx,
        "INSERT INTO instance (only_row, id, created_at) VALUES (1, $1, $2)",
        id,
        now
    );
    expect_rows("create instance", 1, rows)
}
