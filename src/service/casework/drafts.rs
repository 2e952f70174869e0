//! Drafts of members of staff: texts that were typed on a case's page and not sent. The browser seals them to the
//! member, so that they survive a sign-out and a change of computer. Nobody else can open them, and they are deleted
//! after a week.

use super::part::Casework;
use crate::domain::facets::DraftField;
use crate::domain::ids::CaseId;
use crate::domain::role::Role;
use crate::service::casework::recusal;
use crate::service::error::{Error, InvalidReason, Result};
use crate::service::people::sessions::Member;
use crate::store::staff_drafts::StaffDraft;
use crate::store::{self, Tx};
use crate::vault::agefile::looks_like_one;

/// Largest draft, sealed.
pub const MAX_STAFF_DRAFT_BYTES: usize = 64 * 1024;
/// Drafts that a member may have. The oldest ones are deleted.
const MAX_DRAFTS: i64 = 100;
/// Lifetime of a draft, in seconds.
pub(crate) const STAFF_DRAFT_LIFETIME_SECONDS: i64 = 7 * 24 * 3600;

/// Returns true if members of a role type into such a field.
const fn is_typed_by(field: DraftField, role: Role) -> bool {
    match field {
        DraftField::Message | DraftField::Note | DraftField::Reason | DraftField::ValidationRequest => {
            matches!(role, Role::Analyst)
        }
        DraftField::Purpose | DraftField::Checks => matches!(role, Role::Officer),
    }
}

/// Refuses a member who may not work on the case. It may have moved to another area since the guard looked.
async fn must_be_at_hand(tx: &mut Tx, member: &Member, case: CaseId) -> Result<()> {
    recusal::refuse(tx, case, member.id).await?;
    let case = store::cases::by_id(tx, case).await?.ok_or(Error::NotFound)?;
    if member.role == Some(Role::Analyst) && !member.areas.contains(&case.area) {
        return Err(Error::Forbidden);
    }
    Ok(())
}

impl Casework {
    /// Stores a draft that the member's browser sealed. It replaces the draft of the same field.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is no age file, too large, or no field of the member's role; [`Error::NotFound`] and
    /// [`Error::Forbidden`] for the case.
    pub async fn keep_draft(&self, member: &Member, case: CaseId, field: DraftField, body: Vec<u8>) -> Result<()> {
        if !member.role.is_some_and(|role| is_typed_by(field, role)) {
            return Err(Error::Invalid(InvalidReason::DraftField));
        }
        if body.len() > MAX_STAFF_DRAFT_BYTES || !looks_like_one(&body) {
            return Err(Error::Invalid(InvalidReason::DraftNotSealed));
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
                store::staff_drafts::keep_newest(&mut tx, member.id, MAX_DRAFTS).await?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }

    /// Returns the member's own drafts on a case.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn drafts_of(&self, member: &Member, case: CaseId) -> Result<Vec<StaffDraft>> {
        let mut tx = self.db.read().await?;
        Ok(store::staff_drafts::of_case(&mut tx, member.id, case).await?)
    }

    /// Deletes a draft. A missing one is no error.
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
