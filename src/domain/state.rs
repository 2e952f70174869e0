//! The states of a case, of a validation request and of an unseal, and the moves between them.

use crate::domain::text_enum::text_enum;

text_enum! {
    /// The state of a case.
    State {
        Received = "received",
        InReview = "in_review",
        WaitingForReporter = "waiting_for_reporter",
        Resolved = "resolved",
        Closed = "closed",
    }
}

impl State {
    /// The states to which staff may move this one, each time with a written reason.
    ///
    /// A resolved case may be reopened. A closed one may not, because its retention counts from the closing.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Received => &[Self::InReview, Self::WaitingForReporter, Self::Resolved, Self::Closed],
            Self::InReview => &[Self::WaitingForReporter, Self::Resolved, Self::Closed],
            Self::WaitingForReporter => &[Self::InReview, Self::Resolved, Self::Closed],
            Self::Resolved => &[Self::InReview, Self::Closed],
            Self::Closed => &[],
        }
    }

    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self.next().contains(&next)
    }

    /// True while somebody still has to work on the case, so that deadlines count.
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Resolved | Self::Closed)
    }
}

text_enum! {
    /// The state of a validation request to the officers' desk.
    ValidationState {
        Open = "open",
        Done = "done",
    }
}

text_enum! {
    /// The state of an unseal: requested, released by the witness, or refused by it.
    UnsealState {
        Requested = "requested",
        Released = "released",
        Refused = "refused",
    }
}

text_enum! {
    /// The outcome of a verification of the audit log.
    VerificationOutcome {
        Running = "running",
        Good = "good",
        /// The log has a defect.
        Bad = "bad",
        /// The log could not be verified, which says nothing about it.
        Failed = "failed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_closed_and_nothing_returns_to_received() {
        for state in State::ALL {
            assert!(!State::Closed.may_become(*state));
            assert!(!state.may_become(State::Received));
            assert!(!state.may_become(*state));
            assert!(*state == State::Closed || state.may_become(State::Closed));
        }
    }
}
