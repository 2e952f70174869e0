//! What the profile says about the identity officers' work: how long things may wait, what is checked, what a verdict
//! does to its case, and why an erasure is carried out or refused. Checked when the profile is loaded.

use serde::Deserialize;

use super::check::Problems;
use super::profile::{Profile, Text};
use crate::domain::deadline::Term;
use crate::domain::desk::CheckKind;
use crate::domain::facets::Verdict;
use crate::domain::state::State;
use crate::vault::erasure::ErasureDecision;

/// How long, and how often.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officers {
    /// A validation or a corrected identity that has waited for more days is overdue.
    pub validation_days: u16,
    /// The same of a request to erase.
    pub erasure_days: u16,
    /// For so many minutes after it was opened, an identity may be shown again.
    pub show_again_minutes: u16,
    /// *Unreachable* takes so many attempts in vain …
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

/// Why an identity is erased, or is not.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureReason {
    pub id: String,
    pub decision: ErasureDecision,
    /// The reporter reads it.
    pub label: Text,
}

/// What a verdict does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerdictRule {
    /// What the reporter reads.
    pub reporter: Text,
    /// What the area reads.
    pub area: Text,
    /// The state to which a case goes that is still open; left out, it stays where it is.
    pub state: Option<State>,
    /// How long the area has at least from the verdict on to resolve the case; left out, its deadline stays.
    pub resolve: Option<Term>,
    /// Whether a reporter who wished for notices gets one.
    pub notify: bool,
}

/// The rule of each verdict.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdicts {
    pub valid: VerdictRule,
    pub mismatch: VerdictRule,
    pub unreachable: VerdictRule,
}

impl Verdicts {
    #[must_use]
    pub const fn rule(&self, verdict: Verdict) -> &VerdictRule {
        match verdict {
            Verdict::Valid => &self.valid,
            Verdict::Mismatch => &self.mismatch,
            Verdict::Unreachable => &self.unreachable,
        }
    }
}

impl VerdictRule {
    /// Where a case in `state` goes.
    #[must_use]
    pub fn next(&self, state: State) -> Option<State> {
        self.state.filter(|next| state.is_open() && state.may_become(*next))
    }
}

impl Profile {
    /// A class of checks by its code.
    #[must_use]
    pub fn check(&self, id: &str) -> Option<&CheckClass> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// A reason of an erasure by its code.
    #[must_use]
    pub fn erasure_reason(&self, id: &str) -> Option<&ErasureReason> {
        self.erasure_reasons.iter().find(|reason| reason.id == id)
    }
}

/// All that is wrong with it.
pub(super) fn problems(profile: &Profile, found: &mut Problems) {
    found.unique("check", profile.checks.iter().map(|check| check.id.as_str()));
    let reasons = &profile.erasure_reasons;
    found.unique("erasure reason", reasons.iter().map(|reason| reason.id.as_str()));
    for kind in CheckKind::ALL {
        found.unless(profile.checks.iter().any(|check| check.kind == *kind), || {
            format!("checks: there is none of kind {kind}")
        });
    }
    for decision in [ErasureDecision::Erase, ErasureDecision::Refuse] {
        found.unless(reasons.iter().any(|reason| reason.decision == decision), || {
            format!("erasure_reasons: there is none to {decision:?}").to_lowercase()
        });
    }
    let officers = &profile.officers;
    found.unless((10..=240).contains(&officers.show_again_minutes), || {
        "officers: show_again_minutes must be 10 to 240".into()
    });
    found.unless(
        officers.unreachable_days > 0 && officers.unreachable_days <= officers.unreachable_attempts,
        || "officers: unreachable_days must be 1 to unreachable_attempts".into(),
    );
    for verdict in Verdict::ALL {
        let state = profile.verdicts.rule(*verdict).state;
        found.unless(!matches!(state, Some(State::Received | State::Closed)), || {
            format!("verdicts.{verdict}: no verdict moves a case to received or closed")
        });
    }
}

/// Every text with where it stands.
pub(super) fn texts(profile: &Profile) -> Vec<(String, &Text)> {
    let checks = profile.checks.iter();
    let checks = checks.map(|check| (format!("check {}", check.id), &check.label));
    let reasons = profile.erasure_reasons.iter();
    let reasons = reasons.map(|reason| (format!("erasure reason {}", reason.id), &reason.label));
    let verdicts = Verdict::ALL.iter().flat_map(|verdict| {
        let rule = profile.verdicts.rule(*verdict);
        [&rule.reporter, &rule.area].map(|text| (format!("verdicts.{verdict}"), text))
    });
    checks.chain(reasons).chain(verdicts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const IESS: &str = include_str!("../../profiles/iess.toml");

    #[test]
    fn a_verdict_moves_open_cases_only() {
        let profile = Profile::parse(IESS).unwrap();
        let rule = profile.verdicts.rule(Verdict::Unreachable);
        assert_eq!(rule.next(State::InReview), Some(State::WaitingForReporter));
        assert_eq!(rule.next(State::WaitingForReporter), None);
        assert_eq!(rule.next(State::Resolved), None);
        assert_eq!(rule.next(State::Closed), None);
    }

    #[test]
    fn rules_that_cannot_hold_are_told() {
        for (from, to, told) in [
            (
                "unreachable_days = 2",
                "unreachable_days = 9",
                "unreachable_days must be",
            ),
            (
                "show_again_minutes = 30",
                "show_again_minutes = 0",
                "show_again_minutes",
            ),
            (
                "state = \"waiting_for_reporter\"",
                "state = \"closed\"",
                "no verdict moves a case",
            ),
            ("kind = \"contact\"", "kind = \"check\"", "none of kind contact"),
            ("decision = \"refuse\"", "decision = \"erase\"", "none to refuse"),
        ] {
            assert!(IESS.contains(from), "{from}");
            let error = Profile::parse(&IESS.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(told), "{to}: {error}");
        }
    }
}
