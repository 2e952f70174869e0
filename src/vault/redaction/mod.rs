//! Takes the identifiers of known people out of a text, and points out identifiers of people who are not known.
//!
//! A spelling of an identifier may differ in case, accents, full-width forms, invisible marks, and in any punctuation or
//! space between its parts. Redaction errs towards hiding; the reporter may put a word back. Every step is linear in the
//! text (times the number of identifiers, which is small). The module knows nothing of the dialogue or of languages: the
//! labels of the marks come from the caller.

mod finder;
mod fold;
mod identifier;
mod names;
mod redacted;
mod redactor;
mod span;
mod unknown;
mod words;

pub use identifier::{Identifier, IdentifierKind};
pub use redacted::{Mark, Piece, Redacted};
pub use redactor::Redactor;
pub use unknown::find_unknown_identifiers;

#[cfg(test)]
mod tests;
