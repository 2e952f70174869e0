//! The officers' checks and the reporters' requests about their own data. Only classes: the findings are sealed.

use crate::domain::text_enum::text_enum;

text_enum! {
    /// The kind of an officer's check.
    CheckKind {
        /// Compared the given data with another source: a register, or a card that was shown.
        Check = "check",
        /// Tried to reach the person.
        Contact = "contact",
    }
}

text_enum! {
    /// The outcome of a check.
    Outcome {
        Matches = "matches",
        Differs = "differs",
        /// The data could not be compared.
        Unknown = "unknown",
        Reached = "reached",
        NoAnswer = "no_answer",
        WrongNumber = "wrong_number",
        /// The person was reached and does not want to talk.
        Refuses = "refuses",
    }
}

impl Outcome {
    /// The kind of check that has this outcome.
    #[must_use]
    pub const fn kind(self) -> CheckKind {
        match self {
            Self::Matches | Self::Differs | Self::Unknown => CheckKind::Check,
            Self::Reached | Self::NoAnswer | Self::WrongNumber | Self::Refuses => CheckKind::Contact,
        }
    }

    /// True if the attempt failed to reach anybody. Such attempts count towards the verdict *unreachable*.
    #[must_use]
    pub const fn is_failed_attempt(self) -> bool {
        matches!(self, Self::NoAnswer | Self::WrongNumber)
    }
}

text_enum! {
    /// A reporter's request about their own data.
    RequestKind {
        /// A new version of the identity, which is already sealed.
        Correction = "correction",
        Erasure = "erasure",
    }
}

text_enum! {
    /// The state of such a request.
    RequestState {
        Open = "open",
        /// An officer decided to erase, and the witness has not answered yet.
        Erasing = "erasing",
        Done = "done",
        Refused = "refused",
    }
}

text_enum! {
    /// The kind of work that waits at the desk.
    Waiting {
        /// A validation that an area requested.
        Validation = "validation",
        Correction = "correction",
        Erasure = "erasure",
    }
}

/// True if there are enough failed attempts for the verdict *unreachable*: at least `attempts` on at least `days` days.
#[must_use]
pub fn is_unreachable(tried_on: &[crate::domain::day::Day], attempts: usize, days: usize) -> bool {
    let mut on = tried_on.to_vec();
    on.sort_unstable();
    on.dedup();
    tried_on.len() >= attempts && on.len() >= days
}

/// True if the checks suffice for the verdict *valid*: one that matches, and one contact in which the person was reached.
#[must_use]
pub fn is_validated(outcomes: &[Outcome]) -> bool {
    outcomes.contains(&Outcome::Matches) && outcomes.contains(&Outcome::Reached)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::day::Day;

    #[test]
    fn three_calls_on_one_day_are_not_enough() {
        assert!(!is_unreachable(&[Day(1); 3], 3, 2));
        assert!(!is_unreachable(&[Day(1), Day(2)], 3, 2));
        assert!(is_unreachable(&[Day(1), Day(1), Day(2)], 3, 2));
    }
}
