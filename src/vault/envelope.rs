//! The signed envelope around every content: author, means of signing, and signature (`docs/PROTOCOL.md`, section 2).
//!
//! Both sides of a conversation hold the case key, so the key proves no author; the signature does.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::domain::ids::StaffId;
use crate::domain::transcript::Transcript;
use crate::vault::content::{Content, MalformedContent};
use crate::vault::signing::{BadSignature, Signature, SigningKey, VerifyKey};

/// Author of a content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Author {
    /// The reporter; signs with the receipt's key.
    Reporter,
    /// A member of staff; signs with the key that the roster names.
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

/// Program that held the signing key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// The server signed for a reporter without JavaScript.
    Server,
    /// The author's browser.
    Browser,
    /// The author's command line.
    CommandLine,
}

impl Via {
    /// The stable text code.
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

/// An opened envelope: its content is readable, its signature is still to be checked.
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

/// Completes the signature's transcript with author, via and content.
fn signed_transcript(transcript: Transcript, author: Author, via: Via, content: &str) -> Transcript {
    transcript.field(author.to_string()).field(via.as_str()).field(content)
}

impl Envelope {
    /// Signs `content`. `context` is the start of the signature's transcript (through `kind`).
    pub(super) fn sign(
        context: Transcript,
        author: Author,
        via: Via,
        content: &impl Content,
        key: &SigningKey,
    ) -> Self {
        let content = content.to_json();
        let signature = key.sign(&signed_transcript(context, author, via, &content));
        Self {
            author,
            via,
            content,
            signature,
        }
    }

    /// Writes the envelope's JSON.
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

    /// Reads an envelope's JSON. It does not check the signature.
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

    /// Checks the signature against the author's verify key and the context.
    pub(super) fn verify(&self, context: Transcript, key: &VerifyKey) -> Result<(), BadSignature> {
        key.verify(
            &signed_transcript(context, self.author, self.via, &self.content),
            &self.signature,
        )
    }

    /// The author that the envelope names.
    pub const fn author(&self) -> Author {
        self.author
    }

    /// The program that signed, as the envelope says.
    pub const fn via(&self) -> Via {
        self.via
    }

    /// Reads the content: one of the few ways to extract plaintext.
    ///
    /// # Errors
    /// [`MalformedContent`]
    pub fn content<C: Content>(&self) -> Result<C, MalformedContent> {
        C::from_json(&self.content)
    }
}
