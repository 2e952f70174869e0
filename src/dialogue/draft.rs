//! The answers so far, in plaintext: only the dialogue and the vault handle it. Between steps it is kept sealed under
//! the visitor's own key. [`Draft::to_bytes`] is the only way out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::domain::ids::AttachmentId;
use crate::vault::attachment::DescribedAttachment;

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
    /// The steps whose answers the area may read.
    Shared(Vec<String>),
    /// Exactly these files.
    Files(Vec<AttachmentId>),
    /// The reporter agreed with the preview.
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
    /// The answered step that the reporter went back to.
    #[serde(rename = "at")]
    pub(super) reopened: Option<String>,
    /// Consent was refused; nothing else is kept.
    pub(super) refused: bool,
    pub(super) revision: u64,
    /// The attached files, which are stored beside the draft and set by [`super::flow::set_files`].
    #[serde(skip)]
    pub(super) files: Vec<DescribedAttachment>,
}

/// The bytes are no draft.
#[derive(Debug, thiserror::Error)]
#[error("not a draft")]
pub struct InvalidDraft;

impl Draft {
    /// An empty draft in a language that the profile has.
    pub(super) fn new(language: &str) -> Self {
        Self {
            language: language.to_owned(),
            answers: BTreeMap::new(),
            restored: BTreeSet::new(),
            reopened: None,
            refused: false,
            revision: 0,
            files: Vec::new(),
        }
    }

    /// The language in which the reporter is addressed.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The number of changes, by which the store detects a stale write.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// True after consent was refused. Such a draft holds no answers and need not be kept.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.refused
    }

    /// The attached files.
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

    /// The code chosen at a step.
    pub(super) fn choice(&self, step: &str) -> Option<&str> {
        match self.answers.get(step) {
            Some(Value::Choice(code)) => Some(code),
            _ => None,
        }
    }

    /// True if the step has a real answer, neither "none" nor left open.
    pub(super) fn has_answer(&self, step: &str) -> bool {
        self.answers
            .get(step)
            .is_some_and(|value| !matches!(value, Value::Skipped | Value::None))
    }

    /// Removes an answer, and the reporter's decisions about its marks.
    pub(super) fn remove_answer(&mut self, step: &str) {
        self.answers.remove(step);
        self.forget_restored_marks(step);
    }

    /// Forgets which marks of a step's answer were restored: marks are named by their position in the answer.
    pub(super) fn forget_restored_marks(&mut self, step: &str) {
        let of_step = format!("{step}.");
        self.restored.retain(|mark| !mark.starts_with(&of_step));
    }

    /// Forgets every answer.
    pub(super) fn wipe(&mut self) {
        self.answers.clear();
        self.restored.clear();
        self.files.clear();
        self.reopened = None;
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft(revision {}, …)", self.revision)
    }
}
