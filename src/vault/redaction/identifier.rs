//! Identifiers of known people, as they gave them.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Kind of an identifier; decides which spellings count as it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentifierKind {
    /// A cédula, Ecuador's identity card number. Its holder's RUC is looked for as well.
    Cedula,
    /// Another document: letters and digits.
    Document,
    /// A RUC, Ecuador's tax number.
    Ruc,
    /// A telephone number, with or without its prefixes.
    Phone,
    /// An e-mail address, also with its signs written as words.
    Email,
    /// A postal address: found by its pairs of words and by its house number.
    Address,
    /// Hidden word by word; particles (*de*, *la*, *del*) never alone.
    Name,
}

/// One identifier of one known person, as that person gave it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Identifier {
    #[zeroize(skip)]
    pub(super) kind: IdentifierKind,
    pub(super) text: String,
    /// Replaces the identifier in the text, without brackets.
    #[zeroize(skip)]
    pub(super) label: String,
}

impl Identifier {
    /// Creates an identifier. `label` is put in brackets: `cédula` becomes `[cédula]`.
    #[must_use]
    pub fn new(kind: IdentifierKind, text: &str, label: &str) -> Self {
        Self {
            kind,
            text: text.to_owned(),
            label: label.to_owned(),
        }
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({:?}, …)", self.kind)
    }
}
