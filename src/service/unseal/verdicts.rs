//! The verdict: what an officer found, signed. What it does to the case is the profile's to say; the analysts learn the
//! verdict, and the checks stay at the desk.

use super::part::Unseals;
use crate::service::letters::is_letter;
use serde_json::json;

use crate::audit::entry::{Act, Actor};
use crate::dialogue::VerdictRule;
use crate::domain::clock::UnixSeconds;
use crate::domain::day::Day;
use crate::domain::desk::{RequestKind, is_unreachable};
use crate::domain::facets::{DraftField, Verdict};
use crate::domain::ids::UnsealId;
use crate::domain::state::UnsealState;
use crate::service::casework::recusal;
use crate::service::error::{Error, Result};
use crate::service::people::sessions::Member;
use crate::service::unseal::unsealing::{Declined, officer, signed_now};
use crate::store::cases::Case;
use crate::store::desk::CaseEvent;
use crate::store::{self, Tx};
use crate::vault::signing::Signature;
use crate::vault::verdict::VerdictPayload;

/// What an officer's browser sends.
#[derive(Debug)]
pub struct Stated {
    pub verdict: Verdict,
    /// The verdict's bytes, as signed.
    pub payload: Vec<u8>,
    pub signature: Signature,
    /// What was checked, a letter to the desk.
    pub letter: Vec<u8>,
}

impl Unseals {
    /// Concludes an unseal of the member's own: the verdict goes to the case, which follows the profile's rule, and what
    /// waited for it at the desk is done. A verdict on a version that was corrected since stays with its unseal.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the unseal is not the member's; [`Error::Conflict`] when it was not released or has a
    /// verdict; [`Error::Invalid`] when payload, signature or letter are not what they must be, or the payload's time is
    /// more than ten minutes from the server's clock; [`Error::Forbidden`] unless the roster has the member as officer.
    /// Nothing has changed then, nor for a [`Declined`].
    pub async fn state_verdict(&self, member: &Member, id: UnsealId, stated: Stated) -> Result<Result<(), Declined>> {
        let roster = self.rosters.current()?;
        let officer = officer(&roster, member)?;
        let (payload, signed) = signed_now::<VerdictPayload>(
            (self.instance, self.clock.now()),
            officer,
            &stated.payload,
            &stated.signature,
            |it| it.time,
        )?;
        if payload.unseal != id || payload.verdict != stated.verdict {
            return Err(Error::Invalid("the verdict is about something else"));
        }
        if !is_letter(&stated.letter) {
            return Err(Error::Invalid("the checks are no letter"));
        }
        let (case, verdict, now) = (payload.case, stated.verdict, self.clock.now());
        let rule = self.profile.verdicts.rule(verdict);
        let (letter, signed) = (&stated.letter, &signed);
        self.db
            .write(|mut tx| async move {
                recusal::refuse(&mut tx, case, member.id).await?;
                let unseal = store::desk::unseal(&mut tx, id).await?;
                let unseal = unseal
                    .filter(|unseal| unseal.officer_id == member.id)
                    .ok_or(Error::NotFound)?;
                if unseal.case_id != case {
                    return Err(Error::Invalid("the verdict is about another case"));
                }
                if unseal.state != UnsealState::Released || unseal.verdict.is_some() {
                    return Err(Error::Conflict);
                }
                if verdict == Verdict::Unreachable && !self.was_tried(&mut tx, &unseal).await? {
                    let rules = &self.profile.officers;
                    let needed = Declined::TriedTooLittle(rules.unreachable_attempts, rules.unreachable_days);
                    return Ok(Err(needed));
                }
                let before = store::cases::by_id(&mut tx, case).await?.ok_or(Error::NotFound)?;
                let latest = store::seals::latest_ever(&mut tx, case).await?;
                let is_latest = unseal.seal_id.is_some() && latest.map(|seal| seal.id) == unseal.seal_id;
                store::desk::decide_unseal(&mut tx, id, verdict, letter, now).await?;
                store::staff_drafts::discard(&mut tx, member.id, case, DraftField::Checks).await?;
                let follows = Follows::of(
                    (self.clock.today(), now),
                    is_latest.then_some(rule),
                    &before,
                    &self.profile.holidays,
                );
                let detail = json!({ "unseal": id, "verdict": verdict, "follows": follows.detail() });
                let actor = Actor::Staff(member.id);
                let entry = self
                    .log
                    .entry(Act::VerdictStated, actor, Some(case), detail, Some(signed.clone()))?;
                entry.write(&mut tx).await?;
                if is_latest {
                    store::cases::set_verdict(&mut tx, case, verdict).await?;
                    let event = CaseEvent {
                        id: entry.id,
                        case_id: case,
                        at: now,
                        staff_id: Some(member.id),
                        what: "verdict".into(),
                        old_value: before.verdict.map(|verdict| verdict.to_string()),
                        new_value: Some(verdict.to_string()),
                        record_id: None,
                    };
                    store::desk::insert_event(&mut tx, &event).await?;
                    store::desk::settle_validations(&mut tx, case).await?;
                    store::identity_requests::settle(&mut tx, case, RequestKind::Correction, Some(now)).await?;
                    self.carry_out(&mut tx, member, &before, verdict, &follows).await?;
                }
                tx.commit().await?;
                Ok(Ok(()))
            })
            .await
    }

    /// Whether enough was tried to reach the person, in any unseal of the same version.
    async fn was_tried(&self, tx: &mut Tx, unseal: &store::desk::Unseal) -> Result<bool> {
        let Some(seal) = unseal.seal_id else {
            return Ok(false);
        };
        let made = store::checking::of_seal(tx, seal).await?;
        let in_vain: Vec<Day> = made
            .iter()
            .filter(|check| check.outcome.is_failed_attempt())
            .map(|check| Day::at(check.made_at, &self.clock.zone()))
            .collect();
        let rules = &self.profile.officers;
        Ok(is_unreachable(
            &in_vain,
            rules.unreachable_attempts.into(),
            rules.unreachable_days.into(),
        ))
    }

    /// What the profile says that follows from a verdict.
    async fn carry_out(
        &self,
        tx: &mut Tx,
        member: &Member,
        before: &Case,
        verdict: Verdict,
        follows: &Follows,
    ) -> Result<()> {
        let case = before.id;
        if let Some(to) = follows.state {
            store::cases::set_state(tx, case, before.state, to, self.clock.today()).await?;
            let detail = json!({ "from": before.state, "to": to, "verdict": verdict });
            let entry = self
                .log
                .entry(Act::CaseStateChanged, Actor::Staff(member.id), Some(case), detail, None)?;
            entry.write(tx).await?;
            let event = CaseEvent {
                id: entry.id,
                case_id: case,
                at: follows.now,
                staff_id: Some(member.id),
                what: "state".into(),
                old_value: Some(before.state.to_string()),
                new_value: Some(to.to_string()),
                record_id: None,
            };
            store::desk::insert_event(tx, &event).await?;
        }
        if let Some(day) = follows.resolve_by {
            store::cases::extend(tx, case, day).await?;
        }
        if follows.notify {
            self.notifications.notify_reporter(tx, case).await?;
        }
        Ok(())
    }
}

/// What a verdict does to its case.
struct Follows {
    state: Option<crate::domain::state::State>,
    resolve_by: Option<Day>,
    notify: bool,
    now: UnixSeconds,
}

impl Follows {
    /// By a rule of the profile; without one nothing.
    fn of((today, now): (Day, UnixSeconds), rule: Option<&VerdictRule>, case: &Case, holidays: &[Day]) -> Self {
        let term = rule.and_then(|rule| rule.resolve).filter(|_| case.state.is_open());
        let day = term.map(|term| term.after(today, holidays));
        Self {
            state: rule.and_then(|rule| rule.next(case.state)),
            resolve_by: day.filter(|day| *day > case.resolve_by),
            notify: rule.is_some_and(|rule| rule.notify),
            now,
        }
    }

    /// As the log tells it.
    fn detail(&self) -> serde_json::Value {
        json!({ "state": self.state, "resolve_by": self.resolve_by, "notify": self.notify })
    }
}
