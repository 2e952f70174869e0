//! Checks between release and verdict: attempts to reach the person, over several days, and showing the identity again.
//! Each is an entry of the log that the officer signs, in codes of the profile. Free text goes to the desk, sealed.

use crate::service::conflicts::conflict_if_duplicate;
use crate::service::letters::is_letter;
use serde_json::json;

use crate::audit::entry::{Act, Actor};
use crate::domain::clock::UnixSeconds;
use crate::domain::ids::UnsealId;
use crate::domain::state::UnsealState;
use crate::service::audit::signed_acts::{SignedBytes, read_act_now};
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
use crate::vault::checking::{CheckPayload, ShowingPayload};
use crate::vault::hash::Hash32;
use crate::witness::checks::REQUEST_FRESHNESS_SECONDS;

/// One check or attempt, as an officer's browser sends it.
#[derive(Debug)]
pub struct RecordedCheck {
    /// The check, signed.
    pub signed: SignedBytes,
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
    /// Writes down one check or attempt within an unseal of the member's own. Returns the hash of its entry, which the
    /// officer's next act on the unseal names.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the unseal is not the member's; [`Error::Conflict`] when it was not released or has a
    /// verdict, or the check is there already; [`Error::Changed`] when it does not name the unseal's newest act;
    /// [`Error::Invalid`] when the profile has no such check, the outcome is not of its kind, the time is not a whole
    /// minute between the opening and now, the note is no letter, or the officer did not sign this just now;
    /// [`Error::Forbidden`].
    pub async fn note_check(&self, member: &Member, id: UnsealId, check: RecordedCheck) -> Result<Hash32> {
        let roster = self.rosters.current()?;
        let officer = require_officer(&roster, member)?;
        let context = (self.instance, self.clock.now());
        let (said, signed): (CheckPayload, _) = read_act_now(context, officer, &check.signed)?;
        let profile = self.profile.load();
        let class = profile.check(&said.what);
        let class = class.ok_or(Error::Invalid(InvalidReason::CheckUnknown))?;
        if said.outcome.kind() != class.kind {
            return Err(Error::Invalid(InvalidReason::CheckOutcome));
        }
        if check.note.as_deref().is_some_and(|note| !is_letter(note)) {
            return Err(Error::Invalid(InvalidReason::CheckNote));
        }
        let (now, made_at) = (self.clock.now(), said.made_at);
        if said.unseal != id || made_at != to_the_minute(made_at) {
            return Err(Error::Invalid(InvalidReason::CheckMismatch));
        }
        if made_at > now.saturating_add(REQUEST_FRESHNESS_SECONDS) {
            return Err(Error::Invalid(InvalidReason::CheckInFuture));
        }
        let detail = json!({
            "unseal": id,
            "check": said.check,
            "what": said.what,
            "outcome": said.outcome,
            "made_at": made_at,
        });
        let entry = self.log.entry(
            Act::CheckNoted,
            Actor::Staff(member.id),
            Some(said.case),
            detail,
            Some(signed),
        )?;
        let (entry, said, check) = (&entry, &said, &check);
        self.db
            .write("record_check", |mut tx| async move {
                let unseal = own_undecided(&mut tx, member, id).await?;
                if unseal.case_id != said.case {
                    return Err(Error::Invalid(InvalidReason::CheckMismatch));
                }
                if made_at < to_the_minute(unseal.requested_at) {
                    return Err(Error::Invalid(InvalidReason::CheckBeforeOpening));
                }
                let row = Checking {
                    id: said.check,
                    case_id: unseal.case_id,
                    unseal_id: id,
                    officer_id: member.id,
                    what: said.what.clone(),
                    outcome: said.outcome,
                    made_at,
                    noted_at: now,
                    note: check.note.clone(),
                };
                self.log.write_signed(&mut tx, entry).await?;
                conflict_if_duplicate(store::checking::insert(&mut tx, &row).await)?;
                tx.commit().await?;
                Ok(self.log.entry_hash(entry.body()))
            })
            .await
    }

    /// Writes down that the member looks again at an identity that they opened. Returns for how many seconds they may, and
    /// the hash of the entry.
    ///
    /// # Errors
    /// [`ShowAgainError`]; the shared errors are those of [`Unseals::note_check`]. Nothing has changed then.
    pub async fn show_again(
        &self,
        member: &Member,
        id: UnsealId,
        signed: SignedBytes,
    ) -> Result<(i64, Hash32), ShowAgainError> {
        let roster = self.rosters.current()?;
        let officer = require_officer(&roster, member)?;
        let now = self.clock.now();
        let (said, signed): (ShowingPayload, _) = read_act_now((self.instance, now), officer, &signed)?;
        if said.unseal != id {
            return Err(Error::Invalid(InvalidReason::ShowingMismatch).into());
        }
        let (actor, detail) = (Actor::Staff(member.id), json!({ "unseal": id }));
        let entry = self
            .log
            .entry(Act::IdentityShown, actor, Some(said.case), detail, Some(signed))?;
        let (entry, said) = (&entry, &said);
        self.db
            .write("show_identity_again", |mut tx| async move {
                let unseal = own_undecided(&mut tx, member, id).await?;
                if unseal.case_id != said.case {
                    return Err(Error::Invalid(InvalidReason::ShowingMismatch).into());
                }
                let versions = SealVersions::load(&mut tx, unseal.case_id).await?;
                if versions.intact(unseal.seal_id).is_none() {
                    return Err(Error::Conflict.into());
                }
                let left = self.show_again_until(&unseal).saturating_sub(now);
                if left <= 0 {
                    return Err(ShowAgainError::TimeOver);
                }
                self.log.write_signed(&mut tx, entry).await?;
                tx.commit().await?;
                Ok((left, self.log.entry_hash(entry.body())))
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
