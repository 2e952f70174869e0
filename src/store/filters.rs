//! The inbox: which cases of some areas, in which order, page by page. SQL is put together at run time in this
//! folder only.
//!
//! A page looks at a bounded number of index entries, however many cases there are and whatever is asked for. Cases lie
//! in the order of the page in several indexes (migration 0005), one for each filter that may find few; each entry
//! holds all that is filtered by. Of those that apply, the index is read that gets furthest with its share of entries.
//! Where that is not enough to fill the page or to reach the end, the page says how far it came, and the next one goes
//! on from there.

mod log;
mod sql;

use sqlx::FromRow;

pub use self::log::{Place, Sought, log};
use self::sql::{by_index_only, hits, horizon, whole};
pub use self::sql::{counts, overdue};
use super::cases::Case;
use super::tx::{Result, Tx};
use crate::domain::day::Day;
use crate::domain::facets::{Channel, Kind, Verdict};
use crate::domain::ids::{CaseId, StaffId};
use crate::domain::state::State;

/// How many entries of indexes a page looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Before it is worth asking which index gets furthest.
    pub first: u32,
    /// After that.
    pub rest: u32,
}

/// What takes some milliseconds on either database.
pub const EFFORT: Effort = Effort {
    first: 1_000,
    rest: 6_000,
};

/// Which cases. Empty `areas` finds nothing: nobody without an area sees a case.
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
    pub verdict: Option<Found>,
    /// Only cases with something that the area has not opened.
    pub unread: bool,
    /// Not those from which this member is recused.
    pub not_recused: Option<StaffId>,
    /// Only cases that are overdue today (`domain::deadline::is_overdue`).
    pub overdue_on: Option<Day>,
}

/// What the officers have found about the identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing yet.
    Nothing,
    This(Verdict),
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The deadline that comes next, which puts the overdue first; then what nobody has to work on, newest first.
    #[default]
    Deadline,
    Newest,
    Oldest,
}

/// Along which days cases are listed; within a day by the random sort key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// By the next deadline, nearest first: only cases that have one.
    Due,
    /// By the day received.
    Received,
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub line: Line,
    pub day: Day,
    pub sort_key: Vec<u8>,
}

impl Cursor {
    /// Where a case stands in an order.
    #[must_use]
    pub fn at(case: &Case, order: Order) -> Self {
        let due = case.due_by().filter(|_| order == Order::Deadline);
        Self {
            line: if due.is_some() { Line::Due } else { Line::Received },
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
    /// The page is not full, yet there may be more: it had looked at as much as one page does.
    pub unfinished: bool,
}

/// The number of cases in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Count {
    pub state: State,
    pub cases: i64,
}

/// A stretch of the list that lies in one line of indexes.
#[derive(Clone, Copy, Debug)]
struct Leg {
    line: Line,
    descending: bool,
    /// Whether cases must have a deadline, must not, or may.
    open: Option<bool>,
}

/// The index that is read, by what it begins with after the area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    Establishment,
    Verdict,
    Province,
    Category,
    Unread,
    State,
    Area,
}

/// One entry of an index.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
struct Key {
    day: Day,
    sort_key: Vec<u8>,
}

/// Where a stretch of an index begins: its area and, where the index is read by state, the state.
type Range<'f> = (&'f str, Option<State>);

impl Order {
    fn legs(self, filter: &Filter) -> Vec<Leg> {
        let asks = |open: bool| filter.states.is_empty() || filter.states.iter().any(|s| s.is_open() == open);
        let overdue = filter.overdue_on.is_some();
        if overdue && !asks(true) {
            return Vec::new();
        }
        let received = |descending, open| Leg {
            line: Line::Received,
            descending,
            open,
        };
        match self {
            Self::Newest => vec![received(true, overdue.then_some(true))],
            Self::Oldest => vec![received(false, overdue.then_some(true))],
            Self::Deadline => {
                let due = Leg {
                    line: Line::Due,
                    descending: false,
                    open: Some(true),
                };
                let done = asks(false) && !overdue;
                let legs = [asks(true).then_some(due), done.then(|| received(true, Some(false)))];
                legs.into_iter().flatten().collect()
            }
        }
    }
}

impl Leg {
    /// The same stretch, walked from its end.
    const fn reversed(self) -> Self {
        Self {
            descending: !self.descending,
            ..self
        }
    }

    const fn day(self) -> &'static str {
        match self.line {
            Line::Due => "due_by",
            Line::Received => "received_on",
        }
    }

    const fn order(self) -> &'static str {
        match (self.line, self.descending) {
            (Line::Due, false) => "due_by, sort_key",
            (Line::Due, true) => "due_by DESC, sort_key DESC",
            (Line::Received, false) => "received_on, sort_key",
            (Line::Received, true) => "received_on DESC, sort_key DESC",
        }
    }

    /// The name of an index (migration 0005).
    const fn index(self, driver: Driver) -> &'static str {
        match (self.line, driver) {
            (Line::Received, Driver::Establishment) => "cases_received_by_establishment",
            (Line::Received, Driver::Verdict) => "cases_received_by_verdict",
            (Line::Received, Driver::Province) => "cases_received_by_province",
            (Line::Received, Driver::Category) => "cases_received_by_category",
            (Line::Received, Driver::Unread) => "cases_received_unread",
            (Line::Received, Driver::State) => "cases_received_by_state",
            (Line::Received, Driver::Area) => "cases_received",
            (Line::Due, Driver::Establishment) => "cases_due_by_establishment",
            (Line::Due, Driver::Province) => "cases_due_by_province",
            (Line::Due, Driver::Category) => "cases_due_by_category",
            // The others drive along the day received only.
            (Line::Due, Driver::Verdict | Driver::Unread | Driver::State | Driver::Area) => "cases_due",
        }
    }

    /// The states that are asked for and lie on this leg; empty for all.
    fn states(self, filter: &Filter) -> Vec<State> {
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

    /// The indexes that hold all that is asked for; those that tend to be short come first.
    fn drivers(self, filter: &Filter) -> Vec<Driver> {
        let received = self.line == Line::Received;
        let mut drivers: Vec<Driver> = [
            (Driver::Establishment, filter.establishment.is_some()),
            (
                Driver::Verdict,
                received && matches!(filter.verdict, Some(Found::This(_))),
            ),
            (Driver::Province, filter.province.is_some()),
            (Driver::Unread, received && filter.unread),
            (Driver::Category, filter.category.is_some()),
            (Driver::State, received && !self.states(filter).is_empty()),
        ]
        .into_iter()
        .filter_map(|(driver, applies)| applies.then_some(driver))
        .collect();
        if drivers.is_empty() {
            drivers.push(Driver::Area);
        }
        drivers
    }

    fn ranges(self, driver: Driver, filter: &Filter) -> Vec<Range<'_>> {
        let areas = filter.areas.iter().map(String::as_str);
        if driver == Driver::State {
            let states = self.states(filter);
            return areas
                .flat_map(|area| states.iter().map(move |state| (area, Some(*state))).collect::<Vec<_>>())
                .collect();
        }
        areas.map(|area| (area, None)).collect()
    }

    /// Whether `one` comes before `other` on the page.
    fn is_before(self, one: &Key, other: &Key) -> bool {
        let (one, other) = ((one.day, &one.sort_key), (other.day, &other.sort_key));
        if self.descending { one > other } else { one < other }
    }
}

/// What fits on a leg after `from`, at most `limit`; and where the looking ended before the leg did, if so.
async fn walk(
    tx: &mut Tx,
    leg: Leg,
    filter: &Filter,
    from: Option<Key>,
    limit: usize,
    effort: &mut Effort,
) -> Result<(Vec<CaseId>, Option<Key>)> {
    let drivers = leg.drivers(filter);
    let mut from = from;
    let mut found = Vec::new();
    // Most pages are full soon; only for the others is it asked which index gets furthest.
    let mut driver = drivers[0];
    let mut until = horizon(tx, leg, driver, filter, from.as_ref(), effort.first).await?;
    for round in 0..2 {
        let left = limit - found.len();
        found.extend(hits(tx, leg, driver, filter, (from.as_ref(), until.as_ref()), left).await?);
        if found.len() == limit || until.is_none() || round == 1 {
            break;
        }
        from = until.take();
        let share = effort.rest / u32::try_from(drivers.len()).unwrap_or(1);
        // The other half is for the next leg, if the page gets there.
        effort.rest /= 2;
        let mut furthest: Option<Key> = from.clone();
        for candidate in &drivers {
            let end = horizon(tx, leg, *candidate, filter, from.as_ref(), share).await?;
            let further = match (&end, &furthest) {
                (Some(end), Some(best)) => leg.is_before(best, end),
                (None, _) => true,
                (Some(_), None) => false,
            };
            if further {
                driver = *candidate;
                furthest = end;
            }
            if furthest.is_none() {
                break;
            }
        }
        until = furthest;
    }
    let full = found.len() == limit;
    Ok((found, until.filter(|_| !full)))
}

/// One page of cases. Pages are complete and without repetition while cases are added.
pub async fn inbox(tx: &mut Tx, filter: &Filter, order: Order, after: Option<&Cursor>, limit: u32) -> Result<Page> {
    inbox_within(tx, filter, order, after, limit, EFFORT).await
}

/// The same with another effort: with less of it, more pages are unfinished.
pub async fn inbox_within(
    tx: &mut Tx,
    filter: &Filter,
    order: Order,
    after: Option<&Cursor>,
    limit: u32,
    effort: Effort,
) -> Result<Page> {
    let mut page = Page {
        cases: Vec::new(),
        next: None,
        unfinished: false,
    };
    if limit == 0 {
        return Ok(page);
    }
    let limit = limit as usize;
    // One more than the page has tells whether there is a next one.
    let (mut found, ended) = along(tx, &order.legs(filter), filter, after, limit + 1, effort).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    page.cases = whole(tx, &found).await?;
    page.unfinished = ended.is_some();
    page.next = match ended {
        Some((line, Key { day, sort_key })) => Some(Cursor { line, day, sort_key }),
        None => page.cases.last().filter(|_| more).map(|last| Cursor::at(last, order)),
    };
    Ok(page)
}

/// The case that stands before a place of the list, if the place is in it; found as a page is, the other way round.
pub async fn before(tx: &mut Tx, filter: &Filter, order: Order, place: &Cursor) -> Result<Option<CaseId>> {
    let legs: Vec<Leg> = order.legs(filter).into_iter().rev().map(Leg::reversed).collect();
    let is_over = |today: Day| place.line != Line::Due || place.day < today;
    if legs.iter().all(|leg| leg.line != place.line) || !filter.overdue_on.is_none_or(is_over) {
        return Ok(None);
    }
    let (found, _) = along(tx, &legs, filter, Some(place), 1, EFFORT).await?;
    Ok(found.first().copied())
}

/// What fits on the legs after a place, at most `limit`; and where the looking ended before the list did, if so.
async fn along(
    tx: &mut Tx,
    legs: &[Leg],
    filter: &Filter,
    after: Option<&Cursor>,
    limit: usize,
    mut effort: Effort,
) -> Result<(Vec<CaseId>, Option<(Line, Key)>)> {
    let mut found: Vec<CaseId> = Vec::new();
    if filter.areas.is_empty() {
        return Ok((found, None));
    }
    by_index_only(tx).await?;
    // A cursor of another order begins at the beginning, as no cursor does.
    let begun = after.and_then(|after| legs.iter().position(|leg| leg.line == after.line));
    for (n, leg) in legs.iter().enumerate().skip(begun.unwrap_or(0)) {
        let from = after.filter(|_| begun == Some(n)).map(|after| Key {
            day: after.day,
            sort_key: after.sort_key.clone(),
        });
        let left = limit - found.len();
        let (hits, stopped) = walk(tx, *leg, filter, from, left, &mut effort).await?;
        found.extend(hits);
        if let Some(key) = stopped {
            return Ok((found, Some((leg.line, key))));
        }
        if found.len() == limit {
            break;
        }
    }
    Ok((found, None))
}
