//! What any channel shows of a dialogue: plain values, ready to be drawn as a page or as chat messages.
//! Must not know how they are drawn: no HTML, no Markdown. All texts are already in the reporter's language.
//!
//! An answer comes back as a form, a map of field names to values. Each [`Input`] says which fields it reads. A field
//! called [`SKIP`] with any value leaves a question that has a [`Prompt::skip_label`] open.

use std::fmt;

use super::profile::Profile;
use crate::vault::attachment::{CLEANED, DescribedAttachment, UNCHANGED};

/// The field that says "I leave this open", where [`Prompt::skip_label`] is set.
pub const SKIP: &str = "skip";
/// The field that most inputs read.
pub const VALUE: &str = "value";
/// [`Input::Document`]: the kind of document.
pub const KIND: &str = "kind";
/// [`Input::Document`]: its number.
pub const NUMBER: &str = "number";
/// [`Input::Email`]: any value means "I have none".
pub const NONE: &str = "none";
/// [`Input::Consent`] in [`VALUE`].
pub const ACCEPT: &str = "accept";
/// [`Input::Consent`] in [`VALUE`].
pub const REFUSE: &str = "refuse";
/// [`Input::Shared`]: `share.<id>`, present for every ticked box.
pub const SHARE_PREFIX: &str = "share.";
/// [`Input::Preview`]: `restore.<mark id>`, present for every mark whose words the analyst shall read.
pub const RESTORE_PREFIX: &str = "restore.";
/// [`Input::Preview`]: present when the reporter agrees with what they see. Without it only the marks are updated.
pub const CONFIRM: &str = "confirm";

/// One state of the conversation: what was said, and what is asked now.
pub struct Screen {
    /// Answered questions, oldest first; each can be gone back to by its step.
    pub turns: Vec<Turn>,
    pub prompt: Prompt,
    pub progress: Progress,
}

/// How far along the reporter is. The total is a guess: it depends on the answers to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: usize,
    pub about_total: usize,
}

/// One question that has its answer.
pub struct Turn {
    pub step: String,
    pub question: String,
    /// As the reporter would read it: labels, not codes.
    pub answer: String,
}

/// The question that waits for an answer.
pub struct Prompt {
    pub step: String,
    pub text: String,
    pub help: Option<String>,
    pub input: Input,
    /// What is wrong with the last try, and how to put it right.
    pub error: Option<String>,
    /// Present when the question may be left open; the words of that button.
    pub skip_label: Option<String>,
}

/// What kind of answer is awaited. Values are what the draft holds, or what was typed last when that was refused.
pub enum Input {
    /// Reads [`VALUE`]: the value of one option.
    Choice {
        options: Vec<Opt>,
        selected: Option<String>,
    },
    /// Reads [`VALUE`].
    Text {
        value: String,
        /// Several lines.
        long: bool,
        /// Unicode scalar values, after normalisation.
        max_chars: usize,
    },
    /// Reads [`VALUE`]: `2025-09-08`, `8/9/2025`, or any words ("a inicios de septiembre").
    Date { value: String },
    /// Reads [`KIND`] and [`NUMBER`].
    Document {
        kinds: Vec<Opt>,
        kind: Option<String>,
        number: String,
    },
    /// Reads [`VALUE`].
    Name { value: String },
    /// Reads [`VALUE`].
    Phone { value: String },
    /// Reads [`VALUE`], or [`NONE`] when `none_label` is there ("no tengo correo").
    Email {
        value: String,
        none_label: Option<String>,
        none: bool,
    },
    /// Reads [`VALUE`].
    Address { value: String },
    /// Reads [`VALUE`]: [`ACCEPT`] or [`REFUSE`].
    Consent {
        /// What is agreed to, a paragraph each.
        terms: Vec<String>,
        accept_label: String,
        refuse_label: String,
    },
    /// Reads nothing: files come by the channel's own way. Answered when they are all there.
    Files { files: Vec<FileLine>, limits: FileLimits },
    /// Reads `share.<id>` for each ticked field.
    Shared { fields: Vec<SharedField> },
    /// Reads `restore.<id>` for each mark to restore, and [`CONFIRM`].
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
pub struct Opt {
    pub value: String,
    pub label: String,
    pub description: Option<String>,
}

/// One file that is attached.
pub struct FileLine {
    pub id: String,
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// What was taken out of it; the words of `docs/PROTOCOL.md`, section 12.
    pub removed: Vec<String>,
    pub cleaning: Cleaning,
}

/// Whether a file still holds what its maker does not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleaning {
    /// It was looked for and taken out.
    Cleaned,
    /// Nobody could, and the reporter wants it sent nevertheless.
    Unchanged,
    /// Nobody could, and the reporter has to say what shall become of it.
    Undecided,
}

impl From<&DescribedAttachment> for FileLine {
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

/// What may be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    pub files: u32,
    pub file_mb: u32,
    pub total_mb: u32,
}

impl FileLimits {
    pub fn of(profile: &Profile) -> Self {
        Self {
            files: profile.evidence.max_files,
            file_mb: profile.evidence.max_file_mb,
            total_mb: profile.evidence.max_total_mb,
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

/// The case as an analyst will see it, beside what only officers will.
pub struct Preview {
    /// In clear: label and value.
    pub facets: Vec<(String, String)>,
    pub narrative: Vec<Answer>,
    /// Files as the analyst will see them: their names without the reporter's identifiers.
    pub files: Vec<FileLine>,
    /// What the reporter chose to share with the area: label and value.
    pub shared: Vec<(String, String)>,
    /// Identifiers of other people found in the texts. They stay: they are evidence.
    pub pointed_out: Vec<String>,
    /// What only officers will see: label and value.
    pub identity: Vec<(String, String)>,
}

/// One free answer with its marks.
pub struct Answer {
    pub step: String,
    pub question: String,
    pub segments: Vec<Segment>,
}

/// A stretch of an answer.
pub enum Segment {
    Text(String),
    Mark {
        /// Stable as long as the answer is; goes into `restore.<id>`.
        id: String,
        /// What the analyst reads: `[nombre]`.
        label: String,
        /// The reporter wants the words to be read.
        restored: bool,
        /// Only words that might be ordinary ones (*Luz*) may be restored; numbers and e-mails may not.
        restorable: bool,
        /// The words themselves, for the reporter's eyes.
        original: String,
    },
}

/// All of these hold a reporter's words: none of them prints.
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
    FileLine,
    SharedField,
    Preview,
    Answer,
    Segment
);
