//! Where a conversation stands between two messages. Holds what people wrote: it rests sealed only.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::notification::Person;
use crate::dialogue::Draft;
use crate::domain::ids::CaseId;
use crate::vault::cookie::CookieToken;

/// A conversation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Talk {
    /// The language in which the person is spoken to.
    pub(super) language: String,
    pub(super) stage: Stage,
}

/// What is being talked about.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Stage {
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
pub(super) struct Reporting {
    /// Under which its files wait.
    token: String,
    draft: String,
    /// Page of a long list.
    pub(super) page: usize,
    /// Messages of a long answer so far.
    pub(super) gathered: Vec<String>,
    /// Whether to drop it all was asked.
    pub(super) cancelling: bool,
}

impl Reporting {
    pub(super) fn new(token: &CookieToken, draft: &Draft) -> Self {
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

    pub(super) fn token(&self) -> Option<CookieToken> {
        CookieToken::from_text(&self.token)
    }

    /// None when it is one of another version of the profile's format.
    pub(super) fn draft(&self) -> Option<Draft> {
        Draft::from_bytes(self.draft.as_bytes()).ok()
    }

    pub(super) fn keep(&mut self, draft: &Draft) {
        self.draft = String::from_utf8_lossy(&draft.to_bytes()).into_owned();
    }
}

impl Talk {
    pub(super) fn new(language: &str) -> Self {
        Self {
            language: language.to_owned(),
            stage: Stage::New,
        }
    }

    /// One that does not read, as after an update, begins anew.
    pub(super) fn read(body: Option<&[u8]>, language: &str) -> Self {
        body.and_then(|body| serde_json::from_slice(body).ok())
            .unwrap_or_else(|| Self::new(language))
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
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
pub(super) struct Letter {
    pub(super) to: Person,
    pub(super) saying: super::saying::Saying,
}
