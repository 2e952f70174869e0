//! What is said to a person, in the shapes and sizes that WhatsApp has.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::channels::whatsapp::inbound::notification::Person;

/// Characters of a text message, with room to spare.
const LONGEST_TEXT: usize = 4000;
/// Characters of a message with buttons or a list, with room to spare.
const LONGEST_BODY: usize = 1000;
const BUTTONS: usize = 3;
/// Characters of a button's words.
pub(crate) const BUTTON: usize = 20;
/// Rows of a list.
pub(crate) const ROWS: usize = 10;
/// Characters of a row's title and of its second line.
const ROW: usize = 24;
const DESCRIPTION: usize = 72;

/// Something that can be touched.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq, Debug)]
pub(crate) struct Touch {
    /// What comes back, ours.
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
}

impl Touch {
    pub(crate) fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            description: None,
        }
    }

    fn is_button(&self) -> bool {
        self.title.chars().count() <= BUTTON && self.description.is_none()
    }
}

/// One message.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
pub(crate) enum Saying {
    Text(String),
    Buttons {
        body: String,
        buttons: Vec<Touch>,
    },
    List {
        body: String,
        open: String,
        rows: Vec<Touch>,
    },
    /// Approved words, for when the person has not written for a day.
    Template {
        name: String,
        language: String,
    },
}

impl fmt::Debug for Saying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Saying(…)")
    }
}

impl Saying {
    /// As few messages as it takes: `body`, and what can be touched below the last of them. `open` are the words of a
    /// list's button.
    pub(crate) fn all(body: &str, touches: Vec<Touch>, open: &str) -> Vec<Self> {
        let mut touches = touches;
        touches.truncate(ROWS);
        let mut parts = if touches.is_empty() {
            split(body, LONGEST_TEXT, LONGEST_TEXT)
        } else {
            split(body, LONGEST_TEXT, LONGEST_BODY)
        };
        let last = parts.pop().unwrap_or_default();
        let mut sayings: Vec<Self> = parts.into_iter().map(Self::Text).collect();
        sayings.push(if touches.is_empty() {
            Self::Text(last)
        } else if touches.len() <= BUTTONS && touches.iter().all(Touch::is_button) {
            Self::Buttons {
                body: last,
                buttons: touches,
            }
        } else {
            Self::List {
                body: last,
                open: cut(open, BUTTON),
                rows: touches.into_iter().map(row).collect(),
            }
        });
        sayings
    }

    /// The body of the call that sends it.
    pub(crate) fn to_json(&self, to: &Person) -> Value {
        let mut call = json!({ "messaging_product": "whatsapp", "recipient_type": "individual" });
        // Where both are known, Meta takes the number.
        match (&to.phone, &to.user) {
            (Some(phone), _) => call["to"] = json!(phone),
            (None, user) => call["recipient"] = json!(user),
        }
        let (kind, content) = match self {
            Self::Text(body) => ("text", json!({ "preview_url": false, "body": body })),
            Self::Buttons { body, buttons } => {
                let reply =
                    |touch: &Touch| json!({ "type": "reply", "reply": { "id": touch.id, "title": touch.title } });
                let buttons: Vec<Value> = buttons.iter().map(reply).collect();
                let action = json!({ "buttons": buttons });
                (
                    "interactive",
                    json!({ "type": "button", "body": { "text": body }, "action": action }),
                )
            }
            Self::List { body, open, rows } => {
                let rows: Vec<Value> = rows
                    .iter()
                    .map(|touch| {
                        let mut row = json!({ "id": touch.id, "title": touch.title });
                        if let Some(description) = &touch.description {
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

/// A title that is too long goes on in the second line.
fn row(touch: Touch) -> Touch {
    if touch.title.chars().count() <= ROW {
        let description = touch.description.map(|text| cut(&text, DESCRIPTION));
        return Touch { description, ..touch };
    }
    let whole = match &touch.description {
        Some(more) => format!("{}. {more}", touch.title),
        None => touch.title.clone(),
    };
    Touch {
        id: touch.id,
        title: cut(&touch.title, ROW),
        description: Some(cut(&whole, DESCRIPTION)),
    }
}

/// At most so many characters, with an ellipsis in the place of the rest.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// Parts of at most `most` characters, the last of at most `last`, broken where a paragraph, line or word ends.
fn split(text: &str, most: usize, last: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let length = rest.chars().count();
        if length <= last {
            parts.push(rest.to_owned());
            return parts;
        }
        let index = |nth: usize| rest.char_indices().nth(nth).map_or(rest.len(), |(at, _)| at);
        let end = if length <= most {
            // The last paragraph is the question, if it is one; what comes before it goes first.
            let earliest = index(length - last);
            let paragraph = rest.rfind("\n\n").filter(|end| *end >= earliest);
            let word = || rest[earliest..].find(char::is_whitespace).map(|end| earliest + end);
            paragraph.or_else(word).unwrap_or(earliest)
        } else {
            let window = &rest[..index(most)];
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

    fn touches(n: usize, title: &str) -> Vec<Touch> {
        (0..n)
            .map(|i| Touch::new(format!("v/{i}"), format!("{title}{i}")))
            .collect()
    }

    #[test]
    fn buttons_where_they_fit_else_a_list() {
        assert!(
            matches!(&Saying::all("¿?", touches(3, "Sí "), "Ver")[..], [Saying::Buttons { buttons, .. }] if buttons.len() == 3)
        );
        let four = Saying::all("¿?", touches(4, "Sí "), "Ver");
        assert!(matches!(&four[..], [Saying::List { rows, .. }] if rows.len() == 4));
        let long = Saying::all(
            "¿?",
            touches(2, "Denuncia de un acto irregular "),
            "Ver las opciones posibles",
        );
        let [Saying::List { rows, open, .. }] = &long[..] else {
            panic!()
        };
        assert_eq!(open.chars().count(), 20);
        assert!(rows[0].title.chars().count() <= 24 && rows[0].title.ends_with('…'));
        assert_eq!(rows[0].description.as_deref(), Some("Denuncia de un acto irregular 0"));
    }

    #[test]
    fn long_texts_are_split_where_words_end_and_nothing_is_lost() {
        let text = format!("{}\n\n{}", "palabra ".repeat(900).trim(), "final ".repeat(100).trim());
        for touches in [vec![], touches(2, "Sí ")] {
            let most = if touches.is_empty() { LONGEST_TEXT } else { LONGEST_BODY };
            let sayings = Saying::all(&text, touches, "Ver");
            let mut all = Vec::new();
            for (at, saying) in sayings.iter().enumerate() {
                let (Saying::Text(body) | Saying::Buttons { body, .. }) = saying else {
                    panic!()
                };
                let limit = if at + 1 == sayings.len() { most } else { LONGEST_TEXT };
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
        let text = Saying::Text("hola".into());
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
