//! How each sort of identifier is looked for.

use std::collections::BTreeSet;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::fold::{Folded, Symbol, compact};
use super::names::{self, Words};
use super::{Sort, Span};
use crate::domain::{email, phone, ruc};

/// Between two parts of one identifier there may be this many characters that are neither letter nor digit.
const MAX_GAP: usize = 8;
/// Words of names and addresses that say nothing alone.
pub(super) const PARTICLES: [&str; 16] = [
    "de", "del", "la", "las", "el", "los", "y", "e", "da", "das", "do", "dos", "di", "van", "von", "san",
];
/// Words of addresses that say nothing alone.
const GENERIC: [&str; 36] = [
    "av",
    "avda",
    "avenida",
    "calle",
    "c",
    "calles",
    "pasaje",
    "psje",
    "casa",
    "piso",
    "dep",
    "depto",
    "dpto",
    "departamento",
    "sector",
    "barrio",
    "entre",
    "esquina",
    "esq",
    "no",
    "nro",
    "num",
    "numero",
    "n",
    "mz",
    "manzana",
    "lt",
    "lote",
    "villa",
    "solar",
    "conjunto",
    "edificio",
    "edif",
    "km",
    "via",
    "ciudadela",
];

/// Which identifiers claim a stretch: one bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner(u64);

impl Owner {
    pub(super) const LIMIT: usize = 64;
    pub(super) const ANYBODY: Self = Self(u64::MAX);

    pub(super) const fn of(at: usize) -> Self {
        Self(1 << at)
    }

    /// The identifier that gives the label.
    pub(super) const fn first(self) -> usize {
        self.0.trailing_zeros() as usize
    }

    pub(super) const fn both(self, other: Self) -> Option<Self> {
        if self.0 & other.0 == 0 {
            None
        } else {
            Some(Self(self.0 & other.0))
        }
    }
}

/// A run of letters and digits, wherever it stands.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Run {
    #[zeroize(skip)]
    owner: Owner,
    symbols: Vec<char>,
    /// Must begin and end where a word or number does.
    whole: bool,
    /// A telephone number's end: prefixes before it belong to it.
    dialled: bool,
    /// Of a name or an address.
    words: bool,
}

#[derive(Default)]
pub(super) struct Finder {
    runs: Vec<Run>,
    /// Words of names.
    words: Words,
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
    pub(super) fn add(&mut self, owner: Owner, sort: Sort, text: &str) {
        match sort {
            Sort::Cedula => {
                let digits = compact(text);
                let digits_text: String = digits.iter().collect();
                self.run(owner, &digits_text, false);
                if digits.len() == 10 {
                    self.run(owner, &ruc::of_cedula(&digits_text), false);
                }
            }
            Sort::Document | Sort::Ruc => self.run(owner, text, compact(text).len() < 5),
            Sort::Phone => self.phone(owner, text),
            Sort::Email => self.email(owner, text),
            Sort::Address => self.address(owner, text),
            Sort::Name => self.name(owner, text),
        }
    }

    fn run(&mut self, owner: Owner, text: &str, whole: bool) {
        self.push(owner, text, whole, false);
    }

    /// Words that may be ordinary ones; always whole.
    fn whole_words(&mut self, owner: Owner, text: &str) {
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

    fn phone(&mut self, owner: Owner, text: &str) {
        let Some(normal) = phone::normalize(text) else {
            return self.run(owner, text, false);
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
                // A landline without the code of its area.
                self.run(owner, &significant[1..], true);
            }
        } else {
            self.run(owner, &normal, false);
            // Without the country's code, whose length is not known here.
            for code in 1..=3 {
                let rest: String = normal.chars().skip(1 + code).collect();
                if rest.len() >= 7 {
                    self.run(owner, &rest, true);
                }
            }
        }
    }

    fn email(&mut self, owner: Owner, text: &str) {
        self.run(owner, text, false);
        for (at, dot) in [("arroba", "."), ("arroba", "punto"), ("at", "dot"), ("@", "punto")] {
            self.run(owner, &text.replace('@', at).replace('.', dot), false);
        }
        let local =
            email::normalize(text).and_then(|normal| normal.rsplit_once('@').map(|(local, _)| local.to_owned()));
        if let Some(local) = local
            && compact(&local).len() >= 5
            && local.chars().any(|c| !c.is_alphabetic())
        {
            self.run(owner, &local, true);
        }
    }

    fn address(&mut self, owner: Owner, text: &str) {
        let folded = Folded::of(text);
        if folded.symbols.len() >= 4 {
            self.whole_words(owner, text);
        }
        let words: Vec<String> = (0..folded.tokens.len())
            .map(|at| folded.word(at))
            .filter(|word| !is_generic(word))
            .collect();
        if let [only] = words.as_slice()
            && only.chars().count() >= 3
        {
            self.whole_words(owner, only);
        }
        let pairs = words
            .windows(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()))
            .collect();
        self.pairs.push((owner, pairs));
        // Numbers of houses: N24-150, Oe4-22.
        for word in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')')) {
            let symbols = compact(word);
            let digits = symbols.iter().filter(|c| c.is_ascii_digit()).count();
            if symbols.len() >= 4 && digits >= 3 {
                self.whole_words(owner, word);
            }
        }
    }

    fn name(&mut self, owner: Owner, text: &str) {
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
        // A name of nothing but particles and initials is hidden as a whole.
        self.whole_words(owner, text);
    }

    pub(super) fn find(&self, folded: &Folded) -> Vec<Span> {
        let mut found = Vec::new();
        for run in &self.runs {
            run.find(folded, &mut found);
        }
        names::joined(&self.words, folded, &mut found);
        names::spelled(&self.words, folded, &mut found);
        for (owner, pairs) in &self.pairs {
            address_pairs(folded, *owner, pairs, &mut found);
        }
        found
    }
}

fn is_generic(word: &str) -> bool {
    PARTICLES.contains(&word) || GENERIC.contains(&word)
}

pub(super) fn tokens_span(folded: &Folded, first: usize, last: usize, owner: Owner) -> Span {
    symbols_span(
        &folded.symbols[folded.tokens[first].0..folded.tokens[last].1],
        owner,
        true,
    )
}

/// The span of symbols, of which there is at least one.
fn symbols_span(symbols: &[Symbol], owner: Owner, words: bool) -> Span {
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

/// Where a number begins whose significant digits begin at `at`: before them may stand `0`, `593`, `5930`, `00593`.
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

/// Two or more words of an address in its order, with particles and generic words between them.
fn address_pairs(folded: &Folded, owner: Owner, pairs: &BTreeSet<(String, String)>, found: &mut Vec<Span>) {
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
