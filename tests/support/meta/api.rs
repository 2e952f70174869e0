//! What Meta accepts as a message, and the errors by which it refuses the rest.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::people::Received;

/// An error as the Graph API answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Meta's own number for it.
    pub(crate) code: u32,
    title: &'static str,
    details: String,
}

impl Problem {
    fn new(status: u16, code: u32, title: &'static str, details: impl Into<String>) -> Self {
        Self {
            status,
            code,
            title,
            details: details.into(),
        }
    }

    pub(super) fn bearer() -> Self {
        let title = "Invalid OAuth access token - Cannot parse access token";
        Self::new(401, 190, title, "The bearer token is missing or wrong")
    }

    /// No such number, no such media, no such version.
    pub(super) fn unknown_object(id: &str) -> Self {
        let details = format!("Object with ID '{id}' does not exist, or cannot be loaded due to missing permissions");
        Self::new(400, 100, "Invalid parameter", details)
    }

    pub(super) fn parameter(details: impl Into<String>) -> Self {
        Self::new(400, 100, "Invalid parameter", details)
    }

    fn missing(name: &str) -> Self {
        let details = format!("Parameter '{name}' is required");
        Self::new(400, 131_008, "Required parameter is missing", details)
    }

    pub(super) fn value(details: impl Into<String>) -> Self {
        Self::new(400, 131_009, "Parameter value is not valid", details)
    }

    fn kind(kind: &str) -> Self {
        Self::new(
            400,
            131_051,
            "Unsupported message type",
            format!("'{kind}' is not spoken here"),
        )
    }

    pub(super) fn undeliverable() -> Self {
        Self::new(
            400,
            131_026,
            "Message undeliverable",
            "Message Undeliverable: nobody has this number",
        )
    }

    pub(super) fn window() -> Self {
        let details = "Message failed to send because more than 24 hours have passed since the customer last replied to this number";
        Self::new(400, 131_047, "Re-engagement message", details)
    }

    pub(super) fn template(name: &str, language: &str) -> Self {
        let details = format!("template name ({name}) does not exist in {language}");
        Self::new(404, 132_001, "Template name does not exist in the translation", details)
    }

    pub(super) fn throughput() -> Self {
        let details = "Message failed to send because there were too many messages sent from this phone number in a short period of time";
        Self::new(429, 130_429, "Rate limit hit", details)
    }

    pub(super) fn pair() -> Self {
        let details = "Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time";
        let title = "(Business Account, Consumer Account) pair rate limit hit";
        Self::new(429, 131_056, title, details)
    }

    pub(super) fn unavailable() -> Self {
        Self::new(
            503,
            2,
            "API Service",
            "Temporary due to downtime or due to being overloaded",
        )
    }

    /// As a status notification tells it.
    pub(super) fn told_later(&self) -> Value {
        json!({
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": { "details": self.details },
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        })
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({ "error": {
            "message": format!("(#{}) {}", self.code, self.title),
            "type": "OAuthException",
            "code": self.code,
            "error_data": { "messaging_product": "whatsapp", "details": self.details },
            "fbtrace_id": "ASyntheticTraceId0",
        }});
        let status = StatusCode::from_u16(self.status).expect("each status here is one of HTTP's");
        (status, Json(body)).into_response()
    }
}

/// A request that holds.
#[derive(Debug)]
pub(super) enum Asked {
    /// A message: the address as it was given, whether it is a user id, and what the person will see.
    Message {
        to: String,
        by_user_id: bool,
        content: Box<Received>,
    },
    /// The message with this id has been read; perhaps with signs of typing.
    Read { wamid: String, typing: bool },
}

/// Reads the body of a POST to `/messages` as strictly as Meta does.
pub(super) fn read(body: &[u8]) -> Result<Asked, Problem> {
    let request: Request = serde_json::from_slice(body).map_err(|error| {
        let text = error.to_string();
        match text
            .strip_prefix("missing field `")
            .and_then(|rest| rest.split('`').next())
        {
            Some(field) => Problem::missing(field),
            None => Problem::parameter(text),
        }
    })?;
    request.check()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
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

impl Request {
    fn check(self) -> Result<Asked, Problem> {
        if self.messaging_product != "whatsapp" {
            return Err(Problem::parameter("messaging_product must be 'whatsapp'"));
        }
        if let Some(status) = &self.status {
            return self.check_read(status);
        }
        if self.recipient_type.as_deref().is_some_and(|kind| kind != "individual") {
            return Err(Problem::parameter("recipient_type must be 'individual'"));
        }
        // With both, Meta takes the phone number.
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
            other => return Err(Problem::kind(other)),
        };
        Ok(Asked::Message {
            to,
            by_user_id,
            content: Box::new(content),
        })
    }

    fn check_read(&self, status: &str) -> Result<Asked, Problem> {
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
        Ok(Asked::Read {
            wamid,
            typing: self.typing_indicator.is_some(),
        })
    }
}

impl Text {
    fn check(self) -> Result<Received, Problem> {
        within("text.body", &self.body, 4_096)?;
        Ok(Received {
            kind: "text".into(),
            text: self.body,
            ..Received::default()
        })
    }
}

impl Interactive {
    fn check(self) -> Result<Received, Problem> {
        // Newer pages grant lists 4,096; what fits the older limit fits both.
        within("interactive.body.text", &self.body.text, 1_024)?;
        if let Some(header) = &self.header {
            if header.kind != "text" {
                return Err(Problem::value("only headers of text are spoken here"));
            }
            within("interactive.header.text", &header.text, 60)?;
        }
        if let Some(footer) = &self.footer {
            within("interactive.footer.text", &footer.text, 60)?;
        }
        let mut received = Received {
            kind: self.kind,
            text: self.body.text,
            header: self.header.map(|header| header.text),
            footer: self.footer.map(|footer| footer.text),
            ..Received::default()
        };
        match received.kind.as_str() {
            "button" => received.buttons = self.action.check_buttons()?,
            "list" => self.action.check_list(&mut received)?,
            other => return Err(Problem::kind(other)),
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
            within("button.reply.title", &button.reply.title, 20)?;
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

    fn check_list(self, received: &mut Received) -> Result<(), Problem> {
        if self.buttons.is_some() {
            return Err(Problem::parameter("action of a list has no buttons"));
        }
        let opener = self.button.ok_or_else(|| Problem::missing("action.button"))?;
        within("action.button", &opener, 20)?;
        let sections = self.sections.ok_or_else(|| Problem::missing("action.sections"))?;
        if !(1..=10).contains(&sections.len()) {
            return Err(Problem::value("action.sections: between 1 and 10"));
        }
        let many = sections.len() > 1;
        let mut ids = BTreeSet::new();
        for section in sections {
            match &section.title {
                Some(title) => within("section.title", title, 24)?,
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
                within("row.title", &row.title, 24)?;
                check_id("row.id", &row.id, 200)?;
                if let Some(description) = &row.description {
                    within("row.description", description, 72)?;
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
    fn check(self) -> Result<Received, Problem> {
        within("template.name", &self.name, 512)?;
        let parameters = self.components.iter().flatten().filter_map(|one| one.get("parameters"));
        let texts = parameters.filter_map(Value::as_array).flatten();
        let text: Vec<_> = texts
            .filter_map(|one| one.get("text").and_then(Value::as_str))
            .collect();
        Ok(Received {
            kind: "template".into(),
            text: text.join(" "),
            template: Some(self.name),
            language: Some(self.language.code),
            ..Received::default()
        })
    }
}

/// Not blank, and no longer than this, counted as phones count.
fn within(name: &str, text: &str, most: usize) -> Result<(), Problem> {
    let length = text.encode_utf16().count();
    if text.trim().is_empty() || length > most {
        return Err(Problem::value(format!(
            "{name}: {length} characters, between 1 and {most} allowed"
        )));
    }
    Ok(())
}

fn check_id(name: &str, id: &str, most: usize) -> Result<(), Problem> {
    within(name, id, most)?;
    if id.trim() != id {
        return Err(Problem::value(format!("{name}: no spaces at its ends")));
    }
    Ok(())
}
