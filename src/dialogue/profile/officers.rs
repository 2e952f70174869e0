//! The profile's rules for the identity officers' work: how long things may wait, what they check, what a verdict does
//! to its case, and why an erasure is carried out or refused.

use serde::Deserialize;

use super::text::Text;
use crate::domain::deadline::Term;
use crate::domain::desk::CheckKind;
use crate::domain::facets::Verdict;
use crate::domain::state::State;
use crate::vault::erasure::ErasureDecision;

/// `[officers]`: waiting times and numbers of attempts.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerRules {
    /// A validation or a corrected identity that has waited for more days is overdue.
    pub validation_days: u16,
    /// A request to erase that has waited for more days is overdue.
    pub erasure_days: u16,
    /// An identity may be shown again for so many minutes after it was opened.
    pub show_again_minutes: u16,
    /// The verdict *unreachable* takes so many attempts in vain …
    pub unreachable_attempts: u16,
    /// … on so many different days.
    pub unreachable_days: u16,
}

/// One thing that an officer can check, or one way to reach somebody.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckClass {
    pub id: String,
    pub kind: CheckKind,
    pub label: Text,
}

/// A reason to erase an identity, or to refuse to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureReason {
    pub id: String,
    pub decision: ErasureDecision,
    /// The reporter reads it.
    pub label: Text,
}

/// The effects of one verdict.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictRule {
    /// The text for the reporter.
    pub reporter: Text,
    /// The text for the area.
    pub area: Text,
    /// The state to which an open case goes; without it the case keeps its state.
    pub state: Option<State>,
    /// The time that the area has at least, from the verdict on, to resolve the case; without it the deadline stays.
    pub resolve: Option<Term>,
    /// Sends a notice to a reporter who wished for notices.
    pub notify: bool,
}

impl VerdictRule {
    /// The state to which a case in `state` goes, if it moves.
    #[must_use]
    pub fn next(&self, state: State) -> Option<State> {
        self.state.filter(|next| state.is_open() && state.may_become(*next))
    }
}

/// `[verdicts]`: the rule of each verdict.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictRules {
    pub valid: VerdictRule,
    pub mismatch: VerdictRule,
    pub unreachable: VerdictRule,
}

impl VerdictRules {
    /// The rule of `verdict`.
    #[must_use]
    pub const fn rule(&self, verdict: Verdict) -> &VerdictRule {
        match verdict {
            Verdict::Valid => &self.valid,
            Verdict::Mismatch => &self.mismatch,
            Verdict::Unreachable => &self.unreachable,
        }
    }
}
