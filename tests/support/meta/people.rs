//! The people: what they write, what they receive, and how they are known.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::delivery::{Delivery, Part};
use super::rates::Pair;
use super::{Inner, State};

/// How long a person waits for an answer before the test is given up.
const PATIENCE: Duration = Duration::from_mins(1);

/// How Meta names somebody to the institution.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sender<'a> {
    /// By the phone number alone, digits with the country's code: as until 2026.
    Phone(&'a str),
    /// By the business-scoped user id alone, such as `EC.1234567890`: who has taken a user name.
    UserId(&'a str),
    /// By both: whose number Meta shows to this institution.
    Both(&'a str, &'a str),
}

/// A message as the person sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Received {
    pub(crate) wamid: String,
    /// `text`, `button`, `list` or `template`.
    pub(crate) kind: String,
    /// The body; of a template, its parameters.
    pub(crate) text: String,
    pub(crate) header: Option<String>,
    pub(crate) footer: Option<String>,
    /// Id and title.
    pub(crate) buttons: Vec<(String, String)>,
    /// The label that opens the list.
    pub(crate) opener: Option<String>,
    /// Id, title and description, which may be empty.
    pub(crate) rows: Vec<(String, String, String)>,
    /// Title, which may be empty, and how many of the rows each section holds.
    pub(crate) sections: Vec<(String, usize)>,
    pub(crate) template: Option<String>,
    pub(crate) language: Option<String>,
}

impl Received {
    /// The buttons or the rows, whichever it has: id and title.
    pub(crate) fn replies(&self) -> Vec<(&str, &str)> {
        let buttons = self.buttons.iter().map(|(id, title)| (id.as_str(), title.as_str()));
        let rows = self.rows.iter().map(|(id, title, _)| (id.as_str(), title.as_str()));
        buttons.chain(rows).collect()
    }

    /// What a tap on one of them sends.
    fn reply(&self, id: &str) -> Option<Value> {
        if let Some((id, title)) = self.buttons.iter().find(|(button, _)| button == id) {
            return Some(json!({ "type": "button_reply", "button_reply": { "id": id, "title": title } }));
        }
        let (id, title, description) = self.rows.iter().find(|(row, ..)| row == id)?;
        let mut reply = json!({ "id": id, "title": title });
        if !description.is_empty() {
            reply["description"] = json!(description);
        }
        Some(json!({ "type": "list_reply", "list_reply": reply }))
    }
}

/// There is nothing to tap under this id.
#[derive(Debug)]
pub(crate) struct NoSuchReply(String);

impl fmt::Display for NoSuchReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no message that was received offers {:?}", self.0)
    }
}

impl std::error::Error for NoSuchReply {}

/// One line of a conversation, for the phone page.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Bubble {
    /// Written by the person.
    pub(super) mine: bool,
    pub(super) at: i64,
    /// Of the person's own: `waiting`, `taken` or `read`.
    pub(super) state: &'static str,
    /// The message that a tap answers.
    pub(super) answers: Option<String>,
    /// The id of a file of the person's own.
    pub(super) medium: Option<String>,
    pub(super) filename: Option<String>,
    #[serde(flatten)]
    pub(super) message: Received,
}

/// A person, as the server keeps them.
pub(super) struct Human {
    pub(super) phone: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) name: String,
    /// When they last wrote: it opens the window for free messages.
    pub(super) wrote: Option<i64>,
    pub(super) received: Vec<Received>,
    pub(super) taken: usize,
    pub(super) thread: Vec<Bubble>,
    /// Counts changes of the thread.
    pub(super) version: u64,
    pub(super) typing: bool,
    pub(super) pair: Pair,
}

impl Human {
    fn contact(&self) -> Value {
        let mut contact = json!({ "profile": { "name": self.name } });
        if let Some(phone) = &self.phone {
            contact["wa_id"] = json!(phone);
        }
        if let Some(user_id) = &self.user_id {
            contact["user_id"] = json!(user_id);
        }
        contact
    }

    /// The digits inside message ids.
    pub(super) fn digits(&self) -> String {
        let name = self.phone.as_ref().or(self.user_id.as_ref());
        name.iter()
            .flat_map(|name| name.chars())
            .filter(char::is_ascii_digit)
            .collect()
    }
}

impl State {
    /// A message id: as real ones, base64 of a structure around the phone number.
    pub(super) fn wamid(&mut self, digits: &str, outbound: bool) -> String {
        let mut bytes = vec![0x1c, 0x18, u8::try_from(digits.len()).unwrap_or(u8::MAX)];
        bytes.extend_from_slice(digits.as_bytes());
        bytes.extend_from_slice(&[0x15, 2, 0, if outbound { 0x11 } else { 0x12 }, 0x18, 20]);
        bytes.extend_from_slice(hex::encode_upper(self.random::<10>()).as_bytes());
        bytes.push(0);
        format!("wamid.{}", STANDARD.encode(bytes))
    }
}

/// What goes with a message of the person's own onto the phone page.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) kind: String,
    pub(super) text: String,
    pub(super) answers: Option<String>,
    pub(super) medium: Option<String>,
    pub(super) filename: Option<String>,
}

/// Somebody with a phone.
#[derive(Clone)]
pub(crate) struct Person {
    pub(super) inner: Arc<Inner>,
    pub(super) index: usize,
}

impl Person {
    pub(super) fn meet(inner: &Arc<Inner>, sender: Sender<'_>, name: &str) -> Self {
        let (phone, user_id) = match sender {
            Sender::Phone(phone) => (Some(phone), None),
            Sender::UserId(user_id) => (None, Some(user_id)),
            Sender::Both(phone, user_id) => (Some(phone), Some(user_id)),
        };
        let mut state = inner.state();
        let same = |human: &Human| {
            (phone.is_some() && human.phone.as_deref() == phone)
                || (user_id.is_some() && human.user_id.as_deref() == user_id)
        };
        let index = state.people.iter().position(same).unwrap_or(state.people.len());
        if index == state.people.len() {
            state.people.push(Human {
                phone: phone.map(str::to_owned),
                user_id: user_id.map(str::to_owned),
                name: name.into(),
                wrote: None,
                received: Vec::new(),
                taken: 0,
                thread: Vec::new(),
                version: 0,
                typing: false,
                pair: Pair::default(),
            });
        }
        name.clone_into(&mut state.people[index].name);
        drop(state);
        Self {
            inner: inner.clone(),
            index,
        }
    }

    /// Writes a text.
    pub(crate) async fn says(&self, text: &str) -> Delivery {
        let shown = Shown {
            kind: "text".into(),
            text: text.into(),
            ..Shown::default()
        };
        self.sends("text", json!({ "body": text }), shown).await
    }

    /// Taps the button or row with this id, on the newest message that offers it.
    pub(crate) async fn taps(&self, id: &str) -> Result<Delivery, NoSuchReply> {
        let found = {
            let state = self.inner.state();
            let mut newest = state.people[self.index].received.iter().rev();
            newest
                .find(|message| message.reply(id).is_some())
                .map(|message| message.wamid.clone())
        };
        self.taps_on(&found.ok_or_else(|| NoSuchReply(id.into()))?, id).await
    }

    /// Taps the button or row with this id on that message, however old.
    pub(crate) async fn taps_on(&self, wamid: &str, id: &str) -> Result<Delivery, NoSuchReply> {
        let reply = {
            let state = self.inner.state();
            let mut received = state.people[self.index].received.iter();
            received
                .find(|message| message.wamid == wamid)
                .and_then(|message| message.reply(id))
        };
        let reply = reply.ok_or_else(|| NoSuchReply(id.into()))?;
        let kind = reply["type"].as_str().unwrap_or_default();
        let shown = Shown {
            kind: "reply".into(),
            text: reply[kind]["title"].as_str().unwrap_or_default().into(),
            answers: Some(wamid.into()),
            ..Shown::default()
        };
        Ok(self.sends("interactive", reply, shown).await)
    }

    /// Sends what the product has no use for: `sticker`, `location`, `contacts`, `reaction`, or anything else as `unsupported`.
    pub(crate) async fn sends_unknown(&self, kind: &str) -> Delivery {
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
        let shown = Shown {
            kind: kind.into(),
            text: format!("[{kind}]"),
            ..Shown::default()
        };
        self.sends(kind, content, shown).await
    }

    /// All that this person has received, oldest first.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.inner.state().people[self.index].received.clone()
    }

    /// The next message after the one taken before; waits for it.
    ///
    /// # Panics
    /// When none comes within a minute.
    pub(crate) async fn next(&self) -> Received {
        let mut changes = self.inner.changes.subscribe();
        let wait = async {
            loop {
                changes.mark_unchanged();
                if let Some(received) = self.take() {
                    return received;
                }
                changes.changed().await.expect("the server outlives its people");
            }
        };
        let Ok(received) = tokio::time::timeout(PATIENCE, wait).await else {
            panic!("no answer came; the last was {:?}", self.received().last());
        };
        received
    }

    /// The body of the last message received, empty before the first.
    pub(crate) fn last_text(&self) -> String {
        let last = self.inner.state().people[self.index].received.last().cloned();
        last.unwrap_or_default().text
    }

    fn last_wamid(&self) -> String {
        let last = self.inner.state().people[self.index].received.last().cloned();
        last.unwrap_or_default().wamid
    }

    fn take(&self) -> Option<Received> {
        let human = &mut self.inner.state().people[self.index];
        let received = human.received.get(human.taken).cloned()?;
        human.taken += 1;
        Some(received)
    }

    pub(super) async fn sends(&self, kind: &str, content: Value, shown: Shown) -> Delivery {
        let now = self.inner.now();
        let part = {
            let mut state = self.inner.state();
            let digits = state.people[self.index].digits();
            let wamid = state.wamid(&digits, false);
            let human = &mut state.people[self.index];
            human.wrote = Some(now);
            human.typing = false;
            human.thread.push(Bubble {
                mine: true,
                at: now,
                state: "waiting",
                answers: shown.answers.clone(),
                medium: shown.medium,
                filename: shown.filename,
                message: Received {
                    wamid: wamid.clone(),
                    kind: shown.kind,
                    text: shown.text,
                    ..Received::default()
                },
            });
            human.version += 1;
            let mut message = Map::new();
            if let Some(answered) = shown.answers {
                let tapped = json!({ "from": self.inner.settings.display_phone_number, "id": answered });
                message.insert("context".into(), tapped);
            }
            if let Some(phone) = &human.phone {
                message.insert("from".into(), json!(phone));
            }
            if let Some(user_id) = &human.user_id {
                message.insert("from_user_id".into(), json!(user_id));
            }
            message.insert("id".into(), json!(wamid));
            message.insert("timestamp".into(), json!(now.to_string()));
            message.insert("type".into(), json!(kind));
            let field = if kind == "unsupported" { "errors" } else { kind };
            message.insert(field.into(), content);
            Part::Message {
                contact: human.contact(),
                message: message.into(),
            }
        };
        self.inner.changed();
        self.inner.deliver(part).await
    }
}
