//! Checks the rules for the identity officers' work.

use super::problems::Problems;
use crate::dialogue::profile::types::Profile;
use crate::domain::desk::CheckKind;
use crate::domain::facets::Verdict;
use crate::domain::state::State;
use crate::vault::erasure::ErasureDecision;

pub(super) fn check(profile: &Profile, problems: &mut Problems) {
    problems.require_codes("[[checks]]", profile.checks.iter().map(|check| check.id.as_str()));
    let reasons = &profile.erasure_reasons;
    problems.require_codes("[[erasure_reasons]]", reasons.iter().map(|reason| reason.id.as_str()));
    for kind in CheckKind::ALL {
        problems.require(profile.checks.iter().any(|check| check.kind == *kind), || {
            format!("[[checks]]: there is none of kind {kind}. Add one")
        });
    }
    for (decision, word) in [(ErasureDecision::Erase, "erase"), (ErasureDecision::Refuse, "refuse")] {
        problems.require(reasons.iter().any(|reason| reason.decision == decision), || {
            format!("[[erasure_reasons]]: there is none to {word}. Add one")
        });
    }
    let officers = &profile.officers;
    problems.require((10..=240).contains(&officers.show_again_minutes), || {
        "[officers] show_again_minutes: must be 10 to 240".into()
    });
    problems.require(
        (1..=officers.unreachable_attempts).contains(&officers.unreachable_days),
        || "[officers]: unreachable_days must be 1 to unreachable_attempts".into(),
    );
    for verdict in Verdict::ALL {
        let state = profile.verdicts.rule(*verdict).state;
        problems.require(!matches!(state, Some(State::Received | State::Closed)), || {
            format!("[verdicts.{verdict}] state: no verdict moves a case to received or closed. Name another state")
        });
    }
}
