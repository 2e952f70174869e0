//! A message as a WhatsApp user receives it.

use serde::Serialize;
use serde_json::{Value, json};

/// A message as the user sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReceivedMessage {
    /// The id that Meta gave the message.
    pub wamid: String,
    /// `text`, `button`, `list` or `template`.
    pub kind: String,
    /// The body, or the parameters of a template.
    pub text: String,
    /// The header above the body.
    pub header: Option<String>,
    /// The footer below the body.
    pub footer: Option<String>,
    /// Buttons: id and title.
    pub buttons: Vec<(String, String)>,
    /// The label that opens the list.
    pub opener: Option<String>,
    /// Rows of a list: id, title and description, which may be empty.
    pub rows: Vec<(String, String, String)>,
    /// Sections of a list: title, which may be empty, and number of rows.
    pub sections: Vec<(String, usize)>,
    /// The name of the template.
    pub template: Option<String>,
    /// The language of the template.
    pub language: Option<String>,
}

impl ReceivedMessage {
    /// The buttons or the rows: id and title.
    pub fn replies(&self) -> Vec<(&str, &str)> {
        let buttons = self.buttons.iter().map(|(id, title)| (id.as_str(), title.as_str()));
        let rows = self.rows.iter().map(|(id, title, _)| (id.as_str(), title.as_str()));
        buttons.chain(rows).collect()
    }

    /// Makes the reply that a tap on a button or row sends.
    pub(super) fn reply(&self, id: &str) -> Option<Value> {
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
