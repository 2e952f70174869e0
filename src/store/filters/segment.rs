//! Segments of the list, and the indexes that can serve them.

use sqlx::FromRow;

use super::types::{Filter, Order, SortAxis, VerdictFilter};
use crate::domain::day::Day;
use crate::domain::state::State;

/// A part of the list that is sorted along one axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) axis: SortAxis,
    pub(super) descending: bool,
    /// True: only cases with a deadline. False: only cases without one. None: all.
    pub(super) open: Option<bool>,
}

/// The index to read, named after its first column after the area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IndexChoice {
    Establishment,
    Verdict,
    Province,
    Category,
    Unread,
    State,
    Area,
}

/// The sort key of one index entry.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub(super) struct Key {
    pub(super) day: Day,
    pub(super) sort_key: Vec<u8>,
}

/// The first columns of a range of an index: its area and, where the index is read by state, the state.
pub(super) type Range<'f> = (&'f str, Option<State>);

impl Order {
    /// Splits the list into its segments, in their order.
    pub(super) fn segments(self, filter: &Filter) -> Vec<Segment> {
        let asks = |open: bool| filter.states.is_empty() || filter.states.iter().any(|s| s.is_open() == open);
        let overdue = filter.overdue_on.is_some();
        if overdue && !asks(true) {
            return Vec::new();
        }
        let received = |descending, open| Segment {
            axis: SortAxis::Received,
            descending,
            open,
        };
        match self {
            Self::Newest => vec![received(true, overdue.then_some(true))],
            Self::Oldest => vec![received(false, overdue.then_some(true))],
            Self::Deadline => {
                let due = Segment {
                    axis: SortAxis::Due,
                    descending: false,
                    open: Some(true),
                };
                let done = asks(false) && !overdue;
                let segments = [asks(true).then_some(due), done.then(|| received(true, Some(false)))];
                segments.into_iter().flatten().collect()
            }
        }
    }
}

impl Segment {
    /// Returns the same segment, walked from its end.
    pub(super) const fn reversed(self) -> Self {
        Self {
            descending: !self.descending,
            ..self
        }
    }

    /// Returns the column that it is sorted by.
    pub(super) const fn day(self) -> &'static str {
        match self.axis {
            SortAxis::Due => "due_by",
            SortAxis::Received => "received_on",
        }
    }

    /// Returns the columns of its `ORDER BY`.
    pub(super) const fn order(self) -> &'static str {
        match (self.axis, self.descending) {
            (SortAxis::Due, false) => "due_by, sort_key",
            (SortAxis::Due, true) => "due_by DESC, sort_key DESC",
            (SortAxis::Received, false) => "received_on, sort_key",
            (SortAxis::Received, true) => "received_on DESC, sort_key DESC",
        }
    }

    /// Returns the name of an index in the schema.
    pub(super) const fn index(self, choice: IndexChoice) -> &'static str {
        match (self.axis, choice) {
            (SortAxis::Received, IndexChoice::Establishment) => "cases_received_by_establishment",
            (SortAxis::Received, IndexChoice::Verdict) => "cases_received_by_verdict",
            (SortAxis::Received, IndexChoice::Province) => "cases_received_by_province",
            (SortAxis::Received, IndexChoice::Category) => "cases_received_by_category",
            (SortAxis::Received, IndexChoice::Unread) => "cases_received_unread",
            (SortAxis::Received, IndexChoice::State) => "cases_received_by_state",
            (SortAxis::Received, IndexChoice::Area) => "cases_received",
            (SortAxis::Due, IndexChoice::Establishment) => "cases_due_by_establishment",
            (SortAxis::Due, IndexChoice::Province) => "cases_due_by_province",
            (SortAxis::Due, IndexChoice::Category) => "cases_due_by_category",
            // The others exist along the day received only.
            (SortAxis::Due, IndexChoice::Verdict | IndexChoice::Unread | IndexChoice::State | IndexChoice::Area) => {
                "cases_due"
            }
        }
    }

    /// Returns the filter's states that lie on this segment; empty for all.
    pub(super) fn states(self, filter: &Filter) -> Vec<State> {
        let asked = if filter.states.is_empty() && self.open.is_some() {
            State::ALL
        } else {
            &filter.states
        };
        let here = asked
            .iter()
            .filter(|s| self.open.is_none_or(|open| s.is_open() == open));
        here.copied().collect()
    }

    /// Returns the indexes that fit the filter; those that tend to be short come first.
    pub(super) fn choices(self, filter: &Filter) -> Vec<IndexChoice> {
        let received = self.axis == SortAxis::Received;
        let mut choices: Vec<IndexChoice> = [
            (IndexChoice::Establishment, filter.establishment.is_some()),
            (
                IndexChoice::Verdict,
                received && matches!(filter.verdict, Some(VerdictFilter::Is(_))),
            ),
            (IndexChoice::Province, filter.province.is_some()),
            (IndexChoice::Unread, received && filter.unread),
            (IndexChoice::Category, filter.category.is_some()),
            (IndexChoice::State, received && !self.states(filter).is_empty()),
        ]
        .into_iter()
        .filter_map(|(choice, applies)| applies.then_some(choice))
        .collect();
        if choices.is_empty() {
            choices.push(IndexChoice::Area);
        }
        choices
    }

    /// Returns the ranges of an index that the filter selects.
    pub(super) fn ranges(self, choice: IndexChoice, filter: &Filter) -> Vec<Range<'_>> {
        let areas = filter.areas.iter().map(String::as_str);
        if choice == IndexChoice::State {
            let states = self.states(filter);
            return areas
                .flat_map(|area| states.iter().map(move |state| (area, Some(*state))).collect::<Vec<_>>())
                .collect();
        }
        areas.map(|area| (area, None)).collect()
    }

    /// Returns true if `one` comes before `other` on the page.
    pub(super) fn is_before(self, one: &Key, other: &Key) -> bool {
        let (one, other) = ((one.day, &one.sort_key), (other.day, &other.sort_key));
        if self.descending { one > other } else { one < other }
    }
}
