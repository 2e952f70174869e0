//! A text with case, accents and invisible marks folded away. Each folded character knows its place in the original.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A letter or digit, folded, and the bytes of the original that it stands for.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct Symbol {
    pub(super) letter: char,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Characters that are neither letter nor digit between the symbol before and this one; 0 at the very start.
    pub(super) gap: usize,
}

/// The letters and digits of a text.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(super) struct Folded {
    pub(super) symbols: Vec<Symbol>,
    /// Ranges of `symbols` without a gap inside: words and numbers.
    pub(super) tokens: Vec<(usize, usize)>,
}

impl Folded {
    /// Folds a text.
    pub(super) fn of(text: &str) -> Self {
        let mut symbols: Vec<Symbol> = Vec::new();
        let mut gap = 0;
        for (start, c) in text.char_indices() {
            let end = start + c.len_utf8();
            if is_combining_mark(c) || is_invisible(c) {
                // It belongs to the character before it, and is hidden together with it.
                if gap == 0 {
                    extend_last(&mut symbols, end);
                }
                continue;
            }
            let mut any = false;
            for letter in fold(c) {
                let between = if any { 0 } else { gap };
                symbols.push(Symbol {
                    letter,
                    start,
                    end,
                    gap: between,
                });
                any = true;
            }
            gap = if any { 0 } else { gap + 1 };
        }
        let mut tokens: Vec<(usize, usize)> = Vec::new();
        for (at, symbol) in symbols.iter().enumerate() {
            match tokens.last_mut() {
                Some(last) if symbol.gap == 0 => last.1 = at + 1,
                _ => tokens.push((at, at + 1)),
            }
        }
        Self { symbols, tokens }
    }

    /// The folded letters and digits of token `at`.
    pub(super) fn token(&self, at: usize) -> &[Symbol] {
        let (start, end) = self.tokens[at];
        &self.symbols[start..end]
    }

    /// The token as text.
    pub(super) fn word(&self, at: usize) -> String {
        self.token(at).iter().map(|symbol| symbol.letter).collect()
    }
}

/// Extends all symbols of the last character up to `end`.
fn extend_last(symbols: &mut [Symbol], end: usize) {
    let Some(start) = symbols.last().map(|last| last.start) else {
        return;
    };
    for symbol in symbols.iter_mut().rev().take_while(|symbol| symbol.start == start) {
        symbol.end = end;
    }
}

/// Folds `c` to letters and digits without case and accents; yields nothing for any other character.
fn fold(c: char) -> impl Iterator<Item = char> {
    std::iter::once(c)
        .nfkd()
        .flat_map(char::to_lowercase)
        .nfkd()
        .filter(|c| c.is_alphanumeric() && !is_combining_mark(*c))
        .map(ascii_digit)
}

/// Converts the decimal digits of other scripts that phone keyboards offer.
fn ascii_digit(c: char) -> char {
    let zero = match c {
        '\u{660}'..='\u{669}' => 0x660,
        '\u{6f0}'..='\u{6f9}' => 0x6f0,
        '\u{966}'..='\u{96f}' => 0x966,
        _ => return c,
    };
    char::from_digit(u32::from(c) - zero, 10).unwrap_or(c)
}

/// Returns true for characters that take no room: soft hyphen, joiners, direction marks, variation selectors, tags.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The folded letters and digits of an identifier, without gaps.
pub(super) fn compact(text: &str) -> Vec<char> {
    Folded::of(text).symbols.iter().map(|symbol| symbol.letter).collect()
}
