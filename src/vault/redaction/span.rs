//! Stretches of a text that belong to identifiers.

use super::fold::{Folded, Symbol};

/// Set of the identifiers that claim a stretch, one bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner(pub(super) u64);

impl Owner {
    /// Identifiers that one redactor takes at most.
    pub(super) const LIMIT: usize = 64;
    /// The set of all identifiers.
    pub(super) const ANYBODY: Self = Self(u64::MAX);

    /// The set of one identifier, by its place in the list.
    pub(super) const fn of(at: usize) -> Self {
        Self(1 << at)
    }

    /// The identifier that gives the label.
    pub(super) const fn first(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    /// The intersection, unless it is empty.
    pub(super) const fn both(self, other: Self) -> Option<Self> {
        if self.0 & other.0 == 0 {
            None
        } else {
            Some(Self(self.0 & other.0))
        }
    }
}

/// A found stretch of the original, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) owner: Owner,
    /// True if found as words of a name or an address, so that it may be no identifier at all.
    pub(super) words: bool,
}

/// The span of the tokens from `first` to `last`.
pub(super) fn tokens_span(folded: &Folded, first: usize, last: usize, owner: Owner) -> Span {
    symbols_span(
        &folded.symbols[folded.tokens[first].0..folded.tokens[last].1],
        owner,
        true,
    )
}

/// The span of symbols, of which there is at least one.
pub(super) fn symbols_span(symbols: &[Symbol], owner: Owner, words: bool) -> Span {
    let (start, end) = match symbols {
        [] => (0, 0),
        [only] => (only.start, only.end),
        [first, .., last] => (first.start, last.end),
    };
    Span {
        start,
        end,
        owner,
        words,
    }
}
