//! Parser of Meta's notifications: `entry[].changes[].value.{messages,statuses}`, several of each in one call. It reads only
//! the fields that we need and ignores unknown ones, because Meta adds fields and message types at any time.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::channels::whatsapp::inbound::message::{InboundMessage, Media, MediaKind, MessageBody, parse_sha256};
use crate::channels::whatsapp::person::Person;

/// The content of one call: messages in their order, and errors in the delivery of what we sent.
#[derive(Debug, Default)]
pub(crate) struct Notification {
    pub(crate) messages: Vec<InboundMessage>,
    /// Error codes of our own messages that could not be delivered.
    pub(crate) delivery_errors: Vec<i64>,
    /// The number of messages without an id or a sender. They cannot be answered.
    pub(crate) unreadable: usize,
}

/// The bytes are not a notification.
#[derive(Debug, thiserror::Error)]
#[error("not a notification")]
pub(crate) struct MalformedNotification;

impl Notification {
    /// Parses the body of a call and keeps the part that is for our number.
    ///
    /// # Errors
    /// [`MalformedNotification`]
    pub(crate) fn parse(body: &[u8], phone_number_id: &str) -> Result<Self, MalformedNotification> {
        let call: Call = serde_json::from_slice(body).map_err(|_| MalformedNotification)?;
        let mut notification = Self::default();
        let values = call.entry.into_iter().flat_map(|entry| entry.changes);
        for value in values
            .filter(|change| change.field == "messages")
            .map(|change| change.value)
        {
            if value
                .metadata
                .is_some_and(|metadata| metadata.phone_number_id != phone_number_id)
            {
                continue;
            }
            for status in each::<Status>(value.statuses).flatten() {
                notification
                    .delivery_errors
                    .extend(status.errors.iter().map(|error| error.code));
            }
            let contacts: Vec<Contact> = each(value.contacts).flatten().collect();
            for raw in each::<RawMessage>(value.messages) {
                match raw.and_then(|raw| raw.into_message(&contacts)) {
                    Some(message) => notification.messages.push(message),
                    None => notification.unreadable += 1,
                }
            }
        }
        Ok(notification)
    }
}

/// Parses each value on its own, so that one of unknown shape does not cost us the others.
fn each<T: DeserializeOwned>(values: Vec<serde_json::Value>) -> impl Iterator<Item = Option<T>> {
    values.into_iter().map(|value| serde_json::from_value(value).ok())
}

#[derive(Deserialize)]
struct Call {
    #[serde(default)]
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    #[serde(default)]
    field: String,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize, Default)]
struct Value {
    metadata: Option<Metadata>,
    #[serde(default)]
    contacts: Vec<serde_json::Value>,
    #[serde(default)]
    messages: Vec<serde_json::Value>,
    #[serde(default)]
    statuses: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    phone_number_id: String,
}

#[derive(Deserialize)]
struct Contact {
    wa_id: Option<String>,
    user_id: Option<String>,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    errors: Vec<StatusError>,
}

#[derive(Deserialize)]
struct StatusError {
    #[serde(default)]
    code: i64,
}

#[derive(Deserialize)]
struct RawMessage {
    #[serde(default)]
    id: String,
    from: Option<String>,
    from_user_id: Option<String>,
    /// Set in group conversations, which we do not answer.
    group_id: Option<String>,
    #[serde(default)]
    r#type: String,
    text: Option<RawText>,
    interactive: Option<RawInteractive>,
    button: Option<RawButton>,
    image: Option<RawMedia>,
    audio: Option<RawMedia>,
    video: Option<RawMedia>,
    document: Option<RawMedia>,
}

#[derive(Deserialize)]
struct RawText {
    #[serde(default)]
    body: String,
}

#[derive(Deserialize)]
struct RawInteractive {
    button_reply: Option<RawReply>,
    list_reply: Option<RawReply>,
}

#[derive(Deserialize)]
struct RawReply {
    #[serde(default)]
    id: String,
}

/// The button of a template.
#[derive(Deserialize)]
struct RawButton {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct RawMedia {
    #[serde(default)]
    id: String,
    sha256: Option<String>,
    caption: Option<String>,
    filename: Option<String>,
}

impl RawMessage {
    /// Converts it. `None` without an id or a sender, or from a group.
    fn into_message(self, contacts: &[Contact]) -> Option<InboundMessage> {
        let is_contact = |contact: &&Contact| {
            let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
            same(&contact.wa_id, &self.from) || same(&contact.user_id, &self.from_user_id)
        };
        let user = contacts
            .iter()
            .find(is_contact)
            .and_then(|contact| contact.user_id.clone());
        let given = |text: Option<String>| text.filter(|text| !text.is_empty() && text.len() <= 200);
        let from = Person {
            phone: given(self.from),
            user: given(self.from_user_id.or(user)),
        };
        if self.id.is_empty() || self.group_id.is_some() || (from.phone.is_none() && from.user.is_none()) {
            return None;
        }
        let media = |raw: Option<RawMedia>, kind| match raw {
            Some(raw) if !raw.id.is_empty() => MessageBody::Media(Media {
                sha256: raw.sha256.as_deref().and_then(parse_sha256),
                id: raw.id,
                kind,
                caption: raw.caption,
                filename: raw.filename,
            }),
            _ => MessageBody::Unsupported,
        };
        let body = match self.r#type.as_str() {
            "text" => self
                .text
                .map_or(MessageBody::Unsupported, |text| MessageBody::Text(text.body)),
            "interactive" => {
                let reply = self
                    .interactive
                    .and_then(|reply| reply.button_reply.or(reply.list_reply));
                reply.map_or(MessageBody::Unsupported, |reply| MessageBody::QuickReply(reply.id))
            }
            "button" => self
                .button
                .map_or(MessageBody::Unsupported, |button| MessageBody::Text(button.text)),
            "image" => media(self.image, MediaKind::Image),
            "audio" => media(self.audio, MediaKind::Audio),
            "video" => media(self.video, MediaKind::Video),
            "document" => media(self.document, MediaKind::Document),
            "reaction" | "system" => MessageBody::Ignored,
            _ => MessageBody::Unsupported,
        };
        Some(InboundMessage {
            id: self.id,
            from,
            body,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn notification(messages: &serde_json::Value) -> Notification {
        let call = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [{
            "field": "messages",
            "value": {
                "messaging_product": "whatsapp",
                "metadata": { "display_phone_number": "5930000", "phone_number_id": "77" },
                "contacts": [
                    { "profile": { "name": "Persona de prueba" }, "wa_id": "593990000001", "user_id": "EC.1" },
                    { "profile": { "name": "Otra de prueba" }, "user_id": "EC.2" },
                ],
                "messages": messages,
            },
        }] }] });
        Notification::parse(call.to_string().as_bytes(), "77").unwrap()
    }

    #[test]
    fn each_type_is_read_and_unknown_ones_get_an_answer() {
        let notification = notification(&json!([
            { "id": "wamid.1", "from": "593990000001", "timestamp": "1", "type": "text", "text": { "body": "hola" } },
            { "id": "wamid.2", "from_user_id": "EC.2", "type": "interactive",
              "interactive": { "type": "list_reply", "list_reply": { "id": "v/kind/queja", "title": "Queja" } } },
            { "id": "wamid.3", "from": "593990000001", "type": "image",
              "image": { "id": "m1", "mime_type": "image/jpeg", "caption": "el mostrador",
                         "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" } },
            { "id": "wamid.4", "from": "593990000001", "type": "location", "location": { "latitude": 0 } },
            { "id": "wamid.5", "from": "593990000001", "type": "reaction", "reaction": { "emoji": "👍" } },
            { "id": "wamid.6", "type": "text", "text": { "body": "from nobody" } },
            { "id": "wamid.7", "from": "593990000001", "type": "something_new", "something_new": [1] },
        ]));
        let [text, choice, image, place, reaction, new] = &notification.messages[..] else {
            panic!("{}", notification.messages.len());
        };
        assert!(matches!(&text.body, MessageBody::Text(body) if body == "hola"));
        assert_eq!(text.from.key(), "user:EC.1", "the id stays when a number is hidden");
        assert!(matches!(&choice.body, MessageBody::QuickReply(id) if id == "v/kind/queja"));
        assert_eq!((choice.from.key().as_str(), &choice.from.phone), ("user:EC.2", &None));
        let MessageBody::Media(media) = &image.body else {
            panic!()
        };
        assert_eq!(
            media.sha256,
            parse_sha256("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        );
        assert_eq!(media.caption.as_deref(), Some("el mostrador"));
        assert!(matches!(place.body, MessageBody::Unsupported) && matches!(new.body, MessageBody::Unsupported));
        assert!(matches!(reaction.body, MessageBody::Ignored));
        assert_eq!(notification.unreadable, 1);
    }

    #[test]
    fn statuses_tell_failures_and_other_numbers_are_not_ours() {
        let call = |id: &str| {
            json!({ "entry": [{ "changes": [{ "field": "messages", "value": {
                "metadata": { "phone_number_id": id },
                "statuses": [{ "id": "wamid.9", "status": "failed", "errors": [{ "code": 131_047 }] }],
            } }] }] })
            .to_string()
        };
        assert_eq!(
            Notification::parse(call("77").as_bytes(), "77")
                .unwrap()
                .delivery_errors,
            [131_047]
        );
        assert!(
            Notification::parse(call("78").as_bytes(), "77")
                .unwrap()
                .delivery_errors
                .is_empty()
        );
        for odd in ["", "hola", "{\"entry\":7}"] {
            assert!(Notification::parse(odd.as_bytes(), "77").is_err(), "{odd}");
        }
        for empty in ["{}", "[]"] {
            assert!(Notification::parse(empty.as_bytes(), "77").unwrap().messages.is_empty());
        }
    }
}
