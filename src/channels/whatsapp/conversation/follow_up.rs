//! The follow-up: the eight words of the receipt open the case, and what the person writes then goes to the area.

use super::commands::Command;
use super::files::{ReceivedFile, is_file_decision};
use super::questions::command_replies;
use super::reply_ids;
use super::state::Stage;
use super::turn::Turn;
use crate::channels::whatsapp::inbound::message::MessageBody;
use crate::service::conversations::ConversationEffect;
use crate::service::follow_up::{MAX_MESSAGE_CHARS, PresentReceiptError, Returning};
use crate::service::{Error, Result};

impl Turn<'_> {
    pub(crate) fn ask_for_receipt(&mut self, lead: &str) {
        self.state.stage = Stage::AskingReceipt;
        let body = format!("{lead}\n\n{}", self.t.get("wa-ask-receipt"));
        let replies = command_replies(&self.t, &[("menu", "wa-menu")]);
        self.prompt_with(&body, replies);
    }

    /// Handles the words of a receipt, or another text at this stage.
    pub(crate) async fn handle_receipt(&mut self, body: &MessageBody) -> Result<()> {
        let MessageBody::Text(text) = body else {
            return Box::pin(self.handle_at_menu(body)).await;
        };
        match Command::from_body(body) {
            Some(Command::FollowUp) => {
                self.ask_for_receipt("");
                return Ok(());
            }
            Some(_) => return Box::pin(self.handle_at_menu(body)).await,
            None => {}
        }
        match self
            .context
            .app
            .follow_up
            .present_receipt(text, self.t.language())
            .await
        {
            Ok(cookie) => {
                let Some(who) = self.context.app.follow_up.returning(&cookie).await? else {
                    return Err(Error::Internal("a session that was just opened is gone".into()));
                };
                self.state.stage = Stage::Following(cookie.to_string());
                let lead = self.t.get("wa-receipt-delete");
                self.show_case(&who, &lead).await
            }
            Err(failure) => {
                let lead = match failure {
                    PresentReceiptError::Misspelt(what) => self.t.describe_receipt_error(what),
                    PresentReceiptError::Unknown => self.t.get("entry-error-unknown"),
                    PresentReceiptError::Exchanged => self.t.get("wa-keys-exchanged"),
                    PresentReceiptError::Service(error) => return Err(error),
                };
                self.ask_for_receipt(&lead);
                Ok(())
            }
        }
    }

    /// Handles a message of a person who has opened their case. A text or file goes to the people who work on it.
    pub(crate) async fn handle_follow_up(&mut self, cookie: String, body: &MessageBody) -> Result<()> {
        let app = &self.context.app;
        let Some(who) = app.follow_up.returning(&cookie).await? else {
            if matches!(
                Command::from_body(body),
                Some(Command::Report | Command::Menu | Command::Leave)
            ) {
                return Box::pin(self.handle_at_menu(body)).await;
            }
            let lead = self.t.get("wa-session-over");
            self.ask_for_receipt(&lead);
            return Ok(());
        };
        self.state.stage = Stage::Following(cookie);
        match Command::from_body(body) {
            Some(Command::Leave | Command::Cancel) => {
                app.follow_up.end_follow_up(&who).await?;
                let text = self.t.get("wa-left");
                self.show_menu(&text);
                return Ok(());
            }
            Some(Command::Menu | Command::FollowUp | Command::Back | Command::Help) => {
                let lead = self.t.get("wa-follow-help");
                return self.show_case(&who, &lead).await;
            }
            Some(language @ (Command::Spanish | Command::English)) => {
                self.switch_language(if language == Command::English { "en" } else { "es" });
                return self.show_case(&who, "").await;
            }
            Some(Command::StopNotices) => {
                self.effects.push(ConversationEffect::RemoveNoticeAddress(who.case));
                self.confirm("wa-notices-withdrawn");
                return Ok(());
            }
            Some(Command::Yes) if matches!(body, MessageBody::QuickReply(_)) => {
                self.effects.push(
                    app.conversations
                        .set_notice_address(who.case, &self.message.from.address())?,
                );
                self.confirm("wa-notices-on");
                return Ok(());
            }
            _ => {}
        }
        if !app.follow_up.may_add_files(&who).await? {
            self.confirm("case-message-closed");
            return Ok(());
        }
        match body {
            MessageBody::Text(text) if text.chars().count() <= MAX_MESSAGE_CHARS && !text.trim().is_empty() => {
                self.effects.push(app.conversations.append_message(&who, text)?);
                self.confirm("wa-message-sent");
            }
            MessageBody::Media(media) => {
                let owner = who.token();
                match self.receive_file(media, owner, &[]).await? {
                    ReceivedFile::Refused(text) => self.reply(&text),
                    ReceivedFile::Stored(file, effect) => {
                        self.effects.push(effect);
                        let about = self.describe_file(&file);
                        if file.is_undecided() {
                            let replies = self.file_decision_replies(&file);
                            self.prompt_with(&about, replies);
                        } else {
                            self.effects.push(app.conversations.add_files(&who, owner, &[file])?);
                            let sent = self.t.get("files-sent");
                            self.reply(&format!("{about}\n\n{sent}"));
                        }
                    }
                }
            }
            MessageBody::QuickReply(id) if is_file_decision(id) => {
                self.decide_added_file(&who, id).await?;
            }
            _ => {
                let lead = self.t.get("wa-follow-help");
                self.show_case(&who, &lead).await?;
            }
        }
        Ok(())
    }

    async fn decide_added_file(&mut self, who: &Returning, id: &str) -> Result<()> {
        let app = &self.context.app;
        let (verb, id) = id.split_once('/').unwrap_or_default();
        let owner = who.token();
        let files = app.attachments.waiting_files(owner).await?;
        let Some(file) = files.iter().find(|file| file.id.to_string() == id) else {
            self.confirm("wa-not-understood");
            return Ok(());
        };
        let keep = verb == reply_ids::KEEP_FILE;
        self.effects.push(app.conversations.decide_file(file, owner, keep));
        if keep {
            self.effects
                .push(app.conversations.add_files(who, owner, &[file.unchanged()])?);
        }
        self.confirm(if keep { "files-sent" } else { "wa-file-dropped" });
        Ok(())
    }

    /// Answers with a short text and a button to leave.
    fn confirm(&mut self, key: &str) {
        let replies = command_replies(&self.t, &[("leave", "wa-leave")]);
        let text = self.t.get(key);
        self.prompt_with(&text, replies);
    }
}
