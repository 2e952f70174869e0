//! Search patterns for each kind of identifier.

use std::collections::BTreeSet;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::fold::{Folded, Symbol, compact};
use super::identifier::IdentifierKind;
use super::names::{self, NameWords};
use super::span::{Owner, Span, symbols_span, tokens_span};
use super::words::{PARTICLES, is_generic};
use crate::domain::{email, phone, ruc};

/// Characters other than letters and digits that may stand between two parts of one identifier.
const MAX_GAP: usize = 8;
/// A run of letters and digits to look for.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Run {
    #[zeroize(skip)]
    owner: Owner,
    symbols: Vec<char>,
    /// True if it must begin and end where a word or number does.
    whole: bool,
    /// True for the end of a telephone number: prefixes before it belong to it.
    dialled: bool,
    /// True for words of a name or an address.
    words: bool,
}

/// Looks for all identifiers of a redactor.
#[derive(Default)]
pub(super) struct Finder {
    runs: Vec<Run>,
    /// Words of names.
    words: NameWords,
    /// Pairs of words of addresses that follow each other.
    pairs: Vec<(Owner, BTreeSet<(String, String)>)>,
}

impl Drop for Finder {
    fn drop(&mut self) {
        while let Some((mut word, _)) = self.words.pop_first() {
            word.zeroize();
        }
        for (_, mut pairs) in self.pairs.drain(..) {
            while let Some((mut one, mut other)) = pairs.pop_first() {
                one.zeroize();
                other.zeroize();
            }
        }
    }
}

impl Finder {
    /// Adds the patterns of one identifier.
    pub(super) fn add(&mut self, owner: Owner, kind: IdentifierKind, text: &str) {
        match kind {
            IdentifierKind::Cedula => {
                let digits = compact(text);
                let digits_text: String = digits.iter().collect();
                self.add_run(owner, &digits_text, false);
                if digits.len() == 10 {
                    self.add_run(owner, &ruc::of_cedula(&digits_text), false);
                }
            }
            IdentifierKind::Document | IdentifierKind::Ruc => self.add_run(owner, text, compact(text).len() < 5),
            IdentifierKind::Phone => self.add_phone(owner, text),
            IdentifierKind::Email => self.add_email(owner, text),
            IdentifierKind::Address => self.add_address(owner, text),
            IdentifierKind::Name => self.add_name(owner, text),
        }
    }

    fn add_run(&mut self, owner: Owner, text: &str, whole: bool) {
        self.push(owner, text, whole, false);
    }

    /// Adds words that may be ordinary ones; they match only as whole words.
    fn add_whole_words(&mut self, owner: Owner, text: &str) {
        self.push(owner, text, true, true);
    }

    fn push(&mut self, owner: Owner, text: &str, whole: bool, words: bool) {
        let symbols = compact(text);
        if !symbols.is_empty() {
            self.runs.push(Run {
                owner,
                symbols,
                whole,
                dialled: false,
                words,
            });
        }
    }

    fn add_phone(&mut self, owner: Owner, text: &str) {
        let Some(normal) = phone::normalize(text) else {
            return self.add_run(owner, text, false);
        };
        if let Some(significant) = phone::significant(&normal) {
            self.runs.push(Run {
                owner,
                symbols: compact(significant),
                whole: false,
                dialled: true,
                words: false,
            });
            if significant.len() == 8 {
                // A landline without its area code.
                self.add_run(owner, &significant[1..], true);
            }
        } else {
            self.add_run(owner, &normal, false);
            // The number without its country code, whose length is not known here.
            for code in 1..=3 {
                let rest: String = normal.chars().skip(1 + code).collect();
                if rest.len() >= 7 {
                    self.add_run(owner, &rest, true);
                }
            }
        }
    }

    fn add_email(&mut self, owner: Owner, text: &str) {
        self.add_run(owner, text, false);
        for (at, dot) in [("arroba", "."), ("arroba", "punto"), ("at", "dot"), ("@", "punto")] {
            self.add_run(owner, &text.replace('@', at).replace('.', dot), false);
        }
        let local =
            email::normalize(text).and_then(|normal| normal.rsplit_once('@').map(|(local, _)| local.to_owned()));
        if let Some(local) = local
            && compact(&local).len() >= 5
            && local.chars().any(|c| !c.is_alphabetic())
        {
            self.add_run(owner, &local, true);
        }
    }

    fn add_address(&mut self, owner: Owner, text: &str) {
        let folded = Folded::of(text);
        if folded.symbols.len() >= 4 {
            self.add_whole_words(owner, text);
        }
        let words: Vec<String> = (0..folded.tokens.len())
            .map(|at| folded.word(at))
            .filter(|word| !is_generic(word))
            .collect();
        if let [only] = words.as_slice()
            && only.chars().count() >= 3
        {
            self.add_whole_words(owner, only);
        }
        let pairs = words
            .windows(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect();
        self.pairs.push((owner, pairs));
        // House numbers: N24-150, Oe4-22.
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')')) {
            let symbols = compact(word);
            let digits = symbols.iter().filter(|c| c.is_ascii_digit()).count();
            if symbols.len() >= 4 && digits >= 3 {
                self.add_whole_words(owner, word);
            }
        }
    }

    fn add_name(&mut self, owner: Owner, text: &str) {
        let mut words: Vec<String> = Vec::new();
        for piece in text.split_whitespace() {
            let folded = Folded::of(piece);
            words.push(folded.symbols.iter().map(|symbol| symbol.letter).collect());
            words.extend((0..folded.tokens.len()).map(|at| folded.word(at)));
        }
        for word in words {
            if word.chars().count() >= 2 && !PARTICLES.contains(&word.as_str()) {
                self.words
                    .entry(word)
                    .and_modify(|owners| owners.0 |= owner.0)
                    .or_insert(owner);
            }
        }
        // The whole name: one of nothing but particles and initials has no other pattern.
        self.add_whole_words(owner, text);
    }

    /// Finds all stretches, in no order; they may overlap.
    pub(super) fn find(&self, folded: &Folded) -> Vec<Span> {
        let mut found = Vec::new();
        for run in &self.runs {
            run.find(folded, &mut found);
        }
        names::find_joined(&self.words, folded, &mut found);
        names::find_spelled(&self.words, folded, &mut found);
        for (owner, pairs) in &self.pairs {
            find_address_pairs(folded, *owner, pairs, &mut found);
        }
        found
    }
}

impl Run {
    fn find(&self, folded: &Folded, found: &mut Vec<Span>) {
        let symbols = &folded.symbols;
        let length = self.symbols.len();
        for (at, window) in symbols.windows(length).enumerate() {
            let same = window
                .iter()
                .zip(&self.symbols)
                .enumerate()
                .all(|(within, (have, want))| have.letter == *want && (within == 0 || have.gap <= MAX_GAP));
            let begins = at == 0 || window[0].gap > 0;
            let ends = symbols.get(at + length).is_none_or(|next| next.gap > 0);
            if same && (!self.whole || (begins && ends)) {
                let from = if self.dialled { dialling_prefix(symbols, at) } else { at };
                found.push(symbols_span(&symbols[from..at + length], self.owner, self.words));
            }
        }
    }
}

/// Returns where a number begins whose significant digits begin at `at`. Prefixes: `0`, `593`, `5930`, `00593`, `005930`.
fn dialling_prefix(symbols: &[Symbol], at: usize) -> usize {
    ["00593", "005930", "5930", "593", "0"]
        .iter()
        .filter_map(|prefix| {
            let from = at.checked_sub(prefix.len())?;
            let fits = symbols[from..at].iter().map(|s| s.letter).eq(prefix.chars())
                && symbols[from + 1..=at].iter().all(|s| s.gap <= 3);
            fits.then_some(from)
        })
        .min()
        .unwrap_or(at)
}

/// Finds two or more words of an address in its order, with particles and generic words between them.
fn find_address_pairs(folded: &Folded, owner: Owner, pairs: &BTreeSet<(String, String)>, found: &mut Vec<Span>) {
    let mut before: Option<(usize, String)> = None;
    let mut far = false;
    for at in 0..folded.tokens.len() {
        far |= folded.token(at)[0].gap > MAX_GAP;
        let word = folded.word(at);
        if is_generic(&word) {
            far |= before.as_ref().is_some_and(|(token, _)| at - token > 5);
            continue;
        }
        if let Some((token, earlier)) = before.take()
            && !far
        {
            let pair = (earlier, word.clone());
            if pairs.contains(&pair) {
                found.push(tokens_span(folded, token, at, owner));
            }
        }
        far = false;
        before = Some((at, word));
    }
}
