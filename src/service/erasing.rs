//! What goes when its time is over: identities some time after a case was closed, and later the case itself
//! (DESIGN 4.10). The witness buries each manifest first, so that a crash in between erases too much and never too little.

use serde_json::json;

use crate::audit::entry::{Act, Actor};
use crate::domain::day::Day;
use crate::domain::ids::CaseId;
use crate::service::{App, Error, Result};
use crate::store;
use crate::vault::hash::Hash32;

/// Cases that one round takes.
const ROUND: i64 = 200;

impl App {
    /// Erases what the profile keeps no longer; what cannot be erased now goes in the next round.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn erase_due(&self) -> Result<()> {
        let today = self.today();
        let ago = |days: u32| Day(today.0 - i64::from(days));
        let retention = self.profile.retention;
        let mut tx = self.db.read().await?;
        let cases = store::cases::closed_until(&mut tx, ago(retention.case_days), ROUND).await?;
        let identities = store::seals::of_closed_until(&mut tx, ago(retention.identity_days), ROUND).await?;
        drop(tx);
        let anything = !(cases.is_empty() && identities.is_empty());
        let identities = identities.into_iter().map(|case| (case, Act::IdentityErased));
        let cases = cases.into_iter().map(|case| (case, Act::CaseErased));
        for (case, act) in identities.chain(cases) {
            // One that cannot be erased now holds up no other.
            if let Err(error) = self.erase(case, act).await {
                tracing::error!(%case, %error, "not erased; it is tried again");
            }
        }
        if anything {
            self.db.scrub().await?;
        }
        Ok(())
    }

    /// Erases a case's identity, or the case with all that it has.
    async fn erase(&self, case: CaseId, act: Act) -> Result<()> {
        let mut tx = self.db.read().await?;
        let manifests = store::seals::manifests_of(&mut tx, case).await?;
        drop(tx);
        for manifest in manifests {
            let manifest = Hash32::from_slice(&manifest).map_err(|error| Error::Internal(error.to_string()))?;
            let buried = self.witness.erase(manifest).await;
            buried.map_err(|refusal| Error::Unavailable(format!("the witness buries no manifest: {refusal}")))?;
        }
        let entry = self.entry(act, Actor::System, Some(case), json!({}), None)?;
        let entry = &entry;
        self.db
            .write(|mut tx| async move {
                if act == Act::IdentityErased {
                    store::seals::erase_contents(&mut tx, case).await?;
                } else {
                    store::seals::erase(&mut tx, case).await?;
                    store::attachments::doom_case(&mut tx, case).await?;
                    store::cases::erase(&mut tx, case).await?;
                }
                entry.write(&mut tx).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}
