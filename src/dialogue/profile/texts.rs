//! Tables of texts that every profile has.

use serde::Deserialize;

use super::text::Text;

/// `[texts]`: texts of the dialogue that belong to no question.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialogueTexts {
    pub other_establishment: Text,
    pub area: Text,
    pub skipped: Text,
    pub nothing_shared: Text,
    pub confirmed: Text,
    pub refused: Text,
    pub refused_help: Text,
    pub done: Text,
    pub files: Text,
    /// When the identity is validated, for the terms of the consent: always, once.
    pub validation_always: Text,
    /// The same for kinds that are validated on request.
    pub validation_on_request: Text,
}

/// `[marks]`: the words that replace an identifier in a redacted text, without brackets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkTexts {
    pub document: Text,
    pub passport: Text,
    pub ruc: Text,
    pub phone: Text,
    pub email: Text,
    pub address: Text,
    pub name: Text,
    pub affected: Text,
    pub affected_document: Text,
}

/// `[errors]`: the reasons for which an answer cannot be taken.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorTexts {
    pub required: Text,
    pub choose: Text,
    pub too_long: Text,
    pub cedula: Text,
    pub passport: Text,
    pub name: Text,
    pub phone: Text,
    pub email: Text,
    pub address: Text,
    pub contact: Text,
    pub consent: Text,
    pub no_file: Text,
    pub undecided_file: Text,
}
