//! The content of an outgoing message, in the shapes and sizes that the Cloud API has.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::channels::whatsapp::person::Person;

/// Characters of a text message, with room to spare.
const MAX_TEXT_CHARS: usize = 4000;
/// Characters of a message with buttons or a list, with room to spare.
const MAX_INTERACTIVE_CHARS: usize = 1000;
const MAX_BUTTONS: usize = 3;
/// Characters of a button's title.
pub(crate) const MAX_BUTTON_CHARS: usize = 20;
/// Rows of a list.
pub(crate) const MAX_ROWS: usize = 10;
/// Characters of a row's title.
const MAX_ROW_TITLE_CHARS: usize = 24;
/// Characters of a row's second line.
const MAX_ROW_DESCRIPTION_CHARS: usize = 72;

/// A button or list row that the person can tap instead of typing.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq, Debug)]
pub(crate) struct QuickReply {
    /// Our own id; Meta returns it when the person taps.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
}

impl QuickReply {
    pub(crate) fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            description: None,
        }
    }

    fn fits_button(&self) -> bool {
        self.title.chars().count() <= MAX_BUTTON_CHARS && self.description.is_none()
    }
}

/// The content of one message.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
pub(crate) enum MessageContent {
    Text(String),
    Buttons {
        body: String,
        buttons: Vec<QuickReply>,
    },
    List {
        body: String,
        /// Title of the button that opens the list.
        open: String,
        rows: Vec<QuickReply>,
    },
    /// A text that Meta has approved. It may be sent when the person has not written for a day.
    Template {
        name: String,
        language: String,
    },
}

impl fmt::Debug for MessageContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessageContent(…)")
    }
}

/// An outgoing message with its recipient, as it waits in the queue.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Envelope {
    pub(crate) to: Person,
    pub(crate) content: MessageContent,
}

impl MessageContent {
    /// Splits `body` into as few messages as possible and puts the quick replies below the last one. `open` is the title
    /// of the button that opens a list.
    pub(crate) fn compose(body: &str, replies: Vec<QuickReply>, open: &str) -> Vec<Self> {
        let mut replies = replies;
        replies.truncate(MAX_ROWS);
        let mut parts = if replies.is_empty() {
            split(body, MAX_TEXT_CHARS, MAX_TEXT_CHARS)
        } else {
            split(body, MAX_TEXT_CHARS, MAX_INTERACTIVE_CHARS)
        };
        let last = parts.pop().unwrap_or_default();
        let mut messages: Vec<Self> = parts.into_iter().map(Self::Text).collect();
        messages.push(if replies.is_empty() {
            Self::Text(last)
        } else if replies.len() <= MAX_BUTTONS && replies.iter().all(QuickReply::fits_button) {
            Self::Buttons {
                body: last,
                buttons: replies,
            }
        } else {
            Self::List {
                body: last,
                open: truncate(open, MAX_BUTTON_CHARS),
                rows: replies.into_iter().map(fit_row).collect(),
            }
        });
        messages
    }

    /// Builds the JSON body of the API call that sends it.
    pub(crate) fn to_json(&self, to: &Person) -> Value {
        let mut call = json!({ "messaging_product": "whatsapp", "recipient_type": "individual" });
        // If both are known, Meta takes the number.
        match (&to.phone, &to.user) {
            (Some(phone), _) => call["to"] = json!(phone),
            (None, user) => call["recipient"] = json!(user),
        }
        let (kind, content) = match self {
            Self::Text(body) => ("text", json!({ "preview_url": false, "body": body })),
            Self::Buttons { body, buttons } => {
                let button =
                    |reply: &QuickReply| json!({ "type": "reply", "reply": { "id": reply.id, "title": reply.title } });
                let buttons: Vec<Value> = buttons.iter().map(button).collect();
                let action = json!({ "buttons": buttons });
                (
                    "interactive",
                    json!({ "type": "button", "body": { "text": body }, "action": action }),
                )
            }
            Self::List { body, open, rows } => {
                let rows: Vec<Value> = rows
                    .iter()
                    .map(|reply| {
                        let mut row = json!({ "id": reply.id, "title": reply.title });
                        if let Some(description) = &reply.description {
                            row["description"] = json!(description);
                        }
                        row
                    })
                    .collect();
                let action = json!({ "button": open, "sections": [{ "rows": rows }] });
                (
                    "interactive",
                    json!({ "type": "list", "body": { "text": body }, "action": action }),
                )
            }
            Self::Template { name, language } => {
                ("template", json!({ "name": name, "language": { "code": language } }))
            }
        };
        call["type"] = json!(kind);
        call[kind] = content;
        call
    }
}

/// Moves a title that is too long into the second line as well.
fn fit_row(reply: QuickReply) -> QuickReply {
    if reply.title.chars().count() <= MAX_ROW_TITLE_CHARS {
        let description = reply.description.map(|text| truncate(&text, MAX_ROW_DESCRIPTION_CHARS));
        return QuickReply { description, ..reply };
    }
    let whole = match &reply.description {
        Some(more) => format!("{}. {more}", reply.title),
        None => reply.title.clone(),
    };
    QuickReply {
        id: reply.id,
        title: truncate(&reply.title, MAX_ROW_TITLE_CHARS),
        description: Some(truncate(&whole, MAX_ROW_DESCRIPTION_CHARS)),
    }
}

/// Cuts a text to `max` characters, the last of them an ellipsis.
fn truncate(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(max - 1).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// Splits a text at the ends of paragraphs, lines or words. Each part has at most `max` characters, the last one at most
/// `last`.
fn split(text: &str, max: usize, last: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let length = rest.chars().count();
        if length <= last {
            parts.push(rest.to_owned());
            return parts;
        }
        let index = |nth: usize| rest.char_indices().nth(nth).map_or(rest.len(), |(at, _)| at);
        let end = if length <= max {
            // The last paragraph is usually the question: keep it whole.
            let earliest = index(length - last);
            let paragraph = rest.rfind("\n\n").filter(|end| *end >= earliest);
            let word = || rest[earliest..].find(char::is_whitespace).map(|end| earliest + end);
            paragraph.or_else(word).unwrap_or(earliest)
        } else {
            let window = &rest[..index(max)];
            let breaks = ["\n\n", "\n", " "].iter().find_map(|mark| window.rfind(mark));
            breaks.filter(|end| *end > 0).unwrap_or(window.len())
        };
        parts.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replies(n: usize, title: &str) -> Vec<QuickReply> {
        (0..n)
            .map(|i| QuickReply::new(format!("v/{i}"), format!("{title}{i}")))
            .collect()
    }

    #[test]
    fn buttons_where_they_fit_else_a_list() {
        assert!(
            matches!(&MessageContent::compose("¿?", replies(3, "Sí "), "Ver")[..], [MessageContent::Buttons { buttons, .. }] if buttons.len() == 3)
        );
        let four = MessageContent::compose("¿?", replies(4, "Sí "), "Ver");
        assert!(matches!(&four[..], [MessageContent::List { rows, .. }] if rows.len() == 4));
        let long = MessageContent::compose(
            "¿?",
            replies(2, "Denuncia de un acto irregular "),
            "Ver las opciones posibles",
        );
        let [MessageContent::List { rows, open, .. }] = &long[..] else {
            panic!()
        };
        assert_eq!(open.chars().count(), 20);
        assert!(rows[0].title.chars().count() <= 24 && rows[0].title.ends_with('…'));
        assert_eq!(rows[0].description.as_deref(), Some("Denuncia de un acto irregular 0"));
    }

    #[test]
    fn long_texts_are_split_where_words_end_and_nothing_is_lost() {
        let text = format!("{}\n\n{}", "palabra ".repeat(900).trim(), "final ".repeat(100).trim());
        for replies in [vec![], replies(2, "Sí ")] {
            let most = if replies.is_empty() {
                MAX_TEXT_CHARS
            } else {
                MAX_INTERACTIVE_CHARS
            };
            let messages = MessageContent::compose(&text, replies, "Ver");
            let mut all = Vec::new();
            for (at, message) in messages.iter().enumerate() {
                let (MessageContent::Text(body) | MessageContent::Buttons { body, .. }) = message else {
                    panic!()
                };
                let limit = if at + 1 == messages.len() { most } else { MAX_TEXT_CHARS };
                assert!(
                    body.chars().count() <= limit && !body.is_empty(),
                    "{}",
                    body.chars().count()
                );
                all.extend(body.split_whitespace().map(ToOwned::to_owned));
            }
            assert_eq!(all, text.split_whitespace().collect::<Vec<_>>());
        }
        assert_eq!(
            split(&"x".repeat(4500), 4000, 1000).concat().len(),
            4500,
            "without any break"
        );
        assert_eq!(split("", 10, 10), [""]);
    }

    #[test]
    fn a_person_without_a_number_is_named_by_their_id() {
        let text = MessageContent::Text("hola".into());
        let number = Person {
            phone: Some("593990000001".into()),
            user: Some("EC.1".into()),
        };
        let call = text.to_json(&number);
        assert_eq!(
            (&call["to"], &call["recipient"]),
            (&json!("593990000001"), &Value::Null)
        );
        let call = text.to_json(&Person { phone: None, ..number });
        assert_eq!((&call["to"], &call["recipient"]), (&Value::Null, &json!("EC.1")));
        assert_eq!(call["text"]["body"], "hola");
    }
}
