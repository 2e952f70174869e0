//! Where a conversation stands between two messages. Holds what people wrote: it rests sealed only.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::channels::whatsapp::inbound::notification::Person;
use crate::dialogue::draft::Draft;
use crate::domain::ids::CaseId;
use crate::vault::cookie::Token;

/// A conversation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Talk {
    /// The language in which the person is spoken to.
    pub(crate) language: String,
    pub(crate) stage: Stage,
}

/// What is being talked about.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    /// Nothing was said yet.
    New,
    Menu,
    Reporting(Reporting),
    /// After a submission: does the person want to be told here?
    AskedNotices(CaseId),
    /// The eight words are awaited.
    AskingReceipt,
    /// The words were right; the session's cookie.
    Following(String),
}

/// A report that is being made.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reporting {
    /// Under which its files wait.
    token: String,
    draft: String,
    /// Page of a long list.
    pub(crate) page: usize,
    /// Messages of a long answer so far.
    pub(crate) gathered: Vec<String>,
    /// Whether to drop it all was asked.
    pub(crate) cancelling: bool,
}

impl Reporting {
    pub(crate) fn new(token: &Token, draft: &Draft) -> Self {
        let mut reporting = Self {
            token: token.to_text().to_string(),
            draft: String::new(),
            page: 0,
            gathered: Vec::new(),
            cancelling: false,
        };
        reporting.keep(draft);
        reporting
    }

    pub(crate) fn token(&self) -> Option<Token> {
        Token::from_text(&self.token)
    }

    /// None when it is one of another version of the profile's format.
    pub(crate) fn draft(&self) -> Option<Draft> {
        Draft::from_bytes(self.draft.as_bytes()).ok()
    }

    pub(crate) fn keep(&mut self, draft: &Draft) {
        self.draft = String::from_utf8_lossy(&draft.to_bytes()).into_owned();
    }
}

impl Talk {
    pub(crate) fn new(language: &str) -> Self {
        Self {
            language: language.to_owned(),
            stage: Stage::New,
        }
    }

    /// One that does not read, as after an update, begins anew.
    pub(crate) fn read(body: Option<&[u8]>, language: &str) -> Self {
        body.and_then(|body| serde_json::from_slice(body).ok())
            .unwrap_or_else(|| Self::new(language))
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Texts and plain enums: this cannot fail.
        Zeroizing::new(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl fmt::Debug for Talk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Talk(…)")
    }
}

/// A message on its way out: to whom, and what.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Letter {
    pub(crate) to: Person,
    pub(crate) saying: crate::channels::whatsapp::outbound::message::Saying,
}
