//! A text whose identifiers are marked.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A text in pieces; concatenated they are the original, byte for byte.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Redacted {
    pub(super) pieces: Vec<Piece>,
}

/// A stretch of the original.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Piece {
    pub(super) text: String,
    #[zeroize(skip)]
    pub(super) mark: Option<Mark>,
}

/// The placeholder of a hidden piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Byte offset in the original where the piece begins. Stable as long as the original is.
    pub start: usize,
    /// Byte offset in the original where the piece ends.
    pub end: usize,
    /// The label with its brackets: `[nombre]`.
    pub label: String,
    /// True for words that may be ordinary ones, which the reporter may put back.
    pub restorable: bool,
}

impl Piece {
    /// The original words of the piece.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The placeholder, if the piece is hidden.
    #[must_use]
    pub const fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref()
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Piece(…)")
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redacted(…)")
    }
}

impl Redacted {
    /// All pieces, in the order of the text.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Renders the text with its marks; a mark for which `restored` returns true shows the original words.
    #[must_use]
    pub fn render(&self, restored: impl Fn(&Mark) -> bool) -> String {
        let shown = |piece: &Piece| match &piece.mark {
            Some(mark) if !restored(mark) => mark.label.len(),
            _ => piece.text.len(),
        };
        // Allocates the exact size: growing would leave copies behind.
        let mut text = String::with_capacity(self.pieces.iter().map(shown).sum());
        for piece in &self.pieces {
            text.push_str(match &piece.mark {
                Some(mark) if !restored(mark) => &mark.label,
                _ => &piece.text,
            });
        }
        text
    }

    /// Returns label and words of each hidden piece, in the order of the text.
    pub fn hidden<'a>(&'a self, restored: impl Fn(&Mark) -> bool + 'a) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.pieces.iter().filter_map(move |piece| {
            let mark = piece.mark.as_ref().filter(|mark| !restored(mark))?;
            Some((mark.label.as_str(), piece.text.as_str()))
        })
    }
}
