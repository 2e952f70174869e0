//! The officers' desk: its queue, and a case as an officer sees it. Officers never get narratives.

use std::collections::HashMap;

use crate::audit::acts::ActObject;
use crate::domain::case_number::CaseNumber;
use crate::domain::desk::Waiting;
use crate::domain::ids::{CaseId, SealId, StaffId};
use crate::domain::state::UnsealState;
use crate::service::error::Result;
use crate::service::people::sessions::Member;
use crate::service::unseal::part::Unseals;
use crate::store;
use crate::store::checking::Checking;
use crate::store::desk::{Unseal, Validation};
use crate::store::desk_requests::{Cursor, Item};
use crate::store::identity_requests::IdentityRequest;
use crate::store::recusal::Recusal;
use crate::store::seals::Seal;
use crate::vault::hash::Hash32;

/// Requests on a page.
const PAGE_SIZE: u32 = 25;

/// One page of the desk's queue.
#[derive(Debug)]
pub struct Desk {
    /// Open requests, oldest first, each with the last unseal of its case.
    pub waiting: Vec<(Item, Option<Unseal>)>,
    /// Where the next page begins.
    pub next: Option<Cursor>,
    /// Number of open requests of each kind.
    pub counts: HashMap<Waiting, i64>,
    /// The member's own unseals without a verdict, with their cases' numbers, oldest first.
    pub undecided: Vec<(Unseal, String)>,
    /// Names of all members of staff, former ones included.
    pub names: HashMap<StaffId, String>,
}

/// A case at the desk, besides its facets.
#[derive(Debug)]
pub struct DeskCase {
    /// Every version of the identity, oldest first. Empty when the report was made without one.
    pub versions: Vec<Seal>,
    /// The area's open request.
    pub request: Option<Validation>,
    /// Requests of its reporter, oldest first.
    pub asked: Vec<IdentityRequest>,
    /// Every unseal, oldest first.
    pub unseals: Vec<Unseal>,
    /// Every check and attempt, in order.
    pub checkings: Vec<Checking>,
    /// Leaf hash of the newest signed act on the case.
    pub newest_act: Option<Hash32>,
    /// Leaf hash of the newest signed act on the member's own unseal that has no verdict.
    pub newest_of_unseal: Option<Hash32>,
    /// Members who withdrew from it.
    pub recusals: Vec<Recusal>,
    /// Names of all members of staff, former ones included.
    pub names: HashMap<StaffId, String>,
}

impl DeskCase {
    /// Lists the versions that can be opened.
    pub fn sealed(&self) -> impl DoubleEndedIterator<Item = &Seal> {
        self.versions.iter().filter(|seal| !seal.erased)
    }

    /// Finds a version by its seal.
    pub fn version(&self, seal: Option<SealId>) -> Option<&Seal> {
        self.versions.iter().find(|known| Some(known.id) == seal)
    }

    /// Finds the member's own last unseal that has no verdict.
    pub fn undecided(&self, member: StaffId) -> Option<&Unseal> {
        self.unseals.iter().rev().find(|unseal| {
            unseal.officer_id == member && unseal.state == UnsealState::Released && unseal.verdict.is_none()
        })
    }
}

impl Unseals {
    /// Reads a page of the queue, of one kind or of all.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn desk(&self, member: &Member, kind: Option<Waiting>, after: Option<&Cursor>) -> Result<Desk> {
        let mut tx = self.db.read().await?;
        let page = store::desk_requests::page(&mut tx, member.id, kind, after, PAGE_SIZE).await?;
        let mut desk = Desk {
            waiting: Vec::new(),
            next: page.next,
            counts: store::desk_requests::counts(&mut tx, member.id)
                .await?
                .into_iter()
                .collect(),
            undecided: Vec::new(),
            names: names(&mut tx).await?,
        };
        for item in page.items {
            let last = store::desk::unseals_of(&mut tx, item.case_id).await?.pop();
            desk.waiting.push((item, last));
        }
        for unseal in store::desk::undecided_unseals(&mut tx, member.id).await? {
            if store::recusal::holds(&mut tx, unseal.case_id, member.id).await? {
                continue;
            }
            let number = number_of(&mut tx, unseal.case_id).await?;
            desk.undecided.push((unseal, number));
        }
        Ok(desk)
    }

    /// Finds the case of a number as people type it; `None` for anything else.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn case_numbered(&self, typed: &str) -> Result<Option<CaseId>> {
        let Ok(number) = typed.parse::<CaseNumber>() else {
            return Ok(None);
        };
        let mut tx = self.db.read().await?;
        let case = store::cases::by_number(&mut tx, number.as_str()).await?;
        Ok(case.map(|case| case.id))
    }

    /// Reads a case as an officer sees it.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn desk_case(&self, member: StaffId, case: CaseId) -> Result<DeskCase> {
        let mut tx = self.db.read().await?;
        let mut found = DeskCase {
            versions: store::seals::of_case(&mut tx, case).await?,
            request: store::desk::open_validation_of(&mut tx, case).await?,
            asked: store::identity_requests::of_case(&mut tx, case).await?,
            unseals: store::desk::unseals_of(&mut tx, case).await?,
            checkings: store::checking::of_case(&mut tx, case).await?,
            newest_act: self.log.newest_act(&mut tx, case, ActObject::Case(case)).await?,
            newest_of_unseal: None,
            recusals: store::recusal::of_case(&mut tx, case).await?,
            names: names(&mut tx).await?,
        };
        if let Some(unseal) = found.undecided(member).map(|unseal| unseal.id) {
            found.newest_of_unseal = self.log.newest_act(&mut tx, case, ActObject::Unseal(unseal)).await?;
        }
        Ok(found)
    }
}

async fn names(tx: &mut store::Tx) -> store::Result<HashMap<StaffId, String>> {
    let people = store::staff::list(tx).await?;
    Ok(people.into_iter().map(|staff| (staff.id, staff.name)).collect())
}

async fn number_of(tx: &mut store::Tx, id: CaseId) -> store::Result<String> {
    let case = store::cases::by_id(tx, id).await?;
    Ok(case.map_or_else(|| id.to_string(), |case| case.number))
}
