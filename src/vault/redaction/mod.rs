//! Takes the identifiers of known people out of a text, and points out those of others.
//!
//! What counts as a spelling: any case, accents, full-width forms, invisible marks, and any punctuation or space
//! between the parts. It errs towards hiding; the reporter may put a word back. Every step is linear in the text
//! (times the number of identifiers, which is small). Knows nothing of the dialogue or of languages: the labels of
//! the marks come from the caller.

mod fold;
mod names;
mod patterns;
mod unknown;

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use fold::Folded;
use patterns::{Finder, Owner};
pub use unknown::find_unknown_identifiers;

/// What sort of identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A cédula. Its holder's RUC is looked for as well.
    Cedula,
    /// Another document: letters and digits.
    Document,
    Ruc,
    Phone,
    Email,
    Address,
    /// Hidden word by word; particles (*de*, *la*, *del*) never alone.
    Name,
}

/// One identifier of one known person, as that person gave it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Identifier {
    #[zeroize(skip)]
    sort: Sort,
    text: String,
    /// What stands in its place, without brackets.
    #[zeroize(skip)]
    label: String,
}

impl Identifier {
    /// `label` is put in brackets: `cédula` becomes `[cédula]`.
    #[must_use]
    pub fn new(sort: Sort, text: &str, label: &str) -> Self {
        Self {
            sort,
            text: text.to_owned(),
            label: label.to_owned(),
        }
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({:?}, …)", self.sort)
    }
}

/// Looks for a fixed set of identifiers.
pub struct Redactor {
    finder: Finder,
    labels: Vec<String>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(…)")
    }
}

/// A text in pieces; put together they are the original, byte for byte.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Redacted {
    pieces: Vec<Piece>,
}

/// A stretch of the original.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Piece {
    text: String,
    #[zeroize(skip)]
    mark: Option<Mark>,
}

/// Says that a piece is hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Byte offset in the original where the piece begins and ends: the same as long as the original is.
    pub start: usize,
    pub end: usize,
    /// With its brackets: `[nombre]`.
    pub label: String,
    /// Words only, which may be ordinary ones.
    pub restorable: bool,
}

impl Piece {
    /// The original words of the piece.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How it is hidden, if it is.
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
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The text with its marks, except those that `restored` says yes to.
    #[must_use]
    pub fn render(&self, restored: impl Fn(&Mark) -> bool) -> String {
        let shown = |piece: &Piece| match &piece.mark {
            Some(mark) if !restored(mark) => mark.label.len(),
            _ => piece.text.len(),
        };
        // As large as it will be: growing would leave copies behind.
        let mut text = String::with_capacity(self.pieces.iter().map(shown).sum());
        for piece in &self.pieces {
            text.push_str(match &piece.mark {
                Some(mark) if !restored(mark) => &mark.label,
                _ => &piece.text,
            });
        }
        text
    }

    /// What is taken out: label and words, in the order of the text.
    pub fn taken<'a>(&'a self, restored: impl Fn(&Mark) -> bool + 'a) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.pieces.iter().filter_map(move |piece| {
            let mark = piece.mark.as_ref().filter(|mark| !restored(mark))?;
            Some((mark.label.as_str(), piece.text.as_str()))
        })
    }
}

/// A found stretch of the original, in bytes.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    owner: Owner,
    /// Found as words of a name or an address, so that it may be no identifier at all.
    words: bool,
}

impl Redactor {
    /// Blank identifiers are ignored. Where two claim the same words, the earlier one gives the label.
    #[must_use]
    pub fn new(identifiers: &[Identifier]) -> Self {
        let mut finder = Finder::default();
        let mut labels = Vec::new();
        for (owner, identifier) in identifiers.iter().take(Owner::LIMIT).enumerate() {
            finder.add(Owner::of(owner), identifier.sort, &identifier.text);
            labels.push(format!("[{}]", identifier.label));
        }
        Self { finder, labels }
    }

    /// Finds every spelling of every identifier in `text`.
    #[must_use]
    pub fn redact(&self, text: &str) -> Redacted {
        let folded = Folded::of(text);
        let mut pieces = Vec::new();
        let mut from = 0;
        for span in union(self.finder.find(&folded)) {
            if from < span.start {
                pieces.push(Piece {
                    text: text[from..span.start].to_owned(),
                    mark: None,
                });
            }
            let words = &text[span.start..span.end];
            let label = &self.labels[span.owner.first()];
            let mark = Mark {
                start: span.start,
                end: span.end,
                label: label.clone(),
                restorable: span.words && !words.chars().any(char::is_numeric),
            };
            pieces.push(Piece {
                text: words.to_owned(),
                mark: Some(mark),
            });
            from = span.end;
        }
        if from < text.len() {
            pieces.push(Piece {
                text: text[from..].to_owned(),
                mark: None,
            });
        }
        Redacted { pieces }
    }
}

/// Overlapping spans become one, which takes the label of the longest and is ordinary words only if all are.
fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.start, usize::MAX - span.end));
    let mut out: Vec<Span> = Vec::new();
    let mut longest = 0;
    for span in spans {
        let length = span.end - span.start;
        match out.last_mut() {
            Some(last) if span.start < last.end => {
                last.end = last.end.max(span.end);
                last.words &= span.words;
                if length > longest {
                    last.owner = span.owner;
                    longest = length;
                } else if length == longest && last.owner.first() > span.owner.first() {
                    last.owner = span.owner;
                }
            }
            _ => {
                out.push(span);
                longest = length;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
