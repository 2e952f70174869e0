//! The menu: the first message, the way into a report or a follow-up, and the choice of notices after a report.

use super::commands::Command;
use super::matching::normalize;
use super::state::{ReportInProgress, Stage};
use super::turn::Turn;
use crate::channels::whatsapp::inbound::message::MessageBody;
use crate::dialogue::{self, Form, Kind, VALUE_FIELD};
use crate::domain::ids::CaseId;
use crate::service::{Error, Result};
use crate::vault::cookie::CookieToken;
use crate::vault::receipt::Receipt;

/// A longer text that names a kind of report may be a story.
const MAX_WORDS_OF_KIND: usize = 6;

impl Turn<'_> {
    /// The text that everybody gets first: who we are, and who can read the chat.
    fn welcome(&self) -> String {
        let institution = self.context.app.profile().name.get(self.t.language()).to_owned();
        let url = self.context.public_url.clone();
        self.t.with(
            "wa-welcome",
            &[("institution", institution.into()), ("url", url.into())],
        )
    }

    /// Handles the first message: the welcome comes first, then what the person asked for.
    pub(crate) async fn handle_first_message(&mut self, body: &MessageBody) -> Result<()> {
        let command = Command::from_body(body);
        match command {
            Some(Command::English) => self.switch_language("en"),
            Some(Command::Spanish) => self.switch_language("es"),
            _ => {}
        }
        let welcome = self.welcome();
        let wants_report = match command {
            Some(Command::Report) => true,
            Some(_) => false,
            None => self.named_kind(body).is_some(),
        };
        if wants_report {
            self.reply(&welcome);
            return self.start_report(body).await;
        }
        if command == Some(Command::FollowUp) || is_receipt(body) {
            self.reply(&welcome);
            return self.handle_at_menu(body).await;
        }
        self.show_menu(&welcome);
        // No later prompt may replace the welcome.
        for answer in &mut self.answers {
            answer.is_prompt = false;
        }
        Ok(())
    }

    pub(crate) async fn handle_at_menu(&mut self, body: &MessageBody) -> Result<()> {
        match Command::from_body(body) {
            Some(Command::Report | Command::Yes) => return self.start_report(body).await,
            Some(Command::FollowUp) => {
                self.ask_for_receipt("");
                return Ok(());
            }
            Some(Command::English) => self.switch_language("en"),
            Some(Command::Spanish) => self.switch_language("es"),
            Some(Command::Help) => {
                let text = self.text_with_url("wa-help");
                self.show_menu(&text);
                return Ok(());
            }
            Some(_) => {}
            None => {
                if self.named_kind(body).is_some() {
                    return self.start_report(body).await;
                }
                if is_receipt(body) {
                    return self.handle_receipt(body).await;
                }
                if matches!(body, MessageBody::Media(_)) {
                    let text = self.t.get("wa-file-too-early");
                    self.show_menu(&text);
                    return Ok(());
                }
            }
        }
        let welcome = self.welcome();
        self.show_menu(&welcome);
        Ok(())
    }

    /// Starts a report. A person who has named its kind is not asked for it.
    async fn start_report(&mut self, body: &MessageBody) -> Result<()> {
        let app = &self.context.app;
        match app.intake.may_begin().await {
            Ok(()) => {}
            Err(error) if error.is_not_ready() || matches!(error, Error::NoRoom) => {
                let text = self.text_with_url("wa-unavailable");
                self.show_menu(&text);
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        let mut draft = dialogue::start(&app.profile(), self.t.language());
        if let Some(kind) = self.named_kind(body) {
            let form = Form::from([(VALUE_FIELD.to_owned(), kind)]);
            // If the first question does not take this kind, the person is asked for it.
            dialogue::answer(&app.profile(), &mut draft, "kind", &form).unwrap_or_default();
        }
        let token = CookieToken::random(&mut app.randomness().generator());
        let mut report = ReportInProgress::new(&token, &draft);
        let lead = self.t.get("wa-start");
        self.ask_next(&mut report, &draft, &lead);
        self.state.stage = Stage::Reporting(report);
        Ok(())
    }

    /// Finds the kind of report that a text names: "quiero poner una denuncia".
    fn named_kind(&self, body: &MessageBody) -> Option<String> {
        let MessageBody::Text(text) = body else { return None };
        let text = normalize(text);
        let is_named = |kind: &&Kind| text.split(' ').any(|word| word == kind.id);
        let profile = self.context.app.profile();
        let mut named = profile.kinds.iter().filter(is_named);
        let kind = named.next()?;
        (named.next().is_none() && text.split(' ').count() <= MAX_WORDS_OF_KIND).then(|| kind.id.clone())
    }

    /// Handles the answer to the question, after a submission, if the person wants notices here.
    pub(crate) async fn handle_notice_choice(&mut self, case: CaseId, body: &MessageBody) -> Result<()> {
        let key = match Command::from_body(body) {
            Some(Command::Yes) => {
                let effect = self
                    .context
                    .app
                    .conversations
                    .set_notice_address(case, &self.message.from.address())?;
                self.effects.push(effect);
                "wa-notices-on"
            }
            Some(Command::No) => "wa-notices-off",
            _ => return self.handle_at_menu(body).await,
        };
        let text = self.t.get(key);
        self.show_menu(&text);
        Ok(())
    }
}

/// Returns true for eight words that are a receipt.
fn is_receipt(body: &MessageBody) -> bool {
    matches!(body, MessageBody::Text(text) if Receipt::parse(text).is_ok())
}
