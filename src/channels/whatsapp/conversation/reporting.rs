//! The dialogue of a report: commands, answers of several messages, and the next question.

use super::answers::{AnswerStep, interpret_reply, interpret_text};
use super::commands::Command;
use super::files::{attach, is_file_decision};
use super::questions::{
    QuestionContext, command_replies, may_span_messages, page_count, render_changeable_answers, render_question,
};
use super::reply_ids;
use super::state::{ReportInProgress, Stage};
use super::turn::Turn;
use crate::channels::whatsapp::inbound::message::MessageBody;
use crate::channels::whatsapp::outbound::content::QuickReply;
use crate::dialogue::{self, Draft, Form, Input, Prompt, Screen, VALUE_FIELD};
use crate::domain::facets::Channel;
use crate::domain::phone;
use crate::metrics::Outcome;
use crate::service::Result;
use crate::service::conversations::ConversationEffect;

impl Turn<'_> {
    /// Handles a message while a report is being written.
    pub(crate) async fn handle_while_reporting(
        &mut self,
        mut report: ReportInProgress,
        body: &MessageBody,
    ) -> Result<()> {
        let app = &self.context.app;
        let (Some(token), Some(mut draft)) = (report.token(), report.draft()) else {
            return self.handle_at_menu(body).await;
        };
        let mut files = app.attachments.waiting_files(&token).await?;
        attach(self, &mut draft, &files);
        let is_still_reporting = match body {
            MessageBody::Media(media) => {
                self.add_file(&mut report, &mut draft, media, &mut files).await?;
                true
            }
            MessageBody::QuickReply(id) if is_file_decision(id) => {
                self.decide_file(&mut report, &mut draft, id, &mut files);
                true
            }
            MessageBody::Text(_) | MessageBody::QuickReply(_) | MessageBody::Unsupported | MessageBody::Ignored => {
                self.handle_command_or_answer(&mut report, &mut draft, body).await?
            }
        };
        if is_still_reporting {
            report.set_draft(&draft);
            self.state.stage = Stage::Reporting(report);
        }
        Ok(())
    }

    /// Handles a text or a quick reply. Returns false if the conversation has left the report.
    async fn handle_command_or_answer(
        &mut self,
        report: &mut ReportInProgress,
        draft: &mut Draft,
        body: &MessageBody,
    ) -> Result<bool> {
        let command = Command::from_body(body);
        if std::mem::take(&mut report.cancelling) {
            return Ok(self.handle_cancel_choice(report, draft, command));
        }
        let profile = &self.context.app.profile();
        let screen = dialogue::build_screen(profile, draft);
        let is_tapped = matches!(body, MessageBody::QuickReply(_));
        match command.filter(|command| is_tapped || is_command_at(&screen.prompt, *command)) {
            Some(Command::Help) => {
                let text = self.text_with_url("wa-help-report");
                self.ask_next(report, draft, &text);
            }
            Some(Command::Cancel) => {
                report.cancelling = true;
                let replies = command_replies(&self.t, &[("yes", "wa-cancel-yes"), ("no", "wa-cancel-no")]);
                let text = self.t.get("wa-cancel");
                self.prompt_with(&text, replies);
            }
            Some(Command::Back) => {
                if report.collected.is_empty() {
                    let last = screen.turns.last();
                    let step = last.map_or(screen.prompt.step.as_str(), |turn| turn.step.as_str());
                    dialogue::go_back(profile, draft, step);
                }
                report.reset_question();
                self.ask_next(report, draft, "");
            }
            Some(Command::Change) if !screen.turns.is_empty() => {
                let messages = render_changeable_answers(&screen, &self.t);
                self.prompt(messages);
            }
            Some(language @ (Command::Spanish | Command::English)) => {
                self.switch_language(if language == Command::English { "en" } else { "es" });
                dialogue::set_language(profile, draft, self.t.language());
                self.ask_next(report, draft, "");
            }
            Some(Command::Leave | Command::Menu) if matches!(screen.prompt.input, Input::Refused { .. }) => {
                let text = self.t.get("wa-cancelled");
                self.show_menu(&text);
                return Ok(false);
            }
            Some(Command::Menu | Command::Report | Command::FollowUp) => {
                let text = self.t.get("wa-still-reporting");
                self.ask_next(report, draft, &text);
            }
            Some(Command::Yes) if matches!(screen.prompt.input, Input::Done) => {
                return self.submit(report, draft).await;
            }
            _ => self.answer_question(report, draft, &screen, body),
        }
        Ok(true)
    }

    /// Handles the answer to "Do you want to drop the report?". Returns false if it is dropped.
    fn handle_cancel_choice(&mut self, report: &mut ReportInProgress, draft: &Draft, command: Option<Command>) -> bool {
        if !matches!(command, Some(Command::Yes | Command::Cancel)) {
            self.ask_next(report, draft, "");
            return true;
        }
        if let Some(token) = report.token() {
            self.effects.push(ConversationEffect::DiscardFiles(token));
        }
        let text = self.t.get("wa-cancelled");
        self.show_menu(&text);
        false
    }

    /// Answers the current question, or one that was asked before.
    fn answer_question(
        &mut self,
        report: &mut ReportInProgress,
        draft: &mut Draft,
        screen: &Screen,
        body: &MessageBody,
    ) {
        let prompt = &screen.prompt;
        let step = match body {
            MessageBody::QuickReply(id) => interpret_reply(screen, id, self.own_number().as_deref()),
            MessageBody::Text(text) => match prompt.input {
                Input::Text { max_chars, .. } if may_span_messages(max_chars) => {
                    if Command::from_text(text) != Some(Command::Done) {
                        self.collect_part(report, draft, text, max_chars);
                        return;
                    }
                    AnswerStep::Complete(prompt.step.clone())
                }
                _ => AnswerStep::Answer(prompt.step.clone(), interpret_text(report.page, prompt, text)),
            },
            MessageBody::Media(_) | MessageBody::Unsupported | MessageBody::Ignored => AnswerStep::NotUnderstood,
        };
        match step {
            AnswerStep::Answer(step, readings) => self.submit_answer(report, draft, &step, readings),
            AnswerStep::Complete(step) => {
                let form = self.collected_answer(report, draft);
                self.submit_answer(report, draft, &step, vec![form]);
            }
            AnswerStep::ShowPage(page) => {
                report.page = page;
                self.ask_next(report, draft, "");
            }
            AnswerStep::GoBack(step) => {
                dialogue::go_back(&self.context.app.profile(), draft, &step);
                report.reset_question();
                self.ask_next(report, draft, "");
            }
            AnswerStep::NotUnderstood => {
                let text = self.t.get("wa-not-understood");
                self.ask_next(report, draft, &text);
            }
            AnswerStep::Nothing => {}
        }
    }

    /// Gives the engine the first reading of an answer that it accepts.
    fn submit_answer(&mut self, report: &mut ReportInProgress, draft: &mut Draft, step: &str, readings: Vec<Form>) {
        let profile = &self.context.app.profile();
        let mut refused = None;
        for form in readings {
            match dialogue::answer(profile, draft, step, &form) {
                Ok(()) => {
                    if draft.is_refused() {
                        self.context
                            .app
                            .metrics
                            .count_reports(Channel::Whatsapp, Outcome::Refused, 1);
                    }
                    report.reset_question();
                    self.ask_next(report, draft, "");
                    return;
                }
                Err(error) => {
                    refused.get_or_insert((form, error));
                }
            }
        }
        if let Some((form, error)) = refused {
            let screen = dialogue::build_screen_with_error(profile, draft, &form, &error);
            self.ask_screen(report, &screen, "");
        } else {
            let text = self.t.get("wa-not-understood");
            self.ask_next(report, draft, &text);
        }
    }

    /// Adds a message to a long answer.
    fn collect_part(&mut self, report: &mut ReportInProgress, draft: &Draft, text: &str, max_chars: usize) {
        let length: usize = report.collected.iter().map(|part| part.chars().count() + 2).sum();
        if length + text.chars().count() > max_chars {
            let text = self.t.with("wa-story-full", &[("max", max_chars.into())]);
            self.ask_next(report, draft, &text);
            return;
        }
        report.collected.push(text.to_owned());
        let step = dialogue::build_screen(&self.context.app.profile(), draft).prompt.step;
        let done = QuickReply::new(format!("{}/{step}", reply_ids::DONE), self.t.get("wa-done"));
        let text = self.t.get("wa-gathering");
        self.prompt_with(&text, vec![done]);
    }

    /// Joins a long answer. A person who only recorded it told it in the file.
    fn collected_answer(&self, report: &ReportInProgress, draft: &Draft) -> Form {
        let mut text = report.collected.join("\n\n");
        if text.trim().is_empty() && !draft.files().is_empty() {
            text = self.t.get("wa-story-in-file");
        }
        Form::from([(VALUE_FIELD.to_owned(), text)])
    }

    /// Asks the current question of the dialogue, after `lead`.
    pub(crate) fn ask_next(&mut self, report: &mut ReportInProgress, draft: &Draft, lead: &str) {
        let screen = dialogue::build_screen(&self.context.app.profile(), draft);
        if let Input::Files { .. } = screen.prompt.input
            && let Some(file) = draft.files().iter().find(|file| file.is_undecided())
        {
            let body = format!("{lead}\n\n{}", self.describe_file(file));
            let replies = self.file_decision_replies(file);
            self.prompt_with(&body, replies);
            return;
        }
        self.ask_screen(report, &screen, lead);
    }

    pub(crate) fn ask_screen(&mut self, report: &mut ReportInProgress, screen: &Screen, lead: &str) {
        if let Input::Choice { options, .. } = &screen.prompt.input {
            report.page = report.page.min(page_count(options) - 1);
        }
        let own = self.own_number();
        let context = QuestionContext {
            t: &self.t,
            lead,
            page: report.page,
            own_number: own.as_deref(),
            collected: report.collected.len(),
        };
        let messages = render_question(screen, &context);
        self.prompt(messages);
    }

    /// The person's number in the form that the dialogue takes, if it is known.
    fn own_number(&self) -> Option<String> {
        let phone = self.message.from.phone.as_deref()?;
        phone::normalize(&format!("+{phone}"))
    }
}

/// Returns true if a typed command is a command at this question, and not an answer to it.
fn is_command_at(prompt: &Prompt, command: Command) -> bool {
    match command {
        Command::Back | Command::Cancel | Command::Help | Command::Change => true,
        Command::Yes => matches!(prompt.input, Input::Done),
        Command::Menu | Command::Report | Command::FollowUp | Command::Spanish | Command::English => {
            matches!(
                prompt.input,
                Input::Choice { .. } | Input::Consent { .. } | Input::Done | Input::Preview(_) | Input::Refused { .. }
            )
        }
        Command::Leave => matches!(prompt.input, Input::Refused { .. }),
        Command::Done | Command::No | Command::StopNotices => false,
    }
}
