//! The case in one message: state, deadlines, the last messages, and the openings of the identity.

use super::questions::command_replies;
use super::turn::Turn;
use crate::domain::facets::Verdict;
use crate::domain::notice::NoticeChannel;
use crate::domain::state::UnsealState;
use crate::i18n::StateTexts as _;
use crate::service::Result;
use crate::service::follow_up::{Opening, OwnCase, Returning};

/// The number of messages that are shown, the last ones.
const SHOWN_MESSAGES: usize = 5;

impl Turn<'_> {
    /// Shows the case as its reporter may see it.
    pub(crate) async fn show_case(&mut self, who: &Returning, lead: &str) -> Result<()> {
        let app = &self.context.app;
        let own = app.follow_up.own_case(who).await?;
        let told = app.notifications.contact_channels(who.case).await?;
        let mut parts = vec![lead.to_owned(), self.summary(&own)];
        if own.conversation.is_empty() {
            parts.push(self.t.get("case-conversation-empty"));
        }
        let skip = own.conversation.len().saturating_sub(SHOWN_MESSAGES);
        for line in own.conversation.iter().skip(skip) {
            let from = self.t.get(if line.mine { "case-from-you" } else { "case-from-team" });
            let text = line
                .text
                .as_ref()
                .map_or_else(|| self.t.get("case-unreadable"), |text| text.to_string());
            parts.push(format!("*{from}* · {}\n{text}", self.t.date(line.day.0)));
        }
        parts.push(self.openings(&own));
        if !own.is_intact {
            parts.push(self.t.get("case-exchanged"));
        }
        if own.has_identity && !own.identity_erased {
            parts.push(
                self.t
                    .with("wa-follow-identity", &[("url", self.context.public_url.clone().into())]),
            );
        }
        parts.push(self.t.get(if own.case.state.is_open() {
            "wa-follow-write"
        } else {
            "case-message-closed"
        }));
        parts.retain(|part| !part.is_empty());
        let mut all = vec![("leave", "wa-leave")];
        if app.enabled_channels().whatsapp && own.case.state.is_open() {
            let is_told = told.contains(&NoticeChannel::Whatsapp);
            all.push(if is_told {
                ("stop", "wa-notices-stop")
            } else {
                ("yes", "wa-notices-yes")
            });
        }
        let replies = command_replies(&self.t, &all);
        self.prompt_with(&parts.join("\n\n"), replies);
        Ok(())
    }

    fn summary(&self, own: &OwnCase) -> String {
        let (t, case) = (&self.t, &own.case);
        let mut lines = vec![
            format!("*{} {}*", t.get("receipt-number"), case.number),
            format!("*{}.* {}", t.get(case.state.title()), t.get(case.state.meaning())),
        ];
        match case.responded_on {
            Some(day) => lines.push(format!("{}: {}", t.get("case-responded"), t.date(day.0))),
            None => lines.push(format!("{}: {}", t.get("case-respond-by"), t.date(case.respond_by.0))),
        }
        lines.push(format!("{}: {}", t.get("case-resolve-by"), t.date(case.resolve_by.0)));
        lines.join("\n")
    }

    /// Lists when, and for which class of purpose, the identity was opened.
    fn openings(&self, own: &OwnCase) -> String {
        let t = &self.t;
        if own.identity_erased {
            return t.get("identity-erased");
        }
        if !own.has_identity {
            return String::new();
        }
        if own.openings.is_empty() {
            return t.get("openings-empty");
        }
        let mut lines = vec![t.get("openings-text")];
        let profile = self.context.app.profile();
        for opening in &own.openings {
            let purpose = profile.purposes.iter().find(|purpose| purpose.id == opening.class);
            let purpose = purpose.map_or(opening.class.as_str(), |purpose| purpose.label.get(t.language()));
            let outcome = t.get(outcome(opening));
            lines.push(format!("• {}: {purpose} ({outcome})", t.date(opening.day.0)));
        }
        lines.join("\n")
    }
}

fn outcome(opening: &Opening) -> &'static str {
    match (opening.verdict, opening.state) {
        (Some(Verdict::Valid), _) => "outcome-valid",
        (Some(Verdict::Mismatch), _) => "outcome-mismatch",
        (Some(Verdict::Unreachable), _) => "outcome-unreachable",
        (None, UnsealState::Requested) => "outcome-requested",
        (None, UnsealState::Refused) => "outcome-refused",
        (None, UnsealState::Released) => "outcome-opened",
    }
}
