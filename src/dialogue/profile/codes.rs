//! Codes and limits that the program knows by name. Every profile has to agree with them.

/// The establishment "another place", which is added to every province.
pub const OTHER_ESTABLISHMENT: &str = "otro";

/// The longest answer to any question, in Unicode scalar values.
pub(crate) const MAX_ANSWER_CHARS: usize = 10_000;
/// The longest code of a profile, in bytes.
pub(crate) const MAX_CODE_BYTES: usize = 40;

/// The answer "yes" of the questions `conflict` and `identify`.
pub(crate) const YES: &str = "yes";
/// The answer "no" of the same questions.
pub(crate) const NO: &str = "no";

/// The place in the terms of the consent that says when the identity is validated.
pub(crate) const VALIDATION_PLACEHOLDER: &str = "{validation}";

/// The step that asks for the kind of report.
pub(crate) const KIND_STEP: &str = "kind";
/// The step that asks for the category.
pub(crate) const CATEGORY_STEP: &str = "category";
/// The step that asks for a conflict of interest of the area that would read the report.
pub(crate) const CONFLICT_STEP: &str = "conflict";
/// The step that asks for the province.
pub(crate) const PROVINCE_STEP: &str = "province";
/// The step that asks for the establishment.
pub(crate) const ESTABLISHMENT_STEP: &str = "establishment";
/// The step that asks for consent.
pub(crate) const CONSENT_STEP: &str = "consent";
/// The step that asks whether the reporter gives an identity.
pub(crate) const IDENTIFY_STEP: &str = "identify";
/// The step at which files are attached.
pub(crate) const FILES_STEP: &str = "files";
/// The step that asks which personal data the area may read.
pub(crate) const SHARE_STEP: &str = "share";
/// The step that shows the finished report.
pub(crate) const PREVIEW_STEP: &str = "preview";
