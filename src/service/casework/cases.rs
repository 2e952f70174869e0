//! Work on a case: opening it, messages, notes and states. The analyst's browser seals all
//! texts; this module measures, stores and logs them.

use std::collections::HashMap;

use serde_json::json;

use super::part::Casework;
use super::recusal;
use super::waiting_validation::waiting;
use crate::audit::entry::{Act, Actor};
use crate::domain::facets::{DraftField, KeyHolder, KeyName, RecordKind};
use crate::domain::ids::{CaseId, RecordId, StaffId};
use crate::domain::state::State;
use crate::service::audit::coverage::Coverage;
use crate::service::conflicts::conflict_if_duplicate;
use crate::service::error::{Error, Result};
use crate::service::people::sessions::Member;
use crate::store::attachments::Kept;
use crate::store::cases::{Case, CaseKey};
use crate::store::desk::CaseEvent;
use crate::store::records::{NewRecord, Record};
use crate::store::recusal::Recusal;
use crate::store::{self, Tx};
use crate::vault::envelope::Author;
use crate::vault::record::padme;

/// Largest sealed record or letter that staff may send.
pub const MAX_SEALED_BYTES: usize = 128 * 1024;
/// Bytes that encryption adds to a record: the nonce before it and the tag after it.
const ENCRYPTION_OVERHEAD_BYTES: usize = 24 + 16;
/// Smallest padded plaintext of a record, in bytes.
const MIN_PADDED_BYTES: usize = 512;

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
            Err(Error::Invalid("not a sealed record"))
        }
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
    /// Proof that the log covers the seal. None without a seal, or while there is no proof.
    pub coverage: Option<Coverage>,
    /// A request for validation waits at the desk.
    pub validation_asked: bool,
    /// Names of all members of staff, including former ones.
    pub names: HashMap<StaffId, String>,
}

/// Returns the case if the member may work on it. It may have moved to another area since the guard looked.
pub(crate) async fn own(tx: &mut Tx, member: &Member, id: CaseId) -> Result<Case> {
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
    /// Opens a case for its area: covers its seal in the log, logs the opening, and marks the case as read.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Forbidden`]
    pub async fn open_case(&self, member: &Member, id: CaseId) -> Result<OpenedCase> {
        let opened = self
            .log
            .entry(Act::CaseOpened, Actor::Staff(member.id), Some(id), json!({}), None)?;
        let opened = &opened;
        let (mut view, seal) = self
            .db
            .write("open_case", |mut tx| async move {
                let case = own(&mut tx, member, id).await?;
                if !store::seals::uncovered_of_case(&mut tx, id).await?.is_empty() {
                    self.log.cover(&mut tx).await?;
                }
                opened.write(&mut tx).await?;
                if case.unread_for_area {
                    store::cases::set_unread(&mut tx, id, false).await?;
                }
                let keys = store::cases::keys(&mut tx, id).await?;
                let staff = store::staff::list(&mut tx).await?;
                // The first version is shown, so that corrections by the reporter change nothing here.
                let seal = store::seals::first_ever(&mut tx, id).await?;
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
                    validation_asked: waiting(&mut tx, (self.instance, self.clock.now()), id).await?.is_some(),
                    names: staff.into_iter().map(|staff| (staff.id, staff.name)).collect(),
                    case,
                };
                tx.commit().await?;
                Ok::<_, Error>((view, seal))
            })
            .await?;
        if let Some(seal) = seal {
            view.coverage = self.log.coverage_of(seal).await;
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
        let detail = json!({ "record": sealed.id });
        let entry = self
            .log
            .entry(Act::CaseMessage, Actor::Staff(member.id), Some(id), detail, None)?;
        let record = self.record(member, RecordKind::Message, sealed);
        let (entry, record) = (&entry, &record);
        self.db
            .write("write_message", |mut tx| async move {
                if own(&mut tx, member, id).await?.state == State::Closed {
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
        let detail = json!({ "record": sealed.id });
        let entry = self
            .log
            .entry(Act::CaseNote, Actor::Staff(member.id), Some(id), detail, None)?;
        let record = self.record(member, RecordKind::Note, sealed);
        let (entry, record) = (&entry, &record);
        self.db
            .write("write_note", |mut tx| async move {
                own(&mut tx, member, id).await?;
                conflict_if_duplicate(store::records::append(&mut tx, id, record).await)?;
                store::staff_drafts::discard(&mut tx, member.id, id, DraftField::Note).await?;
                entry.write(&mut tx).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Moves the case to another state, with the sealed reason. `from` is the state that the analyst saw.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the case is no longer in `from`, or the record is there already; [`Error::Invalid`] when
    /// nothing leads from there to `to`; [`Error::Forbidden`].
    pub async fn change_state(
        &self,
        member: &Member,
        id: CaseId,
        (from, to): (State, State),
        reason: Sealed,
    ) -> Result<()> {
        if !from.may_become(to) {
            return Err(Error::Invalid("no such move"));
        }
        let detail = json!({ "from": from, "to": to, "record": reason.id });
        let entry = self
            .log
            .entry(Act::CaseStateChanged, Actor::Staff(member.id), Some(id), detail, None)?;
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
                if own(&mut tx, member, id).await?.state != from {
                    return Err(Error::Conflict);
                }
                conflict_if_duplicate(store::records::append(&mut tx, id, record).await)?;
                store::cases::set_state(&mut tx, id, from, to, record.day).await?;
                store::staff_drafts::discard(&mut tx, member.id, id, DraftField::Reason).await?;
                entry.write(&mut tx).await?;
                store::desk::insert_event(&mut tx, event).await?;
                self.notifications.notify_reporter(&mut tx, id).await?;
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
