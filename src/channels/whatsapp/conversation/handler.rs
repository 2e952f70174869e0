//! Handles one message: finds the conversation, lets the stage answer, and commits everything in one transaction.

use zeroize::Zeroizing;

use super::state::{ConversationState, Stage};
use super::turn::{Answer, Turn, TurnContext};
use crate::channels::whatsapp::inbound::message::{InboundMessage, MessageBody};
use crate::channels::whatsapp::outbound::content::Envelope;
use crate::service::conversations::OutboundMessage;
use crate::service::{Error, Result};

/// Attempts if something changes while the message is handled.
const MAX_ATTEMPTS: usize = 5;

/// Handles a message and stores all that comes of it, once. A message that was handled before does nothing.
///
/// # Errors
/// The reason why it was not handled. The caller tries again later.
pub(crate) async fn handle_message(context: &TurnContext, message: &InboundMessage) -> Result<()> {
    let app = &context.app;
    for _ in 0..MAX_ATTEMPTS {
        let Some(conversation) = app
            .conversations
            .load_conversation(&message.from.key(), &message.id)
            .await?
        else {
            return Ok(());
        };
        let stored = conversation.body.as_ref().map(|body| body.as_slice());
        let state = ConversationState::from_bytes(stored, context.languages.texts(None).language());
        let mut turn = Turn::new(context, state, message);
        turn.handle().await?;
        let answers = std::mem::take(&mut turn.answers);
        let answers: Vec<OutboundMessage> = answers.into_iter().map(|answer| address(message, answer)).collect();
        let state = turn.state.to_bytes();
        match app
            .conversations
            .commit_turn(&conversation, Some(state), &answers, &turn.effects)
            .await
        {
            Err(Error::Conflict) => {}
            outcome => return outcome.map(drop),
        }
    }
    Err(Error::Conflict)
}

/// Addresses an answer to the sender of the message.
fn address(message: &InboundMessage, answer: Answer) -> OutboundMessage {
    let envelope = Envelope {
        to: message.from.clone(),
        content: answer.content,
    };
    OutboundMessage {
        // It holds only texts and plain enums: this cannot fail.
        body: Zeroizing::new(serde_json::to_vec(&envelope).unwrap_or_default()),
        is_prompt: answer.is_prompt,
    }
}

impl Turn<'_> {
    async fn handle(&mut self) -> Result<()> {
        let body = &self.message.body;
        if matches!(body, MessageBody::Ignored) {
            return Ok(());
        }
        match std::mem::replace(&mut self.state.stage, Stage::Menu) {
            Stage::New => self.handle_first_message(body).await,
            Stage::Menu => self.handle_at_menu(body).await,
            Stage::Reporting(report) => self.handle_while_reporting(report, body).await,
            Stage::AskedNotices(case) => self.handle_notice_choice(case, body).await,
            Stage::AskingReceipt => self.handle_receipt(body).await,
            Stage::Following(cookie) => self.handle_follow_up(cookie, body).await,
        }
    }
}
