//! The texts of pages and messages: one folder of Fluent files for each language under `locales/`, embedded in the binary.
//! A further language is a further folder. The dialogue's own texts are in the profile, never here.

mod dates;
mod languages;
mod messages;
mod states;

pub use languages::{DEFAULT_LANGUAGE, Languages, LocaleError, Texts};
pub(crate) use states::StateTexts;

#[cfg(test)]
mod tests;
