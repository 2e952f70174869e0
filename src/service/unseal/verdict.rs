//! The verdict of an officer, signed. The profile's rules decide what follows for the case.
//! The analysts learn the verdict; the checks stay at the desk.

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
use crate::service::audit::signed_acts::{SignedBytes, read_act_now};
use crate::service::casework::recusal;
use crate::service::error::{Error, InvalidReason, Result};
use crate::service::people::sessions::Member;
use crate::service::unseal::error::VerdictError;
use crate::service::unseal::officer::require_officer;
use crate::service::unseal::part::Unseals;
use crate::service::unseal::seal_versions::SealVersions;
use crate::store::cases::Case;
use crate::store::desk::CaseEvent;
use crate::store::{self, Tx};
use crate::vault::verdict::{StateChange, VerdictPayload};

/// A verdict, as an officer's browser sends it.
#[derive(Debug)]
pub struct VerdictSubmission {
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict's bytes, with the officer's signature.
    pub signed: SignedBytes,
    /// The checks, a letter to the desk.
    pub letter: Vec<u8>,
}

impl Unseals {
    /// Released → Decided: takes the verdict on an unseal of the member's own.
    ///
    /// The verdict goes to the case, which follows the profile's rule, and the desk's open requests are settled. A verdict
    /// on a version that was corrected since stays with its unseal.
    ///
    /// # Errors
    /// [`VerdictError`]. Nothing has changed then. Among the shared errors:
    /// [`Error::NotFound`] when the unseal is not the member's; [`Error::Conflict`] when it was not released or has a
    /// verdict; [`Error::Changed`] when somebody else acted on the case, or its state is another than the officer saw;
    /// [`Error::Invalid`] when payload, signature or letter are not what they must be, or the payload's time is
    /// more than ten minutes from the server's clock; [`Error::Forbidden`] unless the roster has the member as officer.
    pub async fn state_verdict(
        &self,
        member: &Member,
        id: UnsealId,
        submission: VerdictSubmission,
    ) -> Result<(), VerdictError> {
        let roster = self.rosters.current()?;
        let officer = require_officer(&roster, member)?;
        let context = (self.instance, self.clock.now());
        let (payload, signed): (VerdictPayload, _) = read_act_now(context, officer, &submission.signed)?;
        if payload.unseal != id || payload.verdict != submission.verdict {
            return Err(Error::Invalid(InvalidReason::VerdictMismatch).into());
        }
        if !is_letter(&submission.letter) {
            return Err(Error::Invalid(InvalidReason::VerdictLetter).into());
        }
        let (case, verdict, now) = (payload.case, submission.verdict, self.clock.now());
        let profile = &self.profile.load();
        let rule = profile.verdicts.rule(verdict);
        let (letter, signed, payload) = (&submission.letter, &signed, &payload);
        self.db
            .write("record_verdict", |mut tx| async move {
                recusal::refuse(&mut tx, case, member.id).await?;
                let unseal = store::desk::unseal(&mut tx, id).await?;
                let unseal = unseal
                    .filter(|unseal| unseal.officer_id == member.id)
                    .ok_or(Error::NotFound)?;
                if unseal.case_id != case {
                    return Err(Error::Invalid(InvalidReason::VerdictOtherCase).into());
                }
                if unseal.state != UnsealState::Released || unseal.verdict.is_some() {
                    return Err(Error::Conflict.into());
                }
                if verdict == Verdict::Unreachable && !self.was_tried(&mut tx, &unseal).await? {
                    let rules = &profile.officers;
                    return Err(VerdictError::TriedTooLittle {
                        attempts: rules.unreachable_attempts,
                        days: rules.unreachable_days,
                    });
                }
                let before = store::cases::by_id(&mut tx, case).await?.ok_or(Error::NotFound)?;
                let is_latest = SealVersions::load(&mut tx, case).await?.is_newest(unseal.seal_id);
                store::desk::decide_unseal(&mut tx, id, verdict, letter, now).await?;
                store::staff_drafts::discard(&mut tx, member.id, case, DraftField::Checks).await?;
                let consequence = VerdictConsequence::of(
                    (self.clock.today(), now),
                    is_latest.then_some(rule),
                    &before,
                    &profile.holidays,
                );
                if consequence.state != payload.state {
                    return Err(Error::Changed.into());
                }
                let detail = json!({
                    "unseal": id,
                    "verdict": verdict,
                    "state": payload.state,
                    "follows": consequence.detail(),
                });
                let actor = Actor::Staff(member.id);
                let entry = self
                    .log
                    .entry(Act::VerdictStated, actor, Some(case), detail, Some(signed.clone()))?;
                let place = self.log.write_signed(&mut tx, &entry).await?;
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
                    self.carry_out(&mut tx, (member, place), &before, verdict, &consequence)
                        .await?;
                }
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Returns true if the attempts to reach the person, in any unseal of the same version, suffice for *unreachable*.
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
        let profile = self.profile.load();
        let rules = &profile.officers;
        Ok(is_unreachable(
            &in_vain,
            rules.unreachable_attempts.into(),
            rules.unreachable_days.into(),
        ))
    }

    /// Carries out the consequence of a verdict for its case. The entry of the verdict waits at `place`; it carries the
    /// officer's signature over the change of state.
    async fn carry_out(
        &self,
        tx: &mut Tx,
        (member, place): (&Member, i64),
        before: &Case,
        verdict: Verdict,
        consequence: &VerdictConsequence,
    ) -> Result<()> {
        let case = before.id;
        if let Some(StateChange { to, .. }) = consequence.state {
            store::cases::set_state(tx, case, before.state, to, self.clock.today()).await?;
            let detail = json!({ "from": before.state, "to": to, "verdict": verdict });
            let entry = self
                .log
                .entry(Act::CaseStateChanged, Actor::Staff(member.id), Some(case), detail, None)?;
            entry.write_after(tx, Some(place)).await?;
            let event = CaseEvent {
                id: entry.id,
                case_id: case,
                at: consequence.now,
                staff_id: Some(member.id),
                what: "state".into(),
                old_value: Some(before.state.to_string()),
                new_value: Some(to.to_string()),
                record_id: None,
            };
            store::desk::insert_event(tx, &event).await?;
        }
        if let Some(day) = consequence.resolve_by {
            store::cases::extend(tx, case, day).await?;
        }
        if consequence.notify {
            self.notifications.notify_reporter(tx, case).await?;
        }
        Ok(())
    }
}

/// Consequence of a verdict for its case.
struct VerdictConsequence {
    state: Option<StateChange>,
    resolve_by: Option<Day>,
    notify: bool,
    now: UnixSeconds,
}

impl VerdictConsequence {
    /// Applies a rule of the profile; without one nothing follows.
    fn of((today, now): (Day, UnixSeconds), rule: Option<&VerdictRule>, case: &Case, holidays: &[Day]) -> Self {
        let term = rule.and_then(|rule| rule.resolve).filter(|_| case.state.is_open());
        let day = term.map(|term| term.after(today, holidays));
        Self {
            state: rule
                .and_then(|rule| rule.next(case.state))
                .map(|to| StateChange { from: case.state, to }),
            resolve_by: day.filter(|day| *day > case.resolve_by),
            notify: rule.is_some_and(|rule| rule.notify),
            now,
        }
    }

    /// Converts to the form of the log entry.
    fn detail(&self) -> serde_json::Value {
        json!({ "resolve_by": self.resolve_by, "notify": self.notify })
    }
}
