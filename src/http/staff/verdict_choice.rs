//! The verdicts that an officer may state, each with its consequences in words.

use crate::dialogue::VerdictRule;
use crate::domain::facets::Verdict;
use crate::domain::state::State as CaseState;
use crate::http::site::Site;
use crate::http::staff::labels::verdict_key;
use crate::http::staff::shell::Shell;
use crate::i18n::StateTexts as _;

/// One verdict, and its consequences.
pub struct VerdictChoice {
    pub code: &'static str,
    pub key: &'static str,
    /// In words, from the profile's rule.
    pub follows: String,
    /// The state to which the case goes; empty if it stays.
    pub to: &'static str,
}

/// Describes a verdict for a case in this state.
pub(super) fn choice(site: &Site, shell: &Shell, verdict: Verdict, state: CaseState) -> VerdictChoice {
    let next = site.app.profile().verdicts.rule(verdict).next(state);
    VerdictChoice {
        to: next.map_or("", CaseState::as_str),
        code: verdict.as_str(),
        key: verdict_key(verdict),
        follows: follows(site, shell, site.app.profile().verdicts.rule(verdict)),
    }
}

/// Describes a rule.
fn follows(site: &Site, shell: &Shell, rule: &VerdictRule) -> String {
    let t = &shell.page.t;
    let state = rule.state.map_or_else(
        || t.get("verdict-state-stays"),
        |state| t.with("verdict-state", &[("state", t.get(state.staff_title()).into())]),
    );
    let until = rule
        .resolve
        .map(|term| term.after(site.app.today(), &site.app.profile().holidays));
    let until = until.map(|day| t.with("verdict-resolve", &[("date", t.date(day.0).into())]));
    let notice = rule.notify.then(|| t.get("verdict-notice"));
    let parts: Vec<String> = std::iter::once(state).chain(until).chain(notice).collect();
    parts.join(" ")
}
