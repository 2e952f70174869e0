//! One turn of a conversation: a message, the state in which it finds the conversation, and what comes of it.

use std::sync::Arc;

use super::questions::command_replies;
use super::state::{ConversationState, Stage};
use crate::channels::whatsapp::inbound::message::InboundMessage;
use crate::channels::whatsapp::outbound::api::Api;
use crate::channels::whatsapp::outbound::content::{MessageContent, QuickReply};
use crate::i18n::{Languages, Texts};
use crate::service::App;
use crate::service::conversations::ConversationEffect;

/// The parts that every turn needs.
pub(crate) struct TurnContext {
    pub(crate) app: Arc<App>,
    pub(crate) languages: Languages,
    pub(crate) api: Arc<Api>,
    /// The address of the web chat.
    pub(crate) public_url: String,
}

/// An answer, before it is sealed and queued.
pub(crate) struct Answer {
    pub(crate) content: MessageContent,
    /// True if a later prompt may take its place while it is not sent yet.
    pub(crate) is_prompt: bool,
}

/// One message and what comes of it.
pub(crate) struct Turn<'a> {
    pub(crate) context: &'a TurnContext,
    pub(crate) message: &'a InboundMessage,
    pub(crate) state: ConversationState,
    pub(crate) t: Texts,
    pub(crate) answers: Vec<Answer>,
    pub(crate) effects: Vec<ConversationEffect>,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(context: &'a TurnContext, state: ConversationState, message: &'a InboundMessage) -> Self {
        Self {
            t: context.languages.texts(Some(&state.language)),
            context,
            message,
            state,
            answers: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// Answers with a text that no later message replaces.
    pub(crate) fn reply(&mut self, text: &str) {
        let messages = MessageContent::compose(text, Vec::new(), "");
        self.answers.extend(messages.into_iter().map(|content| Answer {
            content,
            is_prompt: false,
        }));
    }

    /// Answers with a prompt: a later prompt replaces it while it is not sent yet.
    pub(crate) fn prompt(&mut self, messages: Vec<MessageContent>) {
        // The parts of a long text belong together, so that only a single message may be replaced.
        let is_prompt = messages.len() == 1;
        self.answers
            .extend(messages.into_iter().map(|content| Answer { content, is_prompt }));
    }

    /// Answers with a prompt of one text and quick replies.
    pub(crate) fn prompt_with(&mut self, text: &str, replies: Vec<QuickReply>) {
        self.prompt(MessageContent::compose(text, replies, ""));
    }

    /// Goes to the menu, and shows it below `text`.
    pub(crate) fn show_menu(&mut self, text: &str) {
        self.state.stage = Stage::Menu;
        let other_language = if self.t.is_default() {
            ("english", "wa-english")
        } else {
            ("spanish", "wa-spanish")
        };
        let replies = command_replies(
            &self.t,
            &[("report", "wa-report"), ("follow-up", "wa-follow-up"), other_language],
        );
        self.prompt_with(text, replies);
    }

    pub(crate) fn switch_language(&mut self, language: &str) {
        self.t = self.context.languages.texts(Some(language));
        self.t.language().clone_into(&mut self.state.language);
    }

    /// A text that contains the address of the web chat.
    pub(crate) fn text_with_url(&self, key: &str) -> String {
        self.t.with(key, &[("url", self.context.public_url.clone().into())])
    }
}
