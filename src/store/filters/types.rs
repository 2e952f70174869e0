//! Types of the inbox: filter, order, cursor, page.

use sqlx::FromRow;

use crate::domain::day::Day;
use crate::domain::facets::{Channel, Kind, Verdict};
use crate::domain::ids::StaffId;
use crate::domain::state::State;
use crate::store::cases::Case;

/// The number of index entries that one page may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScanBudget {
    /// Entries to scan before it pays to ask which index gets furthest.
    pub first: u32,
    /// Entries to scan after that.
    pub rest: u32,
}

/// A budget that takes some milliseconds on either database.
pub const DEFAULT_BUDGET: ScanBudget = ScanBudget {
    first: 1_000,
    rest: 6_000,
};

/// Conditions on cases. Empty `areas` finds nothing: nobody without an area sees a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub areas: Vec<String>,
    /// Any of these; empty for all.
    pub states: Vec<State>,
    pub kind: Option<Kind>,
    pub category: Option<String>,
    pub province: Option<String>,
    pub establishment: Option<String>,
    pub channel: Option<Channel>,
    pub verdict: Option<VerdictFilter>,
    /// Only cases with something that the area has not opened.
    pub unread: bool,
    /// Leaves out the cases from which this member is recused.
    pub not_recused: Option<StaffId>,
    /// Only cases that are overdue on this day (`domain::deadline::is_overdue`).
    pub overdue_on: Option<Day>,
}

/// The officers' verdict on the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerdictFilter {
    /// No verdict yet.
    Pending,
    Is(Verdict),
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The next deadline first, so that overdue cases lead; then cases without a deadline, newest first.
    #[default]
    Deadline,
    Newest,
    Oldest,
}

/// The day that cases are sorted by; within a day they are sorted by the random sort key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortAxis {
    /// The next deadline, nearest first: only cases that have one.
    Due,
    /// The day received.
    Received,
}

/// The position where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub axis: SortAxis,
    pub day: Day,
    pub sort_key: Vec<u8>,
}

impl Cursor {
    /// Returns the position of a case in an order.
    #[must_use]
    pub fn at(case: &Case, order: Order) -> Self {
        let due = case.due_by().filter(|_| order == Order::Deadline);
        Self {
            axis: if due.is_some() {
                SortAxis::Due
            } else {
                SortAxis::Received
            },
            day: due.unwrap_or(case.received_on),
            sort_key: case.sort_key.clone(),
        }
    }
}

/// One page of the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub cases: Vec<Case>,
    /// None on the last page.
    pub next: Option<Cursor>,
    /// True when the page is not full although there may be more: its scan budget was spent.
    pub unfinished: bool,
}

/// The number of cases in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Count {
    pub state: State,
    pub cases: i64,
}
