//! The dialogue with a reporter: questions as data, and one flow that walks them for every channel.
//! It knows no HTML, no HTTP and no database.
//!
//! - `profile`: the institution's file; its types, loading and checks.
//! - `draft`: the answers so far. `form`: an answer as a channel delivers it.
//! - `questions`: the questions that apply now. `routing`: the area that will read the report.
//! - `flow`: starts, answers, goes back. `answers`: checks one form.
//! - `screen`: the current question with all that was said, as the plain values of `view`.
//! - `narrative`, `report`, `preview`: the finished report, redacted, and its preview.
//! - `correction`: personal data given anew, later.
//!
//! This file is the only public interface.

mod answers;
mod correction;
mod draft;
mod flow;
mod form;
mod narrative;
mod preview;
mod profile;
mod questions;
mod report;
mod routing;
mod screen;
mod view;
mod wording;

pub use correction::{Correction, CorrectionField};
pub use draft::{Draft, InvalidDraft};
pub use flow::{answer, go_back, set_files, set_language, start};
pub use form::{
    ACCEPT, CONFIRM_FIELD, FieldError, Form, KIND_FIELD, NONE_FIELD, NUMBER_FIELD, REFUSE, RESTORE_FIELD_PREFIX,
    SHARE_FIELD_PREFIX, SKIP_FIELD, VALUE_FIELD,
};
pub use profile::{
    AnswerType, Area, AttachmentLimits, Category, CheckClass, ChoiceOption, Condition, Destination, DialogueTexts,
    DocumentCheck, DocumentKind, ErasureReason, ErrorTexts, IdentityRule, Kind, MarkTexts, OTHER_ESTABLISHMENT,
    OfficerRules, Profile, ProfileError, Purpose, Question, Retention, Text, ValidationRule, VerdictRule, VerdictRules,
};
pub use questions::is_complete;
pub use report::{Report, ReportFacets, build_report};
pub use screen::{build_screen, build_screen_with_error};
pub use view::{
    Cleaning, FileLimits, FileView, Input, OptionView, Preview, PreviewAnswer, Progress, Prompt, Screen, SharedField,
    TextSpan, Turn,
};

#[cfg(test)]
mod tests;
