//! The state of a WhatsApp user, with the thread that the phone page shows.

use serde::Serialize;
use serde_json::{Value, json};

use crate::meta::message::ReceivedMessage;
use crate::meta::rates::PairRate;

/// One entry of a conversation, for the phone page.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ThreadEntry {
    /// True if the user wrote it.
    pub(super) mine: bool,
    /// Unix seconds.
    pub(super) at: i64,
    /// The state of the user's own message: `waiting`, `taken` or `read`.
    pub(super) state: &'static str,
    /// The id of the message that a tap answers.
    pub(super) answers: Option<String>,
    /// The id of the user's file.
    pub(super) medium: Option<String>,
    pub(super) filename: Option<String>,
    #[serde(flatten)]
    pub(super) message: ReceivedMessage,
}

/// A user, as the server stores them.
pub(super) struct UserState {
    pub(super) phone: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) name: String,
    /// The time of their last message, in unix seconds. It opens the customer service window.
    pub(super) last_wrote: Option<i64>,
    pub(super) received: Vec<ReceivedMessage>,
    /// Number of received messages that a test has read.
    pub(super) taken: usize,
    pub(super) thread: Vec<ThreadEntry>,
    /// Number of changes of the thread.
    pub(super) version: u64,
    pub(super) typing: bool,
    pub(super) pair: PairRate,
}

impl UserState {
    pub(super) fn contact(&self) -> Value {
        let mut contact = json!({ "profile": { "name": self.name } });
        if let Some(phone) = &self.phone {
            contact["wa_id"] = json!(phone);
        }
        if let Some(user_id) = &self.user_id {
            contact["user_id"] = json!(user_id);
        }
        contact
    }

    /// The digits of the phone number or user id, as they stand in message ids.
    pub(super) fn digits(&self) -> String {
        let name = self.phone.as_ref().or(self.user_id.as_ref());
        name.iter()
            .flat_map(|name| name.chars())
            .filter(char::is_ascii_digit)
            .collect()
    }
}
