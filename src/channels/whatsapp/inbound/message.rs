//! A message from a person, as the rest of the channel sees it.

use std::fmt;

use crate::channels::whatsapp::person::Person;

/// A message from a person.
pub(crate) struct InboundMessage {
    /// Meta's id, `wamid.…`. It contains the phone number, so that we keep only a keyed hash of it.
    pub(crate) id: String,
    pub(crate) from: Person,
    pub(crate) body: MessageBody,
}

impl fmt::Debug for InboundMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InboundMessage(…)")
    }
}

/// The body of a message.
pub(crate) enum MessageBody {
    Text(String),
    /// The person tapped a button or row. It holds the id that we gave it.
    QuickReply(String),
    Media(Media),
    /// A kind that we cannot take: a location, a sticker, a contact.
    Unsupported,
    /// A kind that needs no answer: a reaction, a change of number.
    Ignored,
}

/// A file that lies on Meta's servers until we download it.
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

/// Decodes a SHA-256 hash. Meta writes some in base64 and others in hexadecimal.
pub(crate) fn parse_sha256(text: &str) -> Option<[u8; 32]> {
    let bytes = hex::decode(text).ok().or_else(|| crate::vault::base64::decode(text))?;
    bytes.try_into().ok()
}
