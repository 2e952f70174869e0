//! Checks between release and verdict: attempts to reach the person, over several days, and showing the identity again.
//! Each is an entry of the log, in codes of the profile. Free text goes to the desk, sealed.

use crate::service::conflicts::conflict_if_duplicate;
use crate::service::letters::is_letter;
use serde_json::json;

use crate::audit::entry::{Act, Actor};
use crate::domain::clock::UnixSeconds;
use crate::domain::desk::Outcome;
use crate::domain::ids::{CheckingId, UnsealId};
use crate::domain::state::UnsealState;
use crate::service::casework::recusal;
use crate::service::error::{Error, InvalidReason, Result};
use crate::service::people::sessions::Member;
use crate::service::unseal::error::ShowAgainError;
use crate::service::unseal::officer::require_officer;
use crate::service::unseal::part::Unseals;
use crate::service::unseal::seal_versions::SealVersions;
use crate::store::checking::Checking;
use crate::store::desk::Unseal;
use crate::store::{self, Tx};
use crate::witness::checks::REQUEST_FRESHNESS_SECONDS;

/// One check or attempt, as an officer's browser sends it.
#[derive(Debug)]
pub struct RecordedCheck {
    /// The check; also the note's letter id.
    pub id: CheckingId,
    /// Kind of the check, a code of the profile.
    pub what: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// When it was made, in seconds since 1970; rounded down to the minute.
    pub at: UnixSeconds,
    /// A letter to the desk.
    pub note: Option<Vec<u8>>,
}

/// Reads an unseal of the member's own that was released and has no verdict.
async fn own_undecided(tx: &mut Tx, member: &Member, id: UnsealId) -> Result<Unseal> {
    let unseal = store::desk::unseal(tx, id).await?;
    let unseal = unseal
        .filter(|unseal| unseal.officer_id == member.id)
        .ok_or(Error::NotFound)?;
    recusal::refuse(tx, unseal.case_id, member.id).await?;
    if unseal.state == UnsealState::Released && unseal.verdict.is_none() {
        Ok(unseal)
    } else {
        Err(Error::Conflict)
    }
}

impl Unseals {
    /// Writes down one check or attempt within an unseal of the member's own.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the unseal is not the member's; [`Error::Conflict`] when it was not released or has a
    /// verdict, or the check is there already; [`Error::Invalid`] when the profile has no such check, the outcome is not
    /// of its kind, the time is not between the opening and now, or the note is no letter; [`Error::Forbidden`].
    pub async fn note_check(&self, member: &Member, id: UnsealId, check: RecordedCheck) -> Result<()> {
        require_officer(&*self.rosters.current()?, member)?;
        let profile = self.profile.load();
        let class = profile.check(&check.what);
        let class = class.ok_or(Error::Invalid(InvalidReason::CheckUnknown))?;
        if check.outcome.kind() != class.kind {
            return Err(Error::Invalid(InvalidReason::CheckOutcome));
        }
        if check.note.as_deref().is_some_and(|note| !is_letter(note)) {
            return Err(Error::Invalid(InvalidReason::CheckNote));
        }
        let (now, made_at) = (self.clock.now(), to_the_minute(check.at));
        if made_at > now.saturating_add(REQUEST_FRESHNESS_SECONDS) {
            return Err(Error::Invalid(InvalidReason::CheckInFuture));
        }
        let check = &check;
        self.db
            .write("record_check", |mut tx| async move {
                let unseal = own_undecided(&mut tx, member, id).await?;
                if made_at < to_the_minute(unseal.requested_at) {
                    return Err(Error::Invalid(InvalidReason::CheckBeforeOpening));
                }
                let row = Checking {
                    id: check.id,
                    case_id: unseal.case_id,
                    unseal_id: id,
                    officer_id: member.id,
                    what: check.what.clone(),
                    outcome: check.outcome,
                    made_at,
                    noted_at: now,
                    note: check.note.clone(),
                };
                conflict_if_duplicate(store::checking::insert(&mut tx, &row).await)?;
                let detail = json!({
                    "unseal": id,
                    "check": row.id,
                    "what": row.what,
                    "outcome": row.outcome,
                    "made_at": made_at,
                });
                let actor = Actor::Staff(member.id);
                let entry = self
                    .log
                    .entry(Act::CheckNoted, actor, Some(row.case_id), detail, None)?;
                entry.write(&mut tx).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Writes down that the member looks again at an identity that they opened. Returns for how many seconds they may.
    ///
    /// # Errors
    /// [`ShowAgainError`]; the shared errors are those of [`Unseals::note_check`]. Nothing has changed then.
    pub async fn show_again(&self, member: &Member, id: UnsealId) -> Result<i64, ShowAgainError> {
        require_officer(&*self.rosters.current()?, member)?;
        let now = self.clock.now();
        self.db
            .write("show_identity_again", |mut tx| async move {
                let unseal = own_undecided(&mut tx, member, id).await?;
                let versions = SealVersions::load(&mut tx, unseal.case_id).await?;
                if versions.intact(unseal.seal_id).is_none() {
                    return Err(Error::Conflict.into());
                }
                let left = self.show_again_until(&unseal).saturating_sub(now);
                if left <= 0 {
                    return Err(ShowAgainError::TimeOver);
                }
                let (actor, detail) = (Actor::Staff(member.id), json!({ "unseal": id }));
                let entry = self
                    .log
                    .entry(Act::IdentityShown, actor, Some(unseal.case_id), detail, None)?;
                entry.write(&mut tx).await?;
                tx.commit().await?;
                Ok(left)
            })
            .await
    }

    /// Returns the time until which an opened identity may be shown again, in seconds since 1970.
    pub fn show_again_until(&self, unseal: &Unseal) -> UnixSeconds {
        let minutes = i64::from(self.profile.load().officers.show_again_minutes);
        unseal.requested_at.saturating_add(60 * minutes)
    }
}

/// Rounds down to the minute.
const fn to_the_minute(seconds: UnixSeconds) -> UnixSeconds {
    seconds.saturating_sub(seconds.rem_euclid(60))
}
