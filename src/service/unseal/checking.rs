//! Between an identity's opening and its verdict: checks and attempts to reach the person, over several days, and the
//! identity shown once more. Each is an entry of the log, in classes; what is written in words goes to the desk, sealed.

use super::part::Unseals;
use crate::service::conflicts::conflict_if_duplicate;
use crate::service::letters::is_letter;
use serde_json::json;

use crate::audit::entry::{Act, Actor};
use crate::domain::clock::UnixSeconds;
use crate::domain::desk::Outcome;
use crate::domain::ids::{CheckingId, UnsealId};
use crate::domain::state::UnsealState;
use crate::service::casework::recusal;
use crate::service::error::{Error, Result};
use crate::service::people::sessions::Member;
use crate::service::unseal::unsealing::{Declined, officer};
use crate::store::checking::Checking;
use crate::store::desk::Unseal;
use crate::store::{self, Tx};
use crate::witness::checks::REQUEST_FRESHNESS_SECONDS;

/// What an officer's browser sends about one check or attempt.
#[derive(Debug)]
pub struct Made {
    /// Also the note's letter id.
    pub id: CheckingId,
    /// A code of the profile.
    pub what: String,
    pub outcome: Outcome,
    /// When; the seconds are dropped.
    pub at: UnixSeconds,
    /// A letter to the desk.
    pub note: Option<Vec<u8>>,
}

/// An unseal of the member's own that was released and has no verdict.
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
    pub async fn note_check(&self, member: &Member, id: UnsealId, made: Made) -> Result<()> {
        officer(&*self.rosters.current()?, member)?;
        let class = self.profile.check(&made.what);
        let class = class.ok_or(Error::Invalid("the profile has no such check"))?;
        if made.outcome.kind() != class.kind {
            return Err(Error::Invalid("no outcome of this kind of check"));
        }
        if made.note.as_deref().is_some_and(|note| !is_letter(note)) {
            return Err(Error::Invalid("the note is no letter"));
        }
        let (now, made_at) = (self.clock.now(), to_the_minute(made.at));
        if made_at > now.saturating_add(REQUEST_FRESHNESS_SECONDS) {
            return Err(Error::Invalid("a check cannot be made later than now"));
        }
        let made = &made;
        self.db
            .write(|mut tx| async move {
                let unseal = own_undecided(&mut tx, member, id).await?;
                if made_at < to_the_minute(unseal.requested_at) {
                    return Err(Error::Invalid("a check is made after the opening"));
                }
                let row = Checking {
                    id: made.id,
                    case_id: unseal.case_id,
                    unseal_id: id,
                    officer_id: member.id,
                    what: made.what.clone(),
                    outcome: made.outcome,
                    made_at,
                    noted_at: now,
                    note: made.note.clone(),
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

    /// The member is about to look at an identity again that they opened: for how many seconds more they may.
    ///
    /// # Errors
    /// As [`Unseals::note_check`]; nothing has changed then, nor for a [`Declined`].
    pub async fn show_again(&self, member: &Member, id: UnsealId) -> Result<Result<i64, Declined>> {
        officer(&*self.rosters.current()?, member)?;
        let now = self.clock.now();
        self.db
            .write(|mut tx| async move {
                let unseal = own_undecided(&mut tx, member, id).await?;
                let seal = match unseal.seal_id {
                    Some(seal) => store::seals::by_id(&mut tx, seal).await?,
                    None => None,
                };
                if seal.is_none_or(|seal| seal.erased) {
                    return Err(Error::Conflict);
                }
                let left = self.show_again_until(&unseal).saturating_sub(now);
                if left <= 0 {
                    return Ok(Err(Declined::ShownEnough));
                }
                let (actor, detail) = (Actor::Staff(member.id), json!({ "unseal": id }));
                let entry = self
                    .log
                    .entry(Act::IdentityShown, actor, Some(unseal.case_id), detail, None)?;
                entry.write(&mut tx).await?;
                tx.commit().await?;
                Ok(Ok(left))
            })
            .await
    }

    /// Until when what an unseal opened may be shown again.
    pub fn show_again_until(&self, unseal: &Unseal) -> UnixSeconds {
        let minutes = i64::from(self.profile.officers.show_again_minutes);
        unseal.requested_at.saturating_add(60 * minutes)
    }
}

const fn to_the_minute(seconds: UnixSeconds) -> UnixSeconds {
    seconds.saturating_sub(seconds.rem_euclid(60))
}
