//! The verdict: what an officer found, signed. The analysts learn the verdict; the checks stay at the desk.

use serde_json::json;

use crate::audit::entry::{Act, Actor, Base64, Signed};
use crate::domain::facets::{DraftField, Verdict};
use crate::domain::ids::UnsealId;
use crate::domain::role::Role;
use crate::domain::state::UnsealState;
use crate::service::recusal;
use crate::service::sessions::Member;
use crate::service::unsealing::LARGEST;
use crate::service::{App, Error, Result};
use crate::store;
use crate::store::desk::CaseEvent;
use crate::vault::agefile::looks_like_one;
use crate::vault::signing::Signature;
use crate::vault::verdict::{self, VerdictPayload};
use crate::witness::checks::FRESH;

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

impl App {
    /// Concludes an unseal of the member's own: the verdict goes to the case, and closes its request for validation.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the unseal is not the member's; [`Error::Conflict`] when it was not released or has a
    /// verdict; [`Error::Invalid`] when payload, signature or letter are not what they must be, or the payload's time is
    /// more than ten minutes from the server's clock; [`Error::Forbidden`] unless the roster has the member as officer.
    pub async fn state_verdict(&self, member: &Member, id: UnsealId, stated: Stated) -> Result<()> {
        let roster = self.roster()?;
        let officer = roster
            .member(member.id)
            .filter(|listed| listed.role == Role::Officer)
            .ok_or(Error::Forbidden)?;
        let payload = VerdictPayload::read(self.instance, &stated.payload).map_err(|_| Error::Invalid("no verdict"))?;
        if payload.unseal != id || payload.verdict != stated.verdict {
            return Err(Error::Invalid("the verdict is about something else"));
        }
        if payload.time.abs_diff(self.now()) > FRESH.unsigned_abs() {
            return Err(Error::Invalid("the verdict's time is not now"));
        }
        verdict::verify(self.instance, &stated.payload, &stated.signature, &officer.verify_key)
            .map_err(|_| Error::Invalid("the officer did not sign this verdict"))?;
        if stated.letter.len() > LARGEST || !looks_like_one(&stated.letter) {
            return Err(Error::Invalid("the checks are no letter"));
        }
        let signed = Signed {
            by: member.id,
            what: verdict::WHAT.into(),
            payload: Base64(stated.payload),
            signature: Base64(stated.signature.as_bytes().to_vec()),
        };
        let detail = json!({ "unseal": id, "verdict": stated.verdict });
        let case = payload.case;
        let entry = self.entry(
            Act::VerdictStated,
            Actor::Staff(member.id),
            Some(case),
            detail,
            Some(signed),
        )?;
        let now = self.now();
        let (entry, letter, verdict) = (&entry, &stated.letter, stated.verdict);
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
                let before = store::cases::by_id(&mut tx, case).await?.ok_or(Error::NotFound)?;
                store::desk::decide_unseal(&mut tx, id, verdict, letter, now).await?;
                store::cases::set_verdict(&mut tx, case, verdict).await?;
                store::staff_drafts::discard(&mut tx, member.id, case, DraftField::Checks).await?;
                entry.write(&mut tx).await?;
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
                if let Some(request) = store::desk::open_validation_of(&mut tx, case).await? {
                    store::desk::finish_validation(&mut tx, request.id).await?;
                }
                self.tell_reporter(&mut tx, case).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}
