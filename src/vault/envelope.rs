//! The signed envelope around every content: who wrote it, through what, and a signature, because both sides of a
//! conversation hold the key, so the key proves no author.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::domain::ids::StaffId;
use crate::domain::transcript::Transcript;
use crate::vault::content::{Content, MalformedContent};
use crate::vault::signing::{BadSignature, Signature, SigningKey, VerifyKey};

/// Who wrote something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Author {
    Reporter,
    Staff(StaffId),
}

impl fmt::Display for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reporter => f.write_str("reporter"),
            Self::Staff(id) => write!(f, "staff:{id}"),
        }
    }
}

impl FromStr for Author {
    type Err = MalformedContent;

    fn from_str(text: &str) -> Result<Self, MalformedContent> {
        match text.strip_prefix("staff:") {
            None if text == "reporter" => Ok(Self::Reporter),
            Some(id) => id.parse().map(Self::Staff).map_err(|_| MalformedContent),
            None => Err(MalformedContent),
        }
    }
}

/// Who held the signing key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// The server signed for a reporter without JavaScript.
    Server,
    Browser,
    CommandLine,
}

impl Via {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Browser => "browser",
            Self::CommandLine => "command-line",
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    author: String,
    via: Via,
    content: String,
    signature: Signature,
}

impl Drop for Json {
    fn drop(&mut self) {
        self.content.zeroize();
    }
}

/// An envelope that was opened: its content is readable, its signature still to be checked.
pub struct Envelope {
    author: Author,
    via: Via,
    content: Zeroizing<String>,
    signature: Signature,
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Envelope(by {} via {})", self.author, self.via.as_str())
    }
}

/// Where an envelope stands: the fields that the signature binds before author, via and content.
pub(super) fn place(transcript: Transcript, author: Author, via: Via, content: &str) -> Transcript {
    transcript.field(author.to_string()).field(via.as_str()).field(content)
}

impl Envelope {
    /// Signs `content` for a place, which is the start of the signature's transcript (through `kind`).
    pub(super) fn sign(place: Transcript, author: Author, via: Via, content: &impl Content, key: &SigningKey) -> Self {
        let content = content.to_json();
        let signature = key.sign(&self::place(place, author, via, &content));
        Self {
            author,
            via,
            content,
            signature,
        }
    }

    /// The envelope's JSON.
    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let json = Json {
            author: self.author.to_string(),
            via: self.via,
            content: self.content.to_string(),
            signature: self.signature,
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(2 * self.content.len() + 512));
        serde_json::to_writer(&mut *bytes, &json).expect("a plain struct in memory");
        bytes
    }

    /// Reads an envelope's JSON; whether its author wrote it is not said by that.
    ///
    /// # Errors
    /// [`MalformedContent`]
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedContent> {
        let mut json: Json = serde_json::from_slice(bytes).map_err(|_| MalformedContent)?;
        Ok(Self {
            author: json.author.parse()?,
            via: json.via,
            content: Zeroizing::new(std::mem::take(&mut json.content)),
            signature: json.signature,
        })
    }

    /// Checks the signature against the author's verify key and the place.
    pub(super) fn verify(&self, place: Transcript, key: &VerifyKey) -> Result<(), BadSignature> {
        key.verify(
            &self::place(place, self.author, self.via, &self.content),
            &self.signature,
        )
    }

    pub const fn author(&self) -> Author {
        self.author
    }

    pub const fn via(&self) -> Via {
        self.via
    }

    /// The content as its type: one of the few ways out.
    ///
    /// # Errors
    /// [`MalformedContent`]
    pub fn content<C: Content>(&self) -> Result<C, MalformedContent> {
        C::from_json(&self.content)
    }
}
