//! Reads and checks the body of a request to `/messages`, as strictly as Meta does.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::meta::message::ReceivedMessage;
use crate::meta::problem::Problem;

/// A valid request.
#[derive(Debug)]
pub(super) enum ApiRequest {
    /// Sends a message to an address, which may be a user id.
    Message {
        to: String,
        by_user_id: bool,
        content: Box<ReceivedMessage>,
    },
    /// Marks a message as read, perhaps with a typing indicator.
    MarkRead { wamid: String, typing: bool },
}

/// Reads and checks the body of a POST to `/messages`.
pub(super) fn read(body: &[u8]) -> Result<ApiRequest, Problem> {
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        let text = error.to_string();
        match text
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next())
        {
            Some(field) => Problem::missing(field),
            None => Problem::parameter(text),
        }
    })?;
    body.check()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    messaging_product: String,
    recipient_type: Option<String>,
    to: Option<String>,
    recipient: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<Text>,
    interactive: Option<Interactive>,
    template: Option<Template>,
    #[serde(rename = "context")]
    _context: Option<Context>,
    #[serde(rename = "biz_opaque_callback_data")]
    _callback: Option<String>,
    status: Option<String>,
    message_id: Option<String>,
    typing_indicator: Option<Typing>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Context {
    #[serde(rename = "message_id")]
    _message_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typing {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    body: String,
    #[serde(rename = "preview_url")]
    _preview_url: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Interactive {
    #[serde(rename = "type")]
    kind: String,
    header: Option<Header>,
    body: Plain,
    footer: Option<Plain>,
    action: Action,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    #[serde(rename = "type")]
    kind: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plain {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Action {
    buttons: Option<Vec<Button>>,
    button: Option<String>,
    sections: Option<Vec<Section>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Button {
    #[serde(rename = "type")]
    kind: String,
    reply: Reply,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reply {
    id: String,
    title: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    title: Option<String>,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    title: String,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    name: String,
    language: Language,
    components: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Language {
    code: String,
    #[serde(rename = "policy")]
    _policy: Option<String>,
}

impl Body {
    fn check(self) -> Result<ApiRequest, Problem> {
        if self.messaging_product != "whatsapp" {
            return Err(Problem::parameter("messaging_product must be 'whatsapp'"));
        }
        if let Some(status) = &self.status {
            return self.check_read(status);
        }
        if self.recipient_type.as_deref().is_some_and(|kind| kind != "individual") {
            return Err(Problem::parameter("recipient_type must be 'individual'"));
        }
        // With both, Meta uses the phone number.
        let (to, by_user_id) = match (self.to, self.recipient) {
            (Some(phone), _) => (phone, false),
            (None, Some(user_id)) => (user_id, true),
            (None, None) => return Err(Problem::missing("to")),
        };
        let content = match self.kind.as_deref().unwrap_or("text") {
            "text" => self.text.ok_or_else(|| Problem::missing("text"))?.check()?,
            "interactive" => self
                .interactive
                .ok_or_else(|| Problem::missing("interactive"))?
                .check()?,
            "template" => self.template.ok_or_else(|| Problem::missing("template"))?.check()?,
            other => return Err(Problem::unsupported_type(other)),
        };
        Ok(ApiRequest::Message {
            to,
            by_user_id,
            content: Box::new(content),
        })
    }

    fn check_read(&self, status: &str) -> Result<ApiRequest, Problem> {
        if status != "read" {
            return Err(Problem::parameter("status must be 'read'"));
        }
        if self
            .typing_indicator
            .as_ref()
            .is_some_and(|typing| typing.kind != "text")
        {
            return Err(Problem::parameter("typing_indicator.type must be 'text'"));
        }
        let wamid = self.message_id.clone().ok_or_else(|| Problem::missing("message_id"))?;
        Ok(ApiRequest::MarkRead {
            wamid,
            typing: self.typing_indicator.is_some(),
        })
    }
}

impl Text {
    fn check(self) -> Result<ReceivedMessage, Problem> {
        check_text("text.body", &self.body, 4_096)?;
        Ok(ReceivedMessage {
            kind: "text".into(),
            text: self.body,
            ..ReceivedMessage::default()
        })
    }
}

impl Interactive {
    fn check(self) -> Result<ReceivedMessage, Problem> {
        // Newer documentation allows 4,096 for lists. The older limit satisfies both.
        check_text("interactive.body.text", &self.body.text, 1_024)?;
        if let Some(header) = &self.header {
            if header.kind != "text" {
                return Err(Problem::value("only headers of text are spoken here"));
            }
            check_text("interactive.header.text", &header.text, 60)?;
        }
        if let Some(footer) = &self.footer {
            check_text("interactive.footer.text", &footer.text, 60)?;
        }
        let mut received = ReceivedMessage {
            kind: self.kind,
            text: self.body.text,
            header: self.header.map(|header| header.text),
            footer: self.footer.map(|footer| footer.text),
            ..ReceivedMessage::default()
        };
        match received.kind.as_str() {
            "button" => received.buttons = self.action.check_buttons()?,
            "list" => self.action.check_list(&mut received)?,
            other => return Err(Problem::unsupported_type(other)),
        }
        Ok(received)
    }
}

impl Action {
    fn check_buttons(self) -> Result<Vec<(String, String)>, Problem> {
        if self.button.is_some() || self.sections.is_some() {
            return Err(Problem::parameter("action of buttons has buttons alone"));
        }
        let buttons = self.buttons.ok_or_else(|| Problem::missing("action.buttons"))?;
        if !(1..=3).contains(&buttons.len()) {
            return Err(Problem::value("action.buttons: between 1 and 3"));
        }
        let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
        for button in &buttons {
            if button.kind != "reply" {
                return Err(Problem::value("button.type must be 'reply'"));
            }
            check_text("button.reply.title", &button.reply.title, 20)?;
            check_id("button.reply.id", &button.reply.id, 256)?;
            if !ids.insert(&button.reply.id) || !titles.insert(&button.reply.title) {
                return Err(Problem::value("buttons: ids and titles are unique"));
            }
        }
        Ok(buttons
            .into_iter()
            .map(|button| (button.reply.id, button.reply.title))
            .collect())
    }

    fn check_list(self, received: &mut ReceivedMessage) -> Result<(), Problem> {
        if self.buttons.is_some() {
            return Err(Problem::parameter("action of a list has no buttons"));
        }
        let opener = self.button.ok_or_else(|| Problem::missing("action.button"))?;
        check_text("action.button", &opener, 20)?;
        let sections = self.sections.ok_or_else(|| Problem::missing("action.sections"))?;
        if !(1..=10).contains(&sections.len()) {
            return Err(Problem::value("action.sections: between 1 and 10"));
        }
        let many = sections.len() > 1;
        let mut ids = BTreeSet::new();
        for section in sections {
            match &section.title {
                Some(title) => check_text("section.title", title, 24)?,
                None if many => return Err(Problem::missing("section.title")),
                None => {}
            }
            if section.rows.is_empty() {
                return Err(Problem::value("section.rows: at least one"));
            }
            received
                .sections
                .push((section.title.unwrap_or_default(), section.rows.len()));
            for row in section.rows {
                check_text("row.title", &row.title, 24)?;
                check_id("row.id", &row.id, 200)?;
                if let Some(description) = &row.description {
                    check_text("row.description", description, 72)?;
                }
                if !ids.insert(row.id.clone()) {
                    return Err(Problem::value("rows: ids are unique"));
                }
                received
                    .rows
                    .push((row.id, row.title, row.description.unwrap_or_default()));
            }
        }
        if received.rows.len() > 10 {
            return Err(Problem::value("rows: at most 10 in all sections together"));
        }
        received.opener = Some(opener);
        Ok(())
    }
}

impl Template {
    fn check(self) -> Result<ReceivedMessage, Problem> {
        check_text("template.name", &self.name, 512)?;
        let parameters = self.components.iter().flatten().filter_map(|one| one.get("parameters"));
        let texts = parameters.filter_map(Value::as_array).flatten();
        let text: Vec<_> = texts
            .filter_map(|one| one.get("text").and_then(Value::as_str))
            .collect();
        Ok(ReceivedMessage {
            kind: "template".into(),
            text: text.join(" "),
            template: Some(self.name),
            language: Some(self.language.code),
            ..ReceivedMessage::default()
        })
    }
}

/// Checks that a text is not blank and has at most `max` UTF-16 units.
fn check_text(name: &str, text: &str, max: usize) -> Result<(), Problem> {
    let length = text.encode_utf16().count();
    if text.trim().is_empty() || length > max {
        return Err(Problem::value(format!(
            "{name}: {length} characters, between 1 and {max} allowed"
        )));
    }
    Ok(())
}

/// Checks the id of a button or a row.
fn check_id(name: &str, id: &str, max: usize) -> Result<(), Problem> {
    check_text(name, id, max)?;
    if id.trim() != id {
        return Err(Problem::value(format!("{name}: no spaces at its ends")));
    }
    Ok(())
}
