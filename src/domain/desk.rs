//! What officers write down about their checks, and what reporters ask about their own data: classes only, never what
//! was found.

use crate::domain::text_enum::text_enum;

text_enum! {
    /// What an officer did.
    CheckKind {
        /// Compared what was given with something else: a register, a card that was shown.
        Check = "check",
        /// Tried to reach the person.
        Contact = "contact",
    }
}

text_enum! {
    /// What came of it.
    Outcome {
        Matches = "matches",
        Differs = "differs",
        /// It could not be compared.
        Unknown = "unknown",
        Reached = "reached",
        NoAnswer = "no_answer",
        WrongNumber = "wrong_number",
        /// Reached, and does not want to talk.
        Refuses = "refuses",
    }
}

impl Outcome {
    /// Of which kind of check this comes.
    #[must_use]
    pub const fn kind(self) -> CheckKind {
        match self {
            Self::Matches | Self::Differs | Self::Unknown => CheckKind::Check,
            Self::Reached | Self::NoAnswer | Self::WrongNumber | Self::Refuses => CheckKind::Contact,
        }
    }

    /// Whether nobody was reached: what counts towards the verdict *unreachable*.
    #[must_use]
    pub const fn is_in_vain(self) -> bool {
        matches!(self, Self::NoAnswer | Self::WrongNumber)
    }
}

text_enum! {
    /// What a reporter asks about their own data.
    RequestKind {
        /// A new version of the identity, which the reporter has sealed already.
        Correction = "correction",
        Erasure = "erasure",
    }
}

text_enum! {
    /// Where such a request stands.
    RequestState {
        Open = "open",
        Done = "done",
        Refused = "refused",
    }
}

text_enum! {
    /// What waits at the desk.
    Waiting {
        /// An area asked for a validation.
        Validation = "validation",
        Correction = "correction",
        Erasure = "erasure",
    }
}

/// Whether failed attempts to reach somebody are enough to say so: at least `attempts` on at least `days` days.
#[must_use]
pub fn is_unreachable(tried_on: &[crate::domain::day::Day], attempts: usize, days: usize) -> bool {
    let mut on = tried_on.to_vec();
    on.sort_unstable();
    on.dedup();
    tried_on.len() >= attempts && on.len() >= days
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
