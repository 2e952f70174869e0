//! The inbox of an analyst: the cases of their areas, page by page, and the neighbours of a case in the list.

use super::part::Casework;
use crate::domain::case_number::CaseNumber;
use crate::domain::day::Day;
use crate::domain::ids::CaseId;
use crate::service::error::Result;
use crate::service::people::sessions::Member;
use crate::store;
use crate::store::cases::Case;
use crate::store::filters::{self, Cursor, Filter, Order, Page};

/// Cases on a page.
const PAGE_SIZE: u32 = 50;
/// The overdue are counted no further.
const MAX_COUNTED_OVERDUE: u32 = 1_000;

/// One page of the inbox.
#[derive(Debug)]
pub struct InboxPage {
    pub page: Page,
    /// Overdue cases in all, not only on this page; those from which the member is recused are left out.
    pub overdue: i64,
    /// There are more overdue cases than are counted.
    pub more_overdue: bool,
}

/// The cases that stand before and after a case in a list.
#[derive(Debug)]
pub struct Neighbours {
    pub previous: Option<CaseId>,
    pub next: Option<CaseId>,
}

impl Casework {
    /// Reads a page of the inbox.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn inbox(
        &self,
        member: &Member,
        filter: &Filter,
        order: Order,
        after: Option<&Cursor>,
        today: Day,
    ) -> Result<InboxPage> {
        let mut tx = self.db.read().await?;
        let page = filters::list_page(&mut tx, filter, order, after, PAGE_SIZE).await?;
        let overdue = filters::count_overdue(&mut tx, &member.areas, today, MAX_COUNTED_OVERDUE).await?
            - store::recusal::overdue(&mut tx, member.id, &member.areas, today).await?;
        Ok(InboxPage {
            page,
            overdue,
            more_overdue: overdue == i64::from(MAX_COUNTED_OVERDUE),
        })
    }

    /// Finds the cases around a case in the list of `filter`.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn inbox_neighbours(&self, filter: &Filter, order: Order, case: &Case) -> Result<Neighbours> {
        let here = Cursor::at(case, order);
        let mut tx = self.db.read().await?;
        let following = filters::list_page(&mut tx, filter, order, Some(&here), 1).await?;
        Ok(Neighbours {
            previous: filters::find_previous(&mut tx, filter, order, &here).await?,
            next: following.cases.first().map(|case| case.id),
        })
    }

    /// Finds a case of the member's areas by its number.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn own_case_by_number(&self, member: &Member, number: &CaseNumber) -> Result<Option<CaseId>> {
        let mut tx = self.db.read().await?;
        let case = store::cases::by_number(&mut tx, number.as_str()).await?;
        Ok(case
            .filter(|case| member.areas.contains(&case.area))
            .map(|case| case.id))
    }

    /// Finds a case by its id.
    ///
    /// # Errors
    /// [`crate::service::error::Error::Store`]
    pub async fn case(&self, id: CaseId) -> Result<Option<Case>> {
        let mut tx = self.db.read().await?;
        Ok(store::cases::by_id(&mut tx, id).await?)
    }
}
