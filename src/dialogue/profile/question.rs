//! One question of the dialogue, as the profile describes it.

use serde::Deserialize;

use super::codes::{
    CATEGORY_STEP, CONFLICT_STEP, CONSENT_STEP, ESTABLISHMENT_STEP, FILES_STEP, IDENTIFY_STEP, KIND_STEP, PREVIEW_STEP,
    PROVINCE_STEP, SHARE_STEP,
};
use super::text::Text;

/// One question of the dialogue.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The name of the step.
    pub id: String,
    #[serde(rename = "ask")]
    pub answer_type: AnswerType,
    pub into: Option<Destination>,
    /// A short text, for summaries.
    pub label: Text,
    pub text: Text,
    pub help: Option<Text>,
    /// The question is asked only if all of these hold.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// The words for leaving the question open. Without them it must be answered.
    pub skip: Option<Text>,
    /// The question may be left open only if one of these steps has an answer.
    #[serde(default)]
    pub skip_needs_one_of: Vec<String>,
    /// For `email`: the words for having none.
    pub none: Option<Text>,
    #[serde(default)]
    pub options: Vec<ChoiceOption>,
    #[serde(default)]
    pub long: bool,
    pub max_chars: Option<usize>,
    /// For `consent`: the terms, a paragraph each.
    #[serde(default)]
    pub terms: Vec<Text>,
    pub accept: Option<Text>,
    pub refuse: Option<Text>,
    /// For `share`: the steps whose answers may be shared with the area.
    #[serde(default)]
    pub share: Vec<String>,
}

impl Question {
    /// True if the answer is personal data, of the reporter or of the person affected.
    pub(crate) const fn is_personal(&self) -> bool {
        matches!(self.into, Some(Destination::Identity | Destination::Affected))
    }
}

/// The type of answer that a question takes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerType {
    Kind,
    Category,
    /// Somebody that the report is about works in the area that would read it. `yes` sends it to another area.
    Conflict,
    Province,
    Establishment,
    Choice,
    Text,
    Date,
    Consent,
    /// Asked only where the kind's identity is optional; its options are `yes` and `no`.
    Identify,
    Document,
    Name,
    Phone,
    Email,
    Address,
    /// Files, which arrive by the channel's own way.
    Files,
    Share,
    Preview,
}

impl AnswerType {
    /// The step's name, for questions that are asked once at most and have a fixed name.
    #[must_use]
    pub const fn fixed_id(self) -> Option<&'static str> {
        match self {
            Self::Kind => Some(KIND_STEP),
            Self::Category => Some(CATEGORY_STEP),
            Self::Conflict => Some(CONFLICT_STEP),
            Self::Province => Some(PROVINCE_STEP),
            Self::Establishment => Some(ESTABLISHMENT_STEP),
            Self::Consent => Some(CONSENT_STEP),
            Self::Identify => Some(IDENTIFY_STEP),
            Self::Files => Some(FILES_STEP),
            Self::Share => Some(SHARE_STEP),
            Self::Preview => Some(PREVIEW_STEP),
            Self::Choice
            | Self::Text
            | Self::Date
            | Self::Document
            | Self::Name
            | Self::Phone
            | Self::Email
            | Self::Address => None,
        }
    }
}

/// The place to which an answer goes.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Destination {
    /// To the area, redacted.
    Narrative,
    /// To the officers only: the reporter's personal data.
    Identity,
    /// To the officers only: the affected person's personal data.
    Affected,
}

/// Holds if the step was answered (not left open) with one of `is`, if given, and none of `is_not`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub step: String,
    #[serde(default)]
    pub is: Vec<String>,
    #[serde(default)]
    pub is_not: Vec<String>,
}

/// One option of a question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    pub id: String,
    pub label: Text,
    pub description: Option<Text>,
}
