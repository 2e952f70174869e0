//! A text in several languages.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A text in each language of the profile.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Text(BTreeMap<String, String>);

impl Text {
    /// The text in `language`; else in Spanish; else in any language that there is.
    #[must_use]
    pub fn get(&self, language: &str) -> &str {
        self.find(language)
            .or_else(|| self.find("es"))
            .or_else(|| self.0.values().next().map(String::as_str))
            .unwrap_or_default()
    }

    /// The text in exactly this language.
    pub(super) fn find(&self, language: &str) -> Option<&str> {
        self.0.get(language).map(String::as_str)
    }

    /// The languages in which there is a text.
    pub(super) fn languages(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}
