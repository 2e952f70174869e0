//! The chain of rosters in a database.

use crate::domain::ids::InstanceId;
use crate::service::error::Result;
use crate::store::{self, Tx};
use crate::vault::roster::VerifiedRoster;
use crate::vault::signing::VerifyKey;

/// Reads all rosters of a database, oldest first. Verifies each, and that it follows the one before.
///
/// # Errors
/// [`crate::service::error::Error::Unavailable`] when a signature or the chain is wrong, [`crate::service::error::Error::Store`].
pub async fn chain(tx: &mut Tx, instance: InstanceId, authority: &VerifyKey) -> Result<Vec<VerifiedRoster>> {
    let mut chain: Vec<VerifiedRoster> = Vec::new();
    for row in store::roster::history(tx).await? {
        let roster = VerifiedRoster::verify(instance, &row.note, authority)?;
        if let Some(previous) = chain.last() {
            roster.follows(previous)?;
        }
        chain.push(roster);
    }
    Ok(chain)
}
