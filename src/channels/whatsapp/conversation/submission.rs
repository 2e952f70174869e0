//! The submission: a complete draft becomes a report, with a number and a receipt.

use super::questions::command_replies;
use super::state::{ReportInProgress, Stage};
use super::turn::Turn;
use crate::dialogue::Draft;
use crate::service::Result;
use crate::service::conversations::ConversationEffect;

impl Turn<'_> {
    /// Prepares the report and shows its number and receipt. The report is stored when the turn commits. Returns false
    /// if the conversation has left the report.
    pub(crate) async fn submit(&mut self, report: &mut ReportInProgress, draft: &Draft) -> Result<bool> {
        let app = &self.context.app;
        let Some(token) = report.token() else {
            return Ok(true);
        };
        let effect = match app.conversations.prepare_submission(draft, token).await {
            Ok(effect) => effect,
            Err(error) if error.is_not_ready() => {
                let text = self.text_with_url("wa-unavailable");
                self.ask_next(report, draft, &text);
                return Ok(true);
            }
            Err(error) => return Err(error),
        };
        if let ConversationEffect::SubmitReport(prepared, _) = &effect {
            let receipt = prepared.receipt();
            let words: Vec<String> = (1..)
                .zip(receipt.words.split(' '))
                .map(|(number, word)| format!("{number}. {word}"))
                .collect();
            let text = self.t.with(
                "wa-receipt",
                &[
                    ("number", receipt.number.clone().into()),
                    ("words", words.join("\n").into()),
                    ("respond", self.t.date(receipt.respond_by).into()),
                    ("resolve", self.t.date(receipt.resolve_by).into()),
                    ("url", format!("{}/follow-up", self.context.public_url).into()),
                ],
            );
            self.reply(&text);
            if app.enabled_channels().whatsapp {
                let replies = command_replies(&self.t, &[("yes", "wa-notices-yes"), ("no", "wa-notices-no")]);
                let text = self.t.get("wa-notices");
                self.prompt_with(&text, replies);
                self.state.stage = Stage::AskedNotices(prepared.case());
            }
        }
        self.effects.push(effect);
        Ok(false)
    }
}
