//! What a member has typed on a case's page and not sent. The browser seals it to the member, so that it outlives a
//! sign-out and a change of desk; what is kept here opens to nobody else, and not for long.

use super::part::Casework;
use crate::domain::facets::DraftField;
use crate::domain::ids::CaseId;
use crate::domain::role::Role;
use crate::service::casework::recusal;
use crate::service::error::{Error, Result};
use crate::service::people::sessions::Member;
use crate::store::staff_drafts::StaffDraft;
use crate::store::{self, Tx};
use crate::vault::agefile::looks_like_one;

/// The largest draft that is kept, in bytes.
pub const LARGEST: usize = 64 * 1024;
/// How many a member may have; the oldest go.
const MOST: i64 = 100;
/// Seconds for which a draft is kept.
pub(crate) const LIFE: i64 = 7 * 24 * 3600;

/// Whether a role types into such a field.
const fn is_typed_by(field: DraftField, role: Role) -> bool {
    match field {
        DraftField::Message | DraftField::Note | DraftField::Reason | DraftField::ValidationRequest => {
            matches!(role, Role::Analyst)
        }
        DraftField::Purpose | DraftField::Checks => matches!(role, Role::Officer),
    }
}

/// The case may have moved on since the guard looked.
async fn must_be_at_hand(tx: &mut Tx, member: &Member, case: CaseId) -> Result<()> {
    recusal::refuse(tx, case, member.id).await?;
    let case = store::cases::by_id(tx, case).await?.ok_or(Error::NotFound)?;
    if member.role == Role::Analyst && !member.areas.contains(&case.area) {
        return Err(Error::Forbidden);
    }
    Ok(())
}

impl Casework {
    /// Keeps a draft, sealed by the member's browser, in the place of the one before.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is no age file, too large, or no field of the member's role; [`Error::NotFound`] and
    /// [`Error::Forbidden`] for the case.
    pub async fn keep_draft(&self, member: &Member, case: CaseId, field: DraftField, body: Vec<u8>) -> Result<()> {
        if !is_typed_by(field, member.role) {
            return Err(Error::Invalid("no field of this role"));
        }
        if body.len() > LARGEST || !looks_like_one(&body) {
            return Err(Error::Invalid("not a sealed draft"));
        }
        let draft = &StaffDraft {
            field,
            body,
            at: self.clock.now(),
        };
        self.db
            .write("save_staff_draft", |mut tx| async move {
                must_be_at_hand(&mut tx, member, case).await?;
                store::staff_drafts::put(&mut tx, member.id, case, draft).await?;
                store::staff_drafts::keep_newest(&mut tx, member.id, MOST).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// The member's own drafts on a case.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn drafts_of(&self, member: &Member, case: CaseId) -> Result<Vec<StaffDraft>> {
        let mut tx = self.db.read().await?;
        Ok(store::staff_drafts::of_case(&mut tx, member.id, case).await?)
    }

    /// Forgets one of them, whether or not it is there.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn discard_draft(&self, member: &Member, case: CaseId, field: DraftField) -> Result<()> {
        self.db
            .write("discard_staff_draft", |mut tx| async move {
                store::staff_drafts::discard(&mut tx, member.id, case, field).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}
