//! WhatsApp users: they write to the institution, and receive its messages.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::meta::delivery::Delivery;
use crate::meta::message::ReceivedMessage;
use crate::meta::notification::Part;
use crate::meta::rates::PairRate;
use crate::meta::state::Shared;
use crate::meta::thread::{ThreadEntry, UserState};

/// Limit for the wait for a message.
const REPLY_TIMEOUT: Duration = Duration::from_mins(1);

/// The address by which Meta identifies a user to the institution.
#[derive(Clone, Copy, Debug)]
pub enum UserAddress<'a> {
    /// The phone number only, as digits with the country code.
    Phone(&'a str),
    /// The business-scoped user id only, such as `EC.1234567890`, for users with a user name.
    UserId(&'a str),
    /// Phone number and user id, for users whose number Meta discloses to this institution.
    Both(&'a str, &'a str),
}

/// No received message offers a button or row with this id.
#[derive(Debug)]
pub struct NoSuchReply(String);

impl fmt::Display for NoSuchReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no message that was received offers {:?}", self.0)
    }
}

impl std::error::Error for NoSuchReply {}

/// The content of the user's own message on the phone page.
#[derive(Default)]
pub(super) struct PageContent {
    pub(super) kind: String,
    pub(super) text: String,
    pub(super) answers: Option<String>,
    pub(super) medium: Option<String>,
    pub(super) filename: Option<String>,
}

/// A user of WhatsApp.
#[derive(Clone)]
pub struct WhatsappUser {
    pub(super) shared: Arc<Shared>,
    pub(super) index: usize,
}

impl WhatsappUser {
    pub(super) fn find_or_add(shared: &Arc<Shared>, address: UserAddress<'_>, name: &str) -> Self {
        let (phone, user_id) = match address {
            UserAddress::Phone(phone) => (Some(phone), None),
            UserAddress::UserId(user_id) => (None, Some(user_id)),
            UserAddress::Both(phone, user_id) => (Some(phone), Some(user_id)),
        };
        let mut state = shared.state();
        let same = |user: &UserState| {
            (phone.is_some() && user.phone.as_deref() == phone)
                || (user_id.is_some() && user.user_id.as_deref() == user_id)
        };
        let index = state.users.iter().position(same).unwrap_or(state.users.len());
        if index == state.users.len() {
            state.users.push(UserState {
                phone: phone.map(str::to_owned),
                user_id: user_id.map(str::to_owned),
                name: name.into(),
                last_wrote: None,
                received: Vec::new(),
                taken: 0,
                thread: Vec::new(),
                version: 0,
                typing: false,
                pair: PairRate::default(),
            });
        }
        name.clone_into(&mut state.users[index].name);
        drop(state);
        Self {
            shared: shared.clone(),
            index,
        }
    }

    /// Sends a text.
    pub async fn send_text(&self, text: &str) -> Delivery {
        let page = PageContent {
            kind: "text".into(),
            text: text.into(),
            ..PageContent::default()
        };
        self.send("text", json!({ "body": text }), page).await
    }

    /// Taps the button or row with this id, on the newest message that offers it.
    pub async fn tap(&self, id: &str) -> Result<Delivery, NoSuchReply> {
        let found = {
            let state = self.shared.state();
            let mut newest = state.users[self.index].received.iter().rev();
            newest
                .find(|message| message.reply(id).is_some())
                .map(|message| message.wamid.clone())
        };
        self.tap_on(&found.ok_or_else(|| NoSuchReply(id.into()))?, id).await
    }

    /// Taps the button or row with this id on that message, even an old one.
    pub async fn tap_on(&self, wamid: &str, id: &str) -> Result<Delivery, NoSuchReply> {
        let reply = {
            let state = self.shared.state();
            let mut received = state.users[self.index].received.iter();
            received
                .find(|message| message.wamid == wamid)
                .and_then(|message| message.reply(id))
        };
        let reply = reply.ok_or_else(|| NoSuchReply(id.into()))?;
        let kind = reply["type"].as_str().unwrap_or_default();
        let page = PageContent {
            kind: "reply".into(),
            text: reply[kind]["title"].as_str().unwrap_or_default().into(),
            answers: Some(wamid.into()),
            ..PageContent::default()
        };
        Ok(self.send("interactive", reply, page).await)
    }

    /// Sends a kind of message that a product may not support: `sticker`, `location`, `contacts`, `reaction`. Other kinds
    /// become `unsupported`.
    pub async fn send_unsupported(&self, kind: &str) -> Delivery {
        let content = match kind {
            "sticker" => json!({ "mime_type": "image/webp", "sha256": "", "id": "1", "animated": false }),
            "location" => json!({ "latitude": -0.2, "longitude": -78.5, "name": "Lugar sintético" }),
            "contacts" => json!([{ "name": { "formatted_name": "Contacto Sintético" }, "phones": [] }]),
            "reaction" => json!({ "message_id": self.last_wamid(), "emoji": "\u{1f44d}" }),
            _ => json!([{
                "code": 131_051,
                "title": "Message type unknown",
                "message": "Message type unknown",
                "error_data": { "details": "Message type is currently not supported." },
            }]),
        };
        let known = ["sticker", "location", "contacts", "reaction"].contains(&kind);
        let kind = if known { kind } else { "unsupported" };
        let page = PageContent {
            kind: kind.into(),
            text: format!("[{kind}]"),
            ..PageContent::default()
        };
        self.send(kind, content, page).await
    }

    /// All received messages, oldest first.
    pub fn received(&self) -> Vec<ReceivedMessage> {
        self.shared.state().users[self.index].received.clone()
    }

    /// Waits for the next message after the one returned before.
    ///
    /// # Panics
    /// After a minute.
    pub async fn next_message(&self) -> ReceivedMessage {
        let mut changes = self.shared.changes.subscribe();
        let wait = async {
            loop {
                changes.mark_unchanged();
                if let Some(received) = self.take() {
                    return received;
                }
                changes.changed().await.expect("the server outlives its users");
            }
        };
        let Ok(received) = tokio::time::timeout(REPLY_TIMEOUT, wait).await else {
            panic!("no answer came; the last was {:?}", self.received().last());
        };
        received
    }

    /// The body of the last received message. Empty before the first message.
    pub fn last_text(&self) -> String {
        let last = self.shared.state().users[self.index].received.last().cloned();
        last.unwrap_or_default().text
    }

    fn last_wamid(&self) -> String {
        let last = self.shared.state().users[self.index].received.last().cloned();
        last.unwrap_or_default().wamid
    }

    fn take(&self) -> Option<ReceivedMessage> {
        let user = &mut self.shared.state().users[self.index];
        let received = user.received.get(user.taken).cloned()?;
        user.taken += 1;
        Some(received)
    }

    pub(super) async fn send(&self, kind: &str, content: Value, page: PageContent) -> Delivery {
        let now = self.shared.now();
        let part = {
            let mut state = self.shared.state();
            let digits = state.users[self.index].digits();
            let wamid = state.wamid(&digits, false);
            let user = &mut state.users[self.index];
            user.last_wrote = Some(now);
            user.typing = false;
            user.thread.push(ThreadEntry {
                mine: true,
                at: now,
                state: "waiting",
                answers: page.answers.clone(),
                medium: page.medium,
                filename: page.filename,
                message: ReceivedMessage {
                    wamid: wamid.clone(),
                    kind: page.kind,
                    text: page.text,
                    ..ReceivedMessage::default()
                },
            });
            user.version += 1;
            let mut message = Map::new();
            if let Some(answered) = page.answers {
                let context = json!({ "from": self.shared.settings.display_phone_number, "id": answered });
                message.insert("context".into(), context);
            }
            if let Some(phone) = &user.phone {
                message.insert("from".into(), json!(phone));
            }
            if let Some(user_id) = &user.user_id {
                message.insert("from_user_id".into(), json!(user_id));
            }
            message.insert("id".into(), json!(wamid));
            message.insert("timestamp".into(), json!(now.to_string()));
            message.insert("type".into(), json!(kind));
            let field = if kind == "unsupported" { "errors" } else { kind };
            message.insert(field.into(), content);
            Part::Message {
                contact: user.contact(),
                message: message.into(),
            }
        };
        self.shared.changed();
        self.shared.deliver(part).await
    }
}
