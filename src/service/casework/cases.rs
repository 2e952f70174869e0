//! Work on a case: opening it, messages, notes, states and requests for validation. The analyst's browser seals all
//! texts; this module measures, stores and logs them.

use std::collections::HashMap;

use serde_json::json;

use super::part::Casework;
use super::recusal;
use crate::audit::acts::ActObject;
use crate::audit::entry::{Act, Actor};
use crate::domain::facets::{DraftField, KeyHolder, KeyName, RecordKind};
use crate::domain::ids::{CaseId, LetterId, RecordId, StaffId, ValidationId};
use crate::domain::state::{State, ValidationState};
use crate::service::audit::coverage::Coverage;
use crate::service::audit::signed_acts::{SignedBytes, read_act_now};
use crate::service::conflicts::conflict_if_duplicate;
use crate::service::error::{Error, InvalidReason, Result};
use crate::service::people::sessions::Member;
use crate::store::attachments::Kept;
use crate::store::cases::{Case, CaseKey};
use crate::store::desk::{CaseEvent, Validation};
use crate::store::records::{NewRecord, Record};
use crate::store::recusal::Recusal;
use crate::store::{self, Tx};
use crate::vault::case_state::CaseStatePayload;
use crate::vault::envelope::Author;
use crate::vault::hash::Hash32;
use crate::vault::record::padme;

/// Largest sealed record or letter that staff may send.
pub const MAX_SEALED_BYTES: usize = 128 * 1024;
/// Bytes that encryption adds to a record: the nonce before it and the tag after it.
const ENCRYPTION_OVERHEAD_BYTES: usize = 24 + 16;
/// Smallest padded plaintext of a record, in bytes.
const MIN_PADDED_BYTES: usize = 512;
/// First bytes of every age file.
const AGE_HEADER: &[u8] = b"age-encryption.org/v1\n";

/// A record that the analyst's browser sealed.
#[derive(Debug)]
pub struct Sealed {
    pub id: RecordId,
    pub body: Vec<u8>,
}

impl Sealed {
    /// Checks that a body has the size of a padded record.
    ///
    /// # Errors
    /// [`Error::Invalid`]
    pub fn new(id: RecordId, body: Vec<u8>) -> Result<Self> {
        let padded = body.len().saturating_sub(ENCRYPTION_OVERHEAD_BYTES);
        if body.len() <= MAX_SEALED_BYTES && padded >= MIN_PADDED_BYTES && padme(padded) == padded {
            Ok(Self { id, body })
        } else {
            Err(Error::Invalid(InvalidReason::RecordNotSealed))
        }
    }

    /// Returns the SHA-256 of the body, with which its entry names it: the member's signature stands inside.
    pub(crate) fn hash(&self) -> Hash32 {
        Hash32::of_bytes(&self.body)
    }
}

/// A case for an analyst's browser, which opens it.
#[derive(Debug)]
pub struct OpenedCase {
    pub case: Case,
    /// The newest keys' age files to the area.
    pub shared: CaseKey,
    pub staff: CaseKey,
    pub records: Vec<Record>,
    pub attachments: Vec<Kept>,
    pub events: Vec<CaseEvent>,
    /// Members who are recused from the case.
    pub recusals: Vec<Recusal>,
    pub has_identity: bool,
    /// True if the case had an identity that was erased.
    pub identity_erased: bool,
    /// Proof that the log covers the case's statement. None while there is no proof; then nobody uses the keys.
    pub coverage: Option<Coverage>,
    /// A request for validation waits at the desk.
    pub validation_asked: bool,
    /// Leaf hash of the newest signed act on the case, which the member's next one names.
    pub newest_act: Option<Hash32>,
    /// Names of all members of staff, including former ones.
    pub names: HashMap<StaffId, String>,
}

/// Returns the case if the member may work on it. It may have moved to another area since the guard looked.
pub(crate) async fn require_own_case(tx: &mut Tx, member: &Member, id: CaseId) -> Result<Case> {
    let case = store::cases::by_id(tx, id).await?.ok_or(Error::NotFound)?;
    if member.areas.contains(&case.area) {
        recusal::refuse(tx, id, member.id).await?;
        Ok(case)
    } else {
        Err(Error::Forbidden)
    }
}

fn newest(keys: &[CaseKey], name: KeyName) -> Result<CaseKey> {
    keys.iter()
        .filter(|key| key.name == name && key.holder == KeyHolder::Area)
        .max_by_key(|key| key.version)
        .cloned()
        .ok_or_else(|| Error::Internal("a case without its area's keys".into()))
}

impl Casework {
    /// Opens a case for its area: covers its statement and seal in the log, logs the opening, and marks the case as read.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]
    pub async fn open_case(&self, member: &Member, id: CaseId) -> Result<OpenedCase> {
        let opened = self
            .log
            .entry(Act::CaseOpened, Actor::Staff(member.id), Some(id), json!({}), None)?;
        let opened = &opened;
        let (mut view, statement) = self
            .db
            .write("open_case", |mut tx| async move {
                let case = require_own_case(&mut tx, member, id).await?;
                let statement = self.log.cover_case(&mut tx, id).await?;
                opened.write(&mut tx).await?;
                if case.unread_for_area {
                    store::cases::set_unread(&mut tx, id, false).await?;
                }
                let keys = store::cases::keys(&mut tx, id).await?;
                let staff = store::staff::list(&mut tx).await?;
                let seal = store::seals::latest_ever(&mut tx, id).await?;
                let view = OpenedCase {
                    shared: newest(&keys, KeyName::Shared)?,
                    staff: newest(&keys, KeyName::Staff)?,
                    records: store::records::of_case(&mut tx, id).await?,
                    attachments: store::attachments::of_case(&mut tx, id).await?,
                    events: store::desk::events_of(&mut tx, id).await?,
                    recusals: store::recusal::of_case(&mut tx, id).await?,
                    has_identity: seal.as_ref().is_some_and(|seal| !seal.erased),
                    identity_erased: seal.as_ref().is_some_and(|seal| seal.erased),
                    coverage: None,
                    newest_act: self.log.newest_act(&mut tx, id, ActObject::Case(id)).await?,
                    validation_asked: store::desk::open_validation_of(&mut tx, id).await?.is_some(),
                    names: staff.into_iter().map(|staff| (staff.id, staff.name)).collect(),
                    case,
                };
                tx.commit().await?;
                Ok::<_, Error>((view, statement))
            })
            .await?;
        if let Some(statement) = statement {
            view.coverage = self.log.coverage_of(statement).await;
        }
        Ok(view)
    }

    fn record(&self, member: &Member, kind: RecordKind, sealed: Sealed) -> NewRecord {
        NewRecord {
            id: sealed.id,
            kind,
            author: Author::Staff(member.id).to_string(),
            day: self.clock.today(),
            at: Some(self.clock.now()),
            body: sealed.body,
        }
    }

    /// Stores a message to the reporter. The first one is the personal answer that the deadline asks for.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the case is closed or the record is there already, [`Error::Forbidden`].
    pub async fn write_message(&self, member: &Member, id: CaseId, sealed: Sealed) -> Result<()> {
        let detail = json!({ "record": sealed.id, "hash": sealed.hash() });
        let entry = self
            .log
            .entry(Act::CaseMessage, Actor::Staff(member.id), Some(id), detail, None)?;
        let record = self.record(member, RecordKind::Message, sealed);
        let (entry, record) = (&entry, &record);
        self.db
            .write("write_message", |mut tx| async move {
                if require_own_case(&mut tx, member, id).await?.state == State::Closed {
                    return Err(Error::Conflict);
                }
                conflict_if_duplicate(store::records::append(&mut tx, id, record).await)?;
                store::cases::set_responded(&mut tx, id, record.day).await?;
                store::staff_drafts::discard(&mut tx, member.id, id, DraftField::Message).await?;
                entry.write(&mut tx).await?;
                self.notifications.notify_reporter(&mut tx, id).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Stores an internal note.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the record is there already, [`Error::Forbidden`].
    pub async fn write_note(&self, member: &Member, id: CaseId, sealed: Sealed) -> Result<()> {
        let detail = json!({ "record": sealed.id, "hash": sealed.hash() });
        let entry = self
            .log
            .entry(Act::CaseNote, Actor::Staff(member.id), Some(id), detail, None)?;
        let record = self.record(member, RecordKind::Note, sealed);
        let (entry, record) = (&entry, &record);
        self.db
            .write("write_note", |mut tx| async move {
                require_own_case(&mut tx, member, id).await?;
                conflict_if_duplicate(store::records::append(&mut tx, id, record).await)?;
                store::staff_drafts::discard(&mut tx, member.id, id, DraftField::Note).await?;
                entry.write(&mut tx).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Moves the case to another state, as the member signed it, with the sealed reason.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the case is no longer in the state that the member saw, or the record is there already;
    /// [`Error::Changed`] when somebody else acted on it since; [`Error::Invalid`] when nothing leads from one state to
    /// the other, or the member did not sign this just now; [`Error::Forbidden`].
    pub async fn change_state(&self, member: &Member, id: CaseId, signed: SignedBytes, reason: Sealed) -> Result<()> {
        let roster = self.rosters.current()?;
        let listed = roster.member(member.id).ok_or(Error::Forbidden)?;
        let context = (self.instance, self.clock.now());
        let (payload, signed): (CaseStatePayload, _) = read_act_now(context, listed, &signed)?;
        let (from, to) = (payload.from, payload.to);
        if payload.case != id || payload.record != reason.id || !from.may_become(to) {
            return Err(Error::Invalid(InvalidReason::NoSuchTransition));
        }
        let detail = json!({ "from": from, "to": to, "record": reason.id, "hash": reason.hash() });
        let actor = Actor::Staff(member.id);
        let entry = self
            .log
            .entry(Act::CaseStateChanged, actor, Some(id), detail, Some(signed))?;
        let record = self.record(member, RecordKind::Reason, reason);
        let event = CaseEvent {
            id: entry.id,
            case_id: id,
            at: self.clock.now(),
            staff_id: Some(member.id),
            what: "state".into(),
            old_value: Some(from.to_string()),
            new_value: Some(to.to_string()),
            record_id: Some(record.id),
        };
        let (entry, record, event) = (&entry, &record, &event);
        self.db
            .write("change_case_state", |mut tx| async move {
                let state = require_own_case(&mut tx, member, id).await?.state;
                self.log.write_signed(&mut tx, entry).await?;
                if state != from {
                    return Err(Error::Conflict);
                }
                conflict_if_duplicate(store::records::append(&mut tx, id, record).await)?;
                store::cases::set_state(&mut tx, id, from, to, record.day).await?;
                store::staff_drafts::discard(&mut tx, member.id, id, DraftField::Reason).await?;
                store::desk::insert_event(&mut tx, event).await?;
                self.notifications.notify_reporter(&mut tx, id).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Asks the officers' desk to validate the identity. `file` is the letter to the desk; the request takes its id.
    ///
    /// # Errors
    /// [`Error::Conflict`] when one is open or the case is closed, [`Error::Invalid`] when the case has no identity or
    /// `file` is no age file, [`Error::Forbidden`].
    pub async fn request_validation(&self, member: &Member, id: CaseId, letter: LetterId, file: Vec<u8>) -> Result<()> {
        if !file.starts_with(AGE_HEADER) || file.len() > MAX_SEALED_BYTES {
            return Err(Error::Invalid(InvalidReason::ValidationLetter));
        }
        let request =
            ValidationId::try_from(letter.as_uuid()).map_err(|_| Error::Invalid(InvalidReason::IdOfOtherKind))?;
        let detail = json!({ "request": request });
        let entry = self.log.entry(
            Act::ValidationRequested,
            Actor::Staff(member.id),
            Some(id),
            detail,
            None,
        )?;
        let validation = Validation {
            id: request,
            case_id: id,
            requested_by: member.id,
            requested_at: self.clock.now(),
            letter: file,
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
                if require_own_case(&mut tx, member, id).await?.state == State::Closed {
                    return Err(Error::Conflict);
                }
                if store::seals::latest(&mut tx, id).await?.is_none() {
                    return Err(Error::Invalid(InvalidReason::NoIdentity));
                }
                conflict_if_duplicate(store::desk::insert_validation(&mut tx, validation).await)?;
                store::staff_drafts::discard(&mut tx, member.id, id, DraftField::ValidationRequest).await?;
                entry.write(&mut tx).await?;
                store::desk::insert_event(&mut tx, event).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn only_what_has_the_size_of_a_sealed_record_is_taken() {
        let id = RecordId::random(&mut StdRng::seed_from_u64(1));
        let taken = |size: usize| Sealed::new(id, vec![0; size]).is_ok();
        assert!(taken(552) && taken(ENCRYPTION_OVERHEAD_BYTES + 576));
        for size in [0, 39, 551, 553, ENCRYPTION_OVERHEAD_BYTES + 577, MAX_SEALED_BYTES + 1] {
            assert!(!taken(size), "{size}");
        }
    }
}
