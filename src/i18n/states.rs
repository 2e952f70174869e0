//! The texts of a case's states.

use crate::domain::state::State;

/// The keys of a state's texts.
pub(crate) trait StateTexts {
    fn title(&self) -> &'static str;
    fn meaning(&self) -> &'static str;
    /// The title for staff: the same, except where the text addresses the reporter.
    fn staff_title(&self) -> &'static str;
}

impl StateTexts for State {
    fn title(&self) -> &'static str {
        match self {
            Self::Received => "state-received",
            Self::InReview => "state-in-review",
            Self::WaitingForReporter => "state-waiting",
            Self::Resolved => "state-resolved",
            Self::Closed => "state-closed",
        }
    }

    fn meaning(&self) -> &'static str {
        match self {
            Self::Received => "state-received-text",
            Self::InReview => "state-in-review-text",
            Self::WaitingForReporter => "state-waiting-text",
            Self::Resolved => "state-resolved-text",
            Self::Closed => "state-closed-text",
        }
    }

    fn staff_title(&self) -> &'static str {
        match self {
            Self::WaitingForReporter => "state-waiting-staff",
            Self::Received | Self::InReview | Self::Resolved | Self::Closed => self.title(),
        }
    }
}
