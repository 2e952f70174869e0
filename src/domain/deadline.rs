//! Deadlines by which a case must be answered and resolved. The terms come from the profile.

use serde::{Deserialize, Serialize};

use crate::domain::day::Day;
use crate::domain::state::State;

/// A period of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Term {
    /// Calendar days.
    Days(u16),
    /// Days without Saturdays, Sundays and holidays.
    WorkingDays(u16),
    Months(u16),
}

impl Term {
    /// The last day of a period that begins on `from`.
    #[must_use]
    pub fn after(self, from: Day, holidays: &[Day]) -> Day {
        match self {
            Self::Days(days) => from.plus_days(i64::from(days)),
            Self::WorkingDays(days) => from.plus_working_days(days, holidays),
            Self::Months(months) => from.plus_months(months),
        }
    }
}

/// The two terms of a kind of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// Until the first personal message.
    pub respond: Term,
    /// Until the case is resolved.
    pub resolve: Term,
}

impl Deadlines {
    /// The days (respond by, resolve by) for a case received on `received_on`.
    #[must_use]
    pub fn due_days(&self, received_on: Day, holidays: &[Day]) -> (Day, Day) {
        (
            self.respond.after(received_on, holidays),
            self.resolve.after(received_on, holidays),
        )
    }
}

/// The next deadline: to answer while nobody has, else to resolve. `None` for a resolved or closed case.
#[must_use]
pub fn due_by(state: State, responded_on: Option<Day>, respond_by: Day, resolve_by: Day) -> Option<Day> {
    let due = match responded_on {
        None => respond_by.min(resolve_by),
        Some(_) => resolve_by,
    };
    state.is_open().then_some(due)
}

/// True if the next deadline has passed. A resolved or closed case is never overdue.
#[must_use]
pub fn is_overdue(state: State, responded_on: Option<Day>, respond_by: Day, resolve_by: Day, today: Day) -> bool {
    due_by(state, responded_on, respond_by, resolve_by).is_some_and(|due| due < today)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_is_still_in_time() {
        let received = Day::from_date(jiff::civil::date(2026, 11, 24));
        let deadlines = Deadlines {
            respond: Term::WorkingDays(5),
            resolve: Term::Months(2),
        };
        let (respond, resolve) = deadlines.due_days(received, &[]);
        assert_eq!(
            (respond.iso(), resolve.iso()),
            ("2026-12-01".into(), "2027-01-24".into())
        );
        assert!(!is_overdue(State::InReview, None, respond, resolve, respond));
        assert!(is_overdue(
            State::InReview,
            None,
            respond,
            resolve,
            respond.plus_days(1)
        ));
        assert!(!is_overdue(State::InReview, Some(received), respond, resolve, resolve));
        assert!(!is_overdue(State::Closed, None, respond, resolve, resolve.plus_days(9)));
    }
}
