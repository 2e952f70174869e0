//! Recusal: a member states that they must not work on a case. It is final, because a member who could take it back
//! could be forced to. It keeps an honest member away; a dishonest one still has the area's key (SECURITY.md).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::part::Casework;
use crate::audit::entry::{Act, Actor};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::role::Role;
use crate::service::audit::signed_acts::{SignedBytes, read_act_now};
use crate::service::conflicts::conflict_if_duplicate;
use crate::service::error::{Error, InvalidReason, Result};
use crate::service::letters::is_letter;
use crate::service::people::sessions::Member;
use crate::store::recusal::Recusal;
use crate::store::{self, Tx};
use crate::vault::recusal::RecusalPayload;
use crate::vault::roster::VerifiedRoster;

/// A recusal as a member's browser sends it.
#[derive(Debug)]
pub struct Stated {
    /// The recusal, signed.
    pub signed: SignedBytes,
    /// The reason: a letter to the case's area, or to the desk if the member is an officer.
    pub letter: Vec<u8>,
}

/// Refuses a member who is recused from the case. It runs in the transaction of the act that is refused.
pub(crate) async fn refuse(tx: &mut Tx, case: CaseId, member: StaffId) -> Result<()> {
    if store::recusal::holds(tx, case, member).await? {
        Err(Error::Forbidden)
    } else {
        Ok(())
    }
}

/// Lists the numbers of open cases, by area, on which none of the area's members may work.
///
/// # Errors
/// [`store::Error`]
pub async fn left_alone(tx: &mut Tx, roster: &VerifiedRoster) -> store::Result<BTreeMap<String, Vec<String>>> {
    let mut recused: BTreeMap<(String, String), BTreeSet<StaffId>> = BTreeMap::new();
    for row in store::recusal::of_open_cases(tx).await? {
        recused.entry((row.area, row.number)).or_default().insert(row.staff_id);
    }
    let mut alone: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((area, number), who) in recused {
        let mut members = roster
            .roster()
            .members
            .iter()
            .filter(|member| member.areas.contains(&area));
        if members.all(|member| who.contains(&member.id)) {
            alone.entry(area).or_default().push(number);
        }
    }
    Ok(alone)
}

impl Casework {
    /// Returns true if a member is recused from a case.
    ///
    /// # Errors
    /// [`Error::Store`]
    pub async fn is_recused(&self, member: StaffId, case: CaseId) -> Result<bool> {
        let mut tx = self.db.read().await?;
        Ok(store::recusal::holds(&mut tx, case, member).await?)
    }

    /// Recuses the member from the case.
    ///
    /// # Errors
    /// [`Error::Forbidden`] unless the roster names the member and, for an analyst, the case is of their areas;
    /// [`Error::Conflict`] when they said so before; [`Error::Changed`] when somebody else acted on the case meanwhile;
    /// [`Error::Invalid`] when payload, signature or letter are not what
    /// they must be, or the payload's time is more than ten minutes from the server's clock.
    pub async fn recuse(&self, member: &Member, case: CaseId, stated: Stated) -> Result<()> {
        let roster = self.rosters.current()?;
        let listed = roster.member(member.id).ok_or(Error::Forbidden)?;
        let context = (self.instance, self.clock.now());
        let (payload, signed): (RecusalPayload, _) = read_act_now(context, listed, &stated.signed)?;
        if payload.case != case {
            return Err(Error::Invalid(InvalidReason::RecusalMismatch));
        }
        if !is_letter(&stated.letter) {
            return Err(Error::Invalid(InvalidReason::RecusalLetter));
        }
        let detail = json!({ "letter": payload.letter });
        let actor = Actor::Staff(member.id);
        let entry = self
            .log
            .entry(Act::CaseRecused, actor, Some(case), detail, Some(signed))?;
        let row = Recusal {
            id: payload.letter,
            case_id: case,
            staff_id: member.id,
            area: String::new(),
            letter: stated.letter,
            entry_id: entry.id,
            at: self.clock.now(),
        };
        let (entry, row) = (&entry, &row);
        self.db
            .write("recuse_member", |mut tx| async move {
                let found = store::cases::by_id(&mut tx, case).await?.ok_or(Error::NotFound)?;
                let area = if member.role == Some(Role::Officer) {
                    self.profile.load().desk.clone()
                } else {
                    if !member.areas.contains(&found.area) {
                        return Err(Error::Forbidden);
                    }
                    found.area
                };
                if store::recusal::holds(&mut tx, case, row.staff_id).await? {
                    return Err(Error::Conflict);
                }
                self.log.write_signed(&mut tx, entry).await?;
                conflict_if_duplicate(store::recusal::insert(&mut tx, &Recusal { area, ..row.clone() }).await)?;
                tx.commit().await?;
                Ok(())
            })
            .await
    }
}
