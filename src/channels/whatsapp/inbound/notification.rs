//! What Meta delivers: `entry[].changes[].value.{messages,statuses}`, several of each in one call. Only what is needed is
//! read; unknown fields and types are Meta's to add.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Who talks with us: a number, a business-scoped user id, or both. Since 2026 a number may be missing.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) struct Person {
    /// Digits with the country's code, no sign.
    pub(crate) phone: Option<String>,
    pub(crate) user: Option<String>,
}

impl Person {
    /// By which a person is known from one message to the next; of both the one that stays when a number is hidden.
    pub(crate) fn key(&self) -> String {
        match (&self.user, &self.phone) {
            (Some(user), _) => format!("user:{user}"),
            (None, phone) => format!("phone:{}", phone.as_deref().unwrap_or_default()),
        }
    }

    /// [`Person::key`] with all that it takes to write to them; read back by [`Person::from_address`].
    pub(crate) fn address(&self) -> String {
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        format!("{}|{}", part(&self.phone), part(&self.user))
    }

    pub(crate) fn from_address(address: &str) -> Option<Self> {
        let (phone, user) = address.split_once('|')?;
        let part = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let person = Self {
            phone: part(phone),
            user: part(user),
        };
        (person.phone.is_some() || person.user.is_some()).then_some(person)
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

/// A message from a person.
pub(crate) struct Message {
    /// `wamid.…`; holds the number, so it is only ever kept as a keyed hash.
    pub(crate) id: String,
    pub(crate) from: Person,
    pub(crate) body: Body,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message(…)")
    }
}

/// What a message says.
pub(crate) enum Body {
    Text(String),
    /// A button or a row was touched; its id is ours.
    Tap(String),
    Media(Media),
    /// Something that we cannot take: a place, a sticker, a contact.
    Other,
    /// Nothing that wants an answer: a reaction, a change of number.
    Silent,
}

/// Something that lies at Meta and is fetched.
pub(crate) struct Media {
    pub(crate) id: String,
    pub(crate) kind: MediaKind,
    pub(crate) caption: Option<String>,
    pub(crate) filename: Option<String>,
    /// SHA-256 as Meta states it.
    pub(crate) sha256: Option<[u8; 32]>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MediaKind {
    Image,
    Audio,
    Video,
    Document,
}

/// All that one call brings: messages in the order in which they stand, and what it says of what we sent.
#[derive(Debug, Default)]
pub(crate) struct Delivered {
    pub(crate) messages: Vec<Message>,
    /// Codes of errors with which messages of ours failed.
    pub(crate) failures: Vec<i64>,
    /// Messages that lack an id or a sender, which cannot be answered.
    pub(crate) unreadable: usize,
}

/// The bytes are not what Meta delivers.
#[derive(Debug, thiserror::Error)]
#[error("not a notification")]
pub(crate) struct Malformed;

impl Delivered {
    /// Reads a call's body, and keeps what is meant for our number.
    ///
    /// # Errors
    /// [`Malformed`]
    pub(crate) fn read(body: &[u8], phone_number_id: &str) -> Result<Self, Malformed> {
        let call: Call = serde_json::from_slice(body).map_err(|_| Malformed)?;
        let mut delivered = Self::default();
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
                delivered.failures.extend(status.errors.iter().map(|error| error.code));
            }
            let contacts: Vec<Contact> = each(value.contacts).flatten().collect();
            for raw in each::<Raw>(value.messages) {
                match raw.and_then(|raw| raw.message(&contacts)) {
                    Some(message) => delivered.messages.push(message),
                    None => delivered.unreadable += 1,
                }
            }
        }
        Ok(delivered)
    }
}

/// Each by itself: one in a shape that we do not know must not cost the others.
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
    errors: Vec<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    #[serde(default)]
    code: i64,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    id: String,
    from: Option<String>,
    from_user_id: Option<String>,
    /// Group conversations are not ours to answer.
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

/// A quick reply of a template.
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

impl Raw {
    /// None without an id or a sender.
    fn message(self, contacts: &[Contact]) -> Option<Message> {
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
            Some(raw) if !raw.id.is_empty() => Body::Media(Media {
                sha256: raw.sha256.as_deref().and_then(sha256),
                id: raw.id,
                kind,
                caption: raw.caption,
                filename: raw.filename,
            }),
            _ => Body::Other,
        };
        let body = match self.r#type.as_str() {
            "text" => self.text.map_or(Body::Other, |text| Body::Text(text.body)),
            "interactive" => {
                let reply = self
                    .interactive
                    .and_then(|reply| reply.button_reply.or(reply.list_reply));
                reply.map_or(Body::Other, |reply| Body::Tap(reply.id))
            }
            "button" => self.button.map_or(Body::Other, |button| Body::Text(button.text)),
            "image" => media(self.image, MediaKind::Image),
            "audio" => media(self.audio, MediaKind::Audio),
            "video" => media(self.video, MediaKind::Video),
            "document" => media(self.document, MediaKind::Document),
            "reaction" | "system" => Body::Silent,
            _ => Body::Other,
        };
        Some(Message {
            id: self.id,
            from,
            body,
        })
    }
}

/// Meta writes hashes in base64 here and in hexadecimal there.
pub(crate) fn sha256(text: &str) -> Option<[u8; 32]> {
    let bytes = hex::decode(text).ok().or_else(|| crate::vault::base64::decode(text))?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn delivered(messages: &serde_json::Value) -> Delivered {
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
        Delivered::read(call.to_string().as_bytes(), "77").unwrap()
    }

    #[test]
    fn each_type_is_read_and_unknown_ones_get_an_answer() {
        let delivered = delivered(&json!([
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
        let [text, tap, image, place, reaction, new] = &delivered.messages[..] else {
            panic!("{}", delivered.messages.len());
        };
        assert!(matches!(&text.body, Body::Text(body) if body == "hola"));
        assert_eq!(text.from.key(), "user:EC.1", "the id stays when a number is hidden");
        assert!(matches!(&tap.body, Body::Tap(id) if id == "v/kind/queja"));
        assert_eq!((tap.from.key().as_str(), &tap.from.phone), ("user:EC.2", &None));
        let Body::Media(media) = &image.body else { panic!() };
        assert_eq!(
            media.sha256,
            sha256("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        );
        assert_eq!(media.caption.as_deref(), Some("el mostrador"));
        assert!(matches!(place.body, Body::Other) && matches!(new.body, Body::Other));
        assert!(matches!(reaction.body, Body::Silent));
        assert_eq!(delivered.unreadable, 1);
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
            Delivered::read(call("77").as_bytes(), "77").unwrap().failures,
            [131_047]
        );
        assert!(
            Delivered::read(call("78").as_bytes(), "77")
                .unwrap()
                .failures
                .is_empty()
        );
        for odd in ["", "hola", "{\"entry\":7}"] {
            assert!(Delivered::read(odd.as_bytes(), "77").is_err(), "{odd}");
        }
        for empty in ["{}", "[]"] {
            assert!(Delivered::read(empty.as_bytes(), "77").unwrap().messages.is_empty());
        }
    }

    #[test]
    fn addresses_read_back() {
        for (phone, user) in [
            (Some("593990000001"), None),
            (None, Some("EC.2")),
            (Some("1"), Some("EC.3")),
        ] {
            let person = Person {
                phone: phone.map(Into::into),
                user: user.map(Into::into),
            };
            assert!(Person::from_address(&person.address()) == Some(person));
        }
        assert!(Person::from_address("|").is_none() && Person::from_address("").is_none());
    }
}
