//! Requests of an area to validate an identity. The member signs each; one opening answers it.

use serde_json::json;

use super::cases::own;
use super::part::Casework;
use super::waiting_validation::waiting;
use crate::audit::entry::{Act, Actor, Base64, SignedPayload};
use crate::domain::facets::DraftField;
use crate::domain::ids::CaseId;
use crate::domain::role::Role;
use crate::domain::state::{State, ValidationState};
use crate::service::conflicts::conflict_if_duplicate;
use crate::service::error::{Error, Result};
use crate::service::letters::is_letter;
use crate::service::people::sessions::Member;
use crate::store;
use crate::store::desk::{CaseEvent, Validation};
use crate::vault::payload::Payload as _;
use crate::vault::signing::Signature;
use crate::vault::validation::ValidationPayload;
use crate::witness::checks::REQUEST_FRESHNESS_SECONDS;

/// A request for validation, as the member's browser sends it.
#[derive(Debug)]
pub struct AskedValidation {
    /// The request's bytes, as signed.
    pub payload: Vec<u8>,
    /// The member's signature over them.
    pub signature: Signature,
    /// The reason, a letter to the desk whose id is the request's.
    pub letter: Vec<u8>,
}

impl Casework {
    /// Asks the officers' desk to validate the identity. An earlier request that was answered or has expired is replaced.
    ///
    /// # Errors
    /// [`Error::Conflict`] when one waits, the case is closed, or the member goes by another roster; [`Error::Invalid`]
    /// when the case has no identity, or payload, signature or letter are not what they must be; [`Error::Forbidden`].
    pub async fn request_validation(&self, member: &Member, id: CaseId, asked: AskedValidation) -> Result<()> {
        let (payload, signed) = self.read_asked(member, id, &asked)?;
        let detail = json!({ "request": payload.request });
        let actor = Actor::Staff(member.id);
        let entry = self
            .log
            .entry(Act::ValidationRequested, actor, Some(id), detail, Some(signed))?;
        let validation = Validation {
            id: payload.request,
            case_id: id,
            requested_by: member.id,
            requested_at: self.clock.now(),
            expires_at: payload.expires,
            payload: asked.payload,
            entry_id: entry.id,
            letter: asked.letter,
            state: ValidationState::Open,
        };
        let event = CaseEvent {
            id: entry.id,
            case_id: id,
            at: self.clock.now(),
            staff_id: Some(member.id),
            what: "validation_requested".into(),
            old_value: None,
            new_value: None,
            record_id: None,
        };
        let (entry, validation, event) = (&entry, &validation, &event);
        self.db
            .write("request_validation", |mut tx| async move {
                if own(&mut tx, member, id).await?.state == State::Closed {
                    return Err(Error::Conflict);
                }
                if store::seals::latest(&mut tx, id).await?.is_none() {
                    return Err(Error::Invalid("there is no identity to validate"));
                }
                if waiting(&mut tx, (self.instance, self.clock.now()), id).await?.is_some() {
                    return Err(Error::Conflict);
                }
                store::desk::settle_validations(&mut tx, id).await?;
                entry.write(&mut tx).await?;
                conflict_if_duplicate(store::desk::insert_validation(&mut tx, validation).await)?;
                store::staff_drafts::discard(&mut tx, member.id, id, DraftField::ValidationRequest).await?;
                store::desk::insert_event(&mut tx, event).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Reads a request that the member signed just now.
    fn read_asked(
        &self,
        member: &Member,
        case: CaseId,
        asked: &AskedValidation,
    ) -> Result<(ValidationPayload, SignedPayload)> {
        let (instance, now) = (self.instance, self.clock.now());
        let roster = self.rosters.current()?;
        let listed = roster.member(member.id).filter(|listed| listed.role != Role::Officer);
        let listed = listed.ok_or(Error::Forbidden)?;
        let payload = ValidationPayload::read(instance, &asked.payload).map_err(|_| Error::Invalid("not a request"))?;
        if payload.case != case || payload.member != member.id {
            return Err(Error::Invalid("the request is about something else"));
        }
        if payload.time.abs_diff(now) > REQUEST_FRESHNESS_SECONDS.unsigned_abs() || !payload.is_valid_at(now) {
            return Err(Error::Invalid(
                "the request's time is not now, or it is valid for too long",
            ));
        }
        ValidationPayload::verify(instance, &asked.payload, &asked.signature, &listed.verify_key)
            .map_err(|_| Error::Invalid("the member did not sign this request"))?;
        if !is_letter(&asked.letter) {
            return Err(Error::Invalid("not a letter"));
        }
        if payload.roster != roster.hash() {
            return Err(Error::Conflict);
        }
        let signed = SignedPayload {
            by: member.id,
            what: ValidationPayload::LABEL.into(),
            payload: Base64(asked.payload.clone()),
            signature: Base64(asked.signature.as_bytes().to_vec()),
        };
        Ok((payload, signed))
    }
}
