//! What was answered so far: plaintext, so only the dialogue and the vault handle it. Between steps it is kept sealed
//! under the visitor's own key; [`Draft::to_bytes`] is the one way out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::domain::ids::AttachmentId;
use crate::vault::attachment::DescribedAttachment;

/// The longest answer to any question, in Unicode scalar values.
pub const MAX_CHARS: usize = 10_000;

/// One answer, checked and normalized.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Value {
    /// A code of the profile.
    Choice(String),
    /// Text, date, name, phone (E.164), e-mail or address.
    Text(String),
    Document {
        kind: String,
        number: String,
    },
    /// "I have none."
    None,
    /// Left open.
    Skipped,
    /// Consent was given.
    Accepted,
    /// Steps whose answers the area may read.
    Shared(Vec<String>),
    /// These files, which are named by their ids, and no other.
    Files(Vec<AttachmentId>),
    /// The preview was agreed with.
    Confirmed,
}

impl Zeroize for Value {
    fn zeroize(&mut self) {
        match self {
            Self::Choice(text) | Self::Text(text) => text.zeroize(),
            Self::Document { kind, number } => {
                kind.zeroize();
                number.zeroize();
            }
            Self::Shared(steps) => steps.zeroize(),
            Self::None | Self::Skipped | Self::Accepted | Self::Files(_) | Self::Confirmed => {}
        }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.zeroize();
    }
}

/// The answers so far.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    pub(super) language: String,
    pub(super) answers: BTreeMap<String, Value>,
    /// Ids of marks whose words the analyst shall read.
    pub(super) restored: BTreeSet<String>,
    /// The step that was gone back to.
    pub(super) at: Option<String>,
    /// Consent was refused; nothing else is kept.
    pub(super) refused: bool,
    pub(super) revision: u64,
    /// What is attached. It is kept beside the draft: [`super::engine::attach`].
    #[serde(skip)]
    pub(super) files: Vec<DescribedAttachment>,
}

/// The bytes are no draft.
#[derive(Debug, thiserror::Error)]
#[error("not a draft")]
pub struct InvalidDraft;

impl Draft {
    /// An empty one. [`super::engine::start`] picks a language that the profile speaks.
    pub(super) fn new(language: &str) -> Self {
        Self {
            language: language.to_owned(),
            answers: BTreeMap::new(),
            restored: BTreeSet::new(),
            at: None,
            refused: false,
            revision: 0,
            files: Vec::new(),
        }
    }

    /// The language in which the reporter is spoken to.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Counts the changes, so that the store can tell a stale write.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether consent was refused. Such a draft holds no answers and need not be kept.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.refused
    }

    /// What is attached.
    #[must_use]
    pub fn files(&self) -> &[DescribedAttachment] {
        &self.files
    }

    /// The draft as plaintext JSON, to be sealed at once.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        // Maps with text as keys and plain enums: this cannot fail.
        Zeroizing::new(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads [`Draft::to_bytes`] back.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidDraft> {
        serde_json::from_slice(bytes).map_err(|_| InvalidDraft)
    }

    /// Forgets every answer.
    pub(super) fn wipe(&mut self) {
        self.answers.clear();
        self.restored.clear();
        self.files.clear();
        self.at = None;
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft(revision {}, …)", self.revision)
    }
}
