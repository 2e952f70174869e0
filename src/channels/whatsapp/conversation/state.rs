//! The state of a conversation between two messages. It contains what people wrote, so that it is stored only sealed.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::dialogue::Draft;
use crate::domain::ids::CaseId;
use crate::vault::cookie::CookieToken;

/// The state of a conversation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversationState {
    /// The language of our messages.
    pub(crate) language: String,
    pub(crate) stage: Stage,
}

/// The stage of a conversation.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    /// The person has not written yet.
    New,
    Menu,
    Reporting(ReportInProgress),
    /// After a submission, we have asked if the person wants notices here.
    AskedNotices(CaseId),
    /// We have asked for the eight words of the receipt.
    AskingReceipt,
    /// The words were right. It holds the cookie of the session.
    Following(String),
}

/// A report that is not submitted yet.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportInProgress {
    /// The owner of its files.
    token: String,
    draft: String,
    /// The page of a long list.
    pub(crate) page: usize,
    /// The messages of a long answer so far.
    pub(crate) collected: Vec<String>,
    /// True if we have asked for confirmation to drop it.
    pub(crate) cancelling: bool,
}

impl ReportInProgress {
    pub(crate) fn new(token: &CookieToken, draft: &Draft) -> Self {
        let mut report = Self {
            token: token.to_text().to_string(),
            draft: String::new(),
            page: 0,
            collected: Vec::new(),
            cancelling: false,
        };
        report.set_draft(draft);
        report
    }

    pub(crate) fn token(&self) -> Option<CookieToken> {
        CookieToken::from_text(&self.token)
    }

    /// Reads the draft. `None` if it was written in another version of the format.
    pub(crate) fn draft(&self) -> Option<Draft> {
        Draft::from_bytes(self.draft.as_bytes()).ok()
    }

    pub(crate) fn set_draft(&mut self, draft: &Draft) {
        self.draft = String::from_utf8_lossy(&draft.to_bytes()).into_owned();
    }

    /// Leaves the page and the messages of the last question behind.
    pub(crate) fn reset_question(&mut self) {
        self.collected.clear();
        self.page = 0;
    }
}

impl ConversationState {
    fn new(language: &str) -> Self {
        Self {
            language: language.to_owned(),
            stage: Stage::New,
        }
    }

    /// Reads a stored state. One that does not parse, as after an update, starts over.
    pub(crate) fn from_bytes(bytes: Option<&[u8]>, language: &str) -> Self {
        bytes
            .and_then(|bytes| serde_json::from_slice(bytes).ok())
            .unwrap_or_else(|| Self::new(language))
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // It holds only texts and plain enums: this cannot fail.
        Zeroizing::new(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl fmt::Debug for ConversationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ConversationState(…)")
    }
}
