//! A screen of the dialogue: plain values that a channel renders as a page or as chat messages.
//! They know no HTML and no Markdown. All texts are already in the reporter's language.
//!
//! An answer comes back as a form. Each [`Input`] names the fields of [`super::form`] that it reads.

use std::fmt;

use super::profile::types::Profile;
use crate::vault::attachment::{CLEANED, DescribedAttachment, UNCHANGED};

/// One state of the conversation: the answered questions and the current one.
pub struct Screen {
    /// Answered questions, oldest first; each can be gone back to by its step.
    pub turns: Vec<Turn>,
    pub prompt: Prompt,
    pub progress: Progress,
}

/// The reporter's progress. The total is an estimate: it depends on the answers to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub about_total: usize,
}

/// One question that has its answer.
pub struct Turn {
    pub step: String,
    pub question: String,
    /// As the reporter reads it: labels, not codes.
    pub answer: String,
}

/// The question that waits for an answer.
pub struct Prompt {
    pub step: String,
    pub text: String,
    pub help: Option<String>,
    pub input: Input,
    /// The reason why the last answer was refused, and how to correct it.
    pub error: Option<String>,
    /// The words of the button that leaves the question open, where it may be.
    pub skip_label: Option<String>,
}

/// The input that a question takes. It holds the draft's answer, or the text that was typed last and refused.
pub enum Input {
    /// Reads [`VALUE_FIELD`](super::VALUE_FIELD): the value of one option.
    Choice {
        options: Vec<OptionView>,
        selected: Option<String>,
    },
    /// Reads [`VALUE_FIELD`](super::VALUE_FIELD).
    Text {
        value: String,
        /// Several lines.
        long: bool,
        /// Unicode scalar values, after normalisation.
        max_chars: usize,
    },
    /// Reads [`VALUE_FIELD`](super::VALUE_FIELD): `2025-09-08`, `8/9/2025`, or any words ("a inicios de septiembre").
    Date { value: String },
    /// Reads [`KIND_FIELD`](super::KIND_FIELD) and [`NUMBER_FIELD`](super::NUMBER_FIELD).
    Document {
        kinds: Vec<OptionView>,
        kind: Option<String>,
        number: String,
    },
    /// Reads [`VALUE_FIELD`](super::VALUE_FIELD).
    Name { value: String },
    /// Reads [`VALUE_FIELD`](super::VALUE_FIELD).
    Phone { value: String },
    /// Reads [`VALUE_FIELD`](super::VALUE_FIELD), or [`NONE_FIELD`](super::NONE_FIELD) when `none_label` is there ("no tengo correo").
    Email {
        value: String,
        none_label: Option<String>,
        none: bool,
    },
    /// Reads [`VALUE_FIELD`](super::VALUE_FIELD).
    Address { value: String },
    /// Reads [`VALUE_FIELD`](super::VALUE_FIELD): [`ACCEPT`](super::ACCEPT) or [`REFUSE`](super::REFUSE).
    Consent {
        /// The terms, a paragraph each.
        terms: Vec<String>,
        accept_label: String,
        refuse_label: String,
    },
    /// Reads nothing: files arrive by the channel's own way. Answered when all are there.
    Files { files: Vec<FileView>, limits: FileLimits },
    /// Reads `share.<id>` for each ticked field.
    Shared { fields: Vec<SharedField> },
    /// Reads `restore.<id>` for each mark to restore, and [`CONFIRM_FIELD`](super::CONFIRM_FIELD).
    Preview(Preview),
    /// Consent was refused; nothing is kept. Reads nothing; going back to `back_to` reconsiders.
    Refused {
        /// Other ways to complain.
        other_ways: Vec<String>,
        /// The step to go back to for another answer.
        back_to: String,
    },
    /// Everything is answered and confirmed: the report can be submitted.
    Done,
}

/// One option of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionView {
    pub value: String,
    pub label: String,
    pub description: Option<String>,
}

/// One file that is attached.
pub struct FileView {
    pub id: String,
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// The kinds of hidden data that were removed: the words of `docs/PROTOCOL.md`, section 12.
    pub removed: Vec<String>,
    pub cleaning: Cleaning,
}

/// The state of a file's hidden data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleaning {
    /// Hidden data was removed.
    Cleaned,
    /// Hidden data cannot be removed, and the reporter sends the file nevertheless.
    Unchanged,
    /// Hidden data cannot be removed, and the reporter still has to decide.
    Undecided,
}

impl From<&DescribedAttachment> for FileView {
    fn from(file: &DescribedAttachment) -> Self {
        Self {
            id: file.id.to_string(),
            name: file.content.name().clone(),
            size: *file.content.size(),
            removed: file.content.removed().clone(),
            cleaning: match file.content.cleaning().as_str() {
                CLEANED => Cleaning::Cleaned,
                UNCHANGED => Cleaning::Unchanged,
                _ => Cleaning::Undecided,
            },
        }
    }
}

/// The number and size of files that may be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    pub files: u32,
    pub file_mb: u32,
    pub total_mb: u32,
}

impl FileLimits {
    /// The limits of a profile.
    pub fn of(profile: &Profile) -> Self {
        Self {
            files: profile.attachments.max_files,
            file_mb: profile.attachments.max_file_mb,
            total_mb: profile.attachments.max_total_mb,
        }
    }
}

/// One piece of identity that the reporter may let the area read.
pub struct SharedField {
    pub id: String,
    pub label: String,
    pub value: String,
    pub checked: bool,
}

/// The case as an analyst will see it, beside the data that only officers will see.
pub struct Preview {
    /// Facets, which stay in clear: label and value.
    pub facets: Vec<(String, String)>,
    pub narrative: Vec<PreviewAnswer>,
    /// Files as the analyst will see them: their names without the reporter's identifiers.
    pub files: Vec<FileView>,
    /// The fields that the reporter shares with the area: label and value.
    pub shared: Vec<(String, String)>,
    /// Identifiers of other people found in the texts. They stay: they are evidence.
    pub pointed_out: Vec<String>,
    /// The fields that only officers will see: label and value.
    pub identity: Vec<(String, String)>,
}

/// One answer of the narrative with its marks.
pub struct PreviewAnswer {
    pub step: String,
    pub question: String,
    pub spans: Vec<TextSpan>,
}

/// A part of an answer: plain text, or a mark.
pub enum TextSpan {
    Text(String),
    Mark {
        /// Stable as long as the answer is; goes into `restore.<id>`.
        id: String,
        /// The words that the analyst reads: `[nombre]`.
        label: String,
        /// The reporter wants the words to be read.
        restored: bool,
        /// Only words that might be ordinary ones (*Luz*) may be restored; numbers and e-mails may not.
        restorable: bool,
        /// The words themselves, for the reporter's eyes.
        original: String,
    },
}

/// Redacted `Debug`: all of these hold a reporter's words.
macro_rules! redacted {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}
redacted!(
    Screen,
    Turn,
    Prompt,
    Input,
    FileView,
    SharedField,
    Preview,
    PreviewAnswer,
    TextSpan
);
