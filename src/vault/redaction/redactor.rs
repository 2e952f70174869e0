//! Finds a fixed set of identifiers in texts.

use std::fmt;

use super::finder::Finder;
use super::fold::Folded;
use super::identifier::Identifier;
use super::redacted::{Mark, Piece, Redacted};
use super::span::{Owner, Span};

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

impl Redactor {
    /// Creates a redactor. Blank identifiers are ignored; where two claim the same words, the earlier one gives the label.
    #[must_use]
    pub fn new(identifiers: &[Identifier]) -> Self {
        let mut finder = Finder::default();
        let mut labels = Vec::new();
        for (owner, identifier) in identifiers.iter().take(Owner::LIMIT).enumerate() {
            finder.add(Owner::of(owner), identifier.kind, &identifier.text);
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
        for span in merge_overlapping(self.finder.find(&folded)) {
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

/// Merges overlapping spans. The merged span takes the label of the longest, and counts as words only if all parts do.
fn merge_overlapping(mut spans: Vec<Span>) -> Vec<Span> {
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
