//! An answer as a channel delivers it: a map of field names to values. Each `Input` of a screen names its fields.

use std::collections::BTreeMap;

/// Field names and values.
pub type Form = BTreeMap<String, String>;

/// With any value: leaves the question open, where the prompt has a `skip_label`.
pub const SKIP_FIELD: &str = "skip";
/// The field that most inputs read.
pub const VALUE_FIELD: &str = "value";
/// The kind of an identity document.
pub const KIND_FIELD: &str = "kind";
/// The number of an identity document.
pub const NUMBER_FIELD: &str = "number";
/// With any value: the reporter has no e-mail address.
pub const NONE_FIELD: &str = "none";
/// With any value: the reporter agrees with the preview. Without it only the marks are updated.
pub const CONFIRM_FIELD: &str = "confirm";
/// `share.<step>`, present for every ticked box.
pub const SHARE_FIELD_PREFIX: &str = "share.";
/// `restore.<mark id>`, present for every mark whose words the analyst shall read.
pub const RESTORE_FIELD_PREFIX: &str = "restore.";

/// The value of consent given, in [`VALUE_FIELD`].
pub const ACCEPT: &str = "accept";
/// The value of consent refused, in [`VALUE_FIELD`].
pub const REFUSE: &str = "refuse";

/// An answer that cannot be taken. It holds nothing of the text that was typed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer to {step} cannot be taken")]
pub struct FieldError {
    pub step: String,
    /// The field of the form that has to be corrected.
    pub field: &'static str,
    /// For the reporter, in their language.
    pub text: String,
}
