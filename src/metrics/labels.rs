//! Labels of the metrics. Their values are codes of the program, never data of a person.

use prometheus_client::encoding::EncodeLabelSet;

use crate::domain::facets::Channel;

/// The end of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Submitted,
    /// Consent was refused.
    Refused,
    /// The draft expired.
    Expired,
    /// It was complete and could not be stored.
    Failed,
}

impl Outcome {
    pub(super) const ALL: [Self; 4] = [Self::Submitted, Self::Refused, Self::Expired, Self::Failed];

    const fn code(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }
}

/// The group of people that a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Counts when the day is over.
    Reporter,
    /// Counts at once.
    Staff,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ReportLabels {
    channel: &'static str,
    outcome: &'static str,
}

impl ReportLabels {
    pub(super) const fn new(channel: Channel, outcome: Outcome) -> Self {
        Self {
            channel: channel.as_str(),
            outcome: outcome.code(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    pub(super) route: &'static str,
    pub(super) method: &'static str,
    pub(super) status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RouteLabels {
    pub(super) route: &'static str,
    pub(super) method: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RunLabels {
    pub(super) name: &'static str,
    pub(super) outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct PoolLabels {
    pub(super) pool: &'static str,
    pub(super) state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct NameLabel {
    pub(super) name: &'static str,
}

/// Returns the class of a status code.
pub(super) const fn status_class(status: u16) -> &'static str {
    match status {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
